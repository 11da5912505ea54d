//! An id is a newtype.

use eventsourcing::prelude::*;

#[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
struct OrderId(u32, u32);

fn main() {}
