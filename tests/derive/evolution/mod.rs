//! Changing events: older versions, legacy and retired rows, read by the program of today.
//!
//! `domain` is that program; `rows` what earlier ones stored.

mod domain;
mod lifecycle;
mod rows;
mod snapshots;
mod versions;
