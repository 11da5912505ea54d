//! The checks of `EventStore`, a module for each method; `fields` has some of `read_stream`.

pub(super) mod append;
pub(super) mod capabilities;
pub(super) mod fields;
pub(super) mod head;
pub(super) mod read_all;
pub(super) mod read_from_snapshot;
pub(super) mod read_stream;
pub(super) mod snapshot_store;
