//! What call sites count and measure. How it is named is said in `metrics`.

use crate::{
    Error, ErrorKind,
    snapshot::{SnapshotMiss, Verdict},
};

/// Something that happened.
#[cfg_attr(
    not(all(feature = "metrics", feature = "cache")),
    expect(dead_code, reason = "nobody listens, or there is no cache")
)]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    Load(LoadOutcome),
    Save(SaveOutcome),
    /// So many, by one save.
    EventsStored(usize),
    Hit,
    Cached,
    Miss(SnapshotMiss),
    Stored,
    Failed,
    Pruned,
    Dropped,
    Removed,
    Verified(Verdict),
    /// So many, by a verification.
    EventsVerified(usize),
}

/// Something that has a size.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Measure {
    LoadSeconds,
    LoadEvents,
    SaveSeconds,
    AgeEvents,
    AgeSeconds,
    BytesRead,
    BytesWritten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadOutcome {
    Found,
    NotFound,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaveOutcome {
    Stored,
    Conflict,
    Unknown,
    Failed,
}

/// As precise as metrics are.
#[expect(clippy::cast_precision_loss, reason = "a metric")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}

impl SaveOutcome {
    pub(crate) fn of(error: Option<&Error>) -> Self {
        match error {
            None => Self::Stored,
            Some(error) if error.is_conflict() => Self::Conflict,
            Some(error) if *error.kind() == ErrorKind::OutcomeUnknown => Self::Unknown,
            Some(_) => Self::Failed,
        }
    }
}
