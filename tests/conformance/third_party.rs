//! A store as somebody writes one who has read `docs/writing-a-store.md` and the docs of the trait: a list under a lock,
//! events only, one stream in a commit.

use std::sync::Arc;

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, EventStore, Position, Result, StreamId, Timestamp, Version,
    snapshot::SnapshotStore,
    store::{
        Appended, AppendedStream, Atomicity, Capabilities, Commit, Direction, EventPage, NewEvent,
        ReadAll, ReadStream, RecordedEvent,
    },
    testing::conformance::{Kit, Subject},
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Events one behind the other; the place in the list is the position.
#[derive(Debug)]
struct ListStore {
    id: Uuid,
    list: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    position: Position,
    stream: StreamId,
    version: Version,
    commit: Uuid,
    time: Timestamp,
    event: NewEvent,
}

impl Entry {
    fn view(&self) -> RecordedEvent<'_> {
        let (position, stream) = (self.position, self.stream.as_str());
        let (version, commit, time) = (self.version, self.commit, self.time);
        RecordedEvent::of(&self.event, position, stream, version, commit, time)
    }
}

#[async_trait]
impl EventStore for ListStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        let checked = commit.check();
        let checked = checked.and_then(|()| self.capabilities().check(&commit));
        checked.map_err(|error| error.during("append"))?;
        let (mut list, now) = (self.list.lock().await, Timestamp::now());
        // One stream is what this store declares.
        let part = match &commit.streams[..] {
            [part] if !part.events.is_empty() => part,
            _ => return Ok(Appended::nothing(&commit, now)),
        };
        let stored = || list.iter().filter(|entry| entry.stream == part.stream);
        let newest = stored().next_back();
        let head = newest.map_or(Version::ZERO, |newest| newest.version);
        let same = part.after.is_none() || part.after == newest.map(|newest| newest.event.id);
        if part.expected != head || !same {
            let first = part.first_answer(commit.id, stored().map(Entry::view));
            let conflict = || Error::conflict(part.stream.clone(), part.expected, head);
            let first = first.ok_or_else(|| conflict().during("append"))?;
            let (streams, repeated) = (vec![first], true);
            return Ok(Appended { streams, repeated });
        }
        let recorded_at = newest.map_or(now, |newest| newest.time.max(now));
        let mut positions = Vec::new();
        for (version, event) in (head.get() + 1..).zip(&part.events) {
            let position = Position::new(self.id, 0, list.len() as u64 + 1);
            positions.push(position);
            list.push(Entry {
                position,
                stream: part.stream.clone(),
                version: Version::from(version),
                commit: commit.id,
                time: recorded_at,
                event: event.clone(),
            });
        }
        Ok(Appended {
            streams: vec![AppendedStream {
                positions,
                recorded_at,
            }],
            repeated: false,
        })
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let list = self.list.lock().await;
        let wanted = list.iter().filter(|entry| {
            entry.stream == *stream && read.versions.contains(&entry.version.get())
        });
        Ok(match read.direction {
            Direction::Forward => EventPage::filled(wanted.map(Entry::view), read.limit),
            Direction::Backward => EventPage::filled(wanted.rev().map(Entry::view), read.limit),
        })
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        if read.after.is_some_and(|after| after.store() != self.id) {
            let error = Error::new(ErrorKind::InvalidConfiguration).during("read_all");
            return Err(error.because("the position is of another store"));
        }
        let after = read.after.map_or(0, Position::offset);
        let list = self.list.lock().await;
        let wanted = list.iter().filter(|entry| {
            entry.position.offset() > after && read.wants(entry.stream.category(), entry.version)
        });
        Ok(EventPage::filled(wanted.map(Entry::view), read.limit))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        let list = self.list.lock().await;
        let count = list.iter().filter(|entry| entry.stream == *stream).count();
        Ok(Version::from(count as u64))
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::full();
        capabilities.atomic = Atomicity::OneStream;
        capabilities
    }
}

pub(crate) fn kit() -> Kit {
    let fresh = || ListStore {
        id: Uuid::now_v7(),
        list: Mutex::default(),
    };
    let declared = fresh().capabilities();
    Kit::new(move || async move { Subject::new(fresh()) }, declared).rounds(200)
}
