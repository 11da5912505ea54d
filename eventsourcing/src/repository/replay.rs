//! Folding stored events into a state. The one place where a stored row becomes a change.

use std::sync::Arc;

use uuid::Uuid;

use super::{HistoryEntry, Inner};
use crate::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    aggregate::{Aggregate, Capture, Folded, Root},
    event::{DecodeError, Stage},
    store::RecordedEvent,
};

/// A state on its way from a snapshot (or nothing) to the wanted version.
pub(crate) struct Replay<'a, A: Aggregate> {
    inner: &'a Inner<A>,
    stream: &'a StreamId,
    id: &'a A::Id,
    state: Option<A>,
    discarded: bool,
    version: Version,
    last_event: Uuid,
    recorded_at: Option<Timestamp>,
    /// Versions to capture on the way, for snapshots that are to be replaced.
    wanted: Vec<Version>,
    captured: Vec<Capture<A>>,
    events: u64,
}

/// Where a replay begins: what a snapshot said.
pub(crate) struct Start<A> {
    pub(crate) version: Version,
    pub(crate) last_event: Uuid,
    /// None: discarded.
    pub(crate) state: Option<A>,
}

impl<'a, A: Aggregate> Replay<'a, A> {
    pub(crate) fn new(
        inner: &'a Inner<A>,
        stream: &'a StreamId,
        id: &'a A::Id,
        wanted: Vec<Version>,
    ) -> Self {
        Self {
            inner,
            stream,
            id,
            state: None,
            discarded: false,
            version: Version::ZERO,
            last_event: Uuid::nil(),
            recorded_at: None,
            wanted,
            captured: Vec::new(),
            events: 0,
        }
    }

    /// Begins at a snapshot whose anchor has been checked.
    pub(crate) fn begin_at(&mut self, start: Start<A>, recorded_at: Timestamp) {
        self.discarded = start.state.is_none();
        self.state = start.state;
        self.version = start.version;
        self.last_event = start.last_event;
        self.recorded_at = Some(recorded_at);
    }

    /// Goes on behind an entry of a history.
    pub(crate) fn resume(&mut self, last: &HistoryEntry<A>) {
        let start = Start {
            version: last.version,
            last_event: last.id,
            state: last.state.as_deref().cloned(),
        };
        self.begin_at(start, last.recorded_at);
    }

    /// As `apply`, and gives the event to the caller.
    pub(crate) fn apply_keeping(&mut self, row: &RecordedEvent<'_>) -> Result<A::Event> {
        self.check_next(row)?;
        let event = self.inner.decode(self.stream, row)?;
        self.apply_event(row, event.clone())?;
        Ok(event)
    }

    /// Decodes a row and applies it. The error names stream, version and event.
    pub(crate) fn apply(&mut self, row: &RecordedEvent<'_>) -> Result<()> {
        self.check_next(row)?;
        let event = self.inner.decode(self.stream, row)?;
        self.apply_event(row, event)
    }

    /// A gap must never be folded over.
    fn check_next(&self, row: &RecordedEvent<'_>) -> Result<()> {
        let expected = self.version.next();
        if row.version != expected {
            return Err(Error::new(ErrorKind::Gap {
                expected,
                found: row.version,
            })
            .at(self.stream.clone())
            .at_version(expected));
        }
        Ok(())
    }

    fn apply_event(&mut self, row: &RecordedEvent<'_>, event: A::Event) -> Result<()> {
        let broken = |detail: &str| {
            Error::new(ErrorKind::LifeCycle)
                .at(self.stream.clone())
                .at_version(row.version)
                .because(format!("{:?} {detail}", row.name))
        };
        if self.discarded {
            return Err(broken("comes after the discard"));
        }
        match (Root::<A>::stage(&event), &mut self.state) {
            (Stage::Create, state @ None) => match A::__begin(self.id, event) {
                Ok(begun) => *state = Some(begun),
                Err(_) => return Err(broken("is no creation event")),
            },
            (Stage::Create, Some(_)) => return Err(broken("creates what exists already")),
            (Stage::Change | Stage::Discard, None) => {
                return Err(broken("comes before any creation event"));
            }
            (Stage::Change, Some(state)) => {
                if state.__apply(event).is_err() {
                    return Err(broken("is no change"));
                }
            }
            (Stage::Discard, Some(_)) => self.discarded = true,
        }
        self.version = row.version;
        self.last_event = row.id;
        self.recorded_at = Some(row.recorded_at);
        self.events += 1;
        if self.wanted.contains(&self.version) {
            self.captured.push(self.capture());
        }
        Ok(())
    }

    fn capture(&self) -> Capture<A> {
        let state = self.state.as_ref().filter(|_| !self.discarded);
        Capture {
            version: self.version,
            last_event: self.last_event,
            state: state.map(|state| Arc::new(state.clone())),
        }
    }

    pub(crate) fn state(&self) -> Option<&A> {
        self.state.as_ref().filter(|_| !self.discarded)
    }

    pub(crate) fn finish(self) -> Replayed<A> {
        Replayed {
            version: self.version,
            last_event: self.last_event,
            recorded_at: self.recorded_at,
            state: self.state.filter(|_| !self.discarded).map(Arc::new),
            captured: self.captured,
            events: self.events,
        }
    }
}

/// The end of a replay. No state: there were no events, or the last one is a discard.
pub(crate) struct Replayed<A> {
    pub(crate) version: Version,
    pub(crate) last_event: Uuid,
    pub(crate) recorded_at: Option<Timestamp>,
    pub(crate) state: Option<Arc<A>>,
    pub(crate) captured: Vec<Capture<A>>,
    pub(crate) events: u64,
}

impl<A> Replayed<A> {
    pub(crate) fn into_folded(self) -> Option<Folded<A>> {
        Some(Folded {
            version: self.version,
            last_event: self.last_event,
            state: self.state?,
        })
    }

    pub(crate) fn head(&self) -> Capture<A> {
        Capture {
            version: self.version,
            last_event: self.last_event,
            state: self.state.clone(),
        }
    }
}

impl<A: Aggregate> Inner<A> {
    /// A stored row as an event, by the codec that wrote it.
    pub(crate) fn decode(&self, stream: &StreamId, row: &RecordedEvent<'_>) -> Result<A::Event> {
        let failed = |kind| Error::new(kind).at(stream.clone()).at_version(row.version);
        let Some(codec) = self.codecs.reader(row.codec) else {
            let codec = row.codec.to_owned();
            return Err(failed(ErrorKind::UnknownCodec { codec }));
        };
        let name = || row.name.to_owned();
        codec
            .decode_event(row.name, row.event_version, row.payload)
            .map_err(|error| match error {
                DecodeError::UnknownName => failed(ErrorKind::UnknownEvent { name: name() }),
                DecodeError::UnsupportedVersion { known } => {
                    failed(ErrorKind::UnsupportedEventVersion {
                        name: name(),
                        stored: row.event_version,
                        known,
                    })
                }
                DecodeError::Codec(source) => failed(ErrorKind::Corrupt)
                    .because(format!("event {:?}", row.name))
                    .caused_by(source),
            })
    }
}
