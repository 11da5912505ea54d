//! A union can't be stored.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
union OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Aggregate)]
#[aggregate(
    id = Uuid,
    create(OrderCreated),
    events(ItemAdded)
)]
struct Order {
    items: u32,
}

fn main() {}
