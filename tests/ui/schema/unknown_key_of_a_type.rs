//! A key that isn't known on a type.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
#[schema(version = 2)]
struct Item {
    sku: String,
}

fn main() {}
