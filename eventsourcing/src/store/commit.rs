//! What is appended, and the answer.

use std::{borrow::Cow, collections::HashSet};

use bytes::Bytes;
use uuid::Uuid;

use super::RecordedEvent;
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

    /// What is wrong with it whatever is stored. Every store calls it before it looks at anything.
    ///
    /// - A stream named twice is [`ErrorKind::InvalidConfiguration`]. In a commit without events nothing else is checked.
    /// - [`StreamCommit::after`] with the expected version 0 is `InvalidConfiguration`: there is no event before the first.
    /// - An event id twice is `InvalidConfiguration`, in one stream or in two.
    /// - Versions beyond [`Version::MAX`] are [`ErrorKind::TooLarge`].
    ///
    /// What depends on the store is checked by [`Capabilities::check`](super::Capabilities::check).
    ///
    /// ```
    /// use eventsourcing::{StreamId, Version, store::{Commit, StreamCommit}};
    ///
    /// let part = StreamCommit {
    ///     stream: StreamId::new("order", "1")?,
    ///     expected: Version::ZERO,
    ///     after: None,
    ///     events: Vec::new(),
    /// };
    /// let commit = Commit { id: uuid::Uuid::now_v7(), streams: vec![part.clone(), part] };
    /// assert!(commit.check().is_err());
    /// # Ok::<(), eventsourcing::Error>(())
    /// ```
    pub fn check(&self) -> Result<()> {
        let wrong = |part: &StreamCommit, what: String| {
            let error = Error::new(ErrorKind::InvalidConfiguration);
            Err(error.at(part.stream.clone()).because(what))
        };
        if let Some(part) = repeated(&self.streams, |part| &part.stream) {
            let what = "the commit has this stream twice: put its events into one part";
            return wrong(part, what.to_owned());
        }
        if self.event_count() == 0 {
            return Ok(());
        }
        for part in &self.streams {
            if part.after.is_some() && part.expected == Version::ZERO {
                let what = "`after` names an event, but `expected` is 0: a new stream has none";
                return wrong(part, what.to_owned());
            }
        }
        if let Some((part, id)) = self.repeated_event() {
            return wrong(part, format!("the commit has the event id {id} twice"));
        }
        for part in &self.streams {
            let count = u64::try_from(part.events.len()).unwrap_or(u64::MAX);
            if count > 0 && part.last_version().is_none() {
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

    fn repeated_event(&self) -> Option<(&StreamCommit, Uuid)> {
        let ids = || {
            let parts = self.streams.iter();
            parts.flat_map(|part| part.events.iter().map(move |event| (part, event.id)))
        };
        // Made one behind the other, ids of version 7 rise: then nothing has to be remembered.
        if ids().zip(ids().skip(1)).all(|(one, next)| one.1 < next.1) {
            return None;
        }
        let mut seen = HashSet::new();
        ids().find(|(_, id)| !seen.insert(*id))
    }
}

/// The first item whose key an item before it has. Few items are compared in pairs.
fn repeated<T, K: Eq + std::hash::Hash>(items: &[T], key: impl Fn(&T) -> &K) -> Option<&T> {
    if items.len() <= 8 {
        let mut items_before = items.iter().enumerate();
        return items_before.find_map(|(index, item)| {
            let mut before = items.iter().take(index);
            before.any(|other| key(other) == key(item)).then_some(item)
        });
    }
    let mut seen = HashSet::new();
    items.iter().find(|item| !seen.insert(key(item)))
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

impl StreamCommit {
    /// The version that its events bring the stream to: `expected` if it has none. `None` beyond [`Version::MAX`].
    pub fn last_version(&self) -> Option<Version> {
        match u64::try_from(self.events.len()).ok()? {
            0 => Some(self.expected),
            count => self.expected.checked_add(count),
        }
    }

    /// The answer that it was given the first time, if it is a repetition: its events, and only those, are stored under
    /// this commit's id behind `expected`.
    ///
    /// `stored` are the stream's events by version: those from `expected` to one behind [`last_version`](Self::last_version)
    /// are looked at, others passed over. None for a part without events, which has nothing to be found.
    pub fn first_answer<'a>(
        &self,
        commit_id: Uuid,
        stored: impl IntoIterator<Item = RecordedEvent<'a>>,
    ) -> Option<AppendedStream> {
        let mut version = self.expected;
        let beside = self.last_version()?.next();
        let mut wanted = self.events.iter();
        let mut positions = Vec::with_capacity(self.events.len());
        let mut recorded_at = None;
        for event in stored {
            let around = self.expected <= event.version && event.version <= beside;
            if !around || event.commit_id != commit_id {
                continue;
            }
            version = version.next();
            // One of these on either side: the stored commit has more events than this one.
            if event.version != version || wanted.next().map(|event| event.id) != Some(event.id) {
                return None;
            }
            positions.push(event.position);
            recorded_at = Some(event.recorded_at);
        }
        let recorded_at = recorded_at.filter(|_| wanted.next().is_none())?;
        Some(AppendedStream {
            positions,
            recorded_at,
        })
    }
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
    /// The answer to a commit without events: an entry without positions for each stream. `now` is the store's time.
    pub fn nothing(commit: &Commit, now: Timestamp) -> Self {
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
    /// The recorded time of its events; if it has none, the store's time when it answered.
    pub recorded_at: Timestamp,
}
