//! The examples, run as programs: what they print and what they leave behind.

mod binary;
// It makes links and paths that other systems don't have.
#[cfg(unix)]
mod git_history;
mod snapshotting;
