//! Rust names that trade places under stored ones that stay: each type has another fingerprint than its twin, which is
//! written the same.

use eventsourcing::{prelude::*, schema::Description};
use serde::{Deserialize, Serialize};

/// Two structs or enums of one name with the same stored names: whether they have one fingerprint.
macro_rules! is_same {
    ($before:item $after:item) => {{
        mod before {
            use super::*;

            #[derive(Schema, Serialize, Deserialize)]
            $before
        }
        mod after {
            use super::*;

            #[derive(Schema, Serialize, Deserialize)]
            $after
        }
        let (before, after) = (
            Description::of::<before::Paid>(),
            Description::of::<after::Paid>(),
        );
        before.fingerprint() == after.fingerprint()
    }};
}

#[test]
#[allow(dead_code, non_snake_case, reason = "only their shapes are looked at")]
fn names_that_were_given_by_a_rule() {
    assert!(!is_same! {
        #[serde(rename_all = "camelCase")]
        pub(super) struct Paid { total_cents: u32, paid_cents: u32 }
        pub(super) struct Paid {
            #[serde(rename = "totalCents")] paid_cents: u32,
            #[serde(rename = "paidCents")] total_cents: u32,
        }
    });
    assert!(!is_same! {
        #[serde(rename_all = "kebab-case")]
        pub(super) struct Paid { x_in: u32, x_out: u32 }
        pub(super) struct Paid { #[serde(rename = "x-in")] x_out: u32, #[serde(rename = "x-out")] x_in: u32 }
    });
    // From one rule to another.
    assert!(!is_same! {
        #[serde(rename_all = "camelCase")]
        pub(super) struct Paid { x_in: u32, #[serde(rename = "X_OUT")] x_out: u32 }
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub(super) struct Paid { #[serde(rename = "xIn")] x_out: u32, #[serde(rename = "X_OUT")] x_in: u32 }
    });
    assert!(!is_same! {
        #[serde(rename_all = "snake_case")]
        pub(super) enum Paid { WellPaid, NotPaid }
        pub(super) enum Paid { #[serde(rename = "well_paid")] NotPaid, #[serde(rename = "not_paid")] WellPaid }
    });
    assert!(!is_same! {
        #[serde(rename_all_fields = "camelCase")]
        pub(super) enum Paid { Well { x_in: u32, x_out: u32 } }
        pub(super) enum Paid { Well { #[serde(rename = "xIn")] x_out: u32, #[serde(rename = "xOut")] x_in: u32 } }
    });
}

#[test]
#[allow(dead_code, reason = "only their shapes are looked at")]
fn names_that_stay_where_they_are() {
    assert!(is_same! {
        #[serde(rename_all = "camelCase")]
        pub(super) struct Paid { total_cents: u32, paid_cents: u32 }
        pub(super) struct Paid {
            #[serde(rename = "totalCents")] total_cents: u32,
            #[serde(rename = "paidCents")] paid_cents: u32,
        }
    });
    assert!(is_same! {
        #[serde(rename_all = "snake_case")]
        pub(super) enum Paid { WellPaid, NotPaid }
        pub(super) enum Paid { #[serde(rename = "well_paid")] WellPaid, #[serde(rename = "not_paid")] NotPaid }
    });
    // What is stored keeps its name, and is called something else.
    assert!(is_same! {
        #[serde(rename_all = "camelCase")]
        pub(super) struct Paid { total_cents: u32, paid_cents: u32 }
        pub(super) struct Paid {
            #[serde(rename = "totalCents")] sum: u32,
            #[serde(rename = "paidCents")] paid: u32,
        }
    });
}
