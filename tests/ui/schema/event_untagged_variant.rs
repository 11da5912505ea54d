//! Which variant was written can't be told.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
enum ItemAdded {
    Big(u64),
    #[serde(untagged)]
    Small(u8),
}

fn main() {}
