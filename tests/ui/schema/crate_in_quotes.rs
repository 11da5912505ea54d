//! A path stands without quotes.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
#[schema(crate = "eventsourcing")]
struct Item {
    sku: String,
}

fn main() {}
