//! An id is a newtype.

use eventsourcing::prelude::*;

#[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
enum OrderId {
    Number(u32),
}

fn main() {}
