//! Folding stored events into a state. The one place where a stored row becomes a change.

use std::{ops::Range, sync::Arc};

use uuid::Uuid;

use super::{Inner, opening::OpenedEvent};
use crate::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    aggregate::{Aggregate, Capture, Folded},
    codec::erased::Changed,
    event::{DecodeError, Decoded, Stage},
    snapshot::{Descent, Loaded},
    store::{EventFields, EventPage, RecordedEvent},
};

/// A state on its way from a snapshot (or nothing) to the wanted version.
pub(crate) struct Replay<'a, A: Aggregate> {
    inner: &'a Inner<A>,
    stream: &'a StreamId,
    id: &'a A::Id,
    state: Option<A>,
    /// In the place of `state` until the first event: others may hold it as well.
    shared: Option<Arc<A>>,
    discarded: bool,
    version: Version,
    last_event: Uuid,
    recorded_at: Option<Timestamp>,
    /// Versions to capture on the way, for snapshots that are to be replaced.
    wanted: Vec<Version>,
    captured: Vec<Capture<A>>,
    rows: u64,
    taken: Option<Timestamp>,
    begun: Version,
    is_snapshot: bool,
    descent: Descent,
}

/// Where a replay begins: what a snapshot said, or where another replay ended.
pub(crate) struct Start<A> {
    pub(crate) version: Version,
    pub(crate) last_event: Uuid,
    /// None: discarded. Shared, until an event changes it.
    pub(crate) state: Option<Arc<A>>,
    /// When the newest snapshot was taken that is known to cover it.
    pub(crate) taken: Option<Timestamp>,
    /// Whether it is a snapshot that was read, not a state that was still there.
    pub(crate) is_snapshot: bool,
    /// What the state goes back to.
    pub(crate) descent: Descent,
}

impl<A> Clone for Start<A> {
    fn clone(&self) -> Self {
        Self {
            version: self.version,
            last_event: self.last_event,
            state: self.state.clone(),
            taken: self.taken,
            is_snapshot: self.is_snapshot,
            descent: self.descent,
        }
    }
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
            shared: None,
            discarded: false,
            version: Version::ZERO,
            last_event: Uuid::nil(),
            recorded_at: None,
            wanted,
            captured: Vec::new(),
            rows: 0,
            taken: None,
            begun: Version::ZERO,
            is_snapshot: false,
            descent: Descent::default(),
        }
    }

    /// What is needed of the events behind those that it has. A replay ends with a page, so that the id of a page's last
    /// event is enough, unless it stops on the way.
    pub(crate) fn wanted_fields(&self) -> EventFields {
        if self.wanted.iter().all(|&wanted| wanted <= self.version) {
            EventFields::Folded
        } else {
            EventFields::Identified
        }
    }

    /// Begins at a snapshot whose anchor has been checked.
    pub(crate) fn begin_at(&mut self, start: Start<A>, recorded_at: Timestamp) {
        self.discarded = start.state.is_none();
        self.taken = start.taken;
        self.shared = start.state;
        self.version = start.version;
        self.begun = start.version;
        self.is_snapshot = start.is_snapshot;
        self.descent = start.descent;
        self.last_event = start.last_event;
        self.recorded_at = Some(recorded_at);
    }

    /// Goes on where another one ended.
    pub(crate) fn resume(&mut self, end: Replayed<A>) {
        self.shared = end.state;
        self.discarded = end.created && self.shared.is_none();
        self.version = end.version;
        self.last_event = end.last_event;
        self.recorded_at = end.recorded_at;
        self.descent = end.loaded.descent;
    }

    /// As `apply`, and gives the events to the caller.
    pub(crate) fn apply_keeping(&mut self, row: &RecordedEvent<'_>) -> Result<Vec<A::Event>> {
        self.check_next(row)?;
        let events = self.inner.decode(self.stream, row)?.into_vec();
        for event in &events {
            self.apply_event(row, event.clone())?;
        }
        self.pass(row);
        Ok(events)
    }

    /// Decodes the rows at these places of the page and applies what they are read as. The error names stream, version and
    /// event.
    pub(crate) fn apply(&mut self, page: &EventPage, mut places: Range<usize>) -> Result<()> {
        while !places.is_empty() {
            let changed = self.change(page, places.clone());
            places.start += changed.count;
            if changed.count > 0 && changed.other.is_none() {
                continue;
            }
            let Some(row) = page.get(places.start) else {
                break;
            };
            self.check_next(&row)?;
            self.apply_other(&row, changed.other.and_then(Result::ok))?;
            places.start += 1;
        }
        Ok(())
    }

    /// Applies the first of these rows, as long as they are changes of a state and written as this program writes them, up to
    /// the next version that is to be captured.
    fn change(&mut self, page: &EventPage, mut places: Range<usize>) -> Changed<A::Event> {
        let (Some(state), Some(codec)) = (
            self.state.as_mut().filter(|_| !self.discarded),
            self.inner.codecs.plain_reader(),
        ) else {
            return Changed::default();
        };
        let wanted = self.wanted.iter().filter(|&&wanted| wanted > self.version);
        if let Some(next) = wanted.min() {
            let most = usize::try_from(next.get() - self.version.get()).unwrap_or(usize::MAX);
            places.end = places.end.min(places.start.saturating_add(most));
        }
        let changed = codec.change(state, page, places.clone(), self.version);
        if let Some(before) = changed.count.checked_sub(1)
            && let Some(last) = page.get(places.start + before)
        {
            self.rows += before as u64;
            self.pass(&last);
        }
        changed
    }

    /// What is no change of a state, or isn't written as this program writes; none: not yet decoded.
    fn apply_other(
        &mut self,
        row: &RecordedEvent<'_>,
        decoded: Option<Decoded<A::Event>>,
    ) -> Result<()> {
        let decoded = match decoded {
            Some(decoded) => decoded,
            None => self.inner.decode(self.stream, row)?,
        };
        match decoded {
            Decoded::One(event) => self.apply_event(row, event)?,
            Decoded::Many(events) => {
                for event in events {
                    self.apply_event(row, event)?;
                }
            }
        }
        self.pass(row);
        Ok(())
    }

    /// A gap must never be folded over.
    #[inline]
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

    #[inline]
    fn apply_event(&mut self, row: &RecordedEvent<'_>, event: A::Event) -> Result<()> {
        let event_type = &A::EVENTS[A::__index(&event)];
        if let Some(broken) = self.take_up(event_type.stage, event) {
            return Err(self.broken(event_type.name, row.name, row.version, broken));
        }
        Ok(())
    }

    /// Says what keeps it from being the next event.
    #[inline]
    fn take_up(&mut self, stage: Stage, event: A::Event) -> Option<&'static str> {
        if self.discarded {
            return Some("comes after the discard");
        }
        if self.shared.is_some() {
            self.state = self.shared.take().map(Arc::unwrap_or_clone);
        }
        match (stage, &mut self.state) {
            (Stage::Change, Some(current)) => {
                if current.__apply(event).is_err() {
                    return Some("is no change");
                }
            }
            (Stage::Create, none @ None) => match A::__begin(self.id, event) {
                Ok(begun) => *none = Some(begun),
                Err(_) => return Some("is no creation event"),
            },
            (Stage::Create, Some(_)) => return Some("creates what exists already"),
            (Stage::Change | Stage::Discard, None) => {
                return Some("comes before any creation event");
            }
            (Stage::Discard, Some(_)) => self.discarded = true,
        }
        None
    }

    #[cold]
    fn broken(&self, read_as: &str, name: &str, version: Version, detail: &str) -> Error {
        let name = if read_as == name {
            format!("{read_as:?}")
        } else {
            format!("{name:?}, read as {read_as:?},")
        };
        Error::new(ErrorKind::LifeCycle)
            .at(self.stream.clone())
            .at_version(version)
            .because(format!("{name} {detail}"))
    }

    /// All events of a row are applied: any number of them is one version.
    #[inline]
    fn pass(&mut self, row: &RecordedEvent<'_>) {
        self.version = row.version;
        self.last_event = row.id;
        self.recorded_at = Some(row.recorded_at);
        self.rows += 1;
        if self.wanted.contains(&self.version) && self.is_created() {
            self.captured.push(self.capture());
        }
    }

    /// Not before the first event, which may stand behind rows that are read as none. A snapshot of that would say
    /// that the aggregate was discarded.
    fn is_created(&self) -> bool {
        self.state.is_some() || self.shared.is_some() || self.discarded
    }

    fn capture(&self) -> Capture<A> {
        Capture {
            version: self.version,
            last_event: self.last_event,
            state: self.state().map(|state| Arc::new(state.clone())),
            descent: self.descent,
        }
    }

    pub(crate) fn state(&self) -> Option<&A> {
        let state = self.shared.as_deref().or(self.state.as_ref());
        state.filter(|_| !self.discarded)
    }

    pub(crate) fn finish(self) -> Replayed<A> {
        Replayed {
            created: self.is_created(),
            begun: self.begun,
            snapshot: (self.taken.filter(|_| self.is_snapshot)).map(|taken| (self.begun, taken)),
            version: self.version,
            last_event: self.last_event,
            recorded_at: self.recorded_at,
            state: (self.shared.or_else(|| self.state.map(Arc::new))).filter(|_| !self.discarded),
            captured: self.captured,
            rows: self.rows,
            loaded: Loaded {
                replayed: self.rows,
                snapshot: self.taken,
                descent: self.descent,
                ..Loaded::default()
            },
        }
    }
}

/// The end of a replay. No state: it was never created, or the last event is a discard.
pub(crate) struct Replayed<A> {
    pub(crate) version: Version,
    pub(crate) last_event: Uuid,
    pub(crate) recorded_at: Option<Timestamp>,
    /// Where it began: 0 before the first event.
    pub(crate) begun: Version,
    /// The version of the snapshot that it began at, and when that was taken.
    pub(crate) snapshot: Option<(Version, Timestamp)>,
    /// Also if it has been discarded since.
    created: bool,
    pub(crate) state: Option<Arc<A>>,
    pub(crate) captured: Vec<Capture<A>>,
    pub(crate) rows: u64,
    pub(crate) loaded: Loaded,
}

impl<A> Replayed<A> {
    pub(crate) fn into_folded(self) -> Option<Folded<A>> {
        Some(Folded {
            version: self.version,
            last_event: self.last_event,
            state: self.state?,
            loaded: self.loaded,
        })
    }

    /// Where another replay may go on; none before the creation.
    pub(crate) fn start(&self) -> Option<Start<A>> {
        self.created.then(|| Start {
            version: self.version,
            last_event: self.last_event,
            state: self.state.clone(),
            taken: self.loaded.snapshot,
            is_snapshot: false,
            descent: self.loaded.descent,
        })
    }

    /// What a snapshot of here covers; none before the creation.
    pub(crate) fn head(&self) -> Option<Capture<A>> {
        self.created.then(|| Capture {
            version: self.version,
            last_event: self.last_event,
            state: self.state.clone(),
            descent: self.loaded.descent,
        })
    }
}

impl<A: Aggregate> Inner<A> {
    /// A stored row as one event, or as many or none, by the codec that wrote it.
    #[inline]
    pub(crate) fn decode(
        &self,
        stream: &StreamId,
        row: &RecordedEvent<'_>,
    ) -> Result<Decoded<A::Event>> {
        if let Some(codec) = self.codecs.plain_reader()
            && codec.name() == row.codec
            && let Ok(decoded) = codec.decode_event(row.name, row.event_version, row.payload)
        {
            return Ok(decoded);
        }
        // A copy of the row, made only here: what it is a view of need not be gathered in memory for the rest.
        self.decode_any(stream, *row)
    }

    /// Also through layers, by other codecs, as none, or as the error that it is.
    #[inline(never)]
    fn decode_any(&self, stream: &StreamId, row: RecordedEvent<'_>) -> Result<Decoded<A::Event>> {
        let failed = |kind| Error::new(kind).at(stream.clone()).at_version(row.version);
        let OpenedEvent { codec, payload } = self.open_event(stream, &row)?;
        // Asked only of a row that nothing else reads: its codec needn't be known.
        let is_retired = || A::RETIRED.contains(&row.name);
        let Some(codec) = codec else {
            if is_retired() {
                return Ok(Decoded::Many(Vec::new()));
            }
            let codec = row.codec.to_owned();
            return Err(failed(ErrorKind::UnknownCodec { codec }));
        };
        let name = || row.name.to_owned();
        let decoded = codec.decode_event(row.name, row.event_version, &payload);
        if matches!(decoded, Err(DecodeError::UnknownName)) && is_retired() {
            return Ok(Decoded::Many(Vec::new()));
        }
        decoded.map_err(|error| match error {
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
