//! `Subject`: a store to be checked, with what its author can offer beside it. A new offer is a field and a method here,
//! and a [`Requirement`](super::Requirement).

use std::{any::Any, fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

use super::{report::Failure, rows::key};
use crate::{EventStore, ManualClock, Version, snapshot::SnapshotStore};

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
    pub(super) unavailable: Option<String>,
    /// Known once it was asked.
    pub(super) reads_from_snapshots: bool,
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

    /// There is no store, for this reason: a server that isn't installed here. Each check says that it was not made.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let mut subject = Self::of(None, None);
        subject.unavailable = Some(reason.into());
        subject
    }

    fn of(events: Option<Arc<dyn EventStore>>, snapshots: Option<Arc<dyn SnapshotStore>>) -> Self {
        Self {
            events,
            snapshots,
            clock: None,
            second_handle: None,
            reopen: None,
            kept: Vec::new(),
            unavailable: None,
            reads_from_snapshots: false,
        }
    }

    /// The clock that the store stamps events by, so that the checks can set it.
    pub fn clock(mut self, clock: Arc<ManualClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How another process would come by the same data.
    ///
    /// Each call of `open` answers a subject whose stores
    ///
    /// - have the data of the first store: what either has acknowledged the other sees, while both stay open;
    /// - share as little memory with it as possible: no cache, no lock, no connection. A clone of the handle would hide a
    ///   cache that is stale, or a lock that only this process sees;
    /// - stamp events by the same [`clock`](Self::clock), if one is offered.
    ///
    /// It is called while the first store is open, more than once, and also after [`reopen`](Self::reopen).
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")] {
    /// use std::path::PathBuf;
    ///
    /// use eventsourcing::{SqliteStore, testing::conformance::Subject};
    ///
    /// async fn open(path: PathBuf) -> Subject {
    ///     Subject::new(SqliteStore::open(&path).await.expect("the file opens"))
    /// }
    ///
    /// // A fresh file for each check.
    /// async fn fresh(path: PathBuf) -> Subject {
    ///     let subject = open(path.clone()).await;
    ///     subject.second_handle(move || open(path.clone()))
    /// }
    /// # }
    /// ```
    pub fn second_handle<F, Fut>(mut self, open: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Subject> + Send + 'static,
    {
        self.second_handle = Some(Arc::new(move || Box::pin(open())));
        self
    }

    /// How the store is closed and opened again on the same data.
    ///
    /// Each call of `reopen`
    ///
    /// - closes the store that is open, all of its handles, and waits until that is done. The kit has dropped its own; one
    ///   that the closure keeps in order to close it is the closure's to drop;
    /// - opens the data again through nothing that was kept in memory, and answers a subject with what is stored there:
    ///   what was acknowledged before, and the same store identity in positions;
    /// - stamps events by the same [`clock`](Self::clock), if one is offered.
    ///
    /// It may be called again on what it answered. What the new subject doesn't offer (clock, second handle, a way to reopen),
    /// it takes over from the one before it; what is [kept](Self::keep) stays.
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

impl Subject {
    /// Asks the event store whether it reads from snapshots. An error is an answer too: a check says what it is.
    pub(super) async fn ask(&mut self) -> Result<(), Failure> {
        if let Some(events) = &self.events {
            let key = key("none", 1)?;
            let first = events.read_from_snapshot(&key, Version::ZERO, 1).await;
            self.reads_from_snapshots = !matches!(first, Ok(None));
        }
        Ok(())
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
