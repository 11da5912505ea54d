//! An alias is another name.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(alias = "ItemAdded")]
struct ItemAdded;

fn main() {}
