//! A legacy event is listed once.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderPlaced;

impl From<OrderPlaced> for Vec<OrderEvent> {
    fn from(_: OrderPlaced) -> Self {
        Vec::new()
    }
}

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(
    id = u64,
    create(OrderCreated),
    events(ItemAdded),
    legacy(OrderPlaced, self::OrderPlaced)
)]
struct Order;

impl OrderHandlers for Order {
    fn order_created(_: &u64, _: OrderCreated) -> Self {
        Self
    }

    fn item_added(&mut self, _: ItemAdded) {}
}

fn main() {}
