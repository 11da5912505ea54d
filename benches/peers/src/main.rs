//! The library beside bare drivers and other event sourcing libraries, every figure beside its floor from the same run:
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- [--rounds n] [--only substring] [--quick]`.
//!
//! Everything durable, on files in the system's temporary folder. A workload's subjects take turns, round by round, each
//! time in a process of its own; medians are printed and written to `benches/peers/results`. What takes long (`large`)
//! runs only where `--only` names it.

mod bounds;
mod callers;
mod child;
mod domain;
mod plots;
mod report;
mod results;
mod rounds;
mod sample;
mod subjects;
mod workloads;

use std::{error::Error, path::PathBuf};

use clap::Parser;

use crate::subjects::Subject;

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The library beside bare drivers and other event sourcing libraries.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each subject is measured.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// Only workloads whose name has this in it.
    #[arg(long)]
    only: Option<String>,
    /// Little of everything, to see that it works: the figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Where results are written; by default `benches/peers/results`, and a folder in it for `--quick` and for `--only`.
    #[arg(long)]
    results: Option<PathBuf>,
    #[command(flatten)]
    child: ChildArguments,
}

/// What a process that this one starts is told.
#[derive(Debug, clap::Args)]
struct ChildArguments {
    #[arg(long, hide = true)]
    workload: Option<String>,
    #[arg(long, hide = true)]
    subject: Option<Subject>,
    #[arg(long, hide = true, default_value = ".")]
    prepared: PathBuf,
    #[arg(long, hide = true, default_value = ".")]
    own: PathBuf,
    #[arg(long, hide = true)]
    postgres: Option<String>,
}

fn main() -> Result {
    let arguments = Arguments::parse();
    if let Some(workload) = &arguments.child.workload {
        return child::run(workload, &arguments);
    }
    let results = rounds::run(&arguments)?;
    report::write(&results, &report::folder(&arguments))?;
    print!("{}", report::markdown(&results));
    Ok(())
}
