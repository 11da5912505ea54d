//! An event has one name.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "a", name = "b")]
struct ItemAdded;

fn main() {}
