//! Versions begin at 1.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(version = 0)]
struct ItemAdded;

fn main() {}
