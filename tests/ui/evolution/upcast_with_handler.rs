//! An older version has no handler.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 1)]
struct ItemAddedV1;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 2, upcast(ItemAddedV1 as item_put))]
struct ItemAdded;

impl From<ItemAddedV1> for ItemAdded {
    fn from(_: ItemAddedV1) -> Self {
        Self
    }
}

fn main() {}
