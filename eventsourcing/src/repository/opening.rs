//! Stored bytes and their layers: what an event or a state is sealed as, and how it is opened.
//!
//! What must hold here: a layer is told the same of a row when it is written and when it is read.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;

use super::Inner;
use crate::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    aggregate::{Aggregate, Capture},
    codec::{
        CodecError,
        erased::{AggregateCodec, Unreadable},
        layer::{
            EventContext, LayerError, RowContext, SnapshotContext,
            stack::{self, Refused, SEPARATOR},
        },
    },
    snapshot::{SnapshotKey, SnapshotRow},
    store::{NewEvent, RecordedEvent},
};

/// A stored event without its layers.
pub(super) struct OpenedEvent<'a, A> {
    /// None: by no codec that is known.
    pub(super) codec: Option<&'a dyn AggregateCodec<A>>,
    pub(super) payload: Cow<'a, [u8]>,
}

impl<A: Aggregate> Inner<A> {
    /// Takes the layers off a stored event. The error names stream, version and layer.
    pub(super) fn open_event<'a>(
        &'a self,
        stream: &'a StreamId,
        row: &RecordedEvent<'a>,
    ) -> Result<OpenedEvent<'a, A>> {
        let located = |error: Error| error.at(stream.clone()).at_version(row.version);
        let reader = self.codecs.reader(row.codec).map_err(|why| {
            let wanted = self.codecs.event_layers.name();
            located(match why {
                Unreadable::Layer(layer) => Error::new(ErrorKind::UnknownLayer { layer }),
                Unreadable::Unwanted => Error::new(ErrorKind::UnknownCodec {
                    codec: row.codec.to_owned(),
                })
                .because(format!("only rows with the layers of {wanted:?} are read")),
            })
        })?;
        let context = RowContext::Event(EventContext {
            stream: stream.as_str(),
            version: row.version,
            id: row.id,
            name: row.name,
            event_version: row.event_version,
            codec: row.codec,
        });
        let payload = stack::open(&reader.layers, &context, row.payload)
            .map_err(|refused| located(refused.into_error()))?;
        Ok(OpenedEvent {
            codec: reader.codec,
            payload,
        })
    }

    /// Whether layers vouch for the row, or should.
    pub(super) fn is_layered(&self, row: &RecordedEvent<'_>) -> bool {
        row.codec.contains(SEPARATOR) || self.codecs.only_these
    }

    /// Whether the row's columns are what was stored, as far as its layers vouch for them.
    pub(super) fn check_layers(&self, stream: &StreamId, row: &RecordedEvent<'_>) -> Result<()> {
        if self.is_layered(row) {
            self.open_event(stream, row)?;
        }
        Ok(())
    }

    /// Puts the layers over an event that is to be stored as this version.
    pub(super) fn seal_event(
        &self,
        stream: &StreamId,
        version: Version,
        event: &mut NewEvent,
    ) -> Result<(), Refused> {
        let layers = &self.codecs.event_layers;
        if layers.layers().is_empty() {
            return Ok(());
        }
        let codec = layers.name().clone();
        let context = RowContext::Event(EventContext {
            stream: stream.as_str(),
            version,
            id: event.id,
            name: &event.name,
            event_version: event.event_version,
            codec: &codec,
        });
        event.payload = layers.seal(&context, event.payload.to_vec())?.into();
        event.codec = codec;
        Ok(())
    }

    /// Takes the layers off a snapshot's state. A layer that panics can't open it.
    pub(super) fn open_snapshot(&self, row: &SnapshotRow) -> Result<Option<Bytes>, Refused> {
        let layers = self.codecs.snapshot_layers.layers();
        let Some(state) = row.state.as_ref().filter(|_| !layers.is_empty()) else {
            return Ok(row.state.clone());
        };
        let (last_event, created_at) = (row.last_event, row.created_at);
        let context = snapshot_context(&row.key, row.version, last_event, created_at);
        let open = AssertUnwindSafe(|| stack::open(layers, &context, state).map(Cow::into_owned));
        let opened = catch_unwind(open).unwrap_or_else(|_| {
            Err(Refused {
                layer: self.codecs.snapshot_layers.name().clone().into_owned(),
                error: LayerError::locked("a layer panicked"),
            })
        });
        opened.map(|bytes| Some(bytes.into()))
    }

    /// Reads a state whose layers are taken off.
    pub(super) fn decode_state(&self, bytes: &[u8]) -> Result<A, CodecError> {
        let decode = AssertUnwindSafe(|| self.codecs.snapshots.decode_state(bytes));
        catch_unwind(decode)
            .unwrap_or_else(|_| Err(CodecError::new("its deserialization panicked")))
    }

    /// A row for a captured state, read back before anybody stores it. A panic in the user's serialization, or in a
    /// layer, is an error here.
    pub(super) fn row(&self, stream: &StreamId, capture: &Capture<A>) -> Result<SnapshotRow> {
        let (version, last_event) = (capture.version, capture.last_event);
        let (key, created_at) = (self.key(stream), self.clock.now());
        let failed = |source: CodecError| {
            Error::new(ErrorKind::Unfaithful)
                .at(stream.clone())
                .at_version(version)
                .because("the state can't be written so that it reads back")
                .caused_by(source)
        };
        let encode = |state: &A| {
            let bytes = self.codecs.snapshots.encode_state(state)?;
            self.decode_state(&bytes)?;
            let context = snapshot_context(&key, version, last_event, created_at);
            let sealed = self.codecs.snapshot_layers.seal(&context, bytes);
            sealed.map_err(|Refused { layer, error }| {
                CodecError::new(format!("layer {layer:?}: {error}"))
            })
        };
        let bytes = capture.state.as_deref().map(|state| {
            catch_unwind(AssertUnwindSafe(|| encode(state)))
                .unwrap_or_else(|_| Err(CodecError::new("its serialization panicked")))
        });
        let state = bytes.transpose().map_err(failed)?.map(Bytes::from);
        Ok(SnapshotRow::new(
            key, version, last_event, created_at, state,
        ))
    }
}

fn snapshot_context(
    key: &SnapshotKey,
    version: Version,
    last_event: uuid::Uuid,
    created_at: Timestamp,
) -> RowContext<'_> {
    RowContext::Snapshot(SnapshotContext {
        stream: key.stream.as_str(),
        version,
        last_event,
        schema_version: key.schema_version,
        fingerprint: key.fingerprint,
        codec: &key.codec,
        created_at,
    })
}
