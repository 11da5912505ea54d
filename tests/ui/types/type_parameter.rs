//! Two instantiations would share their streams.

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
    create(OrderCreated),
    events(ItemAdded)
)]
struct Order<T> {
    items: u32,
    extra: T,
}

impl<T> OrderHandlers for Order<T> {
    fn order_created(_: &Uuid, _: OrderCreated) -> Self {
        unreachable!()
    }

    fn item_added(&mut self, _: ItemAdded) {
        self.items += 1;
    }
}

fn main() {}
