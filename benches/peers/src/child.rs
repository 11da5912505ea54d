//! A process of its own for each sample: a subject's peak memory is its own, and nobody finds another's caches warm.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    Arguments, Result,
    sample::Sample,
    subjects::{Subject, python},
    workloads::{self, Place, Workload},
};

/// This process is one: prepares what the workload's samples share, or measures a subject and prints the sample.
pub(crate) fn run(workload: &str, arguments: &Arguments) -> Result {
    let child = &arguments.child;
    let place = Place {
        prepared: child.prepared.clone(),
        own: child.own.clone(),
        postgres: child.postgres.clone(),
        quick: arguments.quick,
    };
    let all = workloads::all();
    let workload = all.iter().find(|each| each.name == workload);
    let workload = workload.ok_or("no such workload")?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if child.subject == Some(Subject::OneWorker) {
        runtime.worker_threads(1);
    }
    let runtime = runtime.enable_all().build()?;
    let Some(subject) = child.subject else {
        return runtime.block_on(workload.prepare(&place));
    };
    let sample = match subject {
        Subject::PythonEventsourcing | Subject::PythonEventsource => {
            python::measure(subject, workload, &place)?
        }
        _ => runtime.block_on(workload.measure(subject, &place))?,
    };
    println!("{}", serde_json::to_string(&sample)?);
    Ok(())
}

/// Starts one, and waits for it.
pub(crate) struct Starter<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) prepared: &'a Path,
    pub(crate) quick: bool,
}

impl Starter<'_> {
    fn command(&self, postgres: Option<&str>) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--workload", &self.workload.name, "--prepared"]);
        command.arg(self.prepared);
        if let Some(postgres) = postgres {
            command.args(["--postgres", postgres]);
        }
        if self.quick {
            command.arg("--quick");
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }

    pub(crate) fn prepare(&self, postgres: Option<&str>) -> Result {
        output(self.command(postgres)?).map(drop)
    }

    pub(crate) fn measure(&self, subject: Subject, postgres: Option<&str>) -> Result<Sample> {
        let own = tempfile::tempdir()?;
        let mut command = self.command(postgres)?;
        command
            .args(["--subject", &subject.name(), "--own"])
            .arg(own.path());
        Ok(serde_json::from_str(&output(command)?)?)
    }
}

/// What it printed; what it said last, if it failed.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.unwrap_or("it failed without a word").trim().into())
}
