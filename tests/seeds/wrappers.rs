//! Stores that misbehave or are watched, around a good one, through the public traits.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{Appended, Capabilities, Commit, EventPage, EventStore, ReadAll, ReadStream},
};
use tokio::sync::Semaphore;

/// A snapshot store that can't save.
#[derive(Debug)]
pub(crate) struct Failing(pub(crate) Arc<dyn SnapshotStore>);

#[async_trait]
impl SnapshotStore for Failing {
    async fn save(&self, _: SnapshotRow) -> Result<SavedSnapshot> {
        Err(Error::new(ErrorKind::Storage).because("planted"))
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        self.0.newest(key, at_most).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        self.0.list(stream).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        self.0.delete(row).await
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        self.0.prune(key, before).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        self.0.delete_category(category, schema_version).await
    }
}

/// A snapshot store whose saves wait until they are let in, and say when they are done.
#[derive(Debug)]
pub(crate) struct Gated {
    inner: Arc<dyn SnapshotStore>,
    open: Semaphore,
    done: Semaphore,
}

impl Gated {
    pub(crate) fn new(inner: Arc<dyn SnapshotStore>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            open: Semaphore::new(0),
            done: Semaphore::new(0),
        })
    }

    /// Lets one save in.
    pub(crate) fn let_in(&self) {
        self.open.add_permits(1);
    }

    /// Waits until one more save is done.
    pub(crate) async fn done(&self) {
        if let Ok(permit) = self.done.acquire().await {
            permit.forget();
        }
    }
}

#[async_trait]
impl SnapshotStore for Gated {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        if let Ok(permit) = self.open.acquire().await {
            permit.forget();
        }
        let saved = self.inner.save(row).await;
        self.done.add_permits(1);
        saved
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        self.inner.newest(key, at_most).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        self.inner.list(stream).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        self.inner.delete(row).await
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        self.inner.prune(key, before).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        self.inner.delete_category(category, schema_version).await
    }
}

/// An event store that lost the rows of some versions, and counts the rows that it gives out.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    inner: Arc<dyn EventStore>,
    lost: RangeInclusive<u64>,
    read: Arc<AtomicUsize>,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn EventStore>) -> Self {
        Self::without(inner, 0..=0)
    }

    pub(crate) fn without(inner: Arc<dyn EventStore>, lost: RangeInclusive<u64>) -> Self {
        Self {
            inner,
            lost,
            read: Arc::default(),
        }
    }

    /// How many rows of streams it gave out since the last time this was asked.
    pub(crate) fn rows_read(&self) -> usize {
        self.read.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl EventStore for Watched {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.inner.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let page = self.inner.read_stream(stream, read).await?;
        let mut left = EventPage::new();
        left.set_has_more(page.has_more());
        for row in page
            .iter()
            .filter(|row| !self.lost.contains(&row.version.get()))
        {
            left.push(&row);
        }
        self.read.fetch_add(left.len(), Ordering::SeqCst);
        Ok(left)
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.inner.read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.inner.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.inner.snapshot_store()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}
