//! A codec erased once per aggregate: one virtual call per event, the rest is generated code.
//!
//! Never through `erased_serde`: measured 6 to 19 times slower (design.md).

use std::{fmt::Debug, sync::Arc};

use super::{Codec, CodecError, Format, Json};
use crate::{
    aggregate::Aggregate,
    event::{DecodeError, Decoded},
};

/// A [`Codec`] for the events and the state of `A`.
pub(crate) trait AggregateCodec<A: Aggregate>: Debug + Send + Sync {
    fn name(&self) -> &'static str;
    #[allow(
        dead_code,
        reason = "for the check of a type's description by `build()`"
    )]
    fn format(&self) -> Format;
    fn encode_event(&self, event: &A::Event, out: &mut Vec<u8>) -> Result<(), CodecError>;
    fn decode_event(
        &self,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Result<Decoded<A::Event>, DecodeError>;
    fn encode_state(&self, state: &A) -> Result<Vec<u8>, CodecError>;
    fn decode_state(&self, bytes: &[u8]) -> Result<A, CodecError>;
}

#[derive(Debug)]
struct Typed<C>(C);

impl<A: Aggregate, C: Codec> AggregateCodec<A> for Typed<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn format(&self) -> Format {
        C::FORMAT
    }

    fn encode_event(&self, event: &A::Event, out: &mut Vec<u8>) -> Result<(), CodecError> {
        A::__encode(event, &self.0, out)
    }

    fn decode_event(
        &self,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Result<Decoded<A::Event>, DecodeError> {
        A::__decode(&self.0, name, version, payload)
    }

    fn encode_state(&self, state: &A) -> Result<Vec<u8>, CodecError> {
        let mut bytes = Vec::new();
        self.0.encode(state, &mut bytes)?;
        Ok(bytes)
    }

    fn decode_state(&self, bytes: &[u8]) -> Result<A, CodecError> {
        self.0.decode(bytes)
    }
}

pub(crate) fn erase<A: Aggregate, C: Codec>(codec: C) -> Arc<dyn AggregateCodec<A>> {
    Arc::new(Typed(codec))
}

/// The codecs that a repository writes with, and all that it can read.
#[derive(Debug)]
pub(crate) struct Codecs<A: Aggregate> {
    pub(crate) events: Arc<dyn AggregateCodec<A>>,
    pub(crate) snapshots: Arc<dyn AggregateCodec<A>>,
    readers: Vec<Arc<dyn AggregateCodec<A>>>,
}

impl<A: Aggregate> Codecs<A> {
    pub(crate) fn new(
        events: Option<Arc<dyn AggregateCodec<A>>>,
        snapshots: Option<Arc<dyn AggregateCodec<A>>>,
    ) -> Self {
        let events = events.unwrap_or_else(|| erase(Json));
        let snapshots = snapshots.unwrap_or_else(|| erase(A::SnapshotCodec::default()));
        let mut readers = vec![Arc::clone(&events), Arc::clone(&snapshots), erase(Json)];
        #[cfg(feature = "bincode")]
        readers.push(erase(super::Bincode));
        #[cfg(feature = "postcard")]
        readers.push(erase(super::Postcard));
        readers.push(erase(A::SnapshotCodec::default()));
        Self {
            events,
            snapshots,
            readers,
        }
    }

    /// The codec that wrote a row, by its stored name.
    pub(crate) fn reader(&self, name: &str) -> Option<&dyn AggregateCodec<A>> {
        self.readers
            .iter()
            .find(|codec| codec.name() == name)
            .map(|codec| &**codec)
    }
}
