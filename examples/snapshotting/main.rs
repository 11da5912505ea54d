//! An event-sourced order with snapshots, in a SQLite file: `cargo run --example snapshotting`.
//!
//! Six sections, each with an order of its own: snapshots at a threshold, by hand, in the background, across a change
//! of the schema version, what they save, and what is in one. `order` is the domain, `sections.rs` the six,
//! `text.rs` how values are printed. Everything printed is read from the run.

mod order;
mod sections;
mod text;

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use eventsourcing::{
    Repository, SnapshotPolicy, aggregate::Aggregate, repository::RepositoryBuilder,
    store::SqliteStore,
};
use uuid::Uuid;

/// An event-sourced order with snapshots, in a SQLite file.
///
/// Six sections, each with a new order: one event creates it and one adds each item, all in one save.
#[derive(Debug, Parser)]
struct Args {
    /// Snapshot every N events, in the place of each section's own threshold: 5 (basic), 5 (background), 3 (schema
    /// version), 50 (performance), 3 (inspection). The manual section has none. A save takes one snapshot, at the last
    /// multiple of N that it reached; if it reached none, there is no snapshot.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,

    /// Put N items (at most 10000) into the order, in the place of each section's own number: 4 (basic), 10 (manual), 4 (background),
    /// 2 (schema version), 200 (performance), 2 (inspection).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    items: Option<u32>,

    /// The SQLite file; orders are added to those that are in it. Default: a new one in the system's temporary folder.
    #[arg(long, value_name = "PATH")]
    db: Option<PathBuf>,
}

/// What the sections share.
struct Run {
    store: SqliteStore,
    every: Option<u64>,
    items: Option<u32>,
}

impl Run {
    /// A repository over the file, to be set up further.
    fn repository<A: Aggregate>(&self) -> RepositoryBuilder<A> {
        Repository::builder(self.store.clone())
    }

    /// The policy of a section with this threshold of its own.
    fn every(&self, threshold: u64) -> SnapshotPolicy {
        SnapshotPolicy::every(self.every.unwrap_or(threshold))
    }

    /// The number of items of a section with this number of its own.
    fn items(&self, items: u32) -> u32 {
        self.items.unwrap_or(items)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(path) => {
            eprintln!("\nThe orders are in {}", path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<PathBuf, Box<dyn Error>> {
    let path = args.db.unwrap_or_else(|| {
        let name = format!("eventsourcing-snapshotting-{}.db", Uuid::new_v4());
        env::temp_dir().join(name)
    });
    let run = Run {
        store: SqliteStore::open(&path).await?,
        every: args.every,
        items: args.items,
    };

    sections::basic(&run).await?;
    sections::manual(&run).await?;
    sections::background(&run).await?;
    sections::schema_version(&run).await?;
    sections::performance(&run).await?;
    sections::inspection(&run).await?;
    text::banner("ALL EXAMPLES COMPLETED");

    run.store.close().await;
    Ok(path)
}
