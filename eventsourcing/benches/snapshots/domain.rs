//! Two types: `hot`, whose schema version is bumped, in six versions; and `other`, which is loaded meanwhile.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) owner: String,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Booked {
    pub(crate) amount: i64,
    pub(crate) text: String,
}

/// The last amounts and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Schema)]
pub(crate) struct Bookings {
    pub(crate) count: u64,
    pub(crate) balance: i64,
    pub(crate) last: Vec<String>,
}

impl Bookings {
    fn book(&mut self, event: Booked) {
        self.count += 1;
        self.balance += event.amount;
        if self.last.len() == 10 {
            self.last.remove(0);
        }
        self.last.push(event.text);
    }
}

macro_rules! account {
    ($module:ident, $name:tt, $version:tt) => {
        pub(crate) mod $module {
            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            use super::{Booked, Bookings, Opened};

            #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[aggregate(name = $name, id = u64, schema_version = $version, create(Opened), events(Booked))]
            pub(crate) struct Account {
                pub(crate) owner: String,
                pub(crate) bookings: Bookings,
            }

            impl AccountHandlers for Account {
                fn opened(_: &u64, event: Opened) -> Self {
                    Self {
                        owner: event.owner,
                        bookings: Bookings::default(),
                    }
                }

                fn booked(&mut self, event: Booked) {
                    self.bookings.book(event);
                }
            }
        }
    };
}

account!(other, "other", 1);
account!(hot_1, "hot", 1);
account!(hot_2, "hot", 2);
account!(hot_3, "hot", 3);
account!(hot_4, "hot", 4);
account!(hot_5, "hot", 5);
account!(hot_6, "hot", 6);

pub(crate) fn opened() -> Opened {
    Opened {
        owner: "Ada".to_owned(),
    }
}

pub(crate) fn booked(amount: i64) -> Booked {
    Booked {
        amount,
        text: format!("booking number {amount} with a text of the usual length"),
    }
}

/// A state of 600 KB.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(name = "large", id = u64, create(Filled), events(Changed))]
pub(crate) struct Large {
    pub(crate) rows: Vec<Row>,
    pub(crate) changes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(crate) struct Row {
    pub(crate) key: u64,
    pub(crate) text: String,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Filled {
    pub(crate) rows: u64,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Changed {
    pub(crate) at: u64,
}

impl LargeHandlers for Large {
    fn filled(_: &u64, event: Filled) -> Self {
        let row = |key| Row {
            key,
            text: format!("row {key:050}"),
        };
        Self {
            rows: (0..event.rows).map(row).collect(),
            changes: 0,
        }
    }

    fn changed(&mut self, event: Changed) {
        self.changes += 1;
        if let Some(row) = self.rows.get_mut(usize::try_from(event.at).unwrap_or(0)) {
            row.key = event.at;
        }
    }
}
