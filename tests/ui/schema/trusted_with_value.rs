//! A key without a value has one.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
struct Item {
    #[schema(trusted = true)]
    sku: String,
}

fn main() {}
