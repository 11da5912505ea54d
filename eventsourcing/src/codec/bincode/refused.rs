//! Why bytes are no value.

use std::{error, fmt, str::Utf8Error};

use crate::codec::limits::Exceeded;

pub(super) type Result<T> = std::result::Result<T, Refused>;

/// As small as a pointer: what is read passes through many results.
#[derive(Debug)]
pub(super) struct Refused(Box<Reason>);

#[derive(Debug)]
enum Reason {
    Ended,
    TooLarge,
    Exceeded(Exceeded),
    Integer,
    Flag(u8),
    Text(Utf8Error),
    Untyped,
    /// A type says so, in its own words.
    Type(String),
}

// Each apart, so that what runs for every value stays small enough to be inlined.
impl Refused {
    #[cold]
    #[inline(never)]
    fn new(reason: Reason) -> Self {
        Self(Box::new(reason))
    }

    #[cold]
    pub(super) fn ended() -> Self {
        Self::new(Reason::Ended)
    }

    #[cold]
    pub(super) fn too_large() -> Self {
        Self::new(Reason::TooLarge)
    }

    #[cold]
    pub(super) fn too_deep() -> Self {
        Self::new(Reason::Exceeded(Exceeded::Depth))
    }

    #[cold]
    pub(super) fn too_many(limit: usize) -> Self {
        Self::new(Reason::Exceeded(Exceeded::Elements { limit }))
    }

    #[cold]
    pub(super) fn integer() -> Self {
        Self::new(Reason::Integer)
    }

    #[cold]
    pub(super) fn flag(byte: u8) -> Self {
        Self::new(Reason::Flag(byte))
    }

    #[cold]
    pub(super) fn text(error: Utf8Error) -> Self {
        Self::new(Reason::Text(error))
    }

    #[cold]
    pub(super) fn untyped() -> Self {
        Self::new(Reason::Untyped)
    }
}

impl serde::de::Error for Refused {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Reason::Type(message.to_string()))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Ended => f.write_str("the bytes end within a value"),
            Reason::TooLarge => {
                write!(f, "more than {} bytes, the limit for a value", super::LIMIT)
            }
            Reason::Exceeded(limit) => limit.fmt(f),
            Reason::Integer => f.write_str("an integer is larger than its type"),
            Reason::Flag(byte) => write!(f, "{byte} where only 0 or 1 can stand"),
            Reason::Text(error) => write!(f, "a text is not UTF-8: {error}"),
            Reason::Untyped => {
                f.write_str("bincode doesn't say what its bytes are, and the type asks for that")
            }
            Reason::Type(message) => f.write_str(message),
        }
    }
}

impl error::Error for Refused {}
