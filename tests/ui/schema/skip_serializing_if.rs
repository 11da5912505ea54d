//! A condition that isn't known to read back.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(id = Uuid, create(OrderCreated))]
struct Order {
    items: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    count: u64,
}

impl OrderHandlers for Order {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        unreachable!()
    }
}

fn main() {}
