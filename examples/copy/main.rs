//! Copies the events and snapshots of a SQLite file into PostgreSQL, and compares all of them:
//! `cargo run --release -p eventsourcing-examples --features postgres --example copy -- orders.db postgres://app@localhost/shop`.
//!
//! May be interrupted, and run again while the source grows: it goes on where it was. See `docs/postgres.md`.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use eventsourcing::{
    Error, ErrorKind, ManualClock, Result,
    copy::{Copied, StoreCopy},
    store::{PostgresOptions, PostgresStore, SqliteStore, tokio_postgres::Config},
};
use indicatif::ProgressBar;

/// Copy the events and snapshots of a SQLite file into PostgreSQL.
#[derive(Debug, Parser)]
struct Args {
    /// The SQLite file.
    file: PathBuf,

    /// The database: a URL, or `host=… dbname=…`.
    url: Config,

    /// The schema in it.
    #[arg(long, default_value = "eventsourcing")]
    schema: String,

    /// Leave snapshots behind: the first loads replay.
    #[arg(long)]
    no_snapshots: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match copy(Args::parse()).await {
        Ok(copied) => {
            let digest = copied.digest;
            println!(
                "{} events of {} streams are the same in both",
                digest.events, digest.streams
            );
            println!("{} bytes, checksum {:016x}", digest.bytes, digest.checksum);
            println!(
                "{} events and {} snapshots were copied",
                copied.appended, copied.snapshots
            );
            if let Some((before, after)) = copied.last {
                println!("readers that were at {before} go on from {after}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn copy(args: Args) -> Result<Copied> {
    // Opening a file that isn't there would make it.
    if !args.file.is_file() {
        let what = format!("there is no file {}", args.file.display());
        return Err(Error::new(ErrorKind::InvalidConfiguration).because(what));
    }
    let source = SqliteStore::open(&args.file).await?;
    let clock = Arc::new(ManualClock::default());
    let options = PostgresOptions::default()
        .schema(args.schema)
        .clock(Arc::clone(&clock));
    let target = PostgresStore::connect_config(args.url, options).await?;
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    let copied = StoreCopy::new(&source, &target, clock)
        .snapshots(!args.no_snapshots)
        .run(|progress| spinner.set_message(progress.to_string()))
        .await;
    spinner.finish_and_clear();
    target.close().await;
    source.close().await;
    copied
}
