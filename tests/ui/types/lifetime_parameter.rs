//! A state owns what it holds.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Aggregate, Debug, Clone)]
#[aggregate(
    id = Uuid,
    create(OrderCreated),
    events(ItemAdded)
)]
struct Order<'a> {
    items: u32,
    name: &'a str,
}

impl OrderHandlers for Order<'_> {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        unreachable!()
    }

    fn item_added(&mut self, _: ItemAdded) {
        self.items += 1;
    }
}

fn main() {}
