//! Where a scenario runs: an empty store, and a second snapshot store beside it.

use std::sync::Arc;

use eventsourcing::{
    MemoryStore,
    snapshot::SnapshotStore,
    store::{EventStore, PostgresOptions, PostgresStore, SqliteStore},
    testing::postgres::{PostgresServer, TestDatabase},
};
use tempfile::TempDir;

use crate::Outcome;

pub(crate) struct Bed {
    pub(crate) store: Arc<dyn EventStore>,
    /// The snapshot store that lives with `store`.
    pub(crate) snapshots: Arc<dyn SnapshotStore>,
    /// Another snapshot store of the same kind, with nothing else in it.
    pub(crate) other: Arc<dyn SnapshotStore>,
    files: Option<TempDir>,
    database: Option<TestDatabase>,
}

impl Bed {
    pub(crate) async fn memory() -> Outcome<Option<Self>> {
        let bed = Self::of(MemoryStore::new(), MemoryStore::new());
        std::future::ready(bed.map(Some)).await
    }

    /// On files: that is how it is used, and several connections are at work.
    pub(crate) async fn sqlite() -> Outcome<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let store = SqliteStore::open(folder.path().join("events.db")).await?;
        let other = SqliteStore::open(folder.path().join("snapshots.db")).await?;
        let mut bed = Self::of(store, other)?;
        bed.files = Some(folder);
        Ok(Some(bed))
    }

    /// In a database of its own; none where there is no PostgreSQL, which is said then.
    pub(crate) async fn postgres() -> Outcome<Option<Self>> {
        let Some(server) = PostgresServer::for_tests() else {
            return Ok(None);
        };
        let database = server.database().await?;
        let open = |schema: &str| {
            let options = PostgresOptions::default().schema(schema).connections(4);
            PostgresStore::connect_config(database.config().clone(), options)
        };
        let mut bed = Self::of(open("events").await?, open("snapshots").await?)?;
        bed.database = Some(database);
        Ok(Some(bed))
    }

    fn of(store: impl EventStore, other: impl SnapshotStore) -> Outcome<Self> {
        Ok(Self {
            snapshots: store.snapshot_store().ok_or("no snapshot store")?,
            store: Arc::new(store),
            other: Arc::new(other),
            files: None,
            database: None,
        })
    }

    /// A handle of the store.
    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }
}
