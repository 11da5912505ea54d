//! `PostgresStore` beyond the kit: its schema, its order, what it does when connections and servers are lost.
//!
//! Needs PostgreSQL's binaries, or `EVENTSOURCING_TEST_POSTGRES`; without them each test says that it did not run, and with
//! `CI=true` it fails.
#![cfg(unix)]

mod append;
mod append_in;
mod bed;
mod close;
mod deadlines;
mod doubts;
mod failover;
mod fields;
mod from_snapshot;
mod order;
mod pooler;
mod positions;
mod runtimes;
mod schema;
mod tail;
mod tls;
mod urls;
