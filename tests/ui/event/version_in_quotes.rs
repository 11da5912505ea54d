//! Versions are numbers.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(version = "2")]
struct ItemAdded;

fn main() {}
