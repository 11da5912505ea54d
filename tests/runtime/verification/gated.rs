//! A store that holds up whoever verifies, and whoever stores a snapshot, until it is told to go on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, EventStore, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{Appended, Capabilities, Commit, EventPage, ReadAll, ReadStream},
};
use tokio::sync::watch;

/// Holds up the next one, and none behind it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_closed: AtomicBool,
    holds: watch::Sender<bool>,
}

impl Gate {
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn open(&self) {
        self.is_closed.store(false, Ordering::SeqCst);
        self.holds.send_replace(false);
    }

    /// Until somebody waits here.
    pub(super) async fn reached(&self) {
        let mut holds = self.holds.subscribe();
        holds.wait_for(|holds| *holds).await.unwrap();
    }

    async fn pass(&self) {
        if self.is_closed.swap(false, Ordering::SeqCst) {
            let mut holds = self.holds.subscribe();
            self.holds.send_replace(true);
            holds.wait_for(|holds| !holds).await.unwrap();
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Gates {
    /// Of replays from the first event on.
    pub(super) replays: Gate,
    /// Of snapshots before they are stored.
    pub(super) saves: Gate,
    /// Of snapshots that are stored.
    pub(super) answers: Gate,
    /// Whether what is stored is answered by an error.
    pub(super) answers_fail: AtomicBool,
}

#[derive(Debug, Clone)]
pub(super) struct Gated {
    store: Arc<dyn EventStore>,
    pub(super) gates: Arc<Gates>,
}

impl Gated {
    pub(super) fn new(store: &Arc<dyn EventStore>) -> Self {
        Self {
            store: Arc::clone(store),
            gates: Arc::default(),
        }
    }
}

#[async_trait]
impl EventStore for Gated {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.store.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        if *read.versions.start() <= 1 {
            self.gates.replays.pass().await;
        }
        self.store.read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.store.read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.store.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(GatedSnapshots {
            store: self.store.snapshot_store()?,
            gates: Arc::clone(&self.gates),
        }))
    }

    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }
}

#[derive(Debug)]
struct GatedSnapshots {
    store: Arc<dyn SnapshotStore>,
    gates: Arc<Gates>,
}

#[async_trait]
impl SnapshotStore for GatedSnapshots {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        self.gates.saves.pass().await;
        let saved = self.store.save(row).await;
        self.gates.answers.pass().await;
        if self.gates.answers_fail.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable));
        }
        saved
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        self.store.newest(key, at_most).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        self.store.list(stream).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        self.store.delete(row).await
    }

    async fn prune(&self, key: &SnapshotKey, below: Version) -> Result<u64> {
        self.store.prune(key, below).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        self.store.delete_category(category, schema_version).await
    }
}
