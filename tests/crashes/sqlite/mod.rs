//! Crashes of a program that uses `SqliteStore`: one module per kind.

mod begun_again;
pub(crate) mod durability;
mod full;
pub(crate) mod kill;
pub(crate) mod torn;
