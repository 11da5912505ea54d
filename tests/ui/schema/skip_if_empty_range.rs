//! A range is empty in more ways than its default is.

use std::ops::Range;

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated {
    #[serde(default, skip_serializing_if = "Range::is_empty")]
    days: Range<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    items: Vec<u32>,
}

fn main() {}
