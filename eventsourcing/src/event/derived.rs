//! What code written by the derives calls, reached through `__private`.
//!
//! All of it asks for [`Event`] in one place, [`listed`] or [`stored`]. A type that is no event is then the same error wherever
//! generated code uses it, which rustc shows once; and what `Event` asks of a type is checked where that is derived.

use std::{
    any::Any,
    fmt::{self, Formatter},
    marker::PhantomData,
};

use super::{DecodeError, Event, EventType, EventVersion, Stage};
use crate::codec::{Codec, CodecError};

/// Everything that the derive does with an event of type `E` in the list of this stage.
pub const fn listed<E: Event>(stage: Stage, variant: &'static str) -> (EventType, impl Listed<E>) {
    (EventType::of::<E>(stage, variant), IsEvent)
}

/// The same for an event that is only read: of `legacy(…)`, or the older version of another.
pub const fn stored<E: Event>() -> (EventVersion, impl Listed<E>) {
    (EventVersion::of::<E>(), IsEvent)
}

/// See [`listed`]. Not bounded by [`Event`] itself, so that its uses aren't either.
pub trait Listed<E>: Copy {
    fn clone(self, event: &E) -> E;

    fn debug(self, event: &E, variant: &str, f: &mut Formatter<'_>) -> fmt::Result;

    fn payload(self, event: &E) -> &(dyn Any + Send + Sync);

    fn encode<C: Codec>(self, event: &E, codec: &C, out: &mut Vec<u8>) -> Result<(), CodecError>;

    /// `None` if rows of this name are not read as an `E`.
    fn decode<C: Codec>(
        self,
        codec: &C,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Option<Result<E, DecodeError>>;

    /// Whatever the row's name is.
    fn read<C: Codec>(self, codec: &C, version: u32, payload: &[u8]) -> Result<E, DecodeError>;
}

#[derive(Clone, Copy)]
struct IsEvent;

impl<E: Event> Listed<E> for IsEvent {
    fn clone(self, event: &E) -> E {
        event.clone()
    }

    fn debug(self, event: &E, variant: &str, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple(variant).field(event).finish()
    }

    fn payload(self, event: &E) -> &(dyn Any + Send + Sync) {
        event
    }

    fn encode<C: Codec>(self, event: &E, codec: &C, out: &mut Vec<u8>) -> Result<(), CodecError> {
        codec.encode(event, out)
    }

    #[inline]
    fn decode<C: Codec>(
        self,
        codec: &C,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Option<Result<E, DecodeError>> {
        let is_read_as_it = E::NAME == name
            || E::ALIASES.contains(&name)
            || E::PREVIOUS.is_some_and(|previous| previous.is_stored_as(name));
        is_read_as_it.then(|| E::__decode(codec, version, payload))
    }

    fn read<C: Codec>(self, codec: &C, version: u32, payload: &[u8]) -> Result<E, DecodeError> {
        E::__decode(codec, version, payload)
    }
}

/// Reads one of exactly its own version.
#[inline]
pub fn decode<E: Event, C: Codec>(
    codec: &C,
    version: u32,
    payload: &[u8],
) -> Result<E, DecodeError> {
    if version == E::VERSION {
        codec.decode(payload).map_err(DecodeError::Codec)
    } else {
        Err(DecodeError::UnsupportedVersion { known: E::VERSION })
    }
}

/// How an older event becomes what is read in its place.
///
/// A type has the inherent items if the user wrote the `From`; otherwise rustc falls back to those of
/// [`NoConversion`], so that a check of `IS_GIVEN` can be the one error.
#[derive(Debug)]
pub struct Conversion<Old, New>(PhantomData<(Old, New)>);

impl<Old, New: From<Old>> Conversion<Old, New> {
    pub const IS_GIVEN: bool = true;

    pub fn convert(old: Old) -> New {
        New::from(old)
    }
}

/// See [`Conversion`].
pub trait NoConversion<Old, New> {
    const IS_GIVEN: bool = false;

    fn convert(_: Old) -> New {
        unreachable!("the program compiles only with a conversion")
    }
}

impl<Old, New> NoConversion<Old, New> for Conversion<Old, New> {}

/// The event at `index`, where those of `legacy(…)` follow the others.
const fn at(events: &[EventType], legacy: &[EventVersion], index: usize) -> EventVersion {
    if index < events.len() {
        events[index].newest()
    } else {
        legacy[index - events.len()]
    }
}

/// Whether the event at `index` has a stored name or alias that an event before it has.
pub const fn is_name_taken(events: &[EventType], legacy: &[EventVersion], index: usize) -> bool {
    let mut before = 0;
    while before < index {
        if share_a_name(&at(events, legacy, before), &at(events, legacy, index)) {
            return true;
        }
        before += 1;
    }
    false
}

/// Whether the event at `index` and one before it are versions of the same event.
pub const fn is_version_listed(
    events: &[EventType],
    legacy: &[EventVersion],
    index: usize,
) -> bool {
    let event = at(events, legacy, index);
    let mut before = 0;
    while before < index {
        let other = at(events, legacy, before);
        if same_text(event.name, other.name)
            && event.version != other.version
            && (has_version(&event, other.version) || has_version(&other, event.version))
        {
            return true;
        }
        before += 1;
    }
    false
}

/// Whether any of these events has this stored name or alias.
pub const fn is_name_of_any(events: &[EventType], legacy: &[EventVersion], name: &str) -> bool {
    let mut index = 0;
    while index < events.len() + legacy.len() {
        if is_stored_as(&at(events, legacy, index), name) {
            return true;
        }
        index += 1;
    }
    false
}

const fn has_version(event: &EventVersion, version: u32) -> bool {
    let mut each = Some(event);
    while let Some(of) = each {
        if of.version == version {
            return true;
        }
        each = of.previous;
    }
    false
}

const fn share_a_name(one: &EventVersion, other: &EventVersion) -> bool {
    let mut each = Some(one);
    while let Some(of) = each {
        let mut i = 0;
        while i < of.aliases.len() {
            if is_stored_as(other, of.aliases[i]) {
                return true;
            }
            i += 1;
        }
        if is_stored_as(other, of.name) {
            return true;
        }
        each = of.previous;
    }
    false
}

/// As [`EventVersion::is_stored_as`]. Iterators and `==` on `str` are not const.
const fn is_stored_as(event: &EventVersion, name: &str) -> bool {
    let mut each = Some(event);
    while let Some(of) = each {
        let mut i = 0;
        while i < of.aliases.len() {
            if same_text(of.aliases[i], name) {
                return true;
            }
            i += 1;
        }
        if same_text(of.name, name) {
            return true;
        }
        each = of.previous;
    }
    false
}

pub const fn same_text(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}
