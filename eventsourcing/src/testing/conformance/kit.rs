//! `Kit`: runs checks, each on a thread and a runtime of its own, with a deadline.

use std::{
    fmt,
    future::Future,
    io::{self, Write as _},
    panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{runtime, time::timeout};

use super::{
    Check, CheckResult, Outcome, Report, Requirement, Subject, checks, report::Failure,
    rounds::Progress, trial::Trial,
};
use crate::{store::Capabilities, testing::panics::text};

/// Makes stores and runs checks against them.
///
/// ```
/// use std::time::Duration;
///
/// use eventsourcing::{MemoryStore, store::Capabilities, testing::conformance::{Kit, Subject}};
///
/// let kit = Kit::new(|| async { Subject::new(MemoryStore::new()) }, Capabilities::full())
///     .rounds(100)
///     .deadline(Duration::from_secs(20));
/// kit.assert("event_store::head::a_stream_that_does_not_exist_is_at_zero");
/// ```
#[derive(Clone)]
pub struct Kit {
    pub(super) factory: Arc<dyn Fn() -> BoxFuture<'static, Subject> + Send + Sync>,
    pub(super) declared: Capabilities,
    pub(super) rounds: u32,
    pub(super) deadline: Duration,
    only: Option<Arc<[String]>>,
    pub(super) worker_threads: usize,
}

impl Kit {
    /// `factory` makes a fresh, empty store for each check; `declared` is what its capabilities are to be.
    /// A factory that fails panics: the check fails with its message.
    pub fn new<F, Fut>(factory: F, declared: Capabilities) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Subject> + Send + 'static,
    {
        Self {
            factory: Arc::new(move || Box::pin(factory())),
            declared,
            rounds: 10_000,
            deadline: Duration::from_secs(60),
            only: None,
            worker_threads: 2,
        }
    }

    /// How many rounds the longest race has at most; 10,000 by default. Other races have a fixed part of it. A race ends
    /// after a fourth of the [deadline](Self::deadline) too, and the report says how many rounds there were.
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// How long one check may take before it counts as hanging; 60 seconds by default. For a store that answers slowly set
    /// it higher: races have more rounds then.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Only the checks of these names.
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// How many threads run the tasks of a check; 2 by default. With 1 its tasks take turns in the same order every time, at
    /// the store's own awaits.
    pub fn worker_threads(mut self, threads: usize) -> Self {
        self.worker_threads = threads;
        self
    }

    /// Runs every check. Needs a Tokio runtime.
    pub async fn run(&self) -> Report {
        let kit = self.clone();
        match tokio::task::spawn_blocking(move || kit.run_blocking()).await {
            Ok(report) => report,
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        }
    }

    /// Runs every check, on threads of its own.
    pub fn run_blocking(&self) -> Report {
        let wanted = checks().iter().filter(|check| {
            let only = self.only.as_ref();
            only.is_none_or(|names| names.iter().any(|name| name == check.name))
        });
        let results = wanted.map(|check| self.check(*check)).collect();
        Report { results }
    }

    /// Runs the check of this name, and panics with the rule and what was seen if it fails: what
    /// [`conformance_tests!`](crate::conformance_tests) makes tests of. A check that does not apply says so on stderr, past
    /// the capture of test output: a test can't tell its harness that it was skipped.
    ///
    /// # Panics
    ///
    /// If the check fails, or there is none of this name.
    #[track_caller]
    pub fn assert(&self, name: &str) {
        let check = checks().iter().find(|check| check.name == name);
        let Some(check) = check else {
            panic!("the kit has no check named {name:?}");
        };
        let result = self.check(*check);
        match result.outcome {
            Outcome::Passed if result.rounds.is_none() => {}
            Outcome::Passed | Outcome::NotApplicable(_) => say(&result),
            Outcome::Failed(_) | Outcome::TimedOut(_) => panic!("{result}"),
        }
    }

    fn check(&self, check: Check) -> CheckResult {
        let begun = Instant::now();
        let (tell, told) = mpsc::channel();
        let (kit, progress) = (self.clone(), Arc::new(Progress::default()));
        let seen = Arc::clone(&progress);
        let thread = thread::Builder::new().name(check.name.to_owned());
        let started = thread.spawn(move || tell.send(kit.perform(check, &seen)));
        // A call that blocks its thread is left behind; one that only waits is ended by `perform`.
        let patience = self.deadline.saturating_add(Duration::from_secs(1));
        let outcome = if let Err(error) = started {
            Outcome::Failed(format!("no thread for the check: {error}"))
        } else {
            told.recv_timeout(patience)
                .unwrap_or_else(|_| self.hangs(&progress))
        };
        CheckResult {
            check,
            outcome,
            took: begun.elapsed(),
            rounds: progress.ended_early(),
        }
    }

    fn perform(&self, check: Check, progress: &Arc<Progress>) -> Outcome {
        let runtime = match self.worker_threads {
            0 | 1 => runtime::Builder::new_current_thread().enable_all().build(),
            threads => runtime::Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_all()
                .build(),
        };
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return Outcome::Failed(format!("no runtime for the check: {error}")),
        };
        let performed = AssertUnwindSafe(self.perform_here(check, progress)).catch_unwind();
        let outcome = runtime.block_on(async { timeout(self.deadline, performed).await });
        runtime.shutdown_background();
        match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Outcome::Failed(format!("panicked: {}", text(&*panic))),
            Err(_) => self.hangs(progress),
        }
    }

    fn hangs(&self, progress: &Progress) -> Outcome {
        let round = progress
            .at()
            .map(|(at, of)| format!(", at round {at} of {of}"));
        Outcome::TimedOut(format!(
            "not over after {:?}{}; if no call hangs and the store is slow see `Kit::rounds` and `Kit::deadline`",
            self.deadline,
            round.unwrap_or_default()
        ))
    }

    async fn perform_here(&self, check: Check, progress: &Arc<Progress>) -> Outcome {
        let mut subject = (self.factory)().await;
        if let Some(reason) = &subject.unavailable {
            return Outcome::NotApplicable(vec![reason.clone()]);
        }
        if check.needs.contains(&Requirement::FromSnapshot)
            && let Err(Failure(seen)) = subject.ask().await
        {
            return Outcome::Failed(seen);
        }
        let missing = check.needs.iter();
        let missing = missing.filter(|need| !need.is_met(&self.declared, &subject));
        let missing: Vec<_> = missing.map(ToString::to_string).collect();
        if !missing.is_empty() {
            return Outcome::NotApplicable(missing);
        }
        let trial = Trial::new(self.clone(), subject, Arc::clone(progress));
        match (check.perform)(trial).await {
            Ok(()) => Outcome::Passed,
            Err(Failure(seen)) => Outcome::Failed(seen),
        }
    }
}

/// One line for people, written to the handle itself: only what goes through the print macros is captured.
fn say(result: &CheckResult) {
    // A closed stderr fails no check.
    let what = match result.outcome {
        Outcome::NotApplicable(_) => "NOT CHECKED",
        _ => "FEWER ROUNDS",
    };
    let _ = io::stderr().write_all(format!("{what}: {result}\n").as_bytes());
}

// A check that panicked leaves nothing behind in the kit: each gets a store of its own.
impl UnwindSafe for Kit {}
impl RefUnwindSafe for Kit {}

impl fmt::Debug for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kit")
            .field("declared", &self.declared)
            .field("rounds", &self.rounds)
            .field("deadline", &self.deadline)
            .field("worker_threads", &self.worker_threads)
            .finish_non_exhaustive()
    }
}
