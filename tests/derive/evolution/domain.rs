//! An order, after some years: items in their third version, orders that were once placed in one event.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "order-created")]
pub(super) struct OrderCreated {
    pub(super) customer: String,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "item-added", version = 1, alias = "ItemPut")]
pub(super) struct ItemAddedV1 {
    pub(super) sku: String,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "item-added", version = 2, upcast(ItemAddedV1))]
pub(super) struct ItemAddedV2 {
    pub(super) sku: String,
    pub(super) quantity: u32,
}

impl From<ItemAddedV1> for ItemAddedV2 {
    fn from(old: ItemAddedV1) -> Self {
        Self {
            sku: old.sku,
            quantity: 1,
        }
    }
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(
    name = "item-added",
    version = 3,
    upcast(ItemAddedV2),
    alias = "ItemPlaced"
)]
pub(super) struct ItemAdded {
    pub(super) sku: String,
    pub(super) quantity: u32,
    pub(super) price: i64,
}

impl From<ItemAddedV2> for ItemAdded {
    fn from(old: ItemAddedV2) -> Self {
        Self {
            sku: old.sku,
            quantity: old.quantity,
            price: 10,
        }
    }
}

/// Its first version was never stored.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "noted", version = 2, upcast())]
pub(super) struct Noted(pub(super) String);

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "order-closed")]
pub(super) struct OrderClosed;

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "order-placed")]
pub(super) struct OrderPlacedV1 {
    pub(super) customer: String,
}

/// Creation, items and, where it was paid at once, the end.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[event(name = "order-placed", version = 2, upcast(OrderPlacedV1))]
pub(super) struct OrderPlaced {
    pub(super) customer: String,
    pub(super) skus: Vec<String>,
    pub(super) closed: bool,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        Self {
            customer: old.customer,
            skus: Vec::new(),
            closed: false,
        }
    }
}

impl From<OrderPlaced> for Vec<OrderEvent> {
    fn from(old: OrderPlaced) -> Self {
        let created = OrderCreated {
            customer: old.customer,
        };
        let items = OrderChanged {
            skus: old.skus,
            closed: old.closed,
        };
        let mut events = vec![created.into()];
        events.extend(Self::from(items));
        events
    }
}

/// Any number of items, none included.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OrderChanged {
    pub(super) skus: Vec<String>,
    pub(super) closed: bool,
}

impl From<OrderChanged> for Vec<OrderEvent> {
    fn from(old: OrderChanged) -> Self {
        let items = old.skus.into_iter();
        let items = items.map(|sku| ItemAdded::from(ItemAddedV2 { sku, quantity: 2 }).into());
        let end = old.closed.then(|| OrderClosed.into());
        items.chain(end).collect()
    }
}

/// `log` shows doubled, lost and reordered events.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(
    name = "order",
    id = String,
    schema_version = 2,
    create(OrderCreated),
    events(ItemAdded, Noted),
    discard(OrderClosed),
    legacy(OrderPlaced, OrderChanged),
    retired("Seen", "Viewed"),
    event_derive(PartialEq)
)]
pub(super) struct Order {
    pub(super) customer: String,
    pub(super) log: Vec<String>,
}

impl OrderHandlers for Order {
    fn order_created(_: &String, event: OrderCreated) -> Self {
        Self {
            customer: event.customer,
            log: Vec::new(),
        }
    }

    fn item_added(&mut self, event: ItemAdded) {
        let ItemAdded {
            sku,
            quantity,
            price,
        } = event;
        self.log.push(format!("{quantity} {sku} at {price}"));
    }

    fn noted(&mut self, event: Noted) {
        self.log.push(event.0);
    }
}

/// The program before: `Seen` began an order, and `Viewed` was an event.
pub(super) mod before {
    use super::{Deserialize, Serialize};
    use eventsourcing::prelude::*;

    #[derive(Event, Clone, Debug, Serialize, Deserialize)]
    pub(in super::super) struct Seen;

    #[derive(Event, Clone, Debug, Serialize, Deserialize)]
    pub(in super::super) struct Viewed;

    #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
    #[aggregate(name = "order", id = String, create(Seen), events(Viewed))]
    pub(in super::super) struct Order;

    impl OrderHandlers for Order {
        fn seen(_: &String, _: Seen) -> Self {
            Self
        }

        fn viewed(&mut self, _: Viewed) {}
    }
}
