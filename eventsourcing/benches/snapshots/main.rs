//! What snapshots cost and bring, each figure beside its floor from the same run:
//! `cargo bench -p eventsourcing --features cache --bench snapshots -- [storm] [cache] [shadow] [minute]`, all of them by default.
//!
//! Everything is over a SQLite file in the system's temporary folder, durable (`synchronous = FULL`).

mod cache;
mod domain;
mod open_loop;
mod shadow;
mod storm;

use std::error::Error;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|it| it == name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if is_wanted("storm") {
        storm::run(&runtime)?;
    }
    if is_wanted("cache") {
        runtime.block_on(cache::run())?;
    }
    if is_wanted("shadow") {
        runtime.block_on(shadow::run())?;
    }
    if is_wanted("minute") {
        runtime.block_on(cache::minute())?;
    }
    Ok(())
}
