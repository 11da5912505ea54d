//! A stored name is not empty.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(alias = "")]
struct ItemAdded;

fn main() {}
