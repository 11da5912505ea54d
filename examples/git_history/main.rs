//! Every file's life in a git repository, event-sourced.
//!
//! ```text
//! cargo run --release --example git_history -- <path to any git repository> [--db FILE] [--stop-after N]
//! ```
//!
//! It reads `git log --first-parent --reverse --raw --numstat -z -M -l1000 --no-ext-diff --no-textconv` of HEAD, stores what
//! happened to each file in `git_history.db` in the current folder, and prints the ten files with the longest histories,
//! one file at three points of its past, load times with and without snapshots, and last `commits N`, `files alive N`, `lines added N`,
//! `lines deleted N`: what git itself says (`git ls-tree -r --name-only HEAD | wc -l` in the repository's top folder, the sums of that log).
//!
//! - A file is an aggregate: created, changed with lines added and deleted, renamed without losing its history, its mode or
//!   type changed, deleted, which ends its life. A path that is created again is a new aggregate. So are links and submodules.
//! - One git commit is one atomic save of all files it touched and of the history that counts commits. Stop the program
//!   anywhere (`--stop-after`, Ctrl-C, `kill -9`), start it again, and it goes on behind the last commit stored; the same when
//!   HEAD has moved forward. The events are the same as if nothing had happened: they depend on the log alone.
//! - A database belongs to one repository, known by the first commit of its first-parent line.
//! - The line counts are those of the moment when a commit was read: `.gitattributes` and git's configuration have a say in them.
//!
//! It needs git 2.31 or newer. Look at what it stored with `sqlite3 git_history.db`. To read the code: `domain` has the events and aggregates, `import` turns commits into
//! events, `catalogue` is a read model over all files, `report` prints; `git` and `log` only bring the commits.

mod catalogue;
mod domain;
mod error;
mod git;
mod import;
mod log;
mod report;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use eventsourcing::prelude::*;

use crate::{
    error::{Chain, Error},
    git::Git,
    log::Lines,
};

/// Event-source the life of every file in a git repository.
#[derive(Debug, Parser)]
struct Options {
    /// The repository, or a folder in it.
    repository: PathBuf,
    /// Where the events are kept.
    #[arg(long, value_name = "FILE", default_value = "git_history.db")]
    db: PathBuf,
    /// Stop after this many commits; the next run goes on from there.
    #[arg(long, value_name = "N")]
    stop_after: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well; there is nobody left to tell then.
            let _ = writeln!(io::stderr(), "error: {}", Chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Error> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let git = Git::open(&options.repository)?;
    if let Some(head) = git.head()? {
        let store = SqliteStore::open(&options.db).await?;
        let done = import_and_report(options, &git, &head, &store, &mut out).await;
        // Leaves one file, also after an error: what SQLite keeps beside it is written back.
        store.close().await;
        done?;
    } else {
        writeln!(out, "no commits yet: nothing to store\n")?;
        report::print_totals(&mut out, 0, 0, Lines::default())?;
    }
    out.flush()?;
    Ok(())
}

async fn import_and_report(
    options: &Options,
    git: &Git,
    head: &str,
    store: &SqliteStore,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let app = Application::builder(store.clone())
        .snapshots(SnapshotPolicy::every(100))
        .build()?;
    import::run(&app, store, git, head, options.stop_after).await?;
    report::print(out, &app, store.clone()).await
}
