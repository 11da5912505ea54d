//! A store whose data are replaced while it is in use, as by a restore from a backup.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use eventsourcing::{
    EventStore, MemoryStore, Result, StreamId, Version,
    snapshot::SnapshotStore,
    store::{Appended, Capabilities, Commit, EventPage, ReadAll, ReadStream},
};

#[derive(Debug, Clone)]
pub(crate) struct Switched(Arc<Mutex<MemoryStore>>);

impl Switched {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    pub(crate) fn to(&self, store: MemoryStore) {
        *self.0.lock().unwrap() = store;
    }

    fn now(&self) -> MemoryStore {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl EventStore for Switched {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.now().append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.now().read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.now().read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.now().head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }

    fn capabilities(&self) -> Capabilities {
        self.now().capabilities()
    }
}
