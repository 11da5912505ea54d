//! An alias is listed once.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(alias = "ItemPut", alias = "ItemPut")]
struct ItemAdded;

fn main() {}
