//! The attribute belongs to the type.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded {
    #[event(name = "sku")]
    sku: String,
}

fn main() {}
