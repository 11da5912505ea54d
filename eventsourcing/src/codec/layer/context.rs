//! What a layer is told of the row whose bytes pass it: every clear column that a load relies on.
//!
//! The form of [`RowContext::associated_data`] is part of the stored format: a change here makes every encrypted row
//! unreadable.

use uuid::Uuid;

use crate::{Timestamp, Version, schema::Fingerprint};

/// The form of the associated data.
const FORM: u8 = 1;

/// The row whose bytes pass a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowContext<'a> {
    /// An event's payload.
    Event(EventContext<'a>),
    /// A snapshot's state. A discarded aggregate's snapshot has none, and passes no layer.
    Snapshot(SnapshotContext<'a>),
}

/// The clear columns of an event. Not among them: position and recorded time, which the store gives it later, the commit's
/// id, and the metadata, which a load doesn't rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventContext<'a> {
    /// The text form of its stream's name.
    pub stream: &'a str,
    /// The version that it brings its stream to.
    pub version: Version,
    /// Its own id.
    pub id: Uuid,
    /// The stored name of its type.
    pub name: &'a str,
    /// The version of its type's shape.
    pub event_version: u32,
    /// The name of its codec, with those of all its layers.
    pub codec: &'a str,
}

/// The clear columns of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotContext<'a> {
    /// The text form of its stream's name: the aggregate's type and id.
    pub stream: &'a str,
    /// The last version it covers.
    pub version: Version,
    /// The id of the event of that version.
    pub last_event: Uuid,
    /// The aggregate's `schema_version`.
    pub schema_version: u32,
    /// The shape of the state.
    pub fingerprint: Fingerprint,
    /// The name of its codec, with those of all its layers.
    pub codec: &'a str,
    /// When it was taken.
    pub created_at: Timestamp,
}

impl RowContext<'_> {
    /// The text form of the stream's name.
    pub fn stream(&self) -> &str {
        match self {
            Self::Event(event) => event.stream,
            Self::Snapshot(snapshot) => snapshot.stream,
        }
    }

    /// The version of the event, or the last one that the snapshot covers.
    pub fn version(&self) -> Version {
        match self {
            Self::Event(event) => event.version,
            Self::Snapshot(snapshot) => snapshot.version,
        }
    }

    /// The name of the row's codec, with those of all its layers.
    pub fn codec(&self) -> &str {
        match self {
            Self::Event(event) => event.codec,
            Self::Snapshot(snapshot) => snapshot.codec,
        }
    }

    /// All of it as bytes, for a layer that binds its bytes to their row. No two rows have the same.
    ///
    /// One byte for the form (1), one for the kind (1 event, 2 snapshot), then the fields in their order: numbers of 8
    /// bytes, the lowest first; ids and fingerprint as they are; texts behind their length, a number.
    pub fn associated_data(&self) -> Vec<u8> {
        match self {
            Self::Event(event) => {
                let mut bytes = Fields::new(1);
                bytes.text(event.stream);
                bytes.number(event.version.get());
                bytes.0.extend_from_slice(event.id.as_bytes());
                bytes.text(event.name);
                bytes.number(event.event_version.into());
                bytes.text(event.codec);
                bytes.0
            }
            Self::Snapshot(snapshot) => {
                let mut bytes = Fields::new(2);
                bytes.text(snapshot.stream);
                bytes.number(snapshot.version.get());
                bytes.0.extend_from_slice(snapshot.last_event.as_bytes());
                bytes.number(snapshot.schema_version.into());
                bytes.0.extend_from_slice(snapshot.fingerprint.as_bytes());
                bytes.text(snapshot.codec);
                let micros = snapshot.created_at.unix_micros();
                bytes.0.extend_from_slice(&micros.to_le_bytes());
                bytes.0
            }
        }
    }
}

struct Fields(Vec<u8>);

impl Fields {
    fn new(kind: u8) -> Self {
        let mut bytes = Vec::with_capacity(160);
        bytes.extend_from_slice(&[FORM, kind]);
        Self(bytes)
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}
