//! Copies of one store into another: what must be the same is the same, and what isn't is found out.
//!
//! `bed` has the stores and what is in the source, `same` compares with eyes of its own.

mod bed;
mod faults;
mod same;
mod whole;
