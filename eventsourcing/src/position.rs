//! `Position`: an opaque place in the global order of a store.

use std::{cmp::Ordering, fmt, str::FromStr};

use uuid::Uuid;

/// A place in the global order of one store. Positions of one store and partition compare; others don't.
///
/// A position is never handed out twice, also after rows are deleted. Positions have gaps: nothing
/// follows from the distance of two of them. To keep one (a reader's checkpoint), store its text form.
///
/// ```
/// use eventsourcing::Position;
///
/// let store = uuid::Uuid::now_v7();
/// let (a, b) = (Position::new(store, 0, 7), Position::new(store, 0, 9));
/// assert!(a < b);
/// assert_eq!(a.to_string().parse(), Ok(a));
/// assert_eq!(a.partial_cmp(&Position::new(uuid::Uuid::now_v7(), 0, 8)), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    store: Uuid,
    partition: u32,
    offset: u64,
}

impl Position {
    /// For stores: the place `offset` in `partition` of the store with this identity.
    pub const fn new(store: Uuid, partition: u32, offset: u64) -> Self {
        Self {
            store,
            partition,
            offset,
        }
    }

    /// The identity of the store that handed it out.
    pub const fn store(self) -> Uuid {
        self.store
    }

    /// The partition within the store (0 in memory, SQLite and PostgreSQL).
    pub const fn partition(self) -> u32 {
        self.partition
    }

    /// The place within the partition, counted by the store.
    pub const fn offset(self) -> u64 {
        self.offset
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.store == other.store && self.partition == other.partition)
            .then(|| self.offset.cmp(&other.offset))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}",
            self.store.simple(),
            self.partition,
            self.offset
        )
    }
}

/// A text that isn't a [`Position`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPosition(String);

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a position: {:?}", self.0)
    }
}

impl std::error::Error for InvalidPosition {}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.splitn(3, ':');
            Some(Self {
                store: Uuid::try_parse(parts.next()?).ok()?,
                partition: parts.next()?.parse().ok()?,
                offset: parts.next()?.parse().ok()?,
            })
        };
        parse().ok_or_else(|| InvalidPosition(text.to_owned()))
    }
}
