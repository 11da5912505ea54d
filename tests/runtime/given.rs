//! Given/when/then: what passes, what fails, and what the failure says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use eventsourcing::testing::{Given, Outcome};

use crate::domain::{Booked, Closed, Ledger, LedgerEvent, Measured, Overdrawn, bookings, opened};

/// The message of the panic that this must end with.
pub(crate) fn panics(case: impl FnOnce()) -> String {
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
