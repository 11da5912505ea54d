//! Without any handlers there is one error, with what to write.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(
    id = Uuid,
    create(OrderCreated),
    events(ItemAdded)
)]
struct Order {
    items: u32,
}

fn main() {}
