//! The rounds: every subject of a workload in each, one behind the other, in an order that turns.

use std::{cell::OnceCell, collections::BTreeMap, time::Duration};

use eventsourcing::testing::postgres::{PostgresServer, TestDatabase};
use tokio::runtime::Runtime;

use crate::{
    Arguments, Result,
    child::Starter,
    results::{Machine, Measured, Results, Samples},
    sample::{Sample, try_the_check},
    subjects::{Subject, bare_postgres, disk, python},
    workloads::{self, Database, Workload},
};

pub(crate) fn run(arguments: &Arguments) -> Result<Results> {
    let rounds = if arguments.quick {
        arguments.rounds.min(2)
    } else {
        arguments.rounds.max(1)
    };
    try_the_check()?;
    let all = workloads::all();
    let wanted = |workload: &Workload| match &arguments.only {
        None => !workload.takes_long(),
        Some(only) => workload.name.contains(only.as_str()),
    };
    let wanted: Vec<&Workload> = all.iter().filter(|workload| wanted(workload)).collect();
    if wanted.is_empty() {
        return Err("no workload has that in its name".into());
    }
    let scratch = tempfile::tempdir()?;
    let sync = disk::syncs(scratch.path(), Duration::from_millis(500))?;
    let mut machine = Machine {
        cores: std::thread::available_parallelism()?.get(),
        load_before: load(),
        load_after: String::new(),
        sync_microseconds: sync.at(0.5).as_secs_f64() * 1e6,
        sqlite: rusqlite::version().to_owned(),
        rounds,
        quick: arguments.quick,
    };
    let bed = Bed {
        rounds,
        quick: arguments.quick,
        no_python: python::prepare().err().map(|error| error.to_string()),
        runtime: Runtime::new()?,
        postgres: OnceCell::new(),
    };
    let mut workloads = Vec::new();
    for workload in wanted {
        eprintln!("{}: {}", workload.name, workload.title);
        workloads.push(bed.measure(workload)?);
    }
    machine.load_after = load();
    Ok(Results { machine, workloads })
}

/// What all workloads share.
struct Bed {
    rounds: usize,
    quick: bool,
    /// Why the Python subjects can't run.
    no_python: Option<String>,
    runtime: Runtime,
    /// Started by the first workload that needs it.
    postgres: OnceCell<Result<PostgresServer, String>>,
}

impl Bed {
    fn database(&self) -> Result<TestDatabase> {
        let server = self
            .postgres
            .get_or_init(|| PostgresServer::start(&[]).map_err(|error| error.to_string()));
        let server = server.as_ref().map_err(String::as_str)?;
        Ok(self.runtime.block_on(server.database())?)
    }

    fn measure(&self, workload: &Workload) -> Result<Measured> {
        let prepared = tempfile::tempdir()?;
        let start = Starter {
            workload,
            prepared: prepared.path(),
            quick: self.quick,
        };
        let mut samples: BTreeMap<Subject, Samples> = BTreeMap::new();
        for subject in &workload.subjects {
            let no_python = self.no_python.clone().filter(|_| subject.is_python());
            samples.entry(*subject).or_default().did_not_run = no_python;
        }
        let shared = match self.prepare(&start) {
            Ok(shared) => shared,
            Err(error) => {
                eprintln!("  DID NOT RUN: {error}");
                for of in samples.values_mut() {
                    of.did_not_run = Some(error.to_string());
                }
                return Measured::new(workload, &samples);
            }
        };
        let mut order = workload.subjects.clone();
        for _ in 0..self.rounds {
            for subject in &order {
                let of = samples.entry(*subject).or_default();
                if of.did_not_run.is_some() {
                    continue;
                }
                match self.sample(&start, *subject, shared.as_ref()) {
                    Ok(sample) => of.samples.push(sample),
                    Err(error) => {
                        eprintln!("  {} DID NOT RUN: {error}", subject.title());
                        of.did_not_run = Some(error.to_string());
                    }
                }
            }
            // Nobody is always the first one, or behind the same neighbour.
            order.rotate_left(1);
        }
        Measured::new(workload, &samples)
    }

    /// Makes what all samples share; in a database, where the workload needs one.
    fn prepare(&self, start: &Starter<'_>) -> Result<Option<TestDatabase>> {
        let shared = match start.workload.on() {
            Database::Sqlite => None,
            Database::PostgresShared | Database::PostgresEach => Some(self.database()?),
        };
        start.prepare(text(shared.as_ref()).as_deref())?;
        Ok(shared)
    }

    fn sample(
        &self,
        start: &Starter<'_>,
        subject: Subject,
        shared: Option<&TestDatabase>,
    ) -> Result<Sample> {
        let own = match start.workload.on() {
            Database::PostgresEach => Some(self.database()?),
            Database::Sqlite | Database::PostgresShared => None,
        };
        start.measure(subject, text(own.as_ref().or(shared)).as_deref())
    }
}

fn text(database: Option<&TestDatabase>) -> Option<String> {
    database.map(|database| bare_postgres::text(database.config()))
}

/// The system's load averages.
fn load() -> String {
    let read = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    read.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}
