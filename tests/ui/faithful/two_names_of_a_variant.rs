//! A variant is read under another name than it is written.
use eventsourcing::{codec::Json, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub struct Began;

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, snapshot_codec = Json, create(Began))]
pub enum Boxes {
    Open,
    #[serde(rename(serialize = "closed", deserialize = "shut"))]
    Closed,
}

impl BoxesHandlers for Boxes {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!()
    }
}

fn main() {
    let _ = Json;
}
