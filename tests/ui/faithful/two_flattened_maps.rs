//! Each of two flattened maps reads what the other wrote.
use eventsourcing::{codec::Json, prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub struct Began;

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, snapshot_codec = Json, create(Began))]
pub struct Boxes {
    #[serde(flatten)]
    by_name: BTreeMap<String, u8>,
    #[serde(flatten)]
    by_place: BTreeMap<String, u8>,
}

impl BoxesHandlers for Boxes {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!()
    }
}

fn main() {
    let _ = Json;
}
