//! A key that isn't known.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
struct Item {
    #[schema(opaqe = "v1")]
    sku: String,
}

fn main() {}
