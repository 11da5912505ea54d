//! Only known keys.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(nmae = "item-added")]
struct ItemAdded;

fn main() {}
