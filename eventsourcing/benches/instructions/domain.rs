//! A ledger whose events are of the usual size, in JSON and in bincode.

use eventsourcing::{codec, prelude::*};
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

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Renamed {
    pub(crate) owner: String,
    pub(crate) because: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(crate) struct Line {
    pub(crate) amount: i64,
    pub(crate) text: String,
}

macro_rules! ledger {
    ($module:ident, $codec:ty) => {
        pub(crate) mod $module {
            use super::*;

            #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[aggregate(name = "ledger", id = u64, create(Opened), events(Booked, Renamed), snapshot_codec = $codec)]
            pub(crate) struct Ledger {
                pub(crate) owner: String,
                pub(crate) balance: i64,
                pub(crate) lines: Vec<Line>,
            }

            impl LedgerHandlers for Ledger {
                fn opened(_: &u64, event: Opened) -> Self {
                    Self {
                        owner: event.owner,
                        balance: 0,
                        lines: Vec::new(),
                    }
                }

                fn booked(&mut self, event: Booked) {
                    self.balance += event.amount;
                    self.lines.push(Line {
                        amount: event.amount,
                        text: event.text,
                    });
                }

                fn renamed(&mut self, event: Renamed) {
                    self.owner = event.owner;
                }
            }
        }
    };
}

ledger!(json, codec::Json);
ledger!(bincode, codec::Bincode);

pub(crate) fn opened() -> Opened {
    Opened {
        owner: "Ada Lovelace".to_owned(),
    }
}

pub(crate) fn booked(number: u64) -> Booked {
    Booked {
        amount: i64::try_from(number * 37 % 10_000).unwrap_or(0) - 2_000,
        text: format!("invoice {number:08}"),
    }
}

pub(crate) fn renamed(number: u64) -> Renamed {
    Renamed {
        owner: format!("Ada the {number}th"),
        because: number.is_multiple_of(2).then(|| "marriage".to_owned()),
    }
}
