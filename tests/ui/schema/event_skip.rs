//! What an event doesn't store is lost.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded {
    sku: String,
    #[serde(skip)]
    cache: u64,
}

fn main() {}
