//! Quarantine: snapshots that a replay of their events has shown to be wrong, and what goes on from them.
//!
//! In memory only. What must hold here: a state that was read from a distrusted row, or is made from such a state, is told
//! from one that was not, whoever was first, also where it is on its way to the store; and as long as nothing is distrusted
//! no load takes a lock. Behind the lock nothing is done that takes longer the more rows a stream has.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    mem,
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{SnapshotInfo, SnapshotRow};
use crate::{StreamId, Version};

/// After so many rows no snapshot of the type is used any more: its handlers mean something else than they did.
const MOST_ROWS: usize = 65_536;

/// How often something was distrusted. One for all repositories of the process: a root that one of them has loaded may be
/// saved by another. It rises before the rows can be looked for, and behind the lock that they are looked for with.
static EPOCH: AtomicU64 = AtomicU64::new(0);

/// What a state goes back to: a snapshot that was read at some time, or events alone.
///
/// It goes with the state through loads, saves and caches, so that a row found to be wrong takes along what was made of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descent(Option<u64>);

impl Descent {
    /// What is read from a row from now on goes back to this. Asked before it is asked whether the row is trusted.
    pub(crate) fn now() -> Self {
        Self(Some(EPOCH.load(Ordering::Acquire)))
    }
}

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

/// The rows that one repository doesn't trust, and those on their way to the store that it may not trust in the end.
#[derive(Debug)]
pub(crate) struct Quarantine {
    /// Of the rows, of those in flight, and of the streams that are remembered without one.
    most: usize,
    is_used: AtomicBool,
    is_full: AtomicBool,
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    streams: HashMap<StreamId, Distrusted>,
    /// How many rows, of all streams together.
    rows: usize,
    /// Streams whose rows were all removed, the first one first.
    emptied: VecDeque<StreamId>,
    /// What was read before this epoch isn't trusted, of whatever stream: some were emptied so long ago that they are not
    /// told apart any more.
    since: u64,
    /// By the order of their departure.
    in_flight: BTreeMap<u64, InFlight>,
    departed: u64,
    /// The stream whose other rows are being looked for. What lands meanwhile may not be among those that are found.
    searched: Option<StreamId>,
}

#[derive(Debug, Default)]
struct Distrusted {
    /// What was read before this epoch isn't trusted.
    since: u64,
    rows: HashSet<RowIdentity>,
}

/// A row that was handed to the store, and goes back to another one.
#[derive(Debug)]
struct InFlight {
    stream: StreamId,
    row: RowIdentity,
    has_landed: bool,
}

/// A row that was noted, if there was anything to note.
#[derive(Debug, Default)]
#[must_use = "it is noted until it has landed"]
pub(crate) struct Noted(Option<u64>);

impl Default for Quarantine {
    fn default() -> Self {
        Self::of(MOST_ROWS)
    }
}

impl Quarantine {
    fn of(most: usize) -> Self {
        Self {
            most,
            is_used: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            held: RwLock::default(),
        }
    }

    /// From now on neither this row is used, nor anything that was read before from any snapshot of the stream, nor what
    /// was made of it and is on its way to the store. Until [`distrust_beside`](Self::distrust_beside) what lands stays
    /// noted. Says whether this was one too many.
    pub(crate) fn distrust(&self, stream: &StreamId, row: RowIdentity) -> bool {
        self.add(stream, HashSet::from([row]), Some(stream.clone()))
    }

    /// The same for those that were found beside it, and for what has landed in the meantime.
    pub(crate) fn distrust_beside(
        &self,
        stream: &StreamId,
        rows: impl IntoIterator<Item = RowIdentity>,
    ) -> bool {
        self.add(stream, rows.into_iter().collect(), None)
    }

    fn add(
        &self,
        stream: &StreamId,
        mut rows: HashSet<RowIdentity>,
        searched: Option<StreamId>,
    ) -> bool {
        if self.is_full() {
            return false;
        }
        let mut held = self.write();
        self.is_used.store(true, Ordering::Release);
        let epoch = EPOCH.fetch_add(1, Ordering::AcqRel) + 1;
        held.searched = searched;
        // What has landed in another stream is left from a search that was given up.
        held.in_flight.retain(|_, flight| {
            let is_of_it = flight.stream == *stream;
            if is_of_it {
                rows.insert(flight.row);
            }
            !is_of_it && !flight.has_landed
        });
        let distrusted = held.streams.entry(stream.clone()).or_default();
        distrusted.since = epoch;
        let before = distrusted.rows.len();
        // Into the larger one: a list was made outside of the lock.
        if rows.len() > before {
            mem::swap(&mut rows, &mut distrusted.rows);
        }
        distrusted.rows.extend(rows);
        let more = distrusted.rows.len() - before;
        held.rows += more;
        held.rows > self.most && !self.is_full.swap(true, Ordering::AcqRel)
    }

    /// The row was removed: nobody meets it again.
    pub(crate) fn forget(&self, stream: &StreamId, row: RowIdentity) {
        if self.is_empty() {
            return;
        }
        let mut held = self.write();
        let Some(distrusted) = held.streams.get_mut(stream) else {
            return;
        };
        if !distrusted.rows.remove(&row) {
            return;
        }
        let is_emptied = distrusted.rows.is_empty();
        held.rows -= 1;
        if is_emptied {
            held.emptied.push_back(stream.clone());
            if held.emptied.len() > self.most {
                held.forget_oldest();
            }
        }
    }

    /// Whether this row was found to be wrong, or lay beside one that was.
    pub(crate) fn holds(&self, stream: &StreamId, row: RowIdentity) -> bool {
        if self.is_empty() {
            return false;
        }
        self.is_full() || {
            let held = self.read();
            let distrusted = held.streams.get(stream);
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
        self.is_full() || self.read().distrusts(stream, read)
    }

    /// This row goes to the store: it is noted until it [lands](Self::land), so that what is found to be wrong in the
    /// meantime takes it along. None: what it goes back to isn't trusted already.
    ///
    /// Of those that never land, since nobody knows what the store made of them, the oldest are given up when there are
    /// too many: what became of them shows in the store by then.
    pub(crate) fn depart(
        &self,
        stream: &StreamId,
        row: RowIdentity,
        descent: Descent,
    ) -> Option<Noted> {
        let Descent(Some(read)) = descent else {
            return Some(Noted(None));
        };
        let mut held = self.write();
        if self.is_full() || held.distrusts(stream, read) {
            return None;
        }
        held.departed += 1;
        let ticket = held.departed;
        let flight = InFlight {
            stream: stream.clone(),
            row,
            has_landed: false,
        };
        held.in_flight.insert(ticket, flight);
        if held.in_flight.len() > self.most {
            held.in_flight.pop_first();
        }
        Some(Noted(Some(ticket)))
    }

    /// The store has answered. Says whether the row is trusted.
    #[expect(clippy::needless_pass_by_value, reason = "it is noted no longer")]
    pub(crate) fn land(&self, noted: Noted) -> bool {
        let Noted(Some(ticket)) = noted else {
            return true;
        };
        let mut held = self.write();
        let Held {
            in_flight,
            searched,
            ..
        } = &mut *held;
        match in_flight.get_mut(&ticket) {
            Some(flight) if searched.as_ref() == Some(&flight.stream) => flight.has_landed = true,
            Some(_) => drop(in_flight.remove(&ticket)),
            None => return false,
        }
        !self.is_full()
    }

    /// Whether no snapshot is to be used at all.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    fn is_empty(&self) -> bool {
        !self.is_used.load(Ordering::Acquire)
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn distrusts(&self, stream: &StreamId, read: u64) -> bool {
        let distrusted = self.streams.get(stream);
        read < distrusted.map_or(self.since, |distrusted| distrusted.since.max(self.since))
    }

    /// The stream that was emptied first is no longer told apart: what was read of any stream as long ago is as little
    /// trusted as what was read of this one.
    fn forget_oldest(&mut self) {
        let Some(stream) = self.emptied.pop_front() else {
            return;
        };
        // It may have got others since.
        let is_emptied = |distrusted: &Distrusted| distrusted.rows.is_empty();
        if self.streams.get(&stream).is_some_and(is_emptied)
            && let Some(distrusted) = self.streams.remove(&stream)
        {
            self.since = self.since.max(distrusted.since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: RowIdentity = (Version::new(4), 17);
    const BESIDE: RowIdentity = (Version::new(2), 18);
    const MADE_OF_IT: RowIdentity = (Version::new(6), 19);

    fn stream(id: &str) -> StreamId {
        StreamId::new("ledger", id).expect("a stream")
    }

    #[test]
    fn a_row_takes_along_what_was_read_before() {
        let quarantine = Quarantine::default();
        let (main, other) = (stream("main"), stream("other"));
        let before = Descent::now();
        assert!(!quarantine.holds(&main, ROW) && !quarantine.distrusts(&main, before));
        assert!(!quarantine.distrust(&main, ROW));
        let after = Descent::now();
        assert!(quarantine.holds(&main, ROW) && quarantine.distrusts(&main, before));
        // Not what takes its place, nor what lies elsewhere, nor what was never in a snapshot.
        assert!(!quarantine.holds(&main, (ROW.0, ROW.1 + 1)));
        assert!(!quarantine.holds(&other, ROW) && !quarantine.distrusts(&other, before));
        assert!(!quarantine.distrusts(&main, after));
        assert!(!quarantine.distrusts(&main, Descent::default()));
        // What was read between the two is no better.
        quarantine.distrust_beside(&main, [BESIDE]);
        assert!(quarantine.holds(&main, ROW) && quarantine.holds(&main, BESIDE));
        assert!(quarantine.distrusts(&main, after));
        quarantine.forget(&main, ROW);
        assert!(!quarantine.holds(&main, ROW) && quarantine.holds(&main, BESIDE));
        assert!(quarantine.distrusts(&main, before));
    }

    #[test]
    fn when_it_is_full_no_snapshot_is_trusted() {
        let quarantine = Quarantine::of(2);
        let firsts = ["a", "b", "c", "d"].map(|id| quarantine.distrust(&stream(id), ROW));
        assert_eq!(firsts, [false, false, true, false]);
        assert!(quarantine.is_full() && quarantine.holds(&stream("another"), BESIDE));
        assert!(quarantine.distrusts(&stream("another"), Descent::now()));
        assert!(!quarantine.distrusts(&stream("another"), Descent::default()));
        let refused = quarantine.depart(&stream("another"), ROW, Descent::now());
        assert!(refused.is_none());
    }

    #[test]
    fn a_row_takes_along_what_is_on_its_way() {
        let quarantine = Quarantine::default();
        let (main, other) = (stream("main"), stream("other"));
        let before = Descent::now();
        let depart = |of, row, descent| quarantine.depart(of, row, descent);
        let known = depart(&main, BESIDE, before).expect("trusted");
        assert!(quarantine.land(known));
        let unknown = depart(&main, MADE_OF_IT, before).expect("trusted");
        let elsewhere = depart(&other, MADE_OF_IT, before).expect("trusted");
        let of_events = depart(&main, MADE_OF_IT, Descent::default()).expect("trusted");
        quarantine.distrust(&main, ROW);
        assert!(quarantine.holds(&main, MADE_OF_IT) && !quarantine.holds(&main, BESIDE));
        assert!(!quarantine.holds(&other, MADE_OF_IT));
        assert!(depart(&main, MADE_OF_IT, before).is_none());
        assert!(!quarantine.land(unknown));
        assert!(quarantine.land(elsewhere) && quarantine.land(of_events));
    }

    /// Read of one that was not found yet, and stored behind the back of the list.
    #[test]
    fn what_lands_during_the_search_is_taken_along() {
        let quarantine = Quarantine::default();
        let (main, other) = (stream("main"), stream("other"));
        quarantine.distrust(&main, ROW);
        let between = Descent::now();
        let noted = quarantine.depart(&main, MADE_OF_IT, between);
        assert!(quarantine.land(noted.expect("not known yet")));
        assert!(!quarantine.holds(&main, MADE_OF_IT));
        quarantine.distrust_beside(&main, [BESIDE]);
        assert!(quarantine.holds(&main, MADE_OF_IT));
        // A search that was given up leaves nothing behind once there is another.
        quarantine.distrust(&main, ROW);
        let noted = quarantine.depart(&main, (Version::new(8), 20), Descent::now());
        assert!(quarantine.land(noted.expect("trusted")));
        quarantine.distrust(&other, ROW);
        assert!(quarantine.read().in_flight.is_empty());
    }

    /// Streams that were mended don't add up to a full quarantine, and what was read of them is still told.
    #[test]
    fn emptied_streams_do_not_count() {
        let quarantine = Quarantine::of(3);
        let before = Descent::now();
        for number in 0..100 {
            let stream = stream(&number.to_string());
            assert!(!quarantine.distrust(&stream, ROW));
            assert!(!quarantine.distrust_beside(&stream, [ROW, BESIDE]));
            assert!(quarantine.distrusts(&stream, before));
            assert!(!quarantine.distrusts(&stream, Descent::now()));
            quarantine.forget(&stream, ROW);
            quarantine.forget(&stream, BESIDE);
            quarantine.forget(&stream, BESIDE);
        }
        assert!(!quarantine.is_full());
        let held = quarantine.read();
        assert_eq!(
            (held.rows, held.streams.len(), held.emptied.len()),
            (0, 3, 3)
        );
        drop(held);
        for number in 0..100 {
            assert!(quarantine.distrusts(&stream(&number.to_string()), before));
        }
        assert!(!quarantine.distrusts(&stream("0"), Descent::now()));
    }

    #[test]
    fn what_never_lands_is_bounded() {
        let quarantine = Quarantine::of(3);
        let main = stream("main");
        for number in 0..100 {
            let row = (Version::new(number), number);
            let noted = quarantine.depart(&main, row, Descent::now());
            assert!(noted.is_some());
        }
        assert_eq!(quarantine.read().in_flight.len(), 3);
    }
}
