//! The checks of `EventStore::append`, by concept.

mod answers;
mod bytes;
mod dropped;
mod empty;
mod expected;
mod invalid;
mod lasting;
mod races;
mod refusals;
mod repetition;
mod same_id;
mod texts;
mod times;
mod whole;

pub(crate) use self::{
    answers::*, bytes::*, dropped::*, empty::*, expected::*, invalid::*, lasting::*, races::*,
    refusals::*, repetition::*, same_id::*, texts::*, times::*, whole::*,
};
