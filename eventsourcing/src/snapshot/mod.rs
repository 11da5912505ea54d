//! Snapshots: the stored row and its key, the store trait, when to take one, and where the work is done.
//!
//! A snapshot is a cache. Nothing in here can make a load wrong: [`crate::repository`] checks every row
//! against the stream before it uses one.

mod answer;
pub(crate) mod background;
mod policy;
mod quarantine;
mod retention;
mod row;
mod stats;
mod store;

pub(crate) use self::{
    answer::{Loaded, Occasion, Policy},
    quarantine::{Descent, Noted, Quarantine},
    stats::{Counters, Verdict},
};
pub use self::{
    policy::SnapshotPolicy,
    retention::Retention,
    row::{SnapshotKey, SnapshotRow},
    stats::{SnapshotMiss, SnapshotStats},
    store::{Newest, SavedSnapshot, SnapshotInfo, SnapshotStore},
};
pub use crate::schema::Fingerprint;

/// Where the work of storing a snapshot is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SnapshotMode {
    /// Within the save, before it returns.
    #[default]
    Sync,
    /// On a task of its own, after the save has returned. The state is captured by the save.
    Background,
    /// Nowhere: only [`create_snapshot`](crate::Repository::create_snapshot) stores one.
    Manual,
}
