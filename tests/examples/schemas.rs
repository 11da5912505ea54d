//! The states and events of the examples, against the files beside them.
#![allow(dead_code, reason = "the programs use them")]

#[path = "../../examples/git_history/domain.rs"]
mod domain;
#[path = "../../examples/snapshotting/order/mod.rs"]
mod order;

eventsourcing::schema_lock!("../examples/snapshotting/schemas.lock", order::Order);
eventsourcing::schema_lock!(
    "../examples/git_history/schemas.lock",
    domain::File,
    domain::History
);
