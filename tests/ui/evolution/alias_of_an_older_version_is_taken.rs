//! Names are unique also among those of older versions.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", alias = "ItemPut")]
struct ItemAddedV1;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 2, upcast(ItemAddedV1))]
struct ItemAdded;

impl From<ItemAddedV1> for ItemAdded {
    fn from(_: ItemAddedV1) -> Self {
        Self
    }
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemPut;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(
    id = u64,
    create(OrderCreated),
    events(ItemAdded, ItemPut)
)]
struct Order;

impl OrderHandlers for Order {
    fn order_created(_: &u64, _: OrderCreated) -> Self {
        Self
    }

    fn item_added(&mut self, _: ItemAdded) {}

    fn item_put(&mut self, _: ItemPut) {}
}

fn main() {}
