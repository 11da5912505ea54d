//! A struct's tag is read by what the bytes say, as an enum's is.
use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub struct Began;

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, create(Began))]
#[serde(tag = "kind")]
pub struct Crate {
    size: u8,
}

impl CrateHandlers for Crate {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!()
    }
}

fn main() {}
