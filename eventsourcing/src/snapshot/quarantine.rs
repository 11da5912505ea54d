//! Quarantine: snapshots that a replay of their events has shown to be wrong, and what goes on from them.
//!
//! In memory only. What must hold here: a state that was read from a distrusted row, or is made from such a state, is told
//! from one that was not, whoever was first; and as long as nothing is distrusted nobody waits for a lock.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{SnapshotInfo, SnapshotRow};
use crate::{StreamId, Version};

/// After so many rows no snapshot of the type is used any more: its handlers mean something else than they did.
const MOST_ROWS: usize = 65_536;

/// What a state goes back to: a snapshot that was read at some time, or events alone.
///
/// It goes with the state through loads, saves and caches, so that a row found to be wrong takes along what was made of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descent(Option<u64>);

/// Tells a row from the one that takes its place at its version.
pub(crate) type RowIdentity = (Version, u64);

impl From<&SnapshotRow> for RowIdentity {
    fn from(row: &SnapshotRow) -> Self {
        (row.version, row.checksum)
    }
}

impl From<&SnapshotInfo> for RowIdentity {
    fn from(row: &SnapshotInfo) -> Self {
        (row.version, row.checksum)
    }
}

/// The rows that one repository doesn't trust.
#[derive(Debug)]
pub(crate) struct Quarantine {
    most_rows: usize,
    /// How often something was distrusted. It rises after the rows can be found.
    epoch: AtomicU64,
    is_full: AtomicBool,
    streams: RwLock<HashMap<StreamId, Distrusted>>,
}

#[derive(Debug, Default)]
struct Distrusted {
    /// What was read before this epoch isn't trusted.
    since: u64,
    rows: Vec<RowIdentity>,
}

impl Default for Quarantine {
    fn default() -> Self {
        Self::of(MOST_ROWS)
    }
}

impl Quarantine {
    fn of(most_rows: usize) -> Self {
        Self {
            most_rows,
            epoch: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
            streams: RwLock::default(),
        }
    }

    /// What is read from a row from now on goes back to this. Asked before it is asked whether the row is trusted.
    pub(crate) fn descent(&self) -> Descent {
        Descent(Some(self.epoch.load(Ordering::Acquire)))
    }

    /// From now on none of these rows is used, and nothing that was read before from any snapshot of the stream. Says
    /// whether this was one too many.
    pub(crate) fn distrust(
        &self,
        stream: &StreamId,
        rows: impl IntoIterator<Item = RowIdentity>,
    ) -> bool {
        let mut streams = self.write();
        let distrusted = streams.entry(stream.clone()).or_default();
        for row in rows {
            if !distrusted.rows.contains(&row) {
                distrusted.rows.push(row);
            }
        }
        let epoch = self.epoch.load(Ordering::Relaxed) + 1;
        distrusted.since = epoch;
        let held = streams
            .values()
            .map(|each| each.rows.len().max(1))
            .sum::<usize>();
        let is_first = held > self.most_rows && !self.is_full.swap(true, Ordering::AcqRel);
        self.epoch.store(epoch, Ordering::Release);
        is_first
    }

    /// The row was removed: nobody meets it again.
    pub(crate) fn forget(&self, stream: &StreamId, row: RowIdentity) {
        if self.is_empty() {
            return;
        }
        if let Some(distrusted) = self.write().get_mut(stream) {
            distrusted.rows.retain(|held| *held != row);
        }
    }

    /// Whether this row was found to be wrong, or lay beside one that was.
    pub(crate) fn holds(&self, stream: &StreamId, row: RowIdentity) -> bool {
        if self.is_empty() {
            return false;
        }
        self.is_full() || {
            let streams = self.read();
            let distrusted = streams.get(stream);
            distrusted.is_some_and(|distrusted| distrusted.rows.contains(&row))
        }
    }

    /// Whether a state goes back to a snapshot of the stream that was read before one of them was found to be wrong.
    pub(crate) fn distrusts(&self, stream: &StreamId, descent: Descent) -> bool {
        let Descent(Some(read)) = descent else {
            return false;
        };
        if self.is_empty() {
            return false;
        }
        self.is_full() || {
            let streams = self.read();
            let distrusted = streams.get(stream);
            distrusted.is_some_and(|distrusted| read < distrusted.since)
        }
    }

    /// Whether no snapshot is to be used at all.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    fn is_empty(&self) -> bool {
        self.epoch.load(Ordering::Acquire) == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<StreamId, Distrusted>> {
        self.streams.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<StreamId, Distrusted>> {
        self.streams.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: RowIdentity = (Version::new(4), 17);
    const BESIDE: RowIdentity = (Version::new(2), 18);

    fn stream(id: &str) -> StreamId {
        StreamId::new("ledger", id).expect("a stream")
    }

    #[test]
    fn a_row_takes_along_what_was_read_before() {
        let quarantine = Quarantine::default();
        let (main, other) = (stream("main"), stream("other"));
        let before = quarantine.descent();
        assert!(!quarantine.holds(&main, ROW) && !quarantine.distrusts(&main, before));
        assert!(!quarantine.distrust(&main, [ROW]));
        let after = quarantine.descent();
        assert!(quarantine.holds(&main, ROW) && quarantine.distrusts(&main, before));
        // Not what takes its place, nor what lies elsewhere, nor what was never in a snapshot.
        assert!(!quarantine.holds(&main, (ROW.0, ROW.1 + 1)));
        assert!(!quarantine.holds(&other, ROW) && !quarantine.distrusts(&other, before));
        assert!(!quarantine.distrusts(&main, after));
        assert!(!quarantine.distrusts(&main, Descent::default()));
        // What was read between the two is no better.
        quarantine.distrust(&main, [BESIDE]);
        assert!(quarantine.holds(&main, ROW) && quarantine.holds(&main, BESIDE));
        assert!(quarantine.distrusts(&main, after));
        quarantine.forget(&main, ROW);
        assert!(!quarantine.holds(&main, ROW) && quarantine.holds(&main, BESIDE));
        assert!(quarantine.distrusts(&main, before));
    }

    #[test]
    fn when_it_is_full_no_snapshot_is_trusted() {
        let quarantine = Quarantine::of(2);
        let firsts = ["a", "b", "c", "d"].map(|id| quarantine.distrust(&stream(id), [ROW]));
        assert_eq!(firsts, [false, false, true, false]);
        assert!(quarantine.is_full() && quarantine.holds(&stream("another"), BESIDE));
        assert!(quarantine.distrusts(&stream("another"), quarantine.descent()));
        assert!(!quarantine.distrusts(&stream("another"), Descent::default()));
    }
}
