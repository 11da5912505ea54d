//! The order after its `schema_version` was incremented: the same stored name, the same events, other snapshots.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{OrderCreated, OrderHandlers as V1, OrderItemAdded, OrderItemRemoved, OrderSubmitted};

/// Snapshots of schema version 1 are no use to it: its first load replays all events.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(
    name = "Order",
    id = Uuid,
    schema_version = 2,
    create(OrderCreated),
    events(OrderItemAdded, OrderItemRemoved, OrderSubmitted)
)]
pub struct Order {
    pub order: super::Order,
}

impl OrderHandlers for Order {
    fn order_created(id: &Uuid, event: OrderCreated) -> Self {
        Self {
            order: V1::order_created(id, event),
        }
    }

    fn order_item_added(&mut self, event: OrderItemAdded) {
        V1::order_item_added(&mut self.order, event);
    }

    fn order_item_removed(&mut self, event: OrderItemRemoved) {
        V1::order_item_removed(&mut self.order, event);
    }

    fn order_submitted(&mut self, event: OrderSubmitted) {
        V1::order_submitted(&mut self.order, event);
    }
}

impl Order {
    pub fn item_count(&self) -> usize {
        self.order.item_count()
    }
}
