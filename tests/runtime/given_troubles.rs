//! Given/when/then where something else is wrong than what is asserted: the case is named, and why.

use std::cell::Cell;

use eventsourcing::testing::Given;

use crate::{
    domain::{Booked, Exploded, Ledger, Measured, Overdrawn, opened},
    given::panics,
};

fn booked(amount: i64) -> Booked {
    Booked { amount }
}

fn ends(message: &str, wanted: &str) {
    assert!(message.ends_with(wanted), "{message}");
}

#[test]
fn what_panics_is_named() {
    for rivals in [0, 1] {
        let racing = |given: Given<Ledger>| match rivals {
            0 => given,
            _ => given.racing(booked(1)),
        };
        let message = panics(|| {
            racing(Given::events((opened(), Exploded)))
                .when(|_| Ok::<_, Overdrawn>(()))
                .then_nothing();
        });
        ends(
            &message,
            "given event 2 of 2 can't be applied: Exploded(Exploded): its handler panicked: a handler panics",
        );
        let message = panics(|| {
            racing(Given::events([opened()]))
                .when(|_| -> Result<(), Overdrawn> { panic!("boom") })
                .then_nothing();
        });
        ends(
            &message,
            "the case of \"ledger\" can't run: the command panicked: boom",
        );
        let message = panics(|| {
            racing(Given::events([opened()]))
                .when(|_| Ok::<_, Overdrawn>(Exploded))
                .then(Exploded);
        });
        ends(
            &message,
            "event 1 of 1 that the command decided on can't be applied: Exploded(Exploded): its handler panicked: a handler panics",
        );
    }
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .racing(booked(1))
            .racing((booked(2), Exploded))
            .when(|ledger| ledger.book(1))
            .then(booked(1));
    });
    ends(
        &message,
        "event 2 of 2 of rival 2 can't be applied: Exploded(Exploded): its handler panicked: a handler panics",
    );
}

#[test]
fn rivals_that_cannot_be_are_named() {
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .racing(opened())
            .when(|ledger| ledger.book(1))
            .then(booked(1));
    });
    ends(
        &message,
        "event 1 of 1 of rival 1 can't be applied: Opened(Opened { owner: \"Ada\" }) creates what is there already",
    );
    let panic = std::panic::catch_unwind(|| {
        Given::<Ledger>::nothing()
            .racing(opened())
            .when_creating(|| Ok::<_, Overdrawn>(opened()))
            .then(opened());
    });
    let panic = panic.expect_err("the case must fail");
    let text = panic.downcast_ref::<&str>().expect("a text");
    assert!(text.starts_with("`racing` needs given events"), "{text}");
}

#[test]
fn an_event_that_cannot_be_stored_fails_the_case() {
    let message = panics(|| {
        Given::<Ledger>::events((opened(), Measured { value: f64::NAN }))
            .when(|ledger| ledger.book(1))
            .then(booked(1));
    });
    assert!(
        message.contains("given event 2 of 2 can't be stored: Measured(Measured { value: NaN }): "),
        "{message}"
    );
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Ok::<_, Overdrawn>((booked(1), Measured { value: f64::NAN })))
            .then(Measured { value: f64::NAN });
    });
    let wanted = "event 2 of 2 that the command decided on can't be stored: Measured(Measured { value: NaN }): ";
    assert!(message.contains(wanted), "{message}");
}

/// Not taken for a state that a snapshot changes.
#[test]
fn a_command_that_changes_its_mind_is_told_so() {
    let calls = Cell::new(0);
    let message = panics(|| {
        Given::<Ledger>::events((opened(), booked(5)))
            .when(|ledger| {
                calls.set(calls.get() + 1);
                ledger.book(calls.get())
            })
            .then(booked(1));
    });
    let wanted = "the command comes to something else when it runs again on the same state (- at first, + again):";
    assert!(message.contains(wanted), "{message}");
    assert!(!message.contains("does not survive"), "{message}");
}

#[test]
fn another_error_is_shown_as_a_diff_with_its_indentation() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "it is shown")]
    struct Taken {
        seat: u32,
        by: Vec<&'static str>,
    }
    let taken = |by| Taken {
        seat: 1,
        by: vec!["Ada", by],
    };
    let message = panics(|| {
        Given::<Ledger>::events([opened()])
            .when(|_| Err::<(), _>(taken("Bob")))
            .then_error(taken("Eve"));
    });
    let wanted = [
        "    Taken {",
        "        seat: 1,",
        "        by: [",
        "            \"Ada\",",
        "  -         \"Eve\",",
        "  +         \"Bob\",",
        "        ],",
        "    }",
    ];
    ends(&message, &wanted.join("\n"));
}
