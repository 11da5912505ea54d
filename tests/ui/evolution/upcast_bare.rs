//! `upcast` names an event, or says that there is none.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "item-added", version = 2, upcast)]
struct ItemAdded;

fn main() {}
