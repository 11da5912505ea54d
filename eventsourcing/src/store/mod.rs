//! Event stores: the trait, what one declares about itself, and the stores that come with the crate.
//!
//! A store knows streams, versions and bytes; aggregates, codecs and life cycles are above it.

mod commit;
mod memory;
mod page;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{fmt::Debug, ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;

#[cfg(feature = "postgres")]
pub use self::postgres::{OrderStatus, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{SqliteOptions, SqliteStore, Synchronous};
pub use self::{
    commit::{Appended, AppendedStream, Commit, NewEvent, StreamCommit},
    memory::MemoryStore,
    page::{EventPage, RecordedEvent},
};
/// The driver of [`PostgresStore`], for [`append_in`](PostgresStore::append_in).
#[cfg(feature = "postgres")]
pub use tokio_postgres;

use crate::{
    Error, ErrorKind, Position, Result, StreamId, Version,
    snapshot::{Newest, SnapshotKey, SnapshotStore},
};

/// Where events are kept. Stores are handles: a clone shares.
///
/// Errors name the operation and the stream, with the driver's error as source.
#[async_trait]
pub trait EventStore: Debug + Send + Sync + 'static {
    /// Stores all events of `commit`, or none.
    ///
    /// - All or none, for readers too: an event can be seen only when all events of its commit can be seen.
    /// - For each stream the expected version is compared with the stream's version, 0 for a stream that
    ///   doesn't exist. If one differs the whole commit is refused with
    ///   [`ErrorKind::Conflict`], which names the stream and both versions.
    /// - If [`StreamCommit::after`] is given and the event of the expected version has another id, that is a conflict
    ///   as well (with equal versions).
    /// - It is idempotent: if each stream has the commit's events behind its expected version already, stored with this
    ///   commit's id, nothing is stored and the answer is that of the first time, with `repeated` set. This is looked for
    ///   before a conflict is said: in a repetition `after` is not compared, and a part without events counts as stored.
    /// - A repetition has exactly the stored events: the same ids, as many, from the same version. Other events under a
    ///   stored commit's id, more of them or fewer, and a commit of which only a part is stored, are a conflict. Its
    ///   streams may be named in another order: the answer is in the order of this commit, each stream with its own time.
    /// - Recorded times are the store's clock, never decreasing within a stream.
    /// - Of several commits that race for a version exactly one wins.
    /// - A commit that names a stream twice is [`ErrorKind::InvalidConfiguration`],
    ///   with or without events.
    /// - A commit with events that has an event id twice, or `after` with the expected version 0 in any part, is
    ///   `InvalidConfiguration` as well.
    /// - A commit without events that names no stream twice stores nothing and is no error: nothing is compared, neither
    ///   versions nor `after`, and nothing else is checked.
    /// - A part without events beside parts that have some is compared like any other, its version and its `after`.
    /// - What is wrong with the commit itself (`InvalidConfiguration`, `TooLarge`, `Unsupported`) is said before anything
    ///   stored is looked at: such a commit is neither a conflict nor a repetition.
    /// - What is stored is what was given, byte for byte. What a store can't hold so, it refuses.
    /// - The answer has one entry for each stream of the commit, in its order, with the positions of its events, rising.
    ///   A position is never handed out twice.
    /// - A part without events is answered without positions, and with the store's time of this answer.
    /// - Once it is answered the events are there for every handle on the same data, also after the store was closed
    ///   and opened again.
    /// - A version beyond [`Version::MAX`] and a commit of more events than the store declares to take are
    ///   [`ErrorKind::TooLarge`].
    /// - An error other than [`ErrorKind::OutcomeUnknown`] means that
    ///   nothing was stored. If the future is dropped the commit may or may not be stored.
    /// - A dropped future holds up nobody: what it had taken, a lock, a transaction, a place in the order, is free again.
    async fn append(&self, commit: Commit) -> Result<Appended>;

    /// Reads a part of one stream.
    ///
    /// - Events come in the order of their versions, backwards if asked; only versions in the range.
    /// - A page holds at most `limit` events (0 counts as 1), and at least one if there is one in the range. It may hold
    ///   fewer than `limit` (large payloads); [`EventPage::has_more`] tells whether the range goes on.
    /// - A stream that doesn't exist is an empty page.
    /// - Each event has the version, the commit's id and the position and time of the answer that its append was given.
    /// - Asked for less than [`EventFields::All`] it shows the same events, in pages like those: what isn't asked for is as
    ///   it was stored, or left out.
    /// - It keeps no transaction, connection or thread beyond the call.
    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage>;

    /// Reads the events of all streams in global order.
    ///
    /// - Events come after `read.after`, ordered by position; each stream's events in the order of their versions.
    /// - Following the positions shows every committed event exactly once, however many writers there are and however
    ///   long one of them takes to commit.
    /// - Pages are as those of [`read_stream`](Self::read_stream): `limit` and [`EventPage::has_more`] count what passes the
    ///   filters.
    /// - `category` is compared exactly; `first_only` passes the events of version 1.
    /// - A position stays good: a reader goes on from it through any handle, also after the store was closed and opened
    ///   again.
    /// - A position of another store is [`ErrorKind::InvalidConfiguration`].
    async fn read_all(&self, read: ReadAll) -> Result<EventPage>;

    /// The version of a stream, read with the store's strongest consistency.
    ///
    /// - It is the number of the stream's stored events, 0 if the stream doesn't exist.
    /// - It never misses what was acknowledged before it was asked for, through whatever handle.
    async fn head(&self, stream: &StreamId) -> Result<Version>;

    /// The snapshot store that lives with this store, if there is one.
    ///
    /// - Whenever it is asked for, through whatever handle, it has the same rows; events are not among them.
    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>>;

    /// Reads a snapshot and the events from it on in one round trip: what a load through a snapshot begins with, where the
    /// snapshots are those of [`snapshot_store`](Self::snapshot_store).
    ///
    /// - A store answers it whatever is there, or never.
    /// - The snapshot is what [`SnapshotStore::newest`] answers for `key` and `at_most`. If there is none there are no
    ///   events.
    /// - The events are the page that [`read_stream`](Self::read_stream) answers for the stream from the snapshot's version
    ///   (included) up to `at_most`, with this `limit`; whether the row is damaged makes no difference.
    /// - They are read no earlier than the snapshot: those that were stored before it are seen.
    ///
    /// If only the events can't be read, that is no error: the answer goes without them, and `read_stream` says why. An
    /// error is one of the snapshot store's, and like these it fails no load. The deadline for snapshots bounds the whole
    /// call, so a load asks for one short page.
    ///
    /// Provided: none, the store can't, and both are asked for one after the other. A wrapper that does anything to what
    /// passes `read_stream` or its snapshot store leaves it at that, or does it here too.
    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        let _ = (key, at_most, limit);
        Ok(None)
    }

    /// What this store can and can't do.
    ///
    /// - It is the same whenever it is asked for, through whatever handle.
    /// - A commit to more streams than declared is [`ErrorKind::Unsupported`].
    fn capabilities(&self) -> Capabilities;
}

/// The answer to [`EventStore::read_from_snapshot`].
#[derive(Debug, Clone)]
pub struct FromSnapshot {
    /// The snapshot, or which other keys have some.
    pub newest: Newest,
    /// The events from the snapshot's version on, that one included. None: there is no snapshot, or `read_stream` is to be
    /// asked.
    pub events: Option<EventPage>,
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
    /// What is wanted of the events.
    pub fields: EventFields,
}

/// What a reader wants of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EventFields {
    /// All of it.
    #[default]
    All,
    /// What an event is read as and known by: all but [`position`](RecordedEvent::position),
    /// [`commit_id`](RecordedEvent::commit_id) and [`metadata`](RecordedEvent::metadata). A store that gains by it leaves
    /// these out: a position of the store with the offset 0, a nil id and no metadata are in their place.
    Identified,
    /// What a state is folded from: as [`Identified`](Self::Identified), but [`id`](RecordedEvent::id) and
    /// [`recorded_at`](RecordedEvent::recorded_at) only of two kinds of events: the page's last one, wherever the page ends
    /// and in whatever direction it was read; and those whose [`codec`](RecordedEvent::codec) names layers, behind a `+`,
    /// which open nothing without the id. A nil id and the beginning of 1970 are in the place of the others'.
    ///
    /// A wrapper that passes on less than the page that it was given asks for [`Identified`](Self::Identified).
    Folded,
}

impl ReadStream {
    /// Forwards from this version, included, to the head.
    pub fn from(version: Version) -> Self {
        Self {
            versions: version.get()..=Version::MAX.get(),
            direction: Direction::Forward,
            limit: 512,
            fields: EventFields::All,
        }
    }

    /// The stream's last event.
    pub fn last() -> Self {
        Self {
            versions: 1..=Version::MAX.get(),
            direction: Direction::Backward,
            limit: 1,
            fields: EventFields::All,
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

    /// Only what events are read as and known by.
    pub fn identified(mut self) -> Self {
        self.fields = EventFields::Identified;
        self
    }

    /// Only what a state is folded from.
    pub fn folded(mut self) -> Self {
        self.fields = EventFields::Folded;
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

impl ReadAll {
    /// Whether the filters pass an event of this category and version.
    pub fn wants(&self, category: &str, version: Version) -> bool {
        (!self.first_only || version == 1)
            && self
                .category
                .as_deref()
                .is_none_or(|wanted| wanted == category)
    }
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
    /// Whether a store that declares this takes such a commit: [`ErrorKind::Unsupported`]
    /// for more streams than [`atomic`](Self::atomic) allows, [`ErrorKind::TooLarge`] for more
    /// events than [`max_commit_events`](Self::max_commit_events). A commit without events is taken by every store.
    ///
    /// Which streams are of one partition only the store knows: it checks [`Atomicity::SamePartition`] itself.
    pub fn check(&self, commit: &Commit) -> Result<()> {
        let (streams, events) = (commit.streams.len(), commit.event_count());
        if events > 0 && streams > 1 && self.atomic == Atomicity::OneStream {
            return Err(Error::new(ErrorKind::Unsupported)
                .because(format!("one commit over {streams} streams")));
        }
        match self.max_commit_events {
            Some(most) if events > most => Err(Error::new(ErrorKind::TooLarge)
                .because(format!("{events} events in one commit, at most {most}"))),
            _ => Ok(()),
        }
    }

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

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        (**self).read_from_snapshot(key, at_most, limit).await
    }

    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }
}
