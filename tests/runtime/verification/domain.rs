//! Programs whose handlers mean something else than those that took the snapshots, and states that are hard to compare.

use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
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
