//! A store as somebody writes one who has read the docs of the traits and nothing else: a list under a lock, events only.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, EventStore, Position, Result, StreamId, Timestamp, Version,
    snapshot::SnapshotStore,
    store::{
        Appended, AppendedStream, Capabilities, Commit, Direction, EventPage, NewEvent, ReadAll,
        ReadStream, RecordedEvent,
    },
    testing::conformance::{Kit, Subject},
};
use uuid::Uuid;

/// Events one behind the other; the place in the list is the position.
#[derive(Debug, Clone)]
struct ListStore {
    id: Uuid,
    list: Arc<Mutex<Vec<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    stream: StreamId,
    version: u64,
    commit: Uuid,
    time: Timestamp,
    event: NewEvent,
}

impl ListStore {
    fn new() -> Self {
        Self {
            id: Uuid::now_v7(),
            list: Arc::default(),
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.list
            .lock()
            .expect("no thread panics while it holds the list")
    }

    fn position(&self, index: usize) -> Position {
        Position::new(self.id, 0, index as u64 + 1)
    }

    fn page<'a>(
        &self,
        entries: impl Iterator<Item = (usize, &'a Entry)>,
        limit: usize,
    ) -> EventPage {
        let mut page = EventPage::new();
        for (index, entry) in entries {
            if page.len() == limit.max(1) {
                page.set_has_more(true);
                break;
            }
            page.push(&RecordedEvent {
                position: self.position(index),
                stream: entry.stream.as_str(),
                version: entry.version.into(),
                id: entry.event.id,
                name: &entry.event.name,
                event_version: entry.event.event_version,
                codec: &entry.event.codec,
                commit_id: entry.commit,
                recorded_at: entry.time,
                payload: &entry.event.payload,
                metadata: &entry.event.metadata,
            });
        }
        page
    }
}

/// The stored events of a stream, with their places.
fn of<'a>(list: &'a [Entry], stream: &StreamId) -> Vec<(usize, &'a Entry)> {
    let entries = list.iter().enumerate();
    entries
        .filter(|(_, entry)| entry.stream == *stream)
        .collect()
}

#[async_trait]
impl EventStore for ListStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        // One stream is what this store declares.
        let part = match &commit.streams[..] {
            [] => {
                return Ok(Appended {
                    streams: Vec::new(),
                    repeated: false,
                });
            }
            [part] => part,
            _ => return Err(Error::new(ErrorKind::Unsupported).during("append")),
        };
        let (mut list, count) = (self.list(), part.events.len());
        let stored = of(&list, &part.stream);
        let head = Version::from(stored.len() as u64);
        let before = stored.last().map(|(_, entry)| entry.time);
        let time = before.map_or(Timestamp::now(), |before| before.max(Timestamp::now()));
        if count > 0 && part.expected.checked_add(count as u64).is_none() {
            return Err(Error::new(ErrorKind::TooLarge)
                .during("append")
                .at(part.stream.clone()));
        }
        let head_id = stored.last().map(|(_, entry)| entry.event.id);
        let another = head_id.is_some() && part.after.is_some() && part.after != head_id;
        if count > 0 && (part.expected != head || another) {
            let from = usize::try_from(part.expected.get()).unwrap_or(usize::MAX);
            let known = stored.iter().skip(from).take(count);
            let known: Vec<_> = known
                .filter(|(_, entry)| entry.commit == commit.id)
                .collect();
            if known.len() < count {
                return Err(
                    Error::conflict(part.stream.clone(), part.expected, head).during("append")
                );
            }
            let positions = known
                .iter()
                .map(|(index, _)| self.position(*index))
                .collect();
            let streams = vec![AppendedStream {
                positions,
                recorded_at: known[0].1.time,
            }];
            return Ok(Appended {
                streams,
                repeated: true,
            });
        }
        let mut positions = Vec::new();
        for (version, event) in (head.get() + 1..).zip(&part.events) {
            positions.push(self.position(list.len()));
            let (stream, event) = (part.stream.clone(), event.clone());
            list.push(Entry {
                stream,
                version,
                commit: commit.id,
                time,
                event,
            });
        }
        let streams = vec![AppendedStream {
            positions,
            recorded_at: time,
        }];
        Ok(Appended {
            streams,
            repeated: false,
        })
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let list = self.list();
        let mut entries = of(&list, stream);
        entries.retain(|(_, entry)| read.versions.contains(&entry.version));
        if read.direction == Direction::Backward {
            entries.reverse();
        }
        Ok(self.page(entries.into_iter(), read.limit))
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        if read.after.is_some_and(|after| after.store() != self.id) {
            let error = Error::new(ErrorKind::InvalidConfiguration).during("read_all");
            return Err(error.because("the position is of another store"));
        }
        let list = self.list();
        let after = read.after.map_or(0, Position::offset);
        let wanted = list.iter().enumerate().filter(|(index, entry)| {
            let category = read.category.as_deref();
            *index as u64 >= after
                && category.is_none_or(|category| category == entry.stream.category())
                && (!read.first_only || entry.version == 1)
        });
        Ok(self.page(wanted, read.limit))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        Ok(Version::from(of(&self.list(), stream).len() as u64))
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::full();
        capabilities.atomic = eventsourcing::store::Atomicity::OneStream;
        capabilities
    }
}

pub(crate) fn kit() -> Kit {
    let capabilities = ListStore::new().capabilities();
    Kit::new(|| async { Subject::new(ListStore::new()) }, capabilities).rounds(200)
}

#[test]
fn what_it_cannot_do_is_listed_by_name() {
    let report = kit().run_blocking();
    report.assert();
    let text = report.to_string();
    for line in [
        "append::a_stream_named_twice_is_refused not applicable: capability not declared: Atomicity::AnyStreams",
        "save::rows_in_rising_order not applicable: the subject has no snapshot store",
        "append::recorded_times_are_those_of_the_clock not applicable: the factory offers no clock (Subject::clock)",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
