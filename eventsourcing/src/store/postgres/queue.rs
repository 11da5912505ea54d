//! Appends that wait at the same time become one transaction; and what to do when one fails.
//!
//! - A batch has no stream twice, so that one call decides each of its commits by itself.
//! - A batch doesn't wait for an open transaction: what does is taken out and tried alone, and what else waits for its
//!   streams waits for it. Others go on.
//! - An append of which nobody knows whether it took effect is asked for again: it recognises itself. Only what stays
//!   unknown until the deadline is reported so.
//! - It never lingers for more: what comes while a batch is under way is the next one. Only those who were answered just now
//!   get their turn first: callers that go on at once would otherwise fall into two halves that take turns.
//! - Each append has a clock of its own, from when it is asked for. When its time is over its caller is told at once: that
//!   nothing is stored, as long as the server was not asked, or has undone it; otherwise that nobody knows.
//! - Handles may be used from several runtimes, of which some end and some are driven only while somebody waits in them. So
//!   each task here runs in the runtime of one who waits for it, and in that of a single thread no longer than that.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{Notify, Semaphore, oneshot},
    time::{Instant, timeout_at},
};

use super::{
    append::{self, Call},
    database::pause,
    errors::{Failure, Fate},
    shared::Shared,
};
use crate::{
    Error, ErrorKind, Result, StreamId,
    store::{Appended, Commit},
};

/// A batch takes no more once it has this many events or bytes.
const MAX_EVENTS: usize = 1_024;
const MAX_BYTES: usize = 4 << 20;

/// How many milliseconds a batch waits for a transaction that has a version of one of its streams open.
const LOCK_WAIT: i32 = 50;

/// How often one call is tried if others undo it.
const TRIES: u32 = 20;

/// What waits, and what is under way outside of batches.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    idle: Notify,
    /// So many can wait for open transactions, each with a connection of its own.
    alone: Semaphore,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Job>,
    is_draining: bool,
    /// The streams of what is tried alone.
    taken: HashSet<StreamId>,
}

#[derive(Debug)]
struct Job {
    commit: Commit,
    until: Instant,
    stage: Arc<Stage>,
    /// Whose caller waits.
    runtime: Handle,
    answer: oneshot::Sender<Result<Appended>>,
}

impl Job {
    /// A caller who is gone is no reason to undo what is stored.
    fn answer(self, result: Result<Appended>) {
        let _ = self.answer.send(result);
    }

    fn first_stream(&self) -> Option<&StreamId> {
        self.commit.streams.first().map(|part| &part.stream)
    }

    /// Whether the server is asked now: not any more when its time is over.
    fn is_asked(&self) -> bool {
        Instant::now() < self.until && self.stage.ask()
    }
}

/// How far an append is: what its caller may be told when its time is over.
#[derive(Debug, Default)]
struct Stage(AtomicU8);

impl Stage {
    /// Nothing of it is stored, nor under way.
    const WAITS: u8 = 0;
    /// Nobody knows.
    const ASKED: u8 = 1;
    /// Its caller was told that nothing is stored: it must never be asked for.
    const GIVEN_UP: u8 = 2;

    fn step(&self, from: u8, to: u8) -> bool {
        let step = self
            .0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        step.is_ok()
    }

    /// Before the server is asked, or asked again. Not if it was given up.
    fn ask(&self) -> bool {
        self.step(Self::WAITS, Self::ASKED) || self.0.load(Ordering::Acquire) == Self::ASKED
    }

    /// The server has undone it, or was not asked.
    fn undone(&self) {
        self.step(Self::ASKED, Self::WAITS);
    }

    /// Whether nothing is stored, for good.
    fn give_up(&self) -> bool {
        self.step(Self::WAITS, Self::GIVEN_UP)
    }
}

impl Queue {
    pub(super) fn new(connections: usize) -> Self {
        Self {
            state: Mutex::default(),
            idle: Notify::new(),
            alone: Semaphore::new((connections / 2).max(1)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when nothing waits and nothing is under way.
    pub(super) async fn is_idle(&self) {
        loop {
            let idle = self.idle.notified();
            {
                let state = self.state();
                if !state.is_draining && state.taken.is_empty() && state.waiting.is_empty() {
                    return;
                }
            }
            idle.await;
        }
    }
}

impl State {
    /// What the next transaction stores, and what it is too late for.
    fn next_batch(&mut self) -> (Vec<Job>, Vec<Job>) {
        let (mut events, mut bytes) = (0, 0);
        let mut streams: HashSet<StreamId> = HashSet::new();
        let (mut batch, mut late, mut left) = (Vec::new(), Vec::new(), VecDeque::new());
        for job in self.waiting.drain(..) {
            let parts = || job.commit.streams.iter().map(|part| &part.stream);
            let collides = parts().any(|s| streams.contains(s) || self.taken.contains(s));
            let full = events >= MAX_EVENTS || bytes >= MAX_BYTES;
            // What stays reserves its streams: what came later for them stays behind it.
            streams.extend(parts().cloned());
            if collides || full {
                left.push_back(job);
            } else if job.is_asked() {
                events += job.commit.event_count();
                bytes += append::weight(&job.commit);
                batch.push(job);
            } else {
                late.push(job);
            }
        }
        self.waiting = left;
        (batch, late)
    }
}

/// Its turn did not come in time: nothing of it is stored.
fn untried(shared: &Shared) -> Error {
    let database = &shared.database;
    Failure::untried(&database.name, database.deadline()).to_error()
}

/// There was no answer in time.
fn late(shared: &Shared) -> Error {
    let database = &shared.database;
    let late = Failure::late(&database.name, database.deadline());
    late.in_doubt().to_error()
}

/// Stores it together with what else waits.
pub(super) async fn append(shared: &Arc<Shared>, commit: Commit) -> Result<Appended> {
    let (answer, mut answered) = oneshot::channel();
    let (until, stage) = (shared.database.until(), Arc::default());
    shared.queue.state().waiting.push_back(Job {
        commit,
        until,
        stage: Arc::clone(&stage),
        runtime: Handle::current(),
        answer,
    });
    begin(shared);
    if let Ok(answer) = timeout_at(until, &mut answered).await {
        return answer.unwrap_or_else(|_| {
            let what = "the runtime that stored it has ended";
            Err(Error::new(ErrorKind::OutcomeUnknown).because(what))
        });
    }
    if stage.give_up() {
        return Err(untried(shared));
    }
    // It may have come by now.
    answered.try_recv().unwrap_or_else(|_| Err(late(shared)))
}

/// Sees to it that what waits is stored.
fn begin(shared: &Arc<Shared>) {
    let runtime = {
        let mut state = shared.queue.state();
        match state.waiting.front().map(|job| job.runtime.clone()) {
            Some(runtime) if !state.is_draining => {
                state.is_draining = true;
                runtime
            }
            _ => return,
        }
    };
    // Made before the task: a runtime that ends drops tasks which it never began.
    let draining = Draining {
        shared: Arc::clone(shared),
        is_over: false,
    };
    runtime.spawn(drain(draining));
}

/// While it drains. If its runtime ends before its time, those who wait are not left waiting.
struct Draining {
    shared: Arc<Shared>,
    is_over: bool,
}

impl Draining {
    /// It is over without one: what is left waits for what is tried alone, which begins again.
    fn next_batch(&mut self) -> (Vec<Job>, Vec<Job>) {
        let mut state = self.shared.queue.state();
        let (batch, late) = state.next_batch();
        if batch.is_empty() {
            state.is_draining = false;
            self.is_over = true;
        }
        (batch, late)
    }

    fn end(&mut self) {
        self.shared.queue.state().is_draining = false;
        self.is_over = true;
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        if !self.is_over {
            abandon(&self.shared);
        }
    }
}

/// There is nobody who would store what waits.
fn abandon(shared: &Shared) {
    let waiting = {
        let mut state = shared.queue.state();
        state.is_draining = false;
        std::mem::take(&mut state.waiting)
    };
    for job in waiting {
        let what = "the runtime that was to store it has ended";
        job.answer(Err(Error::new(ErrorKind::Unavailable).because(what)));
    }
}

async fn drain(mut draining: Draining) {
    // Nobody may drive a runtime of a single thread any more once those who wait in it are answered: somebody else goes on.
    let is_single = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
    if is_single {
        // Those who were answered just now get their turn first.
        tokio::task::yield_now().await;
    }
    while !draining.is_over {
        let (batch, late) = draining.next_batch();
        for job in late {
            job.answer(Err(untried(&draining.shared)));
        }
        if batch.is_empty() {
            break;
        }
        let answers = store(&draining.shared, batch).await;
        if is_single {
            draining.end();
        }
        for (job, result) in answers {
            job.answer(result);
        }
        if is_single {
            begin(&draining.shared);
        } else {
            tokio::task::yield_now().await;
        }
    }
    draining.shared.queue.idle.notify_waiters();
}

/// Answers those that are decided; the others are tried alone.
async fn store(shared: &Arc<Shared>, mut batch: Vec<Job>) -> Vec<(Job, Result<Appended>)> {
    // In the order of streams, in which the server stores with the least effort.
    batch.sort_unstable_by(|a, b| a.first_stream().cmp(&b.first_stream()));
    let lock_wait = Some(LOCK_WAIT);
    let until = batch.iter().map(|job| job.until).max();
    let until = until.unwrap_or_else(Instant::now);
    let mut tries = 0;
    let failure = loop {
        let commits = batch.iter().map(|job| &job.commit);
        match call(shared, commits, lock_wait, until).await {
            Ok(results) => return batch.into_iter().zip(results).collect(),
            // Others won a race for a version: now it shows.
            Err(failure) if failure.fate == Fate::Undone && tries < 2 => tries += 1,
            Err(failure) => break failure,
        }
    };
    let final_ = match failure.fate {
        Fate::Unsent => true,
        Fate::Refused => batch.len() == 1,
        Fate::Undone | Fate::Blocked | Fate::Unknown => false,
    };
    if final_ {
        let refused = |job| (job, Err(failure.to_error()));
        return batch.into_iter().map(refused).collect();
    }
    let in_doubt = failure.fate == Fate::Unknown;
    for job in batch {
        if !in_doubt {
            job.stage.undone();
        }
        one_alone(shared, job, in_doubt);
    }
    Vec::new()
}

/// Its streams are taken while it is under way.
struct Taken {
    shared: Arc<Shared>,
    streams: Vec<StreamId>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        {
            let mut state = self.shared.queue.state();
            for stream in &self.streams {
                state.taken.remove(stream);
            }
        }
        begin(&self.shared);
        self.shared.queue.idle.notify_waiters();
    }
}

fn one_alone(shared: &Arc<Shared>, job: Job, in_doubt: bool) {
    let streams = job.commit.streams.iter().map(|part| part.stream.clone());
    let taken = Taken {
        shared: Arc::clone(shared),
        streams: streams.collect(),
    };
    shared
        .queue
        .state()
        .taken
        .extend(taken.streams.iter().cloned());
    let runtime = job.runtime.clone();
    runtime.spawn(async move {
        let shared = &taken.shared;
        let permit = timeout_at(job.until, shared.queue.alone.acquire()).await;
        let result = match permit {
            Ok(_permit) => tries(shared, &job.commit, job.until, &job.stage, in_doubt).await,
            Err(_) if in_doubt => Err(late(shared)),
            Err(_) => Err(untried(shared)),
        };
        job.answer(result);
    });
}

/// Stores it in a transaction of its own.
pub(super) async fn alone(shared: &Shared, commit: &Commit) -> Result<Appended> {
    let until = shared.database.until();
    tries(shared, commit, until, &Stage::default(), false).await
}

/// Tries until it is stored, refused, or its time is over; `in_doubt` says that it may be stored already.
async fn tries(
    shared: &Shared,
    commit: &Commit,
    until: Instant,
    stage: &Stage,
    mut in_doubt: bool,
) -> Result<Appended> {
    let mut tries = 0;
    loop {
        tries += 1;
        if !stage.ask() {
            return Err(untried(shared));
        }
        let failure = match call(shared, std::iter::once(commit), None, until).await {
            Ok(mut results) => {
                return results.pop().unwrap_or_else(|| {
                    Err(Error::new(ErrorKind::OutcomeUnknown).because("there was no answer"))
                });
            }
            Err(failure) => failure,
        };
        in_doubt |= failure.fate == Fate::Unknown;
        if !in_doubt {
            stage.undone();
        }
        let again = Instant::now() < until
            && match failure.fate {
                Fate::Undone => tries < TRIES,
                Fate::Unknown | Fate::Unsent | Fate::Blocked | Fate::Refused => {
                    in_doubt && !shared.is_closed()
                }
            };
        if !again {
            let failure = if in_doubt {
                failure.in_doubt()
            } else {
                failure
            };
            return Err(failure.to_error());
        }
        tracing::debug!(database = %shared.database.name, ?failure, "appending again");
        pause(tries).await;
    }
}

/// One call: one round trip, one transaction.
async fn call<'a>(
    shared: &Shared,
    commits: impl Iterator<Item = &'a Commit> + Clone,
    lock_wait: Option<i32>,
    until: Instant,
) -> Result<Vec<Result<Appended>>, Failure> {
    let call = Call::new(commits.clone(), shared.time()?, lock_wait, shared.store);
    let database = &shared.database;
    let mut connection = database.connection(until).await?;
    let run = call.run(connection.begin()?, &shared.sql.append);
    let done = database.within(until, run).await;
    connection.end(&done);
    let mut answers = done?.into_iter();
    let results = commits.map(|commit| append::appended(commit, &mut answers, shared.store));
    Ok(results.collect())
}
