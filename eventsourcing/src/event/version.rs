//! `EventVersion`: what the rows of an event say about its type, and the older versions that are read as it.

use std::{any::TypeId, iter};

use super::Event;
use crate::schema::{Describer, Shape};

/// One version of an event, as its rows name it, and through `previous` every older one.
///
/// ```
/// use eventsourcing::{event::EventVersion, prelude::*};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Clone, Debug, Serialize, Deserialize)]
/// #[event(name = "moved", version = 1)]
/// struct MovedV1 { to: String }
///
/// #[derive(Event, Clone, Debug, Serialize, Deserialize)]
/// #[event(name = "moved", version = 2, upcast(MovedV1))]
/// struct Moved { to: String, on_foot: bool }
///
/// impl From<MovedV1> for Moved {
///     fn from(old: MovedV1) -> Self { Moved { to: old.to, on_foot: true } }
/// }
///
/// let versions: Vec<u32> = EventVersion::of::<Moved>().versions().map(|each| each.version).collect();
/// assert_eq!(versions, [2, 1]);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EventVersion {
    /// The stored name.
    pub name: &'static str,
    /// The version of its shape.
    pub version: u32,
    /// Older names that are read as this one.
    pub aliases: &'static [&'static str],
    /// The version before it, if rows of that are read as it.
    pub previous: Option<&'static EventVersion>,
    pub(super) type_id: fn() -> TypeId,
    pub(crate) shape: fn(&mut Describer) -> Shape,
}

impl EventVersion {
    /// That of the type `E`.
    pub const fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            aliases: E::ALIASES,
            previous: E::PREVIOUS,
            type_id: TypeId::of::<E>,
            shape: E::__shape,
        }
    }

    /// Whether it is the type `E`.
    pub fn is<E: Event>(&self) -> bool {
        (self.type_id)() == TypeId::of::<E>()
    }

    /// It and the older ones, newest first.
    pub fn versions(&self) -> impl Iterator<Item = Self> + use<> {
        iter::successors(Some(*self), |each| each.previous.copied())
    }

    /// Whether rows with this stored name are read as it, those of older versions included.
    pub fn is_stored_as(&self, name: &str) -> bool {
        let mut each = Some(self);
        while let Some(version) = each {
            if version.name == name || version.aliases.contains(&name) {
                return true;
            }
            each = version.previous;
        }
        false
    }
}
