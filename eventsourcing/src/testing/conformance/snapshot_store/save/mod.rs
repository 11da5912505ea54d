//! The checks of `SnapshotStore::save`, by concept.

mod columns;
mod existing;
mod keys;
mod monotonic;

pub(crate) use self::{columns::*, existing::*, keys::*, monotonic::*};
