//! What an id wraps is an id.

use eventsourcing::prelude::*;

#[derive(AggregateId, Debug, Clone, PartialEq, Eq, Hash)]
struct OrderId(char);

fn main() {}
