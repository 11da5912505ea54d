//! A type deep inside a state has no shape.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Item {
    sku: String,
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(id = Uuid, create(OrderCreated))]
struct Order {
    items: u32,
    more: Vec<Option<Item>>,
}

impl OrderHandlers for Order {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        unreachable!()
    }
}

fn main() {}
