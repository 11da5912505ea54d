//! A union can't be stored.

use eventsourcing::prelude::*;

#[derive(Event)]
union ItemAdded {
    sku: u32,
}

fn main() {}
