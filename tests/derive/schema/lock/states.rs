//! Changes of a state, and of types that states and events share.

use eventsourcing::schema::lock::SchemaLock;

use super::changed;

macro_rules! order {
    ($module:ident, $version:literal, $state:item, $item:item) => {
        mod $module {
            #![allow(dead_code)]

            use std::collections::HashMap;

            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct Placed {
                items: Vec<Item>,
            }

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            #[event(name = "order.closed")]
            pub(super) enum Closed {
                Paid { cents: u64 },
                Cancelled(String),
            }

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            $item

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            pub(super) struct Tree<T> {
                value: T,
                children: Vec<Tree<T>>,
            }

            #[derive(Schema, Clone, Debug, Serialize, Deserialize)]
            pub(super) enum Status {
                Open,
                Closed { by: Option<String> },
            }

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(snapshot_codec = eventsourcing::codec::Json, id = String, schema_version = $version, create(Placed), discard(Closed))]
            $state

            impl OrderHandlers for Order {
                fn placed(_: &String, _: Placed) -> Self {
                    unreachable!("the test runs no handler")
                }
            }
        }
    };
}

order!(
    base,
    1,
    pub(super) struct Order {
        by_sku: HashMap<String, (Item, u32)>,
        tree: Tree<Item>,
        parent: Option<Box<Order>>,
        status: Status,
    },
    pub(super) struct Item {
        sku: String,
    }
);
order!(
    state_changed,
    1,
    pub(super) struct Order {
        by_sku: HashMap<String, (Item, u32)>,
        tree: Tree<Item>,
        parent: Option<Box<Order>>,
        #[serde(alias = "status")]
        stage: Status,
    },
    pub(super) struct Item {
        sku: String,
    }
);
order!(
    bumped,
    2,
    pub(super) struct Order {
        by_sku: HashMap<String, (Item, u32)>,
        tree: Tree<Item>,
        parent: Option<Box<Order>>,
        status: Status,
    },
    pub(super) struct Item {
        sku: String,
    }
);
order!(
    item_grew,
    2,
    pub(super) struct Order {
        by_sku: HashMap<String, (Item, u32)>,
        tree: Tree<Item>,
        parent: Option<Box<Order>>,
        status: Status,
    },
    pub(super) struct Item {
        sku: String,
        note: Option<String>,
    }
);
order!(
    item_renamed,
    1,
    pub(super) struct Order {
        by_sku: HashMap<String, (Item, u32)>,
        tree: Tree<Item>,
        parent: Option<Box<Order>>,
        status: Status,
    },
    pub(super) struct Item {
        code: String,
    }
);
order!(
    alias_only,
    1,
    pub(super) struct Order {
        by_sku: HashMap<String, (Item, u32)>,
        tree: Tree<Item>,
        parent: Option<Box<Order>>,
        #[serde(alias = "stage")]
        status: Status,
    },
    pub(super) struct Item {
        sku: String,
    }
);

#[test]
fn the_file_is_readable() {
    let text = SchemaLock::new("x").aggregate::<base::Order>().text();
    let expected = "\
# What states and events look like where they are stored. A test compares this file with the program (`schema_lock!`).
# `UPDATE_SCHEMAS=1 cargo test` rewrites it; keep it under version control.
format 1

state order version 1 = Order

event order/Placed version 1 (create)
  items: Vec<Item>

event order/order.closed version 1: enum (discard, in code \"Closed\")
  Paid
    cents: u64
  Cancelled
    0: String

struct Item
  sku: String

struct Order
  by_sku: HashMap<String, (Item, u32)>
  tree: Tree<Item>
  parent: Option<Order>
  status: Status

enum Status
  Open
  Closed
    by: Option<String>

struct Tree<Item>
  value: Item
  children: Vec<Tree<Item>>
";
    assert_eq!(text, expected);
}

#[test]
fn one_field_is_one_line() {
    let text = |lock: SchemaLock| lock.text();
    let old = text(SchemaLock::new("x").aggregate::<bumped::Order>());
    let new = text(SchemaLock::new("x").aggregate::<item_grew::Order>());
    let added: Vec<&str> = new.lines().filter(|line| !old.contains(line)).collect();
    assert_eq!(added, ["  note: Option<String>"]);
    assert_eq!(new.lines().count(), old.lines().count() + 1);
}

#[test]
fn a_changed_state_without_a_new_version() {
    let report = changed::<base::Order, state_changed::Order>();
    assert!(!report.passes() && report.refused() == 0);
    let expected = "\
struct Order
  in state order
  -   status: Status
  +   stage: Status (alias \"status\")

state order
  note: its shape changed, and schema_version is still 1: its snapshots are rebuilt by the next loads, as if it had been raised (the fingerprint in their key keeps them apart, so that none is misread)
  Say that it is on purpose: `schema_version = 2`.
";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn a_new_version_of_a_state() {
    let report = changed::<base::Order, bumped::Order>();
    assert!(!report.passes() && report.refused() == 0);
    let expected = "\
state order version 1
  - state order version 1 = Order
  + state order version 2 = Order

state order
  note: schema_version went up from 1 to 2: its snapshots are rebuilt by the next loads
";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn an_old_version_of_a_state() {
    let report = changed::<bumped::Order, base::Order>();
    assert_eq!(report.refused(), 1);
    let text = report.to_string();
    assert!(text.contains("come into use again"), "{text}");
    assert!(text.contains("`schema_version = 3`"), "{text}");
}

#[test]
fn a_type_in_both_has_both_meanings() {
    let report = changed::<base::Order, item_grew::Order>();
    assert!(!report.passes() && report.refused() == 0);
    let expected = "\
state order version 1
  - state order version 1 = Order
  + state order version 2 = Order

struct Item
  in state order, event order/Placed version 1
  +   note: Option<String>
  note: `note` is new, and none in stored rows

state order
  note: its shape changed, and schema_version went up from 1 to 2: its snapshots are rebuilt by the next loads
";
    assert_eq!(report.to_string(), expected);

    let report = changed::<base::Order, item_renamed::Order>();
    assert_eq!(report.refused(), 1);
    let text = report.to_string();
    assert!(
        text.contains("in state order, event order/Placed version 1"),
        "{text}"
    );
    assert!(text.contains("Keep the old shape as `PlacedV1`"), "{text}");
    assert!(text.contains("`schema_version = 2`"), "{text}");
}

#[test]
fn what_the_fingerprint_leaves_out_rebuilds_nothing() {
    let report = changed::<base::Order, alias_only::Order>();
    assert!(report.passes() && !report.is_empty(), "{report}");
    assert!(!report.to_string().contains("rebuilt"), "{report}");
}
