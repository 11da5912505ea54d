//! Nothing comes before version 1.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(upcast())]
struct ItemAdded;

fn main() {}
