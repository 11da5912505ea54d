//! The examples, run as programs: what they print and what they leave behind.

mod binary;
// It makes links and paths that other systems don't have.
#[cfg(unix)]
mod git_history;
mod schemas;
mod snapshotting;

// Where the domain of `git_history` looks for it.
#[allow(dead_code, reason = "the domain needs its types only")]
#[path = "../../examples/git_history/log.rs"]
mod log;
