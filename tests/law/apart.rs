//! A store on a server, from a runtime whose clock stands still: its calls run on a runtime of their own, with a real clock.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use eventsourcing::{
    EventStore, PostgresStore, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{
        Appended, Capabilities, Commit, EventPage, FromSnapshot, PostgresOptions, ReadAll,
        ReadStream, tokio_postgres::Config,
    },
};
use tokio::runtime::Runtime;

static REAL: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// On a thread for blocking work: while one is busy, the other runtime's clock doesn't jump.
async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(move || REAL.block_on(work)).await;
    done.expect("no panic")
}

#[derive(Debug, Clone)]
pub(crate) struct Apart(PostgresStore);

impl Apart {
    pub(crate) async fn open(config: Config, schema: String) -> Self {
        let options = PostgresOptions::default().schema(schema).connections(2);
        let store = apart(PostgresStore::connect_config(config, options)).await;
        Self(store.expect("the store opens"))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for Apart {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        let store = self.0.clone();
        apart(async move { store.append(commit).await }).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let (store, stream) = (self.0.clone(), stream.clone());
        apart(async move { store.read_stream(&stream, read).await }).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let store = self.0.clone();
        apart(async move { store.read_all(read).await }).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        let (store, stream) = (self.0.clone(), stream.clone());
        apart(async move { store.head(&stream).await }).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.clone()))
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        let (store, key) = (self.0.clone(), key.clone());
        apart(async move { store.read_from_snapshot(&key, at_most, limit).await }).await
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SnapshotStore for Apart {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        let store = self.0.clone();
        apart(async move { store.save(row).await }).await
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let (store, key) = (self.0.clone(), key.clone());
        apart(async move { store.newest(&key, at_most).await }).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        let (store, stream) = (self.0.clone(), stream.clone());
        apart(async move { store.list(&stream).await }).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        let (store, row) = (self.0.clone(), row.clone());
        apart(async move { store.delete(&row).await }).await
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        let (store, key) = (self.0.clone(), key.clone());
        apart(async move { store.prune(&key, before).await }).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        let (store, category) = (self.0.clone(), category.to_owned());
        apart(async move { store.delete_category(&category, schema_version).await }).await
    }
}
