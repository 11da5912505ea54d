//! The examples, run as programs: what they print and what they leave behind.

mod binary;
mod git_history;
mod snapshotting;
