//! Changing events: older versions, legacy and retired rows, read by the program of today.
//!
//! `domain` is that program; `rows` what earlier ones stored.

mod domain;
mod from_macros;
pub(crate) mod lifecycle;
mod rows;
pub(crate) mod snapshots;
mod versions;
