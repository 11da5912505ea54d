//! What is compared: the library, bare drivers and the disk (the floors), and other libraries.

pub(crate) mod bare_postgres;
pub(crate) mod bare_sqlite;
pub(crate) mod cqrs;
pub(crate) mod disk;
pub(crate) mod python;

use serde::{Deserialize, Serialize};

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    Ours,
    /// The library on a runtime with one worker: otherwise tokio wakes a second one, for nothing, whenever a task is woken by a
    /// thread that isn't the runtime's.
    OneWorker,
    /// The driver and nothing else, on the same tables.
    Bare,
    /// The same, with every column of a row rather than those that a state needs.
    BareAllColumns,
    /// The same on a thread of its own, asked through a channel and answering through another: what an async program needs.
    BareThread,
    /// The driver: all rows in one durable transaction.
    Bulk,
    /// The disk: a write of 4 KiB and its sync.
    Sync,
    /// The disk: a page of 4 KiB, scattered over a file, among a thousand with one sync.
    Scattered,
    /// A process that has the state, and has loaded nothing.
    StateOnly,
    /// The library, with nothing stored before.
    Empty,
    Cqrs,
    PythonEventsourcing,
    PythonEventsource,
}

impl Subject {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ours => "**eventsourcing**",
            Self::OneWorker => "eventsourcing, a runtime with one worker",
            Self::Bare => "bare driver",
            Self::BareAllColumns => "bare driver, all columns",
            Self::BareThread => "bare driver, on a thread",
            Self::Bulk => "bare driver, one transaction of all rows",
            Self::Sync => "the disk: write + fdatasync of 4 KiB",
            Self::Scattered => "the disk: a page of a thousand scattered ones + fdatasync",
            Self::StateOnly => "a process with the state only",
            Self::Empty => "eventsourcing, nothing stored before",
            Self::Cqrs => "cqrs-es 0.5",
            Self::PythonEventsourcing => "Python eventsourcing 9.5",
            Self::PythonEventsource => "Python eventsource-py",
        }
    }

    pub(crate) fn is_python(self) -> bool {
        matches!(self, Self::PythonEventsourcing | Self::PythonEventsource)
    }

    /// How commands name it.
    pub(crate) fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self)
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}
