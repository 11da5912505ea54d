//! Something brings an aggregate into being.

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
    events(ItemAdded)
)]
struct Order {
    items: u32,
}

impl OrderHandlers for Order {
    fn item_added(&mut self, _: ItemAdded) {
        self.items += 1;
    }
}

fn main() {}
