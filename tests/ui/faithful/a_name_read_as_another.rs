//! What one field writes is read as another.
#![allow(unreachable_patterns)]

use eventsourcing::{codec::Json, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub struct Began;

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, snapshot_codec = Json, create(Began))]
pub struct Boxes {
    #[serde(alias = "size")]
    number: u8,
    size: u8,
}

impl BoxesHandlers for Boxes {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!()
    }
}

fn main() {
    let _ = Json;
}
