//! Event stores: the trait, what one declares about itself, and the stores that come with the crate.
//!
//! A store knows streams, versions and bytes; aggregates, codecs and life cycles are above it.

mod commit;
mod memory;
mod page;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{fmt::Debug, ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;

#[cfg(feature = "sqlite")]
pub use self::sqlite::{SqliteOptions, SqliteStore, Synchronous};
pub use self::{
    commit::{Appended, AppendedStream, Commit, NewEvent, StreamCommit},
    memory::MemoryStore,
    page::{EventPage, RecordedEvent},
};
use crate::{Position, Result, StreamId, Version, snapshot::SnapshotStore};

/// Where events are kept. Stores are handles: a clone shares.
///
/// Errors name the operation and the stream, with the driver's error as source.
#[async_trait]
pub trait EventStore: Debug + Send + Sync + 'static {
    /// Stores all events of `commit`, or none.
    ///
    /// - For each stream the expected version is compared with the stream's version, 0 for a stream that
    ///   doesn't exist. If one differs the whole commit is refused with
    ///   [`ErrorKind::Conflict`](crate::ErrorKind::Conflict), which names the stream and both versions.
    /// - If [`StreamCommit::after`] is given and the event of the expected version has another id, that is a conflict
    ///   as well (with equal versions).
    /// - It is idempotent: if for each stream the event at `expected + 1` is already stored with this commit's
    ///   id, nothing is stored and the answer is that of the first time, with `repeated` set.
    /// - Recorded times are the store's clock, never decreasing within a stream.
    /// - Of several commits that race for a version exactly one wins.
    /// - A commit that names a stream twice is [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration).
    /// - A commit without events stores nothing and is no error; expected versions are not checked.
    /// - An error other than [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) means that
    ///   nothing was stored. If the future is dropped the commit may or may not be stored.
    async fn append(&self, commit: Commit) -> Result<Appended>;

    /// Reads a part of one stream.
    ///
    /// - Events come in the order of their versions, backwards if asked; only versions in the range.
    /// - A page holds at most `limit` events, and at least one if there is one in the range. It may hold fewer
    ///   than `limit` (large payloads); [`EventPage::has_more`] tells whether the range goes on.
    /// - A stream that doesn't exist is an empty page.
    /// - It keeps no transaction, connection or thread beyond the call.
    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage>;

    /// Reads the events of all streams in global order.
    ///
    /// - Events come after `read.after`, ordered by position; each stream's events in the order of their versions.
    /// - Following the positions shows every committed event exactly once, however many writers there are and however
    ///   long one of them takes to commit.
    /// - A position of another store is [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration).
    async fn read_all(&self, read: ReadAll) -> Result<EventPage>;

    /// The version of a stream (0 if it doesn't exist), read with the store's strongest consistency.
    async fn head(&self, stream: &StreamId) -> Result<Version>;

    /// The snapshot store that lives with this store, if there is one.
    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>>;

    /// What this store can and can't do.
    fn capabilities(&self) -> Capabilities;
}

/// Which part of a stream to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadStream {
    /// The versions wanted, both ends included.
    pub versions: RangeInclusive<u64>,
    /// Which end to begin at.
    pub direction: Direction,
    /// At most this many events, at least 1.
    pub limit: usize,
}

impl ReadStream {
    /// Forwards from this version, included, to the head.
    pub fn from(version: Version) -> Self {
        Self {
            versions: version.get()..=Version::MAX.get(),
            direction: Direction::Forward,
            limit: 512,
        }
    }

    /// The stream's last event.
    pub fn last() -> Self {
        Self {
            versions: 1..=Version::MAX.get(),
            direction: Direction::Backward,
            limit: 1,
        }
    }

    /// No further than this version, included.
    pub fn up_to(mut self, version: Version) -> Self {
        self.versions = *self.versions.start()..=version.get();
        self
    }

    /// At most this many events in one page.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

/// Which events of all streams to read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadAll {
    /// Only events after this position; all if there is none.
    pub after: Option<Position>,
    /// Only streams of this category.
    pub category: Option<String>,
    /// Only the first event of each stream.
    pub first_only: bool,
    /// At most this many events, at least 1.
    pub limit: usize,
}

impl Default for ReadAll {
    /// From the beginning, everything, in pages of 512.
    fn default() -> Self {
        Self {
            after: None,
            category: None,
            first_only: false,
            limit: 512,
        }
    }
}

/// Which way to read a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the lowest version up.
    Forward,
    /// From the highest version down.
    Backward,
}

/// What a store can and can't do: declared, so that nobody finds out by accident.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Which streams one commit may cover.
    pub atomic: Atomicity,
    /// How far the global order reaches.
    pub order: GlobalOrder,
    /// The most events in one commit, if there is a limit of its own.
    pub max_commit_events: Option<usize>,
    /// Whether a read can miss what was committed before it began ([`EventStore::head`] never does).
    pub reads_may_lag: bool,
}

impl Capabilities {
    /// Atomic over any streams, one total order, no limit of its own, reads never lag.
    pub const fn full() -> Self {
        Self {
            atomic: Atomicity::AnyStreams,
            order: GlobalOrder::Total,
            max_commit_events: None,
            reads_may_lag: false,
        }
    }
}

/// Which streams one commit may cover atomically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomicity {
    /// Any.
    AnyStreams,
    /// Those of one partition.
    SamePartition,
    /// One.
    OneStream,
}

/// How far the order of positions reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalOrder {
    /// Over all events.
    Total,
    /// Within each partition.
    PerPartition,
}

// A wrapper that forgot a method would silently lose what the inner store does there.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: EventStore + ?Sized> EventStore for Arc<S> {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        (**self).append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        (**self).read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        (**self).read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        (**self).head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        (**self).snapshot_store()
    }

    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }
}
