//! An aggregate without `Clone`: said once, on the type.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Aggregate, Debug, Serialize, Deserialize)]
#[aggregate(
    id = Uuid,
    create(OrderCreated),
    events(ItemAdded)
)]
struct Order {
    items: u32,
}

impl OrderHandlers for Order {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        Self { items: 0 }
    }

    fn item_added(&mut self, _: ItemAdded) {
        self.items += 1;
    }
}

fn main() {}
