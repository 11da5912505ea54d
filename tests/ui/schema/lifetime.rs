//! What is stored owns what it says.

use eventsourcing::prelude::*;
use serde::Serialize;

#[derive(Schema, Serialize)]
struct Item<'a> {
    sku: &'a str,
}

fn main() {}
