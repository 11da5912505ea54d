//! What is appended, and the answer.

use std::{borrow::Cow, collections::HashSet};

use bytes::Bytes;
use uuid::Uuid;

use crate::{Error, ErrorKind, Position, Result, StreamId, Timestamp, Version};

/// Events to be stored together, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Stored with each event; makes a repetition recognisable.
    pub id: Uuid,
    /// The events, by stream; no stream twice.
    pub streams: Vec<StreamCommit>,
}

impl Commit {
    /// How many events it has.
    pub fn event_count(&self) -> usize {
        self.streams.iter().map(|stream| stream.events.len()).sum()
    }

    /// What is wrong with it whatever is stored: a stream named twice, versions beyond the highest.
    pub(crate) fn check(&self) -> Result<()> {
        let mut seen = HashSet::new();
        for part in &self.streams {
            if self.streams.len() > 1 && !seen.insert(&part.stream) {
                return Err(Error::new(ErrorKind::InvalidConfiguration)
                    .at(part.stream.clone())
                    .because("the commit has this stream twice: put its events into one part"));
            }
            let count = u64::try_from(part.events.len()).unwrap_or(u64::MAX);
            if count > 0 && part.expected.checked_add(count).is_none() {
                return Err(Error::new(ErrorKind::TooLarge)
                    .at(part.stream.clone())
                    .at_version(part.expected)
                    .because(format!(
                        "{count} more events are beyond the highest version, {}",
                        Version::MAX
                    )));
            }
        }
        Ok(())
    }
}

/// The events of a commit that belong to one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCommit {
    /// The stream.
    pub stream: StreamId,
    /// The version it must have: 0 for a new one.
    pub expected: Version,
    /// The id of the event of version `expected`, where the caller knows it. A stream of that version with
    /// another event there has another history (it was restored and went on): that is a conflict too.
    pub after: Option<Uuid>,
    /// Its new events; the first gets the version `expected + 1`.
    pub events: Vec<NewEvent>,
}

/// An event to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its own id, a UUID v7.
    pub id: Uuid,
    /// The stored name of its type.
    pub name: Cow<'static, str>,
    /// The version of its type's shape.
    pub event_version: u32,
    /// The name of the codec that wrote the payload, with those of the layers over it.
    pub codec: Cow<'static, str>,
    /// The event itself.
    pub payload: Bytes,
    /// A JSON object of strings, or empty.
    pub metadata: Bytes,
}

/// The answer to an append that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    /// One for each stream of the commit, in its order.
    pub streams: Vec<AppendedStream>,
    /// Whether the commit had been stored before and nothing was stored now.
    pub repeated: bool,
}

impl Appended {
    /// The answer to a commit without events.
    pub(crate) fn nothing(commit: &Commit, now: Timestamp) -> Self {
        let nothing = |_| AppendedStream {
            positions: Vec::new(),
            recorded_at: now,
        };
        Self {
            streams: commit.streams.iter().map(nothing).collect(),
            repeated: false,
        }
    }
}

/// What became of one stream's part of a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct AppendedStream {
    /// The positions of its events, in order.
    pub positions: Vec<Position>,
    /// The recorded time of its events.
    pub recorded_at: Timestamp,
}
