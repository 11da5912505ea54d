//! An id is hashed: said once, on the type.

use eventsourcing::prelude::*;

#[derive(AggregateId, Debug, Clone, PartialEq, Eq)]
struct OrderId(u32);

fn main() {}
