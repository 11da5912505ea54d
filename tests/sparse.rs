//! A store that shows no more than it must: pages of a few events, without anything that wasn't asked for.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use eventsourcing::{
    EventStore, Position, Result, StreamId, Timestamp, Version,
    snapshot::SnapshotStore,
    store::{
        Appended, Capabilities, Commit, EventFields, EventPage, ReadAll, ReadStream, RecordedEvent,
    },
};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Sparse {
    inner: Arc<dyn EventStore>,
    /// At most so many events a page.
    most: usize,
    asked: Mutex<Vec<EventFields>>,
}

impl Sparse {
    pub(crate) fn new(inner: Arc<dyn EventStore>, most: usize) -> Self {
        let asked = Mutex::default();
        Self { inner, most, asked }
    }

    /// What pages were asked for since it was last called.
    pub(crate) fn take(&self) -> Vec<EventFields> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }
}

fn bare(event: RecordedEvent<'_>) -> RecordedEvent<'_> {
    RecordedEvent {
        position: Position::new(event.position.store(), 0, 0),
        commit_id: Uuid::nil(),
        metadata: &[],
        ..event
    }
}

#[async_trait]
impl EventStore for Sparse {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.inner.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let fields = read.fields;
        self.asked.lock().expect("no panic").push(fields);
        if fields == EventFields::All {
            return self.inner.read_stream(stream, read).await;
        }
        let limit = read.limit.min(self.most);
        let all = self.inner.read_stream(stream, read.limit(limit)).await?;
        let mut page = EventPage::new();
        for (place, event) in all.iter().enumerate() {
            let event = bare(event);
            let is_layered = event.codec.contains('+');
            if fields == EventFields::Identified || is_layered || place + 1 == all.len() {
                page.push(&event);
            } else {
                page.push(&RecordedEvent {
                    id: Uuid::nil(),
                    recorded_at: Timestamp::from_unix_micros(0),
                    ..event
                });
            }
        }
        page.set_has_more(all.has_more());
        Ok(page)
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
