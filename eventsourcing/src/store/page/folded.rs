//! Pages of what a state is folded from, filled row by row from columns that may be damaged.

use std::ops::Range;

use uuid::Uuid;

use super::{Copied, EventPage, Row, Rows, SAMPLE, intern, store};
use crate::{Position, StreamId, Timestamp, Version, codec::layer::stack::SEPARATOR};

/// What [`EventFields::Folded`](crate::store::EventFields::Folded) asks for of an event, as it comes from a store.
pub(in crate::store) struct FoldedRow<'a> {
    pub(in crate::store) version: Version,
    pub(in crate::store) name: &'a [u8],
    pub(in crate::store) event_version: u32,
    pub(in crate::store) codec: &'a [u8],
    pub(in crate::store) payload: &'a [u8],
}

/// A page of one stream that isn't one until the id of its last event is known.
pub(in crate::store) struct FoldedPage {
    copied: Copied,
    /// What all rows have in common.
    row: Row,
    limit: usize,
}

impl FoldedPage {
    /// For at most `limit` events of this stream, in the store of this identity.
    pub(in crate::store) fn new(store: Uuid, stream: &StreamId, limit: usize) -> Self {
        let text = stream.as_str().to_owned();
        let row = Row {
            position: Position::new(store, 0, 0),
            version: Version::ZERO,
            id: Uuid::nil(),
            commit_id: Uuid::nil(),
            event_version: 0,
            recorded_at: Timestamp::from_unix_micros(0),
            stream: 0..text.len(),
            name: 0..0,
            codec: 0..0,
            payload: 0..0,
            metadata: 0..0,
        };
        let copied = Copied {
            text,
            ..Copied::default()
        };
        Self { copied, row, limit }
    }

    /// Adds a copy of this event; none: its name or codec is no text, or it has layers, and needs its id.
    #[inline]
    pub(in crate::store) fn push(&mut self, row: &FoldedRow<'_>) -> Option<()> {
        let Copied { text, bytes, rows } = &mut self.copied;
        let last = rows.last().unwrap_or(&self.row);
        let name = text_like(text, &last.name, row.name)?;
        let codec = text_like(text, &last.codec, row.codec)?;
        if codec != last.codec && text[codec.clone()].contains(SEPARATOR) {
            return None;
        }
        let payload = store(bytes, row.payload);
        rows.push(Row {
            version: row.version,
            event_version: row.event_version,
            name,
            codec,
            payload,
            ..self.row.clone()
        });
        if rows.len() == SAMPLE {
            self.copied.make_room(self.limit);
        }
        Some(())
    }

    pub(in crate::store) fn len(&self) -> usize {
        self.copied.rows.len()
    }

    pub(in crate::store) fn byte_len(&self) -> usize {
        self.copied.bytes.len()
    }

    /// The version of the last event; none: the page is empty.
    pub(in crate::store) fn version(&self) -> Option<Version> {
        self.copied.rows.last().map(|row| row.version)
    }

    /// The page, with what its last event is known by.
    pub(in crate::store) fn finish(
        mut self,
        id: Uuid,
        recorded_at: Timestamp,
        has_more: bool,
    ) -> EventPage {
        if let Some(last) = self.copied.rows.last_mut() {
            (last.id, last.recorded_at) = (id, recorded_at);
        }
        EventPage {
            rows: Rows::Copied(self.copied),
            has_more,
        }
    }
}

/// As `intern`. What is like the text before it was checked with that one.
#[inline]
fn text_like(text: &mut String, last: &Range<usize>, new: &[u8]) -> Option<Range<usize>> {
    if text.as_bytes()[last.clone()] == *new {
        return Some(last.clone());
    }
    Some(intern(text, None, std::str::from_utf8(new).ok()?))
}
