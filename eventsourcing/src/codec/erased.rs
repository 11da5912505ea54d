//! A codec erased once per aggregate: one virtual call per page of events, the rest is generated code.
//!
//! Never through `erased_serde`: measured 6 to 19 times slower (design.md).

use std::{
    borrow::Cow,
    fmt::Debug,
    ops::{ControlFlow, Range},
    sync::Arc,
};

use super::{
    Codec, CodecError, Format, Json,
    layer::{
        Layer,
        stack::{MOST_LAYERS, SEPARATOR, Stack, check_layer_name},
    },
};
use crate::{
    Version,
    aggregate::Aggregate,
    event::{DecodeError, Decoded},
    store::EventPage,
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
    /// Decodes the events at these places of the page and applies them, in one call: as long as they follow this version
    /// without a gap, were written by this codec and no layer, and are changes of the state.
    fn change(
        &self,
        state: &mut A,
        page: &EventPage,
        places: Range<usize>,
        version: Version,
    ) -> Changed<A::Event>;
    fn encode_state(&self, state: &A) -> Result<Vec<u8>, CodecError>;
    fn decode_state(&self, bytes: &[u8]) -> Result<A, CodecError>;
}

/// How far [`AggregateCodec::change`] came.
pub(crate) struct Changed<E> {
    /// How many were applied.
    pub(crate) count: usize,
    /// The one behind them, if it was decoded: no change of a state, not one event, or an error.
    pub(crate) other: Option<Result<Decoded<E>, DecodeError>>,
}

impl<E> Default for Changed<E> {
    fn default() -> Self {
        Self {
            count: 0,
            other: None,
        }
    }
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

    fn change(
        &self,
        state: &mut A,
        page: &EventPage,
        places: Range<usize>,
        mut version: Version,
    ) -> Changed<A::Event> {
        let mut count = 0;
        let ended = page.try_for_each(places, |payload| {
            version = version.next();
            if payload.version != version || payload.codec != C::NAME {
                return ControlFlow::Break(None);
            }
            if let Some(other) =
                self.change_one(state, payload.name, payload.event_version, payload.bytes)
            {
                return ControlFlow::Break(Some(other));
            }
            count += 1;
            ControlFlow::Continue(())
        });
        Changed {
            count,
            other: ended.break_value().flatten(),
        }
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

impl<C: Codec> Typed<C> {
    /// None: it was applied.
    // Called from the loop of each kind of page, which stay small: what they read of an event then stays in registers.
    #[inline(never)]
    fn change_one<A: Aggregate>(
        &self,
        state: &mut A,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Option<Result<Decoded<A::Event>, DecodeError>> {
        match A::__decode(&self.0, name, version, payload) {
            Ok(Decoded::One(event)) => {
                let unapplied = state.__apply(event).err()?;
                Some(Ok(Decoded::One(unapplied)))
            }
            other => Some(other),
        }
    }
}

pub(crate) fn erase<A: Aggregate, C: Codec>(codec: C) -> Arc<dyn AggregateCodec<A>> {
    Arc::new(Typed(codec))
}

/// The layers that a repository was told of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    pub(crate) events: Vec<Arc<dyn Layer>>,
    pub(crate) snapshots: Vec<Arc<dyn Layer>>,
    /// Only for reading.
    pub(crate) readable: Vec<Arc<dyn Layer>>,
    /// Whether events of other layers than `events` are refused.
    pub(crate) only_these: bool,
}

/// The codecs and layers that a repository writes with, and all that it can read.
#[derive(Debug)]
pub(crate) struct Codecs<A: Aggregate> {
    pub(crate) events: Arc<dyn AggregateCodec<A>>,
    pub(crate) snapshots: Arc<dyn AggregateCodec<A>>,
    pub(crate) event_layers: Stack,
    pub(crate) snapshot_layers: Stack,
    readers: Vec<Arc<dyn AggregateCodec<A>>>,
    /// Of those with the same name the first: what events are written through, what they are read through, and last what
    /// snapshots are written through, which may have keys of its own.
    layers: Vec<Arc<dyn Layer>>,
    pub(crate) only_these: bool,
}

/// How a stored event is read.
pub(crate) struct Reader<'a, A> {
    /// None: by no codec that is known.
    pub(crate) codec: Option<&'a dyn AggregateCodec<A>>,
    /// In the order in which they were written through.
    pub(crate) layers: Cow<'a, [Arc<dyn Layer>]>,
}

/// Why a stored event can't be read, whatever its bytes are.
pub(crate) enum Unreadable {
    /// This layer isn't known.
    Layer(String),
    /// Only those of other layers are wanted.
    Unwanted,
}

impl<A: Aggregate> Codecs<A> {
    /// The error says what is wrong with the layers.
    pub(crate) fn new(
        events: Option<Arc<dyn AggregateCodec<A>>>,
        snapshots: Option<Arc<dyn AggregateCodec<A>>>,
        layers: Layers,
    ) -> Result<Self, String> {
        let events = events.unwrap_or_else(|| erase(Json));
        let snapshots = snapshots.unwrap_or_else(|| erase(A::SnapshotCodec::default()));
        let mut readers = vec![Arc::clone(&events), Arc::clone(&snapshots), erase(Json)];
        #[cfg(feature = "bincode")]
        readers.push(erase(super::Bincode));
        #[cfg(feature = "postcard")]
        readers.push(erase(super::Postcard));
        readers.push(erase(A::SnapshotCodec::default()));
        let event_layers = Stack::new(events.name(), layers.events)?;
        let snapshot_layers = Stack::new(snapshots.name(), layers.snapshots)?;
        let mut known = event_layers.layers().to_vec();
        for layer in layers.readable {
            check_layer_name(layer.name())?;
            known.push(layer);
        }
        known.extend(snapshot_layers.layers().iter().cloned());
        #[cfg(feature = "compression")]
        known.push(Arc::new(super::layer::Compressed::new()));
        Ok(Self {
            events,
            snapshots,
            event_layers,
            snapshot_layers,
            readers,
            layers: known,
            only_these: layers.only_these,
        })
    }

    /// What reads events as this program writes them, if it writes them without layers. Most are.
    #[inline]
    pub(crate) fn plain_reader(&self) -> Option<&dyn AggregateCodec<A>> {
        let is_plain = self.event_layers.layers().is_empty();
        is_plain.then_some(&*self.events)
    }

    /// What reads an event, by its row's codec column.
    pub(crate) fn reader(&self, name: &str) -> Result<Reader<'_, A>, Unreadable> {
        if name == self.event_layers.name() {
            return Ok(Reader {
                codec: Some(&*self.events),
                layers: self.event_layers.layers().into(),
            });
        }
        let (codec, layers) = match name.split_once(SEPARATOR) {
            Some((codec, layers)) => (codec, self.known(layers)?),
            None => (name, Vec::new()),
        };
        let names = |layers: &[Arc<dyn Layer>]| -> Vec<String> {
            layers.iter().map(|layer| layer.name().to_owned()).collect()
        };
        if self.only_these && names(&layers) != names(self.event_layers.layers()) {
            return Err(Unreadable::Unwanted);
        }
        let reader = self.readers.iter().find(|reader| reader.name() == codec);
        Ok(Reader {
            codec: reader.map(|codec| &**codec),
            layers: layers.into(),
        })
    }

    fn known(&self, names: &str) -> Result<Vec<Arc<dyn Layer>>, Unreadable> {
        let mut layers = Vec::new();
        for name in names.split(SEPARATOR) {
            let known = self.layers.iter().find(|layer| layer.name() == name);
            match known.filter(|_| layers.len() < MOST_LAYERS) {
                Some(layer) => layers.push(Arc::clone(layer)),
                None => return Err(Unreadable::Layer(name.to_owned())),
            }
        }
        Ok(layers)
    }
}
