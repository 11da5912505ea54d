//! A form with a name of nothing but spaces.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
struct Item {
    #[schema(opaque = " \t")]
    sku: String,
}

fn main() {}
