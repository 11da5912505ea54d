//! An aggregate records its own events.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderDiscarded;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(
    id = Uuid,
    create(OrderCreated),
    events(ItemAdded),
    discard(OrderDiscarded)
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

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct CartEmptied;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(id = Uuid, create(OrderCreated as opened), events(CartEmptied))]
struct Cart;

impl CartHandlers for Cart {
    fn opened(_: &Uuid, _: OrderCreated) -> Self {
        Self
    }

    fn cart_emptied(&mut self, _: CartEmptied) {}
}

fn misuse(order: &mut Root<Order>) {
    order.record(CartEmptied);
}

fn main() {}
