//! Where a scenario runs: an empty store, and a second snapshot store beside it.

use std::sync::Arc;

use eventsourcing::{
    MemoryStore,
    snapshot::SnapshotStore,
    store::{EventStore, SqliteStore},
};
use tempfile::TempDir;

use crate::Outcome;

pub(crate) struct Bed {
    pub(crate) store: Arc<dyn EventStore>,
    /// The snapshot store that lives with `store`.
    pub(crate) snapshots: Arc<dyn SnapshotStore>,
    /// Another snapshot store of the same kind, with nothing else in it.
    pub(crate) other: Arc<dyn SnapshotStore>,
    _files: Option<TempDir>,
}

impl Bed {
    pub(crate) async fn memory() -> Outcome<Self> {
        std::future::ready(Self::of(MemoryStore::new(), MemoryStore::new(), None)).await
    }

    /// On files: that is how it is used, and several connections are at work.
    pub(crate) async fn sqlite() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let store = SqliteStore::open(folder.path().join("events.db")).await?;
        let other = SqliteStore::open(folder.path().join("snapshots.db")).await?;
        Self::of(store, other, Some(folder))
    }

    fn of(
        store: impl EventStore,
        other: impl SnapshotStore,
        files: Option<TempDir>,
    ) -> Outcome<Self> {
        Ok(Self {
            snapshots: store.snapshot_store().ok_or("no snapshot store")?,
            store: Arc::new(store),
            other: Arc::new(other),
            _files: files,
        })
    }

    /// A handle of the store.
    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }
}
