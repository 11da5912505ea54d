//! A union has no shape.

use eventsourcing::prelude::*;

#[derive(Schema)]
union Item {
    sku: u32,
}

fn main() {}
