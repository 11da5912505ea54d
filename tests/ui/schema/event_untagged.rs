//! Which variant was written can't be told.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum ItemAdded {
    Big(u64),
    Small(u8),
}

fn main() {}
