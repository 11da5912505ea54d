//! `Settled`: over a store whose reads may lag, answers an append only once reads show it. So every check means the same.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    EventStore, Result, StreamId, Version,
    snapshot::{SnapshotKey, SnapshotStore},
    store::{Appended, Capabilities, Commit, EventPage, FromSnapshot, ReadAll, ReadStream},
};

#[derive(Debug)]
pub(crate) struct Settled(pub(super) Arc<dyn EventStore>);

impl Settled {
    /// Whether reads of the stream and of all show what was appended.
    async fn shows(&self, stream: &StreamId, head: Version, appended: &Appended) -> Result<bool> {
        let read = ReadStream::from(head);
        if self.0.read_stream(stream, read).await?.is_empty() {
            return Ok(false);
        }
        let last = appended
            .streams
            .iter()
            .flat_map(|part| part.positions.iter());
        let Some(last) = last.last() else {
            return Ok(true);
        };
        let mut read = ReadAll::default();
        loop {
            let page = self.0.read_all(read.clone()).await?;
            if page.iter().any(|event| event.position == *last) {
                return Ok(true);
            }
            if !page.has_more() {
                return Ok(false);
            }
            read.after = page.last().map(|event| event.position).or(read.after);
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for Settled {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        let parts = commit.streams.iter().filter(|part| !part.events.is_empty());
        let heads: Vec<_> = parts
            .map(|part| {
                let count = u64::try_from(part.events.len()).unwrap_or(u64::MAX);
                let head = part.expected.get().saturating_add(count);
                (part.stream.clone(), Version::from(head))
            })
            .collect();
        let appended = self.0.append(commit).await?;
        for (stream, head) in heads {
            while !self.shows(&stream, head, &appended).await? {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Ok(appended)
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.0.read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.0.read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.0.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.0.snapshot_store()
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        self.0.read_from_snapshot(key, at_most, limit).await
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}
