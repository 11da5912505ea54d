//! The checks of `EventStore::append`, by concept.

mod answers;
mod bytes;
mod expected;
mod lasting;
mod races;
mod refusals;
mod repetition;
mod times;
mod whole;

pub(crate) use self::{
    answers::*, bytes::*, expected::*, lasting::*, races::*, refusals::*, repetition::*, times::*,
    whole::*,
};
