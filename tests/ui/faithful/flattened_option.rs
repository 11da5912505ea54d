//! A flattened `Option` hides what can't be read.
use eventsourcing::{codec::Json, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub struct Began;

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
pub struct Size {
    width: u8,
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, snapshot_codec = Json, create(Began))]
pub struct Boxes {
    #[serde(flatten)]
    size: Option<Size>,
    #[serde(flatten)]
    #[schema(trusted)]
    other: Option<Size>,
}

impl BoxesHandlers for Boxes {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!()
    }
}

fn main() {
    let _ = Json;
}
