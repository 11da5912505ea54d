//! `SqliteStore` through the store traits: one module per topic. What every store promises is tested for every
//! store elsewhere; here is what a file, a lock and a full disk can do to it.

mod fixtures;
mod sqlite;
