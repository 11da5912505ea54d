//! `Subject`: a store to be checked, with what its author can offer beside it. A new offer is a field and a method here,
//! and a [`Requirement`](super::Requirement).

use std::{any::Any, fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

use crate::{EventStore, ManualClock, snapshot::SnapshotStore};

type Hook = Arc<dyn Fn() -> BoxFuture<'static, Subject> + Send + Sync>;

/// A fresh, empty store, and what its author can offer beside it.
///
/// ```
/// use std::sync::Arc;
///
/// use eventsourcing::{ManualClock, MemoryStore, Timestamp, testing::conformance::Subject};
///
/// let clock = Arc::new(ManualClock::at(Timestamp::now()));
/// let subject = Subject::new(MemoryStore::with_clock(clock.clone())).clock(clock);
/// # let _ = subject;
/// ```
pub struct Subject {
    pub(super) events: Option<Arc<dyn EventStore>>,
    pub(super) snapshots: Option<Arc<dyn SnapshotStore>>,
    pub(super) clock: Option<Arc<ManualClock>>,
    pub(super) second_handle: Option<Hook>,
    pub(super) reopen: Option<Hook>,
    pub(super) kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl Subject {
    /// An event store; its [`snapshot_store`](EventStore::snapshot_store) is checked too, if it has one.
    pub fn new(store: impl EventStore) -> Self {
        let events: Arc<dyn EventStore> = Arc::new(store);
        let snapshots = events.snapshot_store();
        Self::of(Some(events), snapshots)
    }

    /// A store that keeps snapshots only.
    pub fn of_snapshots(store: impl SnapshotStore) -> Self {
        Self::of(None, Some(Arc::new(store)))
    }

    fn of(events: Option<Arc<dyn EventStore>>, snapshots: Option<Arc<dyn SnapshotStore>>) -> Self {
        Self {
            events,
            snapshots,
            clock: None,
            second_handle: None,
            reopen: None,
            kept: Vec::new(),
        }
    }

    /// The clock that the store stamps events by, so that the checks can set it.
    pub fn clock(mut self, clock: Arc<ManualClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How another process would come by the same data: a store that shares no memory with the first, if that is possible.
    pub fn second_handle<F, Fut>(mut self, open: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Subject> + Send + 'static,
    {
        self.second_handle = Some(Arc::new(move || Box::pin(open())));
        self
    }

    /// How the store is closed and opened again on the same data. What the new subject doesn't offer, it takes over from the
    /// one before it.
    pub fn reopen<F, Fut>(mut self, reopen: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Subject> + Send + 'static,
    {
        self.reopen = Some(Arc::new(move || Box::pin(reopen())));
        self
    }

    /// Keeps a value until the check is over: the guard of a temporary folder or database.
    pub fn keep(mut self, value: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(value));
        self
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("events", &self.events)
            .field("snapshots", &self.snapshots)
            .field("clock", &self.clock)
            .field("second_handle", &self.second_handle.is_some())
            .field("reopen", &self.reopen.is_some())
            .finish_non_exhaustive()
    }
}
