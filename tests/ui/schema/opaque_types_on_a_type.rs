//! Which types are opaque is said on fields.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
#[schema(opaque(String = "v1"))]
struct Item {
    sku: String,
}

fn main() {}
