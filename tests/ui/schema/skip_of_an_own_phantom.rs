//! What is called `PhantomData`, and stands elsewhere than the standard library's, may hold something.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

mod own {
    #[derive(Debug, Clone, Default)]
    pub(crate) struct PhantomData(#[allow(dead_code)] u8);
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated {
    #[serde(skip)]
    cache: own::PhantomData,
    #[serde(skip)]
    nothing: std::marker::PhantomData<u8>,
}

fn main() {}
