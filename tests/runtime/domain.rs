//! A ledger: enough state to see every way in which it can be wrong.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) owner: String,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Booked {
    pub(crate) amount: i64,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) value: f64,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exploded;

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Closed;

/// `bookings` shows doubled, lost and reordered events; `balance` is what users would look at.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(
    name = "ledger",
    id = String,
    create(Opened),
    events(Booked, Measured, Exploded),
    discard(Closed),
    event_derive(PartialEq)
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
        self.balance += event.amount;
        self.bookings.push(event.amount);
    }

    fn measured(&mut self, event: Measured) {
        self.measured = Some(event.value);
    }

    fn exploded(&mut self, _: Exploded) {
        self.balance = i64::MIN;
        panic!("a handler panics");
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Overdrawn;

impl std::fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("overdrawn")
    }
}

impl std::error::Error for Overdrawn {}

impl Ledger {
    pub(crate) fn book(&self, amount: i64) -> Result<Booked, Overdrawn> {
        if self.balance + amount < 0 {
            Err(Overdrawn)
        } else {
            Ok(Booked { amount })
        }
    }

    pub(crate) fn close(&self) -> Result<Closed, Overdrawn> {
        if self.balance < 0 {
            Err(Overdrawn)
        } else {
            Ok(Closed)
        }
    }
}

pub(crate) fn opened() -> Opened {
    Opened {
        owner: "Ada".into(),
    }
}

/// Booked 1, 2, 3 … so that each event leaves its own trace.
pub(crate) fn bookings(from: i64, count: i64) -> Vec<Booked> {
    (from..from + count)
        .map(|amount| Booked { amount })
        .collect()
}

/// The same stream as a later program sees it.
pub(crate) mod bumped {
    use super::{Booked, Closed, Deserialize, Exploded, Measured, Opened, Serialize};
    use eventsourcing::prelude::*;

    #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[aggregate(
        name = "ledger",
        id = String,
        schema_version = 2,
        create(Opened),
        events(Booked, Measured, Exploded),
        discard(Closed)
    )]
    pub(crate) struct Ledger {
        pub(crate) balance: i64,
        pub(crate) count: u64,
    }

    impl LedgerHandlers for Ledger {
        fn opened(_: &String, _: Opened) -> Self {
            Ledger {
                balance: 0,
                count: 0,
            }
        }

        fn booked(&mut self, event: Booked) {
            self.balance += event.amount;
            self.count += 1;
        }

        fn measured(&mut self, _: Measured) {}

        fn exploded(&mut self, _: Exploded) {}
    }
}
