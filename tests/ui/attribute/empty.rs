//! An attribute that says nothing is a missing one.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate]
struct Order {
    items: u32,
}

impl OrderHandlers for Order {}

fn main() {}
