//! The examples, run as programs: what they print and what they leave behind.

mod binary;
// It makes links and paths that other systems don't have.
#[cfg(unix)]
mod git_history;
mod schemas;
mod snapshotting;

// The example's own file, where its domain looks for it: its items are used here and there, not all of them.
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the example uses what the tests don't"
)]
#[path = "../../examples/git_history/log.rs"]
mod log;
