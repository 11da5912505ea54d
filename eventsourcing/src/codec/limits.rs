//! Bounds on decoding: how deep values nest, and how many elements they have.
//!
//! In a positional format a byte says little, so a few hostile bytes can ask for much: one byte per level of a
//! recursive type until the stack overflows, which aborts the process, and a length of 2^40 for elements without
//! size, which use up no input and so escape a limit on bytes. With these limits both are errors.
//!
//! A level is a sequence, map, tuple, struct, newtype, `Some`, or enum variant with content. Only elements of
//! sequences and maps count, since the type says how many fields there are. Each such element takes a byte of its
//! own, unless it has no size: so no value is refused for its elements before it has 65,536 without size.
use std::fmt;

/// The levels that a value may nest, as many as `serde_json` counts to.
pub(super) const MAX_DEPTH: u32 = 128;

/// The elements without size that a value may have, and the most that a length read from the input may reserve.
pub(super) const MAX_UNSIZED_ELEMENTS: usize = 65_536;

/// The elements that a value may have whose input is of this many bytes.
#[inline]
pub(super) fn most_elements(bytes: usize) -> usize {
    bytes.saturating_add(MAX_UNSIZED_ELEMENTS)
}

/// A limit that was met.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exceeded {
    Depth,
    Elements { limit: usize },
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth => write!(f, "nested deeper than the limit of {MAX_DEPTH} levels"),
            Self::Elements { limit } => {
                write!(
                    f,
                    "more than {limit} elements, the limit for an input of this size"
                )
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
