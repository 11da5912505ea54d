//! Counts and a checksum of all events of a store. The checksum's input is what is compared between stores: everything of
//! an event but its position.

use std::hash::Hasher as _;

use twox_hash::XxHash3_64;

use super::reader::Reader;
use crate::{
    Result,
    store::{EventStore, RecordedEvent},
};

/// What a store has, in short. Two stores with the same events in the same order have the same digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Digest {
    /// How many events.
    pub events: u64,
    /// How many streams.
    pub streams: u64,
    /// How many bytes of payload and metadata.
    pub bytes: u64,
    /// XXH3-64 over all events in their order: every column but the position.
    pub checksum: u64,
}

/// Reads a whole store and sums it up: to compare stores that can't be reached at once.
///
/// ```
/// use eventsourcing::{MemoryStore, copy};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> eventsourcing::Result<()> {
/// assert_eq!(copy::digest(&MemoryStore::new()).await?, copy::digest(&MemoryStore::new()).await?);
/// # Ok(())
/// # }
/// ```
pub async fn digest(store: &dyn EventStore) -> Result<Digest> {
    let mut reader = Reader::new(store, None);
    let mut sum = Summing::default();
    while let Some(event) = reader.event().await? {
        sum.add(&event);
        reader.advance();
    }
    Ok(sum.digest())
}

/// A digest in the making.
#[derive(Default)]
pub(super) struct Summing {
    events: u64,
    streams: u64,
    bytes: u64,
    hash: XxHash3_64,
}

impl Summing {
    pub(super) fn add(&mut self, event: &RecordedEvent<'_>) {
        self.events += 1;
        self.streams += u64::from(event.version == 1);
        self.bytes += (event.payload.len() + event.metadata.len()) as u64;
        let texts = [event.stream, event.name, event.codec].map(str::as_bytes);
        for text in texts.into_iter().chain([event.payload, event.metadata]) {
            self.hash.write(&(text.len() as u64).to_le_bytes());
            self.hash.write(text);
        }
        self.hash.write(&event.version.get().to_le_bytes());
        self.hash.write(&event.event_version.to_le_bytes());
        self.hash
            .write(&event.recorded_at.unix_micros().to_le_bytes());
        self.hash.write(event.id.as_bytes());
        self.hash.write(event.commit_id.as_bytes());
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn digest(&self) -> Digest {
        Digest {
            events: self.events,
            streams: self.streams,
            bytes: self.bytes,
            checksum: self.hash.finish(),
        }
    }
}
