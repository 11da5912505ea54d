//! `git_history` on repositories made for it: what it stores and prints is what git says.
//!
//! - [`scratch`]: a repository in a temporary folder, and runs of the program on it
//! - [`stored`]: what a database holds, read without the example's own code
//! - [`random`]: random histories

mod histories;
mod log;
mod random;
mod refusals;
mod resume;
mod scratch;
mod stored;
