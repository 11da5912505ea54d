//! Events that lie next to each other and that one append can store as they were: of one commit, each stream in one piece.
//!
//! Recorded times come out right by themselves: a store stamps a part with its clock, or with the time of its stream's last
//! event if that is later. So the clock shows the earliest time of the run; what is later than that was so by its stream.

use bytes::Bytes;

use crate::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    store::{Atomicity, Capabilities, Commit, NewEvent, RecordedEvent, StreamCommit},
};

pub(super) struct Run {
    commit: Commit,
    /// When each part was recorded.
    times: Vec<Timestamp>,
}

impl Run {
    pub(super) fn new(first: &RecordedEvent<'_>) -> Result<Self> {
        let mut run = Self {
            commit: Commit {
                id: first.commit_id,
                streams: Vec::new(),
            },
            times: Vec::new(),
        };
        run.push(first)?;
        Ok(run)
    }

    /// Whether the event that comes next can be stored together with it.
    pub(super) fn takes(&self, next: &RecordedEvent<'_>, target: &Capabilities) -> bool {
        let most = target.max_commit_events.unwrap_or(usize::MAX);
        if next.commit_id != self.commit.id || self.commit.event_count() >= most {
            return false;
        }
        let mut parts = self.commit.streams.iter();
        match parts.position(|part| part.stream.as_str() == next.stream) {
            // Another part came in between: this one is over.
            Some(part) => {
                part + 1 == self.times.len() && self.times.get(part) == Some(&next.recorded_at)
            }
            None => target.atomic == Atomicity::AnyStreams,
        }
    }

    pub(super) fn push(&mut self, event: &RecordedEvent<'_>) -> Result<()> {
        let new = NewEvent {
            id: event.id,
            name: event.name.to_owned().into(),
            event_version: event.event_version,
            codec: event.codec.to_owned().into(),
            payload: Bytes::copy_from_slice(event.payload),
            metadata: Bytes::copy_from_slice(event.metadata),
        };
        if let Some(part) = self.commit.streams.last_mut()
            && part.stream.as_str() == event.stream
        {
            if part.last_version().map(Version::next) != Some(event.version) {
                return Err(gap(event, part.last_version().unwrap_or_default()));
            }
            part.events.push(new);
            return Ok(());
        }
        let stream = StreamId::parse(event.stream)?;
        let Some(before) = event.version.get().checked_sub(1) else {
            return Err(gap(event, Version::ZERO));
        };
        self.commit.streams.push(StreamCommit {
            stream,
            expected: Version::new(before),
            after: None,
            events: vec![new],
        });
        self.times.push(event.recorded_at);
        Ok(())
    }

    /// How many events.
    pub(super) fn len(&self) -> u64 {
        self.commit.event_count() as u64
    }

    /// What the target's clock must show.
    pub(super) fn time(&self) -> Timestamp {
        self.times.iter().min().copied().unwrap_or_default()
    }

    /// When its parts were recorded.
    pub(super) fn times(&self) -> Vec<Timestamp> {
        self.times.clone()
    }

    pub(super) fn into_commit(self) -> Commit {
        self.commit
    }
}

fn gap(event: &RecordedEvent<'_>, last: Version) -> Error {
    let expected = last.next();
    let found = event.version;
    let error = Error::new(ErrorKind::Gap { expected, found });
    match StreamId::parse(event.stream) {
        Ok(stream) => error.at(stream),
        Err(_) => error,
    }
}
