//! The Python libraries, each in an interpreter of its own that prints a sample as every other subject does.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::Subject;
use crate::{
    Result, child,
    sample::Sample,
    workloads::{Kind, Place, Workload, no_such},
};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

fn venv() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv")
}

/// Makes the virtual environment, if it isn't there. An error says why the Python subjects can't run.
pub(crate) fn prepare() -> Result {
    let mut command = Command::new(here().join("venv.sh"));
    command.arg(venv());
    child::output(command).map(drop)
}

pub(crate) fn measure(subject: Subject, workload: &Workload, place: &Place) -> Result<Sample> {
    let (what, events) = match workload.kind {
        Kind::Load { events } => ("load", events),
        Kind::Append { events, .. } => ("append", events),
        Kind::Execute { .. } => ("execute", 1),
        _ => return Err(no_such(subject)),
    };
    let script = match subject {
        Subject::PythonEventsourcing => "with_eventsourcing.py",
        Subject::PythonEventsource => "with_eventsource.py",
        _ => return Err(no_such(subject)),
    };
    let mut command = Command::new(venv().join("bin/python"));
    command.arg(here().join(script));
    command.args([
        what,
        &events.to_string(),
        &place.time().as_secs_f64().to_string(),
    ]);
    command.arg(place.own.join("events.db"));
    Ok(serde_json::from_str(&child::output(command)?)?)
}
