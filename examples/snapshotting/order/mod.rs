//! The domain of the seed document: an order, its four events, its commands and what they refuse.
//!
//! Nothing here knows about stores. `v2` is the same order after its `schema_version` was bumped.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "written as it would stand in a library of its own; the seed document doesn't call all of it either"
)]

pub mod v2;

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Order was created.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderCreated {
    pub customer_id: Uuid,
    pub customer_email: String,
}

/// Item was added to order.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItemAdded {
    pub product_id: Uuid,
    pub product_name: String,
    pub quantity: u32,
    pub unit_price: f64,
}

/// Item was removed from order.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItemRemoved {
    pub product_id: Uuid,
}

/// Order was submitted for processing.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderSubmitted {
    pub total_amount: f64,
}

/// How far an order has come.
#[derive(Schema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Created,
    Submitted,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Submitted => "submitted",
        })
    }
}

/// Order line item.
#[derive(Schema, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItem {
    pub product_id: Uuid,
    pub product_name: String,
    pub quantity: u32,
    pub unit_price: f64,
}

impl OrderItem {
    pub fn total(&self) -> f64 {
        f64::from(self.quantity) * self.unit_price
    }
}

/// Event-sourced order, with the field names of the document. Its schema version goes up when the meaning of its state changes.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(
    name = "Order",
    id = Uuid,
    schema_version = 1,
    create(OrderCreated),
    events(OrderItemAdded, OrderItemRemoved, OrderSubmitted)
)]
#[allow(clippy::struct_field_names, reason = "the document's names")]
pub struct Order {
    pub order_id: Uuid,
    pub customer_id: Uuid,
    pub customer_email: String,
    pub items: Vec<OrderItem>,
    pub status: Status,
    pub total_amount: f64,
}

impl OrderHandlers for Order {
    fn order_created(id: &Uuid, event: OrderCreated) -> Self {
        Self {
            order_id: *id,
            customer_id: event.customer_id,
            customer_email: event.customer_email,
            items: Vec::new(),
            status: Status::Created,
            total_amount: 0.0,
        }
    }

    fn order_item_added(&mut self, event: OrderItemAdded) {
        self.items.push(OrderItem {
            product_id: event.product_id,
            product_name: event.product_name,
            quantity: event.quantity,
            unit_price: event.unit_price,
        });
    }

    fn order_item_removed(&mut self, event: OrderItemRemoved) {
        self.items
            .retain(|item| item.product_id != event.product_id);
    }

    fn order_submitted(&mut self, event: OrderSubmitted) {
        self.status = Status::Submitted;
        self.total_amount = event.total_amount;
    }
}

/// What the commands refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("Order already exists")]
    AlreadyExists,
    #[error("Can only add items to created orders")]
    AddToSubmitted,
    #[error("Quantity must be positive")]
    NoQuantity,
    #[error("Can only remove items from created orders")]
    RemoveFromSubmitted,
    #[error("Item not found in order")]
    NoSuchItem,
    #[error("Order must be in created status")]
    SubmitTwice,
    #[error("Cannot submit empty order")]
    Empty,
}

impl Order {
    /// Create the order. `existing` is what a repository's `find` gave for the id; the store checks it once more.
    pub fn create(
        existing: Option<&Self>,
        customer_id: Uuid,
        customer_email: &str,
    ) -> Result<OrderCreated, OrderError> {
        match existing {
            Some(_) => Err(OrderError::AlreadyExists),
            None => Ok(OrderCreated {
                customer_id,
                customer_email: customer_email.to_owned(),
            }),
        }
    }

    /// Add an item to the order.
    pub fn add_item(
        &self,
        product_id: Uuid,
        product_name: &str,
        quantity: u32,
        unit_price: f64,
    ) -> Result<OrderItemAdded, OrderError> {
        if self.status != Status::Created {
            return Err(OrderError::AddToSubmitted);
        }
        if quantity == 0 {
            return Err(OrderError::NoQuantity);
        }
        Ok(OrderItemAdded {
            product_id,
            product_name: product_name.to_owned(),
            quantity,
            unit_price,
        })
    }

    /// Remove an item from the order.
    pub fn remove_item(&self, product_id: Uuid) -> Result<OrderItemRemoved, OrderError> {
        if self.status != Status::Created {
            return Err(OrderError::RemoveFromSubmitted);
        }
        if !self.items.iter().any(|item| item.product_id == product_id) {
            return Err(OrderError::NoSuchItem);
        }
        Ok(OrderItemRemoved { product_id })
    }

    /// Submit the order for processing.
    pub fn submit(&self) -> Result<OrderSubmitted, OrderError> {
        if self.status != Status::Created {
            return Err(OrderError::SubmitTwice);
        }
        if self.items.is_empty() {
            return Err(OrderError::Empty);
        }
        Ok(OrderSubmitted {
            total_amount: self.calculated_total(),
        })
    }

    pub fn calculated_total(&self) -> f64 {
        self.items.iter().map(OrderItem::total).sum()
    }

    pub fn item_count(&self) -> usize {
        self.items.len()
    }
}
