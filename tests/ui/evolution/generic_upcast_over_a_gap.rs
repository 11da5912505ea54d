//! The same of an event with parameters: seen where one is listed.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "noted")]
struct NotedV1<T>(T);

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "noted", version = 3, upcast(NotedV1<T>))]
struct Noted<T>(T);

impl<T> From<NotedV1<T>> for Noted<T> {
    fn from(old: NotedV1<T>) -> Self {
        Self(old.0)
    }
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated;

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(
    id = u64,
    create(OrderCreated),
    events(Noted<u32>)
)]
struct Order;

impl OrderHandlers for Order {
    fn order_created(_: &u64, _: OrderCreated) -> Self {
        Self
    }

    fn noted(&mut self, _: Noted<u32>) {}
}

fn main() {}
