//! Pages of stored events. Payloads of one page share one buffer, or stay where a store in memory keeps them: reading
//! allocates per page, not per event.

#[cfg(feature = "sqlite")]
pub(super) mod folded;

use std::{
    fmt,
    ops::{ControlFlow, Range},
    sync::Arc,
};

use uuid::Uuid;

use super::NewEvent;
use crate::{Position, StreamId, Timestamp, Version};

/// A filled page ends behind this many bytes of payload.
const PAGE_BYTES: usize = 1 << 20;

/// A page with so many events is likely to have the rest as well.
pub(super) const SAMPLE: usize = 16;
const MOST_ROOM: usize = 4_096;

/// An event as it is stored, borrowed from its page or store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedEvent<'a> {
    /// Its place in the global order.
    pub position: Position,
    /// The text form of its stream's name.
    pub stream: &'a str,
    /// The version that it brought its stream to.
    pub version: Version,
    /// Its own id.
    pub id: Uuid,
    /// The stored name of its type.
    pub name: &'a str,
    /// The version of its type's shape.
    pub event_version: u32,
    /// The codec (and layers) that wrote the payload.
    pub codec: &'a str,
    /// The id of the commit that stored it.
    pub commit_id: Uuid,
    /// When it was stored, by the store's clock.
    pub recorded_at: Timestamp,
    /// The event itself.
    pub payload: &'a [u8],
    /// A JSON object of strings, or empty.
    pub metadata: &'a [u8],
}

/// Of an event what its change of a state depends on.
#[derive(Clone, Copy)]
pub(crate) struct Payload<'a> {
    pub(crate) version: Version,
    pub(crate) name: &'a str,
    pub(crate) event_version: u32,
    pub(crate) codec: &'a str,
    pub(crate) bytes: &'a [u8],
}

impl<'a> RecordedEvent<'a> {
    /// What was appended, with what its store adds to it.
    #[inline]
    pub fn of(
        event: &'a NewEvent,
        position: Position,
        stream: &'a str,
        version: Version,
        commit_id: Uuid,
        recorded_at: Timestamp,
    ) -> Self {
        Self {
            position,
            stream,
            version,
            id: event.id,
            name: &event.name,
            event_version: event.event_version,
            codec: &event.codec,
            commit_id,
            recorded_at,
            payload: &event.payload,
            metadata: &event.metadata,
        }
    }
}

/// Some events in the order they were asked for.
#[derive(Clone, Default)]
pub struct EventPage {
    rows: Rows,
    has_more: bool,
}

#[derive(Clone)]
enum Rows {
    Copied(Copied),
    Shared(Vec<Arc<SharedEvent>>, usize),
}

/// An event that pages share with the store that keeps it in memory.
#[derive(Debug)]
pub(super) struct SharedEvent {
    pub(super) position: Position,
    pub(super) stream: StreamId,
    pub(super) version: Version,
    pub(super) commit_id: Uuid,
    pub(super) recorded_at: Timestamp,
    pub(super) event: NewEvent,
}

/// What a page has copied of its events.
#[derive(Clone, Default)]
struct Copied {
    text: String,
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// Texts that repeat from row to row (stream, name, codec) point at one copy.
#[derive(Debug, Clone)]
struct Row {
    position: Position,
    version: Version,
    id: Uuid,
    commit_id: Uuid,
    event_version: u32,
    recorded_at: Timestamp,
    stream: Range<usize>,
    name: Range<usize>,
    codec: Range<usize>,
    payload: Range<usize>,
    metadata: Range<usize>,
}

impl EventPage {
    /// A page without events, after which nothing comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// A page of the first of these events: at most `limit` (0 counts as 1), fewer if they are large (it ends behind a
    /// megabyte), and [`has_more`](Self::has_more) if some are left. For stores that have the wanted events at hand.
    pub fn filled<'a>(events: impl IntoIterator<Item = RecordedEvent<'a>>, limit: usize) -> Self {
        let mut page = Self::new();
        for event in events {
            if page.len() >= limit.max(1) || page.byte_len() >= PAGE_BYTES {
                page.set_has_more(true);
                break;
            }
            page.push(&event);
            if page.len() == SAMPLE {
                page.make_room(limit);
            }
        }
        page
    }

    /// Makes room for events like those that it has, until there are `limit`: a page that grows by and by is copied again and
    /// again.
    pub(super) fn make_room(&mut self, limit: usize) {
        if let Rows::Copied(copied) = &mut self.rows {
            copied.make_room(limit);
        }
    }

    /// As [`filled`](Self::filled), of events that stay where they are.
    pub(super) fn shared<'a>(
        events: impl IntoIterator<Item = &'a Arc<SharedEvent>>,
        limit: usize,
    ) -> Self {
        let mut rows = Vec::new();
        let (mut bytes, mut has_more) = (0, false);
        for event in events {
            if rows.len() >= limit.max(1) || bytes >= PAGE_BYTES {
                has_more = true;
                break;
            }
            bytes += event.event.payload.len() + event.event.metadata.len();
            rows.push(Arc::clone(event));
        }
        Self {
            rows: Rows::Shared(rows, bytes),
            has_more,
        }
    }

    /// Adds a copy of this event.
    pub fn push(&mut self, event: &RecordedEvent<'_>) {
        if let Rows::Shared(shared, _) = &self.rows {
            let mut copied = Copied::default();
            for event in shared {
                copied.push(&event.view());
            }
            self.rows = Rows::Copied(copied);
        }
        if let Rows::Copied(copied) = &mut self.rows {
            copied.push(event);
        }
    }

    /// Says whether the range goes on behind this page.
    pub fn set_has_more(&mut self, has_more: bool) {
        self.has_more = has_more;
    }

    /// Whether the range goes on behind this page.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// How many events it has.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Copied(copied) => copied.rows.len(),
            Rows::Shared(events, _) => events.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the payloads and metadata take: stores end a page early by it.
    pub fn byte_len(&self) -> usize {
        match &self.rows {
            Rows::Copied(copied) => copied.bytes.len(),
            Rows::Shared(_, bytes) => *bytes,
        }
    }

    /// The events in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = RecordedEvent<'_>> + ExactSizeIterator {
        (0..self.len()).map(|place| self.view(place))
    }

    /// Does this with the events at these places, until it says that it is over. In a loop of its own for each kind of page,
    /// and of an event only what folding asks for is read.
    #[inline]
    pub(crate) fn try_for_each<B>(
        &self,
        places: Range<usize>,
        mut each: impl FnMut(Payload<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        match &self.rows {
            Rows::Copied(copied) => {
                let mut rows = copied.rows.get(places).unwrap_or_default().iter();
                rows.try_for_each(|row| each(copied.payload(row)))
            }
            Rows::Shared(events, _) => {
                let mut events = events.get(places).unwrap_or_default().iter();
                events.try_for_each(|event| each(event.payload()))
            }
        }
    }

    /// The event at this place of the page, counted from 0.
    pub fn get(&self, place: usize) -> Option<RecordedEvent<'_>> {
        (place < self.len()).then(|| self.view(place))
    }

    /// The first event.
    pub fn first(&self) -> Option<RecordedEvent<'_>> {
        (!self.is_empty()).then(|| self.view(0))
    }

    /// The last event.
    pub fn last(&self) -> Option<RecordedEvent<'_>> {
        let last = self.len().checked_sub(1);
        last.map(|place| self.view(place))
    }

    #[inline]
    fn view(&self, place: usize) -> RecordedEvent<'_> {
        match &self.rows {
            Rows::Copied(copied) => copied.view(&copied.rows[place]),
            Rows::Shared(events, _) => events[place].view(),
        }
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::Copied(Copied::default())
    }
}

impl SharedEvent {
    #[inline]
    pub(super) fn view(&self) -> RecordedEvent<'_> {
        RecordedEvent::of(
            &self.event,
            self.position,
            self.stream.as_str(),
            self.version,
            self.commit_id,
            self.recorded_at,
        )
    }

    #[inline]
    fn payload(&self) -> Payload<'_> {
        Payload {
            version: self.version,
            name: &self.event.name,
            event_version: self.event.event_version,
            codec: &self.event.codec,
            bytes: &self.event.payload,
        }
    }
}

impl Copied {
    fn make_room(&mut self, limit: usize) {
        if let Some(each) = self.bytes.len().checked_div(self.rows.len()) {
            let more = limit.min(MOST_ROOM).saturating_sub(self.rows.len());
            self.rows.reserve(more);
            // Later events have longer numbers.
            let bytes = (each + each / 8).saturating_mul(more);
            self.bytes.reserve(bytes.min(PAGE_BYTES));
        }
    }

    fn push(&mut self, event: &RecordedEvent<'_>) {
        let last = self.rows.last();
        let stream = intern(&mut self.text, last.map(|row| &row.stream), event.stream);
        let name = intern(&mut self.text, last.map(|row| &row.name), event.name);
        let codec = intern(&mut self.text, last.map(|row| &row.codec), event.codec);
        let payload = store(&mut self.bytes, event.payload);
        let metadata = store(&mut self.bytes, event.metadata);
        self.rows.push(Row {
            position: event.position,
            version: event.version,
            id: event.id,
            commit_id: event.commit_id,
            event_version: event.event_version,
            recorded_at: event.recorded_at,
            stream,
            name,
            codec,
            payload,
            metadata,
        });
    }

    #[inline]
    fn view(&self, row: &Row) -> RecordedEvent<'_> {
        RecordedEvent {
            position: row.position,
            stream: &self.text[row.stream.clone()],
            version: row.version,
            id: row.id,
            name: &self.text[row.name.clone()],
            event_version: row.event_version,
            codec: &self.text[row.codec.clone()],
            commit_id: row.commit_id,
            recorded_at: row.recorded_at,
            payload: &self.bytes[row.payload.clone()],
            metadata: &self.bytes[row.metadata.clone()],
        }
    }

    #[inline]
    fn payload(&self, row: &Row) -> Payload<'_> {
        Payload {
            version: row.version,
            name: &self.text[row.name.clone()],
            event_version: row.event_version,
            codec: &self.text[row.codec.clone()],
            bytes: &self.bytes[row.payload.clone()],
        }
    }
}

/// Each event in short: payloads are for those who know the codec.
#[expect(
    clippy::missing_fields_in_debug,
    reason = "the fields are how it keeps the events"
)]
impl fmt::Debug for EventPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.iter().map(|event| {
            let (stream, version) = (event.stream, event.version);
            format!("{stream}@{version} {} {}", event.name, event.id)
        });
        f.debug_struct("EventPage")
            .field("events", &events.collect::<Vec<_>>())
            .field("has_more", &self.has_more)
            .finish()
    }
}

fn intern(text: &mut String, last: Option<&Range<usize>>, new: &str) -> Range<usize> {
    match last {
        Some(last) if text[last.clone()] == *new => last.clone(),
        _ => {
            let start = text.len();
            text.push_str(new);
            start..text.len()
        }
    }
}

fn store(bytes: &mut Vec<u8>, new: &[u8]) -> Range<usize> {
    let start = bytes.len();
    bytes.extend_from_slice(new);
    start..bytes.len()
}
