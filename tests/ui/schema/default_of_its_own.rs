//! What is empty is left out, and something else is read.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

fn one() -> Vec<u8> {
    vec![1]
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(id = Uuid, create(OrderCreated))]
struct Order {
    items: u32,
    #[serde(default = "one", skip_serializing_if = "Vec::is_empty")]
    list: Vec<u8>,
}

impl OrderHandlers for Order {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        unreachable!()
    }
}

fn main() {}
