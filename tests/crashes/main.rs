//! What is left when a process is killed, a log is torn, a disk is full, or the power fails; and whether
//! docs/guarantees.md names tests that exist. A new way to crash is a module under `sqlite`.
//!
//! More rounds: `CRASH_ROUNDS=500 cargo test -p eventsourcing-tests --test crashes sqlite::kill -- --nocapture`.

mod account;
mod child;
mod evidence;
mod guarantees;
mod sqlite;
