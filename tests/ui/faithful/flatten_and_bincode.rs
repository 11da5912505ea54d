//! What is flattened is read by what the bytes say.
use eventsourcing::{codec::Json, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub struct Began;

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, create(Began))]
pub struct Boxes {
    #[serde(flatten)]
    all: std::collections::BTreeMap<String, u8>,
}

impl BoxesHandlers for Boxes {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!()
    }
}

fn main() {
    let _ = Json;
}
