//! `Version`: how many events a stream has.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A count of a stream's stored events: 0 before the first, 1 after it.
///
/// The event that brought a stream to version `n` is the event *of* version `n`.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of a stream without events.
    pub const ZERO: Self = Self(0);
    /// The highest version that every store can hold (SQL's 64-bit signed integer).
    pub const MAX: Self = Self(i64::MAX as u64);

    /// The version after `events` more events, or `None` beyond [`Version::MAX`].
    pub fn checked_add(self, events: u64) -> Option<Self> {
        self.0
            .checked_add(events)
            .map(Self)
            .filter(|version| *version <= Self::MAX)
    }

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn new(version: u64) -> Self {
        Self(version)
    }

    /// The version one event later, held at [`Version::MAX`]: where it matters, stores refuse what is beyond.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1).min(Self::MAX.0))
    }
}

// The only conversion from an integer: with a second one `load_at(id, 3)` would no longer infer its type.
impl From<u64> for Version {
    fn from(version: u64) -> Self {
        Self(version)
    }
}

impl From<Version> for u64 {
    fn from(version: Version) -> Self {
        version.0
    }
}

impl PartialEq<u64> for Version {
    fn eq(&self, other: &u64) -> bool {
        self.0 == *other
    }
}

impl PartialOrd<u64> for Version {
    fn partial_cmp(&self, other: &u64) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(other)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
