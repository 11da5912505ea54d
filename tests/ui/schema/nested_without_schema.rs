//! A type inside a state has no shape: said on the field.

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
    item: Item,
}

impl OrderHandlers for Order {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        unreachable!()
    }
}

fn main() {}
