//! What an event is: the trait that the derive implements, its envelope's parts, its metadata.

#[doc(hidden)]
pub mod derived;
mod metadata;
mod version;

use std::{any::TypeId, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    metadata::{InvalidMetadata, Metadata},
    version::EventVersion,
};
use crate::{
    codec::{Codec, CodecError},
    schema::{Describer, Schema, Shape},
};

/// Something that happened. Implemented by `#[derive(Event)]` only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "derive it: `#[derive(Event, Clone, Debug, Serialize, Deserialize)]`"
)]
pub trait Event: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + Schema {
    /// The name that is stored with it; by default the type's.
    const NAME: &'static str;
    /// The version of its shape, from 1.
    const VERSION: u32;
    /// Older names that are read as this event.
    const ALIASES: &'static [&'static str];
    /// The version before it, if rows of that are read as it: `upcast(…)`.
    const PREVIOUS: Option<&'static EventVersion> = None;

    /// Reads one that was stored with this version.
    #[doc(hidden)]
    #[inline]
    fn __decode<C: Codec>(codec: &C, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        derived::decode(codec, version, payload)
    }
}

/// Which part of an aggregate's life an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `create(…)`: brings it into being.
    Create,
    /// `events(…)`: changes it.
    Change,
    /// `discard(…)`: ends its life.
    Discard,
}

/// One of an aggregate's event types, as listed in its attribute.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EventType {
    /// The stored name.
    pub name: &'static str,
    /// The version of its shape.
    pub version: u32,
    /// Older names that are read as this one.
    pub aliases: &'static [&'static str],
    /// The list it stands in.
    pub stage: Stage,
    /// Its variant in the enum of the aggregate's events.
    pub variant: &'static str,
    /// The version before it, if rows of that are read as it.
    pub previous: Option<&'static EventVersion>,
    type_id: fn() -> TypeId,
    pub(crate) shape: fn(&mut Describer) -> Shape,
}

impl EventType {
    /// For the derive: the type `E` in the list of this stage.
    #[doc(hidden)]
    pub const fn of<E: Event>(stage: Stage, variant: &'static str) -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            aliases: E::ALIASES,
            stage,
            variant,
            previous: E::PREVIOUS,
            type_id: TypeId::of::<E>,
            shape: E::__shape,
        }
    }

    /// The version that is written.
    pub const fn newest(&self) -> EventVersion {
        EventVersion {
            name: self.name,
            version: self.version,
            aliases: self.aliases,
            previous: self.previous,
            type_id: self.type_id,
            shape: self.shape,
        }
    }

    /// Every version that is read as it, newest first.
    pub fn versions(&self) -> impl Iterator<Item = EventVersion> + use<> {
        self.newest().versions()
    }

    /// Whether it is the type `E`.
    pub fn is<E: Event>(&self) -> bool {
        (self.type_id)() == TypeId::of::<E>()
    }

    /// Whether rows with this stored name are read as it, those of older versions included.
    pub fn is_stored_as(&self, name: &str) -> bool {
        self.newest().is_stored_as(name)
    }
}

/// What a stored row is read as. One event, without an allocation, unless its name is legacy or retired.
#[doc(hidden)]
#[derive(Debug)]
pub enum Decoded<E> {
    One(E),
    Many(Vec<E>),
}

impl<E> Decoded<E> {
    pub(crate) fn into_vec(self) -> Vec<E> {
        match self {
            Self::One(event) => vec![event],
            Self::Many(events) => events,
        }
    }
}

/// Why a stored event could not be read. Internal to the derive's contract.
#[doc(hidden)]
#[derive(Debug)]
pub enum DecodeError {
    UnknownName,
    /// `known` is the nearest version that can be read.
    UnsupportedVersion {
        known: u32,
    },
    Codec(CodecError),
}
