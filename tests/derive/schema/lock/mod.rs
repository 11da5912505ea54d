//! `schema_lock!` and `SchemaLock`.
//!
//! - [`edits`]: changes of an event, each with what becomes of a row stored before it
//! - [`states`]: changes of a state, and types that states and events share
//! - [`files`]: the file: its text, rewriting, `CI`, texts that are no lock files
//! - [`versions`]: names and versions of events that come and go

mod edits;
mod files;
mod forms;
mod states;
mod versions;

use eventsourcing::{
    prelude::*,
    schema::lock::{Report, SchemaLock},
};

/// What is found when the program changes from one to the other.
fn changed<Old: Aggregate, New: Aggregate>() -> Report {
    let old = SchemaLock::new("old.lock").aggregate::<Old>().text();
    let new = SchemaLock::new("new.lock").aggregate::<New>();
    new.compare(&old).expect("it is a lock file")
}
