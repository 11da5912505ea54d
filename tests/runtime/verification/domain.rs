//! Programs whose handlers mean something else than those that took the snapshots, and states that are hard to compare.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{Booked, Closed, Exploded, Measured, Opened};

/// The ledger of a later program: of the same name, shape and `schema_version`. A booking counts twice, and an explosion
/// is what the earlier one could fold.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(
    name = "ledger",
    id = String,
    create(Opened),
    events(Booked, Measured, Exploded),
    discard(Closed)
)]
pub(crate) struct Ledger {
    pub(crate) owner: String,
    pub(crate) balance: i64,
    pub(crate) bookings: Vec<i64>,
    pub(crate) measured: Option<f64>,
}

impl LedgerHandlers for Ledger {
    fn opened(_: &String, event: Opened) -> Self {
        Ledger {
            owner: event.owner,
            balance: 0,
            bookings: Vec::new(),
            measured: None,
        }
    }

    fn booked(&mut self, event: Booked) {
        self.balance += 2 * event.amount;
        self.bookings.push(event.amount);
    }

    fn measured(&mut self, event: Measured) {
        self.measured = Some(event.value);
    }

    fn exploded(&mut self, _: Exploded) {}
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Started;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tagged {
    pub(crate) tag: String,
}

/// Equal sets have their own orders in memory, and so in bytes.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Tagged))]
pub(crate) struct Tags {
    pub(crate) tags: HashSet<String>,
}

impl TagsHandlers for Tags {
    fn started(_: &u64, _: Started) -> Self {
        Tags {
            tags: HashSet::new(),
        }
    }

    fn tagged(&mut self, event: Tagged) {
        self.tags.insert(event.tag);
    }
}

/// What a cell is multiplied by. One test only changes it.
pub(crate) static FACTOR: AtomicI64 = AtomicI64::new(1);

/// JSON has no such keys.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Booked))]
pub(crate) struct Grid {
    pub(crate) cells: BTreeMap<(u8, u8), i64>,
}

impl GridHandlers for Grid {
    fn started(_: &u64, _: Started) -> Self {
        Grid {
            cells: BTreeMap::new(),
        }
    }

    fn booked(&mut self, event: Booked) {
        let amount = event.amount * FACTOR.load(Ordering::SeqCst);
        self.cells.insert((1, 2), amount);
    }
}

/// Whether comparing, and folding, panics. One test only changes them.
pub(crate) static COMPARING_PANICS: AtomicBool = AtomicBool::new(false);
pub(crate) static FOLDING_PANICS: AtomicBool = AtomicBool::new(false);

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Booked))]
pub(crate) struct Touchy {
    pub(crate) sum: i64,
}

impl PartialEq for Touchy {
    fn eq(&self, other: &Self) -> bool {
        assert!(!COMPARING_PANICS.load(Ordering::SeqCst), "not comparable");
        self.sum == other.sum
    }
}

impl TouchyHandlers for Touchy {
    fn started(_: &u64, _: Started) -> Self {
        assert!(!FOLDING_PANICS.load(Ordering::SeqCst), "not to be folded");
        Touchy { sum: 0 }
    }

    fn booked(&mut self, event: Booked) {
        self.sum += event.amount;
    }
}

/// Holds up whoever folds a [`Stalling`]. One test only stalls it.
pub(crate) static STALLED: Stalled = Stalled {
    state: Mutex::new((false, 0)),
    changed: Condvar::new(),
};

/// Whether it stalls, and who waits.
pub(crate) struct Stalled {
    state: Mutex<(bool, usize)>,
    changed: Condvar,
}

/// Until it is dropped.
pub(crate) struct Stall;

impl Stalled {
    pub(crate) fn stall(&self) -> Stall {
        self.state.lock().unwrap().0 = true;
        Stall
    }

    /// Until somebody waits.
    pub(crate) fn reached(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |(_, waiting)| *waiting == 0));
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.1 += 1;
        self.changed.notify_all();
        let mut state = self
            .changed
            .wait_while(state, |(stalls, _)| *stalls)
            .unwrap();
        state.1 -= 1;
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        STALLED.state.lock().unwrap().0 = false;
        STALLED.changed.notify_all();
    }
}

/// Differs from its snapshots by the number of folds that the process has made.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Booked))]
pub(crate) struct Stalling {
    pub(crate) folds: i64,
}

static FOLDS: AtomicI64 = AtomicI64::new(0);

impl StallingHandlers for Stalling {
    fn started(_: &u64, _: Started) -> Self {
        Stalling { folds: 0 }
    }

    fn booked(&mut self, _: Booked) {
        STALLED.pass();
        self.folds = FOLDS.fetch_add(1, Ordering::SeqCst);
    }
}

/// `seen` isn't stored, at the user's word; `sum` is.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(name = "partial", id = u64, create(Started), events(Booked))]
pub(crate) struct Partial {
    pub(crate) sum: i64,
    #[serde(skip)]
    #[schema(trusted)]
    pub(crate) seen: u64,
}

impl PartialHandlers for Partial {
    fn started(_: &u64, _: Started) -> Self {
        Partial { sum: 0, seen: 0 }
    }

    fn booked(&mut self, event: Booked) {
        self.sum += event.amount;
        self.seen += 1;
    }
}

/// The later program.
pub(crate) mod changed {
    use super::{Booked, Deserialize, Serialize, Started};
    use eventsourcing::prelude::*;

    #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[aggregate(name = "partial", id = u64, create(Started), events(Booked))]
    pub(crate) struct Partial {
        pub(crate) sum: i64,
        #[serde(skip)]
        #[schema(trusted)]
        pub(crate) seen: u64,
    }

    impl PartialHandlers for Partial {
        fn started(_: &u64, _: Started) -> Self {
            Partial { sum: 0, seen: 0 }
        }

        fn booked(&mut self, event: Booked) {
            self.sum += 2 * event.amount;
            self.seen += 1;
        }
    }
}
