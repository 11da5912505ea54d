//! `Repository`: loads, decides, saves. Each file here is one thing it does.
//!
//! - `load`: a snapshot and the events after it, or all events; `begin` finds the snapshot, `replay` folds the events;
//!   `flight` and `storm` keep loads from doing the same work, or too much at once; `budget` bounds waiting for snapshots
//! - `save`: one atomic append; also of several roots
//! - `execute`: load, decide, save, again on conflict; `turns` keeps callers of one process from racing
//! - `opening`: stored bytes and their layers
//! - `snapshots`: taking, repairing and looking at them; `retention` removes them, `warm` takes them ahead of time,
//!   `explain` says why one is taken
//! - `travel`: the past
//! - `verify`: snapshots compared with their events, behind the loads' backs

mod begin;
mod budget;
mod builder;
#[cfg(feature = "cache")]
mod cache;
mod execute;
mod explain;
mod flight;
mod load;
mod opening;
mod pages;
mod replay;
mod retention;
mod save;
mod snapshots;
mod stage;
mod storm;
mod travel;
mod turns;
mod verify;
mod warm;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

#[cfg(feature = "cache")]
pub use self::cache::StateCache;
pub use self::{
    builder::RepositoryBuilder,
    snapshots::Snapshot,
    travel::{History, HistoryEntry, Ids},
    verify::SnapshotDifference,
    warm::{Warm, WarmOutcome, WarmReport, Warmed, Warming},
};
pub(crate) use self::{
    builder::{Companions, Settings, settings},
    load::located,
    save::{Saver, Saving, commit_all},
    storm::{Lookups, Storm},
    verify::Stop,
};
use self::{flight::Flights, turns::Turns, verify::Verifier};
use crate::{
    Clock, Position, Version,
    aggregate::{Aggregate, CreateOf, Root},
    application::Bus,
    codec::erased::Codecs,
    event::Metadata,
    schema::Fingerprint,
    snapshot::{
        Counters, Policy, Retention, SnapshotMode, SnapshotStats, SnapshotStore,
        background::Background,
    },
    store::EventStore,
};

/// Loads and saves the aggregates of one type. Cheap to clone; clones share everything.
///
/// Every method takes ids as `impl Borrow<A::Id>`: by value or by reference. The futures are `Send` if what goes into
/// them is. Errors name the operation, the stream and, where there is one, the version.
pub struct Repository<A: Aggregate> {
    inner: Arc<Inner<A>>,
    metadata: Arc<Metadata>,
}

pub(crate) struct Inner<A: Aggregate> {
    events: Arc<dyn EventStore>,
    snapshots: Option<Arc<dyn SnapshotStore>>,
    /// The snapshots live with the events: the event store may be asked for both at once.
    own_snapshots: bool,
    codecs: Codecs<A>,
    fingerprint: Fingerprint,
    /// Whether a forgotten bump of `schema_version` was warned of: once is enough, each stream would repeat it.
    forgotten: AtomicBool,
    policy: Policy<A>,
    periods: Arc<[u64]>,
    mode: SnapshotMode,
    ignore_snapshots: bool,
    deadline: Duration,
    retention: Retention,
    flights: Flights<A>,
    #[cfg(feature = "cache")]
    states: Option<cache::States<A>>,
    storm: Storm,
    lookups: Lookups,
    clock: Arc<dyn Clock>,
    attempts: u32,
    counters: Counters,
    background: Background,
    turns: Turns,
    verifier: Option<Verifier<A>>,
    bus: Option<Arc<Bus>>,
}

/// What became of a save.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Committed {
    /// The version of the stream after it.
    pub version: Version,
    /// The position of the last event stored; none if there was nothing to store.
    pub position: Option<Position>,
    /// How many events were stored.
    pub events: usize,
}

/// What became of an update.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Updated<T> {
    /// What the closure returned.
    pub value: T,
    /// The version of the stream after it.
    pub version: Version,
    /// The position of the last event stored; none if there was nothing to store.
    pub position: Option<Position>,
}

impl<A: Aggregate> Repository<A> {
    /// Begins to build a repository over this store. Its snapshots live with the store unless another is named.
    pub fn builder(store: impl EventStore) -> RepositoryBuilder<A> {
        RepositoryBuilder::new(Arc::new(store))
    }

    pub(crate) fn from_inner(inner: Inner<A>) -> Self {
        Self {
            inner: Arc::new(inner),
            metadata: Arc::default(),
        }
    }

    /// The same repository, stamping what it stores with this metadata, and with what it was stamped with before under
    /// other keys.
    #[must_use = "the metadata is stamped by what this returns"]
    pub fn with(&self, metadata: Metadata) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            metadata: Arc::new(self.metadata.overlaid(metadata)),
        }
    }

    /// A new aggregate, brought into being by an event of `create(…)`. Nothing is stored until it is saved; that the
    /// id is still free is checked then, by the store.
    #[must_use = "nothing is stored until it is saved"]
    pub fn create<E: CreateOf<A>>(&self, id: A::Id, event: E) -> Root<A> {
        Root::begin(id, event.into(), Arc::clone(&self.inner.periods))
    }

    /// What became of snapshots since the repository was built.
    pub fn snapshot_stats(&self) -> SnapshotStats {
        self.inner.counters.read()
    }
}

impl<A: Aggregate> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            metadata: Arc::clone(&self.metadata),
        }
    }
}

impl<A: Aggregate> fmt::Debug for Repository<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("aggregate", &A::NAME)
            .field("events", &self.inner.events)
            .field("mode", &self.inner.mode)
            .finish_non_exhaustive()
    }
}
