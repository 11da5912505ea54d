//! Given/when/then: what passes, what fails, and what the failure says.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use eventsourcing::{
    prelude::*,
    testing::{Given, Outcome},
};
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
fn other_events_are_shown_field_by_field() {
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Ok::<_, Overdrawn>((booked(1), Measured { value: 0.5 })))
            .then((booked(2), Measured { value: 0.5 }));
    });
    assert_eq!(
        message,
        r#"given 1 event of "ledger":
    1. Opened {"owner":"Ada"}
the command decided on other events (- expected, + happened):
    Booked {
  -   "amount": 2
  +   "amount": 1
    }
    Measured {
      "value": 0.5
    }"#
    );
}

/// What one side's event opens, the other side's does not close.
#[test]
fn each_event_of_a_diff_is_whole() {
    let message = panics(|| {
        Given::<Ledger>::events((opened(), booked(5)))
            .when(|_| Ok::<_, Overdrawn>((booked(1), Measured { value: 0.5 })))
            .then((opened(), booked(1), Closed));
    });
    assert_eq!(
        message,
        r#"given 2 events of "ledger":
    1. Opened {"owner":"Ada"}
    2. Booked {"amount":5}
the command decided on other events (- expected, + happened):
  - Opened {
  -   "owner": "Ada"
  - }
    Booked {
      "amount": 1
    }
  - Closed
  + Measured {
  +   "value": 0.5
  + }"#
    );
    let message = panics(|| {
        Given::<Ledger>::nothing()
            .when_creating(|| Ok::<_, Overdrawn>(opened()))
            .then_nothing();
    });
    assert_eq!(
        message,
        r#"given no events of "ledger", the command decided on events, none were expected:
  + Opened {
  +   "owner": "Ada"
  + }"#
    );
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Ok::<_, Overdrawn>(()))
            .then(booked(1));
    });
    assert_eq!(
        message,
        r#"given 1 event of "ledger":
    1. Opened {"owner":"Ada"}
the command decided on no events; these events were expected:
    Booked {
      "amount": 1
    }"#
    );
}

#[test]
fn an_error_where_events_were_expected_is_said() {
    let rejected = |then: fn(Outcome<Ledger, Overdrawn>)| {
        let given = Given::<Ledger>::events([opened()]);
        panics(|| then(given.when(|ledger| ledger.book(-1))))
    };
    assert_eq!(
        rejected(|outcome| drop(outcome.then(booked(-1)))),
        r#"given 1 event of "ledger":
    1. Opened {"owner":"Ada"}
the command was rejected: Overdrawn; these events were expected:
    Booked {
      "amount": -1
    }"#
    );
    let no_events = rejected(|outcome| drop(outcome.then_nothing()));
    let expected =
        "\nthe command was rejected: Overdrawn; it was expected to succeed without events";
    assert!(no_events.ends_with(expected), "{no_events}");
    let not_found = rejected(|outcome| drop(outcome.then_not_found()));
    let expected = "\nthe command was rejected: Overdrawn; “not found” was expected";
    assert!(not_found.ends_with(expected), "{not_found}");
    let no_such = rejected(|outcome| drop(outcome.then_error_where(|_| false)));
    let expected =
        "\nthe command was rejected with an error that does not pass the test: Overdrawn";
    assert!(no_such.ends_with(expected), "{no_such}");
    let message = panics(|| {
        let given = Given::<Ledger>::events((opened(), Closed));
        drop(given.when(|ledger| ledger.book(1)).then(booked(1)));
    });
    assert!(
        message.contains("\nthe command did not run: the aggregate was never created, or is discarded; these events"),
        "{message}"
    );
}

#[test]
fn events_where_an_error_was_expected_are_said() {
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|ledger| ledger.book(1))
            .then_error(Overdrawn);
    });
    assert_eq!(
        message,
        r#"given 1 event of "ledger":
    1. Opened {"owner":"Ada"}
the command succeeded; the error Overdrawn was expected, these events came:
    Booked {
      "amount": 1
    }"#
    );
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Ok::<_, Overdrawn>(()))
            .then_error_where(|_| true);
    });
    assert!(
        message.ends_with("\nthe command succeeded, without events; an error was expected"),
        "{message}"
    );
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Err::<(), _>("too much"))
            .then_error("too little");
    });
    assert!(
        message.ends_with(
            "\nthe command was rejected with another error (- expected, + happened):\n  - \"too little\"\n  + \"too much\""
        ),
        "{message}"
    );
}

#[test]
fn many_given_events_are_shown_shortly() {
    let message = panics(|| {
        let owner = "é".repeat(200);
        Given::<Ledger>::events((crate::domain::Opened { owner }, bookings(1, 20)))
            .racing((booked(1), booked(2)))
            .when(|_| Ok::<_, Overdrawn>(()))
            .then_error(Overdrawn);
    });
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines.len(), 14, "{message}");
    assert_eq!(lines[0], "given 21 events of \"ledger\":");
    assert!(
        lines[1].chars().count() < 120 && lines[1].ends_with("é…"),
        "{message}"
    );
    assert_eq!(lines[5], "    5. Booked {\"amount\":4}");
    assert_eq!(lines[6], "    … 11 other events");
    assert_eq!(lines[7], "    17. Booked {\"amount\":16}");
    assert_eq!(
        lines[12],
        "    racing: Booked {\"amount\":1}, Booked {\"amount\":2}"
    );
}

#[test]
fn an_event_that_cannot_be_given_is_named() {
    let wrong =
        |given: Given<Ledger>| panics(|| drop(given.when(|ledger| ledger.book(1)).then_nothing()));
    let twice = "the case of \"ledger\" can't run: given event 3 of 4 can't be applied: \
                 Opened(Opened { owner: \"Ada\" }) creates what is there already";
    for rivals in [0, 1] {
        let mut given = Given::<Ledger>::events((opened(), booked(1), opened(), booked(2)));
        for _ in 0..rivals {
            given = given.racing(booked(1));
        }
        assert_eq!(wrong(given), twice);
    }
    assert_eq!(
        wrong(Given::events([booked(1)])),
        "the case of \"ledger\" can't run: given event 1 of 1 can't be applied: \
         Booked(Booked { amount: 1 }) comes before any event of `create(…)`"
    );
    assert_eq!(
        wrong(Given::events((opened(), Closed, booked(1)))),
        "the case of \"ledger\" can't run: given event 3 of 3 can't be applied: \
         Booked(Booked { amount: 1 }) comes after the discard"
    );
}

#[test]
fn another_state_is_shown_field_by_field() {
    let ledger = |balance, bookings: &[i64]| Ledger {
        owner: "Ada".into(),
        balance,
        bookings: bookings.to_vec(),
        measured: None,
    };
    let message = panics(|| {
        Given::<Ledger>::events((opened(), bookings(1, 2))).then_state(ledger(4, &[1, 3, 2]));
    });
    assert_eq!(
        message,
        r#"given 3 events of "ledger":
    1. Opened {"owner":"Ada"}
    2. Booked {"amount":1}
    3. Booked {"amount":2}
the state is another (- expected, + happened):
    {
  -   "balance": 4
  +   "balance": 3
      "bookings": [
        1
  -     3
        2
      ]
      "measured": null
      "owner": "Ada"
    }"#
    );
}

/// What isn't stored is seen by `==` only.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Moved))]
struct Watched {
    moves: u64,
    #[serde(skip)]
    seen: u32,
}

impl WatchedHandlers for Watched {
    fn started(_: &u64, _: Started) -> Self {
        Self { moves: 0, seen: 0 }
    }

    fn moved(&mut self, _: Moved) {
        self.moves += 1;
        self.seen += 1;
    }
}

#[test]
fn a_state_is_also_compared_by_eq_where_it_can() {
    let moved = || Moved { by: 1.0 };
    let message = panics(|| {
        Given::<Watched>::events((Started, moved())).then_state(Watched { moves: 1, seen: 2 });
    });
    assert_eq!(
        message,
        r#"given 2 events of "watched":
    1. Started
    2. Moved {"by":1.0}
the state is another (- expected, + happened):
  - seen: 2,
  + seen: 1,
their stored forms are equal, but `==` says no: a field that is not stored differs, such as one with `#[serde(skip)]`"#
    );
    // NaN is not even equal to itself: there the stored form decides.
    let ledger = Ledger {
        owner: "Ada".into(),
        balance: 0,
        bookings: Vec::new(),
        measured: Some(f64::NAN),
    };
    Given::<Ledger>::events((opened(), Measured { value: f64::NAN })).then_state(ledger);
    // A robot has no `==`.
    let robot = Robot {
        name: "robot 7".into(),
        place: 3.0,
    };
    Given::<Robot>::events((Started, Moved { by: 3.0 }))
        .id(7)
        .then_state(robot);
}

#[test]
fn what_a_snapshot_skips_is_named() {
    let moved = || Moved { by: 1.0 };
    let message = panics(|| {
        Given::<Watched>::events((Started, moved(), moved()))
            .when(|watched| {
                Ok::<_, Overdrawn>(Moved {
                    by: f64::from(watched.seen),
                })
            })
            .then(Moved { by: 2.0 });
    });
    assert_eq!(
        message,
        r#"given 3 events of "watched":
    1. Started
    2. Moved {"by":1.0}
    3. Moved {"by":1.0}
this shows only from a snapshot of the first 2 of 3 given events, where the case comes to something else (- without, + from the snapshot):
    Moved {
  -   "by": 2.0
  +   "by": 1.0
    }
the state before (-) and after (+) that snapshot:
  - seen: 1,
  + seen: 0,
hint: the state does not survive its snapshot: a field that serde skips (`#[serde(skip)]`), or a type whose serialised form does not give back what was written"#
    );
}

/// Its snapshots lose what they should keep: a hand-written form that rounds.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Moved))]
struct Robot {
    name: String,
    #[serde(with = "rounded")]
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
            message.contains(
                "this shows only from a snapshot of the first 2 of 3 given events, where"
            ),
            "{message}"
        );
        assert!(
            message.contains("\n  - place: 0.4,\n  + place: 0.0,\nhint: "),
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
