//! Stores that misbehave in one way each, over a good one; and one that counts what is read.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, EventStore, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{Appended, Capabilities, Commit, EventPage, ReadAll, ReadStream},
};

/// What becomes of the next append.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    Honest,
    /// Stored, and the answer is lost.
    LostAfter,
    /// Lost on the way to the store.
    LostBefore,
    /// Refused, nothing stored.
    Refused,
}

/// Passes everything on, yields around each append (so that futures can be dropped there), counts reads.
#[derive(Debug, Clone)]
pub(crate) struct Faulty {
    inner: Arc<dyn EventStore>,
    next: Arc<Mutex<Answer>>,
    pub(crate) events_read: Arc<AtomicUsize>,
    pub(crate) snapshots_fail: Arc<AtomicBool>,
    pub(crate) appends: Arc<AtomicU64>,
}

impl Faulty {
    pub(crate) fn new(inner: Arc<dyn EventStore>) -> Self {
        Self {
            inner,
            next: Arc::new(Mutex::new(Answer::Honest)),
            events_read: Arc::default(),
            snapshots_fail: Arc::default(),
            appends: Arc::default(),
        }
    }

    pub(crate) fn answer_next(&self, answer: Answer) {
        *self.next.lock().unwrap() = answer;
    }

    /// Events read since the last call.
    pub(crate) fn take_events_read(&self) -> usize {
        self.events_read.swap(0, Ordering::SeqCst)
    }

    fn unknown() -> Error {
        Error::new(ErrorKind::OutcomeUnknown)
    }
}

#[async_trait]
impl EventStore for Faulty {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        let answer = std::mem::replace(&mut *self.next.lock().unwrap(), Answer::Honest);
        tokio::task::yield_now().await;
        match answer {
            Answer::LostBefore => return Err(Self::unknown()),
            Answer::Refused => return Err(Error::new(ErrorKind::Unavailable)),
            Answer::Honest | Answer::LostAfter => {}
        }
        let appended = self.inner.append(commit).await?;
        tokio::task::yield_now().await;
        if answer == Answer::LostAfter {
            return Err(Self::unknown());
        }
        Ok(appended)
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let page = self.inner.read_stream(stream, read).await?;
        self.events_read.fetch_add(page.len(), Ordering::SeqCst);
        Ok(page)
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.inner.read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.inner.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(FaultySnapshots {
            inner: self.inner.snapshot_store()?,
            fail: Arc::clone(&self.snapshots_fail),
        }))
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}

#[derive(Debug)]
struct FaultySnapshots {
    inner: Arc<dyn SnapshotStore>,
    fail: Arc<AtomicBool>,
}

impl FaultySnapshots {
    async fn check(&self) -> Result<()> {
        tokio::task::yield_now().await;
        if self.fail.load(Ordering::SeqCst) {
            Err(Error::new(ErrorKind::Unavailable))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl SnapshotStore for FaultySnapshots {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        self.check().await?;
        self.inner.save(row).await
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        self.check().await?;
        self.inner.newest(key, at_most).await
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        self.check().await?;
        self.inner.list(stream).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        self.check().await?;
        self.inner.delete(row).await
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        self.check().await?;
        self.inner.prune(key, before).await
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        self.check().await?;
        self.inner.delete_category(category, schema_version).await
    }
}
