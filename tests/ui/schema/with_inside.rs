//! What a function writes needs a name, also inside.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

mod cents {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(*value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        u64::deserialize(from)
    }
}

#[derive(Schema, Serialize, Deserialize)]
struct Fare {
    #[serde(with = "cents")]
    fare: u64,
}

fn main() {}
