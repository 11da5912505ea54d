//! A condition that isn't known to read back.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded {
    #[serde(default, skip_serializing_if = "str::is_ascii")]
    sku: String,
}

fn main() {}
