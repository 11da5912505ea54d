//! `schema_lock!` and `SchemaLock`.
//!
//! - [`conversions`]: types that are written or read as other ones
//! - [`edits`]: changes of an event, each with what becomes of a row stored before it
//! - [`states`]: changes of a state, and types that states and events share
//! - [`files`]: the file: its text, rewriting, `CI`, texts that are no lock files
//! - [`names`]: names that fields and types get
//! - [`positional`]: events that are written by a codec that has no names
//! - [`versions`]: names and versions of events that come and go

mod conversions;
mod edits;
mod files;
mod forms;
mod names;
mod positional;
mod states;
mod versions;

use eventsourcing::{
    prelude::*,
    schema::lock::{Report, SchemaLock, compare},
};

/// What is found when the program changes from one to the other.
fn changed<Old: Aggregate, New: Aggregate>() -> Report {
    let old = SchemaLock::new("old.lock").aggregate::<Old>().text();
    let new = SchemaLock::new("new.lock").aggregate::<New>();
    new.compare(&old).expect("it is a lock file")
}

/// What is found between two files with the same state and these blocks.
fn texts(old: &str, new: &str) -> Report {
    let file = |blocks: &str| format!("format 1\n\nstate o version 1\n\n{blocks}");
    compare(&file(old), &file(new)).expect("both are lock files")
}
