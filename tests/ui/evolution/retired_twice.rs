//! A name is retired once.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(
    id = u64,
    create(OrderCreated),
    events(ItemAdded),
    retired("ItemSeen", "ItemSeen")
)]
struct Order;

impl OrderHandlers for Order {
    fn order_created(_: &u64, _: OrderCreated) -> Self {
        Self
    }

    fn item_added(&mut self, _: ItemAdded) {}
}

fn main() {}
