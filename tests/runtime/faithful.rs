//! `assert_faithful`: what it accepts, and what it says about the rest.

use std::panic::catch_unwind;

use eventsourcing::{
    codec::{Bincode, Json, Postcard},
    prelude::*,
    testing::{assert_faithful, assert_faithful_in},
};
use serde::{Deserialize, Serialize};

use crate::domain::{Ledger, Measured, opened};

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Skipping {
    kept: u8,
    #[serde(skip)]
    #[schema(trusted)]
    lost: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Narrow(f32),
    Wide(f64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sometimes {
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<u8>,
    always: u32,
}

fn ledger(measured: f64) -> Ledger {
    Ledger {
        owner: "Ada".into(),
        balance: -1,
        bookings: vec![1, 2],
        measured: Some(measured),
    }
}

fn complaint(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
    *catch_unwind(check)
        .unwrap_err()
        .downcast::<String>()
        .unwrap()
}

#[test]
fn what_comes_back_is_accepted() {
    assert_faithful(&opened());
    assert_faithful(&Measured { value: -0.0 });
    assert_faithful(&ledger(f64::INFINITY));
    assert_faithful_in(Json, &ledger(0.1));
    assert_faithful_in(Postcard, &Some(None::<u8>));
    let maybe = Some(1);
    assert_faithful_in(Bincode, &Sometimes { maybe, always: 1 });
}

/// A NaN equals nothing, itself included.
#[test]
fn a_nan_that_is_kept_is_accepted() {
    assert_faithful(&ledger(f64::NAN));
}

#[test]
fn what_cannot_be_written_is_named() {
    let said = complaint(|| assert_faithful(&Measured { value: f64::NAN }));
    assert!(
        said.contains("Measured` in json: can't be written: JSON has no number NaN"),
        "{said}"
    );
    let said = complaint(|| assert_faithful_in(Json, &ledger(f64::NAN)));
    assert!(said.contains("Ledger` in json: can't be written"), "{said}");
}

#[test]
fn what_was_lost_is_shown() {
    let said = complaint(|| {
        assert_faithful(&Skipping {
            kept: 1,
            lost: Some("text"),
        });
    });
    assert!(
        said.contains("Skipping` in json: is not read back as it was written"),
        "{said}"
    );
    for line in [
        "        kept: 1,",
        "  -         \"text\",",
        "  +     lost: None,",
    ] {
        assert!(said.lines().any(|each| each == line), "{said}");
    }
    assert!(said.contains("look there for `#[serde(skip)]`"), "{said}");
    let said = complaint(|| assert_faithful_in(Json, &Untagged::Wide(0.5)));
    assert!(
        said.contains("  - Wide(") && said.contains("  + Narrow("),
        "{said}"
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let absent = Sometimes {
        maybe: None,
        always: 300,
    };
    let said = complaint(move || assert_faithful_in(Bincode, &absent));
    assert!(said.contains("in bincode: is"), "{said}");
    assert!(said.contains("`skip_serializing_if`"), "{said}");
}
