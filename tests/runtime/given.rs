//! Given/when/then: what passes, what fails, and what the failure says.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use eventsourcing::{prelude::*, testing::Given};
use serde::{Deserialize, Serialize};

use crate::domain::{Booked, Closed, Ledger, LedgerEvent, Measured, Overdrawn, bookings, opened};

/// The message of the panic that this must end with.
fn panics(case: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(case)).expect_err("the case must fail");
    panic
        .downcast_ref::<String>()
        .cloned()
        .expect("a panic with a text")
}

fn booked(amount: i64) -> Booked {
    Booked { amount }
}

#[test]
fn commands_decide_on_events() {
    Given::<Ledger>::events((opened(), bookings(1, 3)))
        .when(|ledger| ledger.book(4))
        .then([booked(4)])
        .then_state_where(|ledger| ledger.balance == 10);
    Given::<Ledger>::events([opened()])
        .and((booked(1), Measured { value: -0.0 }))
        .when(|_| Ok::<_, Overdrawn>(()))
        .then_nothing();
    Given::<Ledger>::events([LedgerEvent::from(opened()), booked(5).into()])
        .when(|ledger| ledger.book(-6))
        .then_error(Overdrawn)
        .then_error_where(|error| *error == Overdrawn);
}

#[test]
fn life_cycles() {
    Given::<Ledger>::nothing()
        .when_creating(|| Ok::<_, Overdrawn>(opened()))
        .then(opened());
    Given::<Ledger>::events([opened()])
        .when_discarding(Ledger::close)
        .then(Closed)
        .then_discarded();
    Given::<Ledger>::events((opened(), Closed))
        .when(|ledger| ledger.book(1))
        .then_not_found()
        .then_discarded();
    Given::<Ledger>::events([opened()])
        .id("mine".to_owned())
        .then_state(Ledger {
            owner: "Ada".into(),
            balance: 0,
            bookings: Vec::new(),
            measured: None,
        });
}

#[test]
fn rivals_come_in_between() {
    Given::<Ledger>::events((opened(), booked(5)))
        .racing(booked(-5))
        .when(|ledger| ledger.book(-5))
        .then_error(Overdrawn);
    Given::<Ledger>::events((opened(), booked(5)))
        .racing((booked(1), booked(2)))
        .racing(booked(3))
        .when(|ledger| ledger.book(ledger.balance))
        .then(booked(11))
        .then_state_where(|ledger| ledger.bookings == [5, 1, 2, 3, 11]);
    Given::<Ledger>::events([opened()])
        .racing(Closed)
        .when(|ledger| ledger.book(1))
        .then_not_found();
}

#[test]
fn failures_show_a_diff() {
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Ok::<_, Overdrawn>((booked(1), Measured { value: 0.5 })))
            .then((booked(2), Measured { value: 0.5 }));
    });
    assert_eq!(
        message,
        "given 1 events of \"ledger\", the command decided on other events:\n    \
         Booked {\n  -   \"amount\": 2\n  +   \"amount\": 1\n    }\n    Measured {\n      \"value\": 0.5\n    }"
    );
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|ledger| ledger.book(-1))
            .then(booked(-1));
    });
    assert!(
        message.contains("- Booked {") && message.contains("+ error: Overdrawn"),
        "{message}"
    );
    let message = panics(|| {
        Given::<Ledger>::events([booked(1)])
            .when(|ledger| ledger.book(1))
            .then_nothing();
    });
    assert!(
        message.contains("comes before any event of `create(…)`"),
        "{message}"
    );
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|ledger| ledger.book(1))
            .then_error(Overdrawn);
    });
    assert!(message.contains("- error: Overdrawn"), "{message}");
}

/// Its snapshots lose what they should keep: a hand-written form that rounds.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Moved))]
struct Robot {
    name: String,
    #[serde(with = "rounded")]
    #[schema(opaque = "rounded-v1")]
    place: f64,
}

mod rounded {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(place: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(place.round())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        f64::deserialize(from)
    }
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Started;
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Moved {
    by: f64,
}

impl RobotHandlers for Robot {
    fn started(id: &u64, _: Started) -> Self {
        Self {
            name: format!("robot {id}"),
            place: 0.0,
        }
    }

    fn moved(&mut self, event: Moved) {
        self.place += event.by;
    }
}

#[test]
fn a_snapshot_that_changes_the_case_fails_it() {
    let case = |rival: bool| {
        let mut given = Given::<Robot>::events((Started, Moved { by: 0.4 }, Moved { by: 0.4 }));
        if rival {
            given = given.racing(Moved { by: 0.1 });
        }
        let decide = |robot: &Robot| Ok::<_, Overdrawn>(Moved { by: robot.place });
        let place = if rival { 0.9 } else { 0.8 };
        given.when(decide).then(Moved { by: place });
    };
    for rival in [false, true] {
        let message = panics(|| case(rival));
        assert!(
            message.contains("from a snapshot of the first 2 of 3 given events"),
            "{message}"
        );
        assert!(
            message.contains("+   \"by\": 0.4") || message.contains("+   \"by\": 0.5"),
            "{message}"
        );
    }
}

/// Sets have no order: neither the comparison nor the snapshots may depend on it.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = uuid::Uuid, create(Started), events(Tagged))]
struct Shelf {
    tags: HashSet<String>,
    places: HashMap<(u8, u8), HashSet<u8>>,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Tagged {
    tags: HashSet<String>,
}

impl ShelfHandlers for Shelf {
    fn started(_: &uuid::Uuid, _: Started) -> Self {
        Self {
            tags: HashSet::new(),
            places: HashMap::new(),
        }
    }

    fn tagged(&mut self, event: Tagged) {
        self.places = (0..9).map(|n| ((n, n), HashSet::from([n]))).collect();
        self.tags.extend(event.tags);
    }
}

#[test]
fn collections_without_an_order() {
    let tags = || Tagged {
        tags: (0..20).map(|n| n.to_string()).collect(),
    };
    Given::<Shelf>::events((Started, tags()))
        .when(|_| Ok::<_, Overdrawn>(tags()))
        .then(tags())
        .then_state_where(|shelf| shelf.tags.len() == 20);
}
