//! `CountingStore`: wraps any store and counts what crosses it, events and snapshots apart.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{
        Appended, Capabilities, Commit, EventPage, EventStore, FromSnapshot, ReadAll, ReadStream,
    },
};

/// What crossed in one direction.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Calls, those that failed included.
    pub calls: u64,
    /// Events or snapshots.
    pub rows: u64,
    /// Bytes of payloads and metadata, or of states.
    pub bytes: u64,
}

impl Traffic {
    fn add(&mut self, rows: usize, bytes: usize) {
        self.rows += rows as u64;
        self.bytes += bytes as u64;
    }
}

/// What a [`CountingStore`] has seen.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCounts {
    /// `read_stream`, `read_all`, and `read_from_snapshot` where it answered with events.
    pub events_read: Traffic,
    /// `append`. A repeated commit counts as a call without rows.
    pub events_written: Traffic,
    /// Calls of `head`.
    pub heads: u64,
    /// `newest`, `list` and `read_from_snapshot`; rows and bytes are of the states that were found.
    pub snapshots_read: Traffic,
    /// Calls of `read_from_snapshot` that were answered, each counted above as well: as one of snapshots, and, with events,
    /// as one of those. Without this it would seem that there were two round trips.
    pub reads_from_snapshots: u64,
    /// `save`. A row that was there already counts as a call without rows.
    pub snapshots_written: Traffic,
    /// `delete`, `prune` and `delete_category`; without bytes.
    pub snapshots_deleted: Traffic,
}

impl StoreCounts {
    fn page(&mut self, page: Option<&EventPage>) {
        self.events_read.calls += 1;
        if let Some(page) = page {
            self.events_read.add(page.len(), page.byte_len());
        }
    }

    fn newest(&mut self, newest: Option<&Newest>) {
        self.snapshots_read.calls += 1;
        if let Some(Newest::Found(row)) = newest {
            let bytes = row.state.as_ref().map_or(0, bytes::Bytes::len);
            self.snapshots_read.add(1, bytes);
        }
    }
}

/// A store that counts and otherwise does what the store within does. A clone shares the counts.
///
/// ```
/// use eventsourcing::{prelude::*, testing::CountingStore};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Clone, Debug, Serialize, Deserialize)]
/// # struct Opened;
/// # #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
/// # #[aggregate(id = u64, create(Opened))]
/// # struct Account;
/// # impl AccountHandlers for Account { fn opened(_: &u64, _: Opened) -> Self { Account } }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eventsourcing::Result<()> {
/// let store = CountingStore::new(MemoryStore::new());
/// let accounts = Repository::<Account>::builder(store.clone()).build()?;
/// accounts.save(&mut accounts.create(1, Opened)).await?;
/// assert_eq!(store.take().events_written.rows, 1);
/// accounts.load(1).await?;
/// assert_eq!(store.counts().events_read.rows, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CountingStore {
    inner: Arc<dyn EventStore>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts(Mutex<StoreCounts>);

impl Counts {
    fn get(&self) -> MutexGuard<'_, StoreCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CountingStore {
    /// Around this store and the snapshot store that lives with it.
    pub fn new(store: impl EventStore) -> Self {
        Self {
            inner: Arc::new(store),
            counts: Arc::default(),
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> StoreCounts {
        *self.counts.get()
    }

    /// What was counted since the last call of this.
    pub fn take(&self) -> StoreCounts {
        std::mem::take(&mut *self.counts.get())
    }

    fn count_page(&self, page: &Result<EventPage>) {
        self.counts.get().page(page.as_ref().ok());
    }
}

impl fmt::Debug for CountingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountingStore")
            .field("inner", &self.inner)
            .field("counts", &self.counts())
            .finish()
    }
}

fn event_bytes(commit: &Commit) -> usize {
    let events = commit.streams.iter().flat_map(|part| &part.events);
    events
        .map(|event| event.payload.len() + event.metadata.len())
        .sum()
}

// A wrapper that forgot a method would silently lose what the inner store does there.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for CountingStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        let (rows, bytes) = (commit.event_count(), event_bytes(&commit));
        let appended = self.inner.append(commit).await;
        let mut counts = self.counts.get();
        counts.events_written.calls += 1;
        if matches!(&appended, Ok(appended) if !appended.repeated) {
            counts.events_written.add(rows, bytes);
        }
        drop(counts);
        appended
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let page = self.inner.read_stream(stream, read).await;
        self.count_page(&page);
        page
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let page = self.inner.read_all(read).await;
        self.count_page(&page);
        page
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.counts.get().heads += 1;
        self.inner.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        let inner = self.inner.snapshot_store()?;
        Some(Arc::new(CountingSnapshots {
            inner,
            counts: Arc::clone(&self.counts),
        }))
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        let read = self.inner.read_from_snapshot(key, at_most, limit).await;
        let mut counts = self.counts.get();
        match &read {
            Ok(None) => {}
            Ok(Some(FromSnapshot { newest, events })) => {
                counts.reads_from_snapshots += 1;
                counts.newest(Some(newest));
                if events.is_some() {
                    counts.page(events.as_ref());
                }
            }
            Err(_) => counts.newest(None),
        }
        drop(counts);
        read
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}

#[derive(Debug)]
struct CountingSnapshots {
    inner: Arc<dyn SnapshotStore>,
    counts: Arc<Counts>,
}

impl CountingSnapshots {
    fn deleted(&self, rows: u64) {
        let mut counts = self.counts.get();
        counts.snapshots_deleted.calls += 1;
        counts.snapshots_deleted.rows += rows;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SnapshotStore for CountingSnapshots {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        let bytes = row.state.as_ref().map_or(0, bytes::Bytes::len);
        let saved = self.inner.save(row).await;
        let mut counts = self.counts.get();
        counts.snapshots_written.calls += 1;
        if matches!(saved, Ok(SavedSnapshot::Stored)) {
            counts.snapshots_written.add(1, bytes);
        }
        drop(counts);
        saved
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let newest = self.inner.newest(key, at_most).await;
        self.counts.get().newest(newest.as_ref().ok());
        newest
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        self.counts.get().snapshots_read.calls += 1;
        self.inner.list(stream).await
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        let deleted = self.inner.delete(row).await;
        self.deleted(u64::from(matches!(deleted, Ok(true))));
        deleted
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        let pruned = self.inner.prune(key, before).await;
        self.deleted(*pruned.as_ref().unwrap_or(&0));
        pruned
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        let deleted = self.inner.delete_category(category, schema_version).await;
        self.deleted(*deleted.as_ref().unwrap_or(&0));
        deleted
    }
}
