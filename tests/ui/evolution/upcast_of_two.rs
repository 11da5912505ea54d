//! Each version names the one before it.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 1)]
struct ItemAddedV1;

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 2, upcast(ItemAddedV1))]
struct ItemAddedV2;

impl From<ItemAddedV1> for ItemAddedV2 {
    fn from(_: ItemAddedV1) -> Self {
        Self
    }
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 3, upcast(ItemAddedV2, ItemAddedV1))]
struct ItemAdded;

impl From<ItemAddedV2> for ItemAdded {
    fn from(_: ItemAddedV2) -> Self {
        Self
    }
}

fn main() {}
