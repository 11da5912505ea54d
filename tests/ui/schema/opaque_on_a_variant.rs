//! A variant has no form of its own.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Serialize, Deserialize)]
enum Item {
    #[schema(opaque = "v1")]
    Sku(String),
}

fn main() {}
