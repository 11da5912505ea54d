//! `MemoryStore`: everything in this process's memory. For tests, and the reference that other stores are compared with.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::{
    Appended, AppendedStream, Capabilities, Commit, Direction, EventPage, EventStore, FromSnapshot,
    NewEvent, ReadAll, ReadStream, StreamCommit, page::SharedEvent,
};
use crate::{
    Clock, Error, ErrorKind, Position, Result, StreamId, SystemClock, Timestamp, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
};

/// Keeps events and snapshots in memory. A clone shares them.
///
/// ```
/// use eventsourcing::store::MemoryStore;
///
/// let store = MemoryStore::new();
/// # let _ = store;
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    id: Uuid,
    clock: Box<dyn Clock>,
    events: Mutex<Log>,
    snapshots: Mutex<BTreeMap<StreamId, Vec<SnapshotRow>>>,
}

/// All events in global order, and where each stream's are.
#[derive(Default)]
struct Log {
    events: Vec<Arc<SharedEvent>>,
    streams: HashMap<StreamId, Vec<usize>>,
}

impl MemoryStore {
    /// An empty store with the system's clock.
    pub fn new() -> Self {
        Self::with_clock(SystemClock)
    }

    /// An empty store that stamps events by this clock.
    pub fn with_clock(clock: impl Clock) -> Self {
        Self(Arc::new(Shared {
            id: Uuid::now_v7(),
            clock: Box::new(clock),
            events: Mutex::default(),
            snapshots: Mutex::default(),
        }))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshots(&self) -> MutexGuard<'_, BTreeMap<StreamId, Vec<SnapshotRow>>> {
        self.0
            .snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn position(&self, index: usize) -> Position {
        Position::new(self.0.id, 0, index as u64 + 1)
    }

    /// The first answer, if each stream has exactly this commit's events right behind its expected version.
    fn repeated(&self, log: &Log, commit: &Commit) -> Option<Appended> {
        let mut streams = Vec::with_capacity(commit.streams.len());
        let now = self.0.clock.now();
        for part in &commit.streams {
            streams.push(if part.events.is_empty() {
                AppendedStream {
                    positions: Vec::new(),
                    recorded_at: now,
                }
            } else {
                // The event of version n stands at n - 1: the one before the part's first comes along.
                let from = part.expected.get().saturating_sub(1);
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                let stored = log.streams.get(&part.stream)?.iter().skip(from);
                let stored = stored.take(part.events.len().saturating_add(2));
                let stored = stored.filter_map(|index| log.events.get(*index));
                let stored = stored.map(|stored| stored.view());
                part.first_answer(commit.id, stored)?
            });
        }
        Some(Appended {
            streams,
            repeated: true,
        })
    }

    fn store(
        &self,
        log: &mut Log,
        commit: Uuid,
        now: Timestamp,
        part: StreamCommit,
    ) -> AppendedStream {
        let Log { events, streams } = log;
        let indexes = streams.entry(part.stream.clone()).or_default();
        let last = indexes.last().and_then(|index| events.get(*index));
        let last = last.filter(|_| !part.events.is_empty());
        let recorded_at = last.map_or(now, |last| now.max(last.recorded_at));
        let mut positions = Vec::with_capacity(part.events.len());
        let mut version = part.expected;
        for event in part.events {
            version = version.next();
            let position = self.position(events.len());
            positions.push(position);
            indexes.push(events.len());
            events.push(Arc::new(SharedEvent {
                position,
                stream: part.stream.clone(),
                version,
                commit_id: commit,
                recorded_at,
                event: compact(event),
            }));
        }
        AppendedStream {
            positions,
            recorded_at,
        }
    }
}

/// A payload that is a slice of a larger buffer would keep all of that alive.
fn compact(event: NewEvent) -> NewEvent {
    NewEvent {
        payload: Bytes::copy_from_slice(&event.payload),
        metadata: Bytes::copy_from_slice(&event.metadata),
        ..event
    }
}

impl Log {
    /// A page of what stands at these places.
    fn page(&self, indexes: impl Iterator<Item = usize>, limit: usize) -> EventPage {
        EventPage::shared(indexes.filter_map(|index| self.events.get(index)), limit)
    }

    /// A page of this part of a stream.
    fn stream(&self, stream: &StreamId, read: &ReadStream) -> EventPage {
        let indexes = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let place = |version: u64| usize::try_from(version).unwrap_or(usize::MAX);
        // The event of version n stands at n - 1.
        let from = place((*read.versions.start()).max(1)) - 1;
        let to = place(*read.versions.end()).min(indexes.len());
        let wanted = indexes
            .get(from..to.max(from))
            .unwrap_or_default()
            .iter()
            .copied();
        match read.direction {
            Direction::Forward => self.page(wanted, read.limit),
            Direction::Backward => self.page(wanted.rev(), read.limit),
        }
    }

    fn head(&self, stream: &StreamId) -> Version {
        let count = self.streams.get(stream).map_or(0, Vec::len);
        Version::new(count as u64)
    }

    fn conflict(&self, commit: &Commit) -> Option<Error> {
        commit.streams.iter().find_map(|part| {
            let actual = self.head(&part.stream);
            let last = self.streams.get(&part.stream).and_then(|at| at.last());
            let last = last.and_then(|index| self.events.get(*index));
            let differs = last.is_some_and(|last| part.after.is_some_and(|id| id != last.event.id));
            (actual != part.expected || differs)
                .then(|| Error::conflict(part.stream.clone(), part.expected, actual))
        })
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        commit.check().map_err(|error| error.during("append"))?;
        if commit.event_count() == 0 {
            return Ok(Appended::nothing(&commit, self.0.clock.now()));
        }
        let mut log = self.log();
        let now = self.0.clock.now();
        if let Some(conflict) = log.conflict(&commit) {
            return self
                .repeated(&log, &commit)
                .ok_or_else(|| conflict.during("append"));
        }
        let parts = commit.streams.into_iter();
        let streams = parts
            .map(|part| self.store(&mut log, commit.id, now, part))
            .collect();
        Ok(Appended {
            streams,
            repeated: false,
        })
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        Ok(self.log().stream(stream, &read))
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let from = match read.after {
            None => 0,
            Some(after) if after.store() == self.0.id => {
                usize::try_from(after.offset()).unwrap_or(usize::MAX)
            }
            Some(_) => {
                return Err(Error::new(ErrorKind::InvalidConfiguration)
                    .during("read_all")
                    .because("the position is of another store"));
            }
        };
        let log = self.log();
        let wanted = |index: &usize| {
            let stored = log.events.get(*index);
            stored.is_some_and(|stored| read.wants(stored.stream.category(), stored.version))
        };
        Ok(log.page((from..log.events.len()).filter(wanted), read.limit))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        Ok(self.log().head(stream))
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
        // Both locks at once, taken in this order nowhere else.
        let snapshots = self.snapshots();
        let newest = newest(&snapshots, key, at_most);
        let events = match &newest {
            Newest::Found(row) => {
                let read = ReadStream::from(row.version).up_to(at_most).limit(limit);
                Some(self.log().stream(&key.stream, &read))
            }
            Newest::Absent(_) => None,
        };
        Ok(Some(FromSnapshot { newest, events }))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::full()
    }
}

#[async_trait]
impl SnapshotStore for MemoryStore {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        if row.version > Version::MAX {
            return Err(Error::new(ErrorKind::TooLarge)
                .during("save_snapshot")
                .at(row.key.stream)
                .at_version(row.version));
        }
        let mut snapshots = self.snapshots();
        let rows = snapshots.entry(row.key.stream.clone()).or_default();
        let existing = rows
            .iter()
            .find(|other| other.key == row.key && other.version == row.version);
        if let Some(existing) = existing {
            return Ok(SavedSnapshot::Existing(existing.clone()));
        }
        rows.push(row);
        rows.sort_by_key(|row| row.version);
        Ok(SavedSnapshot::Stored)
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        Ok(newest(&self.snapshots(), key, at_most))
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        let snapshots = self.snapshots();
        let rows = snapshots.get(stream).map_or(&[][..], Vec::as_slice);
        Ok(rows.iter().map(SnapshotInfo::from).collect())
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        Ok(self.remove(
            |stream| *stream == row.key.stream,
            |stored| SnapshotInfo::from(stored) == *row,
        ) > 0)
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        Ok(self.remove(
            |stream| *stream == key.stream,
            |stored| stored.key == *key && stored.version < before,
        ))
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        Ok(self.remove(
            |stream| stream.category() == category,
            |stored| schema_version.is_none_or(|wanted| wanted == stored.key.schema_version),
        ))
    }
}

fn newest(
    snapshots: &BTreeMap<StreamId, Vec<SnapshotRow>>,
    key: &SnapshotKey,
    at_most: Version,
) -> Newest {
    let rows = snapshots.get(&key.stream).map_or(&[][..], Vec::as_slice);
    let mut others: Vec<SnapshotKey> = Vec::new();
    for row in rows.iter().rev().filter(|row| row.version <= at_most) {
        if row.key == *key {
            return Newest::Found(row.clone());
        }
        if !others.contains(&row.key) {
            others.push(row.key.clone());
        }
    }
    Newest::Absent(others)
}

impl MemoryStore {
    fn remove(
        &self,
        stream: impl Fn(&StreamId) -> bool,
        doomed: impl Fn(&SnapshotRow) -> bool,
    ) -> u64 {
        let mut snapshots = self.snapshots();
        let mut removed = 0;
        for (_, rows) in snapshots.iter_mut().filter(|(of, _)| stream(of)) {
            let before = rows.len();
            rows.retain(|row| !doomed(row));
            removed += before - rows.len();
        }
        removed as u64
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("events", &self.log().events.len())
            .finish_non_exhaustive()
    }
}
