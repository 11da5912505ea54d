//! A store that hands out what it is told to, and keeps nothing.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use eventsourcing::{
    ErrorKind, EventStore, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{Appended, Capabilities, Commit, Direction, EventPage, ReadAll, ReadStream},
};

#[derive(Debug, Default)]
pub(crate) struct Hand {
    /// The whole stream, whatever stream is asked for.
    pub(crate) events: EventPage,
    /// The newest snapshot, whatever key is asked for.
    pub(crate) snapshot: Option<SnapshotRow>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct HandOut(Arc<Mutex<Hand>>);

impl HandOut {
    pub(crate) fn hand(&self) -> MutexGuard<'_, Hand> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

fn read_only<T>() -> Result<T> {
    Err(eventsourcing::Error::new(ErrorKind::ReadOnly))
}

#[async_trait]
impl EventStore for HandOut {
    async fn append(&self, _: Commit) -> Result<Appended> {
        read_only()
    }

    async fn read_stream(&self, _: &StreamId, read: ReadStream) -> Result<EventPage> {
        let hand = self.hand();
        let mut page = EventPage::new();
        let wanted = |version: Version| read.versions.contains(&version.get());
        let mut rows: Vec<_> = hand
            .events
            .iter()
            .filter(|row| wanted(row.version))
            .collect();
        if read.direction == Direction::Backward {
            rows.reverse();
        }
        for row in rows.into_iter().take(read.limit.max(1)) {
            page.push(&row);
        }
        Ok(page)
    }

    async fn read_all(&self, _: ReadAll) -> Result<EventPage> {
        Ok(self.hand().events.clone())
    }

    async fn head(&self, _: &StreamId) -> Result<Version> {
        let hand = self.hand();
        Ok(hand
            .events
            .iter()
            .last()
            .map_or(Version::ZERO, |row| row.version))
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.clone()))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::full()
    }
}

#[async_trait]
impl SnapshotStore for HandOut {
    async fn save(&self, _: SnapshotRow) -> Result<SavedSnapshot> {
        Ok(SavedSnapshot::Stored)
    }

    async fn newest(&self, _: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let snapshot = self.hand().snapshot.clone();
        let found = snapshot.filter(|row| row.version <= at_most);
        Ok(found.map_or_else(|| Newest::Absent(Vec::new()), Newest::Found))
    }

    async fn list(&self, _: &StreamId) -> Result<Vec<SnapshotInfo>> {
        Ok(self
            .hand()
            .snapshot
            .iter()
            .map(SnapshotInfo::from)
            .collect())
    }

    async fn delete(&self, _: &SnapshotInfo) -> Result<bool> {
        Ok(self.hand().snapshot.take().is_some())
    }

    async fn prune(&self, _: &SnapshotKey, _: Version) -> Result<u64> {
        Ok(0)
    }

    async fn delete_category(&self, _: &str, _: Option<u32>) -> Result<u64> {
        Ok(0)
    }
}
