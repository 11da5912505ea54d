//! An account as three programs see it: today's, and two with the same bytes and another meaning. One of them has another
//! schema version; of the other one nobody thought of that.
//!
//! Every event has a number of its own, and the state logs the numbers: events lost, doubled, reordered or never stored
//! show at once.

use eventsourcing::{
    Root,
    codec::{Codec as _, CodecError, Json},
    prelude::*,
    store::{NewEvent, RecordedEvent},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) number: u64,
    /// The id, by which the model knows what the handler is told.
    pub(crate) owner: String,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Paid {
    pub(crate) number: u64,
    pub(crate) amount: i64,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Renamed {
    pub(crate) number: u64,
    pub(crate) owner: String,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Closed {
    pub(crate) number: u64,
}

/// An event of an account, whichever program it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Opened(Opened),
    Paid(Paid),
    Renamed(Renamed),
    Closed(Closed),
}

impl Change {
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::Opened(event) => event.number,
            Self::Paid(event) => event.number,
            Self::Renamed(event) => event.number,
            Self::Closed(event) => event.number,
        }
    }

    pub(crate) fn read(row: &RecordedEvent<'_>) -> Result<Self, String> {
        fn read<T: serde::de::DeserializeOwned>(row: &RecordedEvent<'_>) -> Result<T, CodecError> {
            use eventsourcing::codec::{Bincode, Codec as _, Json};
            match row.codec {
                Json::NAME => Json.decode(row.payload),
                _ => Bincode.decode(row.payload),
            }
        }
        let change = match row.name {
            "Opened" => read(row).map(Self::Opened),
            "Paid" => read(row).map(Self::Paid),
            "Renamed" => read(row).map(Self::Renamed),
            "Closed" => read(row).map(Self::Closed),
            other => return Err(format!("{other} was never stored")),
        };
        change.map_err(|error| error.to_string())
    }
}

/// What the programs' accounts have in common. The traits of the derive can't be asked for in a bound on `Self`.
pub(crate) trait Account: Aggregate<Id = String> + PartialEq {
    /// What the handlers do, written a second time: the oracle. None: before the first event, or closed.
    fn model(before: Option<&Self>, change: &Change) -> Option<Self>;
    fn change(event: &Self::Event) -> Change;
    fn create(repository: &Repository<Self>, id: &str, event: Opened) -> Root<Self>;
    /// A `Closed` is recorded as the decided discard.
    fn record(root: &mut Root<Self>, change: &Change);
    /// A policy that names events and looks at the state.
    fn picky(n: u64) -> SnapshotPolicy;
}

// rustfmt indents the attribute further each time it sees it.
#[rustfmt::skip]
macro_rules! account {
    ($account:ident, $event:ident, $handlers:ident, $version:literal, $first:ident, $second:ident) => {
        /// `log` has the number of every event, in order.
        #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[aggregate(
            name = "account",
            id = String,
            schema_version = $version,
            create(Opened),
            events(Paid, Renamed),
            discard(Closed)
        )]
        pub(crate) struct $account {
            owner: String,
            $first: i64,
            $second: i64,
            log: Vec<u64>,
        }

        impl $handlers for $account {
            fn opened(id: &String, event: Opened) -> Self {
                Self {
                    owner: id.clone(),
                    $first: 0,
                    $second: 0,
                    log: vec![event.number],
                }
            }

            fn paid(&mut self, event: Paid) {
                if event.amount >= 0 {
                    self.income += event.amount;
                } else {
                    self.spent -= event.amount;
                }
                self.log.push(event.number);
            }

            fn renamed(&mut self, event: Renamed) {
                self.owner = event.owner;
                self.log.push(event.number);
            }
        }

        impl Account for $account {
            fn model(before: Option<&Self>, change: &Change) -> Option<Self> {
                let mut after = match (before, change) {
                    (None, Change::Opened(event)) => Self {
                        owner: event.owner.clone(),
                        $first: 0,
                        $second: 0,
                        log: Vec::new(),
                    },
                    (Some(before), _) => before.clone(),
                    (None, _) => return None,
                };
                match change {
                    Change::Opened(_) => {}
                    Change::Paid(paid) => {
                        after.income += paid.amount.max(0);
                        after.spent += (-paid.amount).max(0);
                    }
                    Change::Renamed(renamed) => after.owner.clone_from(&renamed.owner),
                    Change::Closed(_) => return None,
                }
                after.log.push(change.number());
                Some(after)
            }

            fn change(event: &Self::Event) -> Change {
                match event.clone() {
                    $event::Opened(event) => Change::Opened(event),
                    $event::Paid(event) => Change::Paid(event),
                    $event::Renamed(event) => Change::Renamed(event),
                    $event::Closed(event) => Change::Closed(event),
                }
            }

            fn create(repository: &Repository<Self>, id: &str, event: Opened) -> Root<Self> {
                repository.create(id.to_owned(), event)
            }

            fn record(root: &mut Root<Self>, change: &Change) {
                match change.clone() {
                    Change::Opened(_) => panic!("an account is opened once"),
                    Change::Paid(event) => root.record(event),
                    Change::Renamed(event) => root.record(event),
                    Change::Closed(event) => {
                        let Ok(()) = root.discard(|_| Ok::<_, std::convert::Infallible>(event));
                    }
                }
            }

            fn picky(n: u64) -> SnapshotPolicy {
                SnapshotPolicy::every(n).or(SnapshotPolicy::on::<Renamed>().and(
                    SnapshotPolicy::when(|account: &Self| account.income > account.spent),
                ))
            }
        }
    };
}

account!(Today, TodayEvent, TodayHandlers, 1, income, spent);
// The same bytes, two numbers swapped: reading one's snapshot as another's is wrong and decodes well.
account!(Later, LaterEvent, LaterHandlers, 2, spent, income);
account!(Reshaped, ReshapedEvent, ReshapedHandlers, 1, spent, income);

/// As a store is given it, in JSON.
pub(crate) fn new_event(id: Uuid, change: &Change) -> NewEvent {
    let mut payload = Vec::new();
    let (name, written) = match change {
        Change::Opened(event) => ("Opened", Json.encode(event, &mut payload)),
        Change::Paid(event) => ("Paid", Json.encode(event, &mut payload)),
        Change::Renamed(event) => ("Renamed", Json.encode(event, &mut payload)),
        Change::Closed(event) => ("Closed", Json.encode(event, &mut payload)),
    };
    written.expect("an event can be written");
    NewEvent {
        id,
        name: name.into(),
        event_version: 1,
        codec: "json".into(),
        payload: payload.into(),
        metadata: Vec::new().into(),
    }
}
