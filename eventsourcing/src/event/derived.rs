//! What code written by `derive(Aggregate)` calls, reached through `__private`.
//!
//! Each function is bounded by [`Listed`] alone: rustc then checks a missing `Clone` or `Serialize` where the event
//! is declared, and a type that is no event where it is listed, once, instead of at every use in generated code.

use std::{
    any::Any,
    fmt::{self, Formatter},
};

use super::{DecodeError, EventType, Stage};
use crate::{
    aggregate::Listed,
    codec::{Codec, CodecError},
};

pub const fn event_type<A, E: Listed<A>>(stage: Stage) -> EventType {
    EventType::of::<E>(stage)
}

pub fn clone<A, E: Listed<A>>(event: &E) -> E {
    event.clone()
}

pub fn debug<A, E: Listed<A>>(event: &E, variant: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.debug_tuple(variant).field(event).finish()
}

pub fn payload<A, E: Listed<A>>(event: &E) -> &(dyn Any + Send + Sync) {
    event
}

pub fn encode<A, E: Listed<A>, C: Codec>(
    event: &E,
    codec: &C,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    codec.encode(event, out)
}

/// `None` if rows of this name are not read as an `E`.
pub fn decode<A, E: Listed<A>, C: Codec>(
    codec: &C,
    name: &str,
    version: u32,
    payload: &[u8],
) -> Option<Result<E, DecodeError>> {
    (E::NAME == name || E::ALIASES.contains(&name)).then(|| E::__decode(codec, version, payload))
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
