//! A form with an empty name.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
struct Item {
    #[schema(opaque = "")]
    sku: String,
}

fn main() {}
