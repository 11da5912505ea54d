//! An event is not its own older version.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(version = 2, upcast(ItemAdded))]
struct ItemAdded;

fn main() {}
