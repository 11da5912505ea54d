//! What an event is: the trait that the derive implements, its envelope's parts, its metadata.

#[doc(hidden)]
pub mod derived;
mod metadata;

use std::{any::TypeId, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};

pub use self::metadata::{InvalidMetadata, Metadata};
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

    /// Reads one that was stored with this version.
    #[doc(hidden)]
    fn __decode<C: Codec>(codec: &C, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        if version == Self::VERSION {
            codec.decode(payload).map_err(DecodeError::Codec)
        } else {
            Err(DecodeError::UnsupportedVersion {
                known: Self::VERSION,
            })
        }
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
    type_id: fn() -> TypeId,
    pub(crate) shape: fn(&mut Describer) -> Shape,
}

impl EventType {
    /// For the derive: the type `E` in the list of this stage.
    #[doc(hidden)]
    pub const fn of<E: Event>(stage: Stage) -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            aliases: E::ALIASES,
            stage,
            type_id: TypeId::of::<E>,
            shape: E::__shape,
        }
    }

    /// Whether it is the type `E`.
    pub fn is<E: Event>(&self) -> bool {
        (self.type_id)() == TypeId::of::<E>()
    }

    /// Whether rows with this stored name are read as it.
    pub fn is_stored_as(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// Why a stored event could not be read. Internal to the derive's contract.
#[doc(hidden)]
#[derive(Debug)]
pub enum DecodeError {
    UnknownName,
    UnsupportedVersion { known: u32 },
    Codec(CodecError),
}
