//! An event owns what it says.

use eventsourcing::prelude::*;
use serde::Serialize;

#[derive(Event, Debug, Clone, Serialize)]
struct ItemAdded<'a> {
    sku: &'a str,
}

fn main() {}
