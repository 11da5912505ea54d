//! What is called as the standard library's types are, and stands elsewhere, has functions of its own.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

mod own {
    pub(crate) struct Option;

    impl Option {
        pub(crate) fn is_none(of: &std::option::Option<u8>) -> bool {
            *of == Some(7)
        }
    }
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct OrderCreated {
    #[serde(skip_serializing_if = "own::Option::is_none")]
    items: Option<u8>,
    #[serde(skip_serializing_if = "std::option::Option::is_none")]
    days: Option<u8>,
    #[serde(skip_serializing_if = "::core::option::Option::is_none")]
    hours: Option<u8>,
    #[serde(default, skip_serializing_if = "std::vec::Vec::is_empty")]
    list: Vec<u8>,
}

fn main() {}
