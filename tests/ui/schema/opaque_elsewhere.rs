//! An opaque type that isn't there.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
struct Item {
    #[schema(opaque(u64 = "v1"))]
    skus: Vec<String>,
}

fn main() {}
