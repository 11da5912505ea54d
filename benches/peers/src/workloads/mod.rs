//! What is measured. A new workload is an entry of [`all`] and a module that measures it for each of its subjects.

mod append;
mod execute;
mod global;
mod large;
mod load;
mod memory;
mod postgres;
mod repeated;
mod snapshot;
mod travel;

use std::{path::PathBuf, time::Duration};

use crate::{Result, callers::Streams, sample::Sample, subjects::Subject};

/// How a workload's subjects are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    EventsPerSecond,
    CommandsPerSecond,
    MicrosecondsPerLoad,
    MicrosecondsPerAppend,
    Mebibytes,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EventsPerSecond => "events/s",
            Self::CommandsPerSecond => "commands/s",
            Self::MicrosecondsPerLoad => "µs a load",
            Self::MicrosecondsPerAppend => "µs an append",
            Self::Mebibytes => "MiB",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Load {
        events: u64,
    },
    Snapshot {
        large: bool,
    },
    Append {
        callers: u64,
        events: u64,
        streams: Streams,
    },
    Execute {
        callers: u64,
    },
    PostgresAppend {
        callers: u64,
    },
    PostgresLoad {
        events: u64,
    },
    PostgresSnapshot,
    Memory,
    Global,
    Travel,
    Large {
        random: bool,
    },
}

/// One thing that is measured, for each of some subjects.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    /// How `--only` and the results name it.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: Kind,
    /// The first one is what the ratios of the others are to, unless it is the library itself.
    pub(crate) subjects: Vec<Subject>,
}

/// Where a subject is measured, and how long.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Of all of the workload's samples: what was prepared once is here.
    pub(crate) prepared: PathBuf,
    /// Of this sample alone.
    pub(crate) own: PathBuf,
    /// How to connect to a database of PostgreSQL, where the workload needs one.
    pub(crate) postgres: Option<String>,
    pub(crate) quick: bool,
}

impl Place {
    /// How long a sample measures.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(if self.quick { 100 } else { 1_000 })
    }

    pub(crate) fn postgres(&self) -> Result<&str> {
        self.postgres
            .as_deref()
            .ok_or_else(|| "there is no server".into())
    }

    /// One size for a real run, another to see that everything works.
    pub(crate) fn size(&self, real: u64, quick: u64) -> u64 {
        if self.quick { quick } else { real }
    }
}

/// Every workload, in the order of the report.
pub(crate) fn all() -> Vec<Workload> {
    let mut all = Vec::new();
    for events in [200, 1_000, 10_000, 100_000] {
        all.push(load::workload(events));
    }
    all.extend([false, true].map(snapshot::workload));
    for streams in [Streams::Own, Streams::New] {
        for events in [1, 100] {
            for callers in [1, 64, 256] {
                all.push(append::workload(callers, events, streams));
            }
        }
    }
    all.extend([1, 64].map(execute::workload));
    all.extend([1, 32].map(postgres::append));
    all.push(postgres::load(10_000));
    all.push(snapshot::on_postgres());
    all.extend([memory::workload(), global::workload(), travel::workload()]);
    all.extend([false, true].map(large::workload));
    all
}

impl Workload {
    pub(crate) fn unit(&self) -> Unit {
        match self.kind {
            Kind::Load { .. }
            | Kind::Snapshot { .. }
            | Kind::PostgresLoad { .. }
            | Kind::PostgresSnapshot
            | Kind::Travel => Unit::MicrosecondsPerLoad,
            Kind::Append { .. } | Kind::PostgresAppend { .. } | Kind::Global => {
                Unit::EventsPerSecond
            }
            Kind::Execute { .. } => Unit::CommandsPerSecond,
            Kind::Memory => Unit::Mebibytes,
            Kind::Large { .. } => Unit::MicrosecondsPerAppend,
        }
    }

    /// Whether it is measured only where it is asked for by name.
    pub(crate) fn takes_long(&self) -> bool {
        matches!(self.kind, Kind::Large { .. })
    }

    pub(crate) fn on(&self) -> Database {
        match self.kind {
            Kind::PostgresAppend { .. } => Database::PostgresEach,
            Kind::PostgresLoad { .. } | Kind::PostgresSnapshot => Database::PostgresShared,
            _ => Database::Sqlite,
        }
    }

    /// What the ratios are to.
    pub(crate) fn floor(&self) -> Option<Subject> {
        self.subjects
            .first()
            .copied()
            .filter(|first| *first != Subject::Ours)
    }

    /// Makes what all samples share.
    pub(crate) async fn prepare(&self, place: &Place) -> Result {
        match self.kind {
            Kind::Load { events } => load::prepare(events, &self.subjects, place).await,
            Kind::Snapshot { large } => snapshot::prepare(large, place).await,
            Kind::Append { .. } | Kind::Execute { .. } | Kind::PostgresAppend { .. } => Ok(()),
            Kind::PostgresLoad { events } => postgres::prepare_load(events, place).await,
            Kind::PostgresSnapshot => snapshot::prepare_postgres(place).await,
            Kind::Memory => memory::prepare(place).await,
            Kind::Global => global::prepare(place).await,
            Kind::Travel => travel::prepare(place).await,
            Kind::Large { random } => large::prepare(random, place).await,
        }
    }

    pub(crate) async fn measure(&self, subject: Subject, place: &Place) -> Result<Sample> {
        match self.kind {
            Kind::Load { events } => load::measure(subject, events, place).await,
            Kind::Snapshot { large } => snapshot::measure(subject, large, place).await,
            Kind::Append {
                callers,
                events,
                streams,
            } => append::measure(subject, callers, events, streams, place).await,
            Kind::Execute { callers } => execute::measure(subject, callers, place).await,
            Kind::PostgresAppend { callers } => {
                postgres::measure_append(subject, callers, place).await
            }
            Kind::PostgresLoad { events } => postgres::measure_load(subject, events, place).await,
            Kind::PostgresSnapshot => snapshot::measure_postgres(subject, place).await,
            Kind::Memory => memory::measure(subject, place).await,
            Kind::Global => global::measure(subject, place).await,
            Kind::Travel => travel::measure(subject, place).await,
            Kind::Large { random } => large::measure(subject, random, place).await,
        }
    }
}

/// What a workload's samples are measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// A file.
    Sqlite,
    /// A new database for each sample.
    PostgresEach,
    /// One database for all of them.
    PostgresShared,
}

/// A subject that a workload doesn't list.
pub(crate) fn no_such(subject: Subject) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{} takes no part in this workload", subject.name()).into()
}
