//! What code written by `derive(Aggregate)` calls, reached through `__private`.
//!
//! All of it asks for [`Event`] in one place, [`listed`]. A type that is no event is then the same error wherever
//! generated code uses it, which rustc shows once; and what `Event` asks of a type is checked where that is derived.

use std::{
    any::Any,
    fmt::{self, Formatter},
};

use super::{DecodeError, Event, EventType, Stage};
use crate::codec::{Codec, CodecError};

/// Everything that the derive does with an event of type `E` in the list of this stage.
pub const fn listed<E: Event>(stage: Stage) -> (EventType, impl Listed<E>) {
    (EventType::of::<E>(stage), IsEvent)
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

    fn decode<C: Codec>(
        self,
        codec: &C,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Option<Result<E, DecodeError>> {
        let is_read_as_it = E::NAME == name || E::ALIASES.contains(&name);
        is_read_as_it.then(|| E::__decode(codec, version, payload))
    }
}

/// Whether the event at `index` has a stored name or alias that an event before it has.
pub const fn is_name_taken(events: &[EventType], index: usize) -> bool {
    let mut before = 0;
    while before < index {
        if share_a_name(&events[before], &events[index]) {
            return true;
        }
        before += 1;
    }
    false
}

/// Name 0 is the stored name, the others are aliases. `Iterator` and `==` on `str` are not const.
const fn share_a_name(one: &EventType, other: &EventType) -> bool {
    let mut i = 0;
    while i <= one.aliases.len() {
        let mut j = 0;
        while j <= other.aliases.len() {
            if same_text(name(one, i), name(other, j)) {
                return true;
            }
            j += 1;
        }
        i += 1;
    }
    false
}

const fn name(event: &EventType, index: usize) -> &'static str {
    if index == 0 {
        event.name
    } else {
        event.aliases[index - 1]
    }
}

const fn same_text(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}
