//! Appends that wait at the same time become one transaction; and what to do when one fails.
//!
//! - A batch has no stream twice, so that one call decides each of its commits by itself.
//! - A batch doesn't wait for an open transaction: what does is taken out and tried alone, and what else waits for its
//!   streams waits for it. Others go on.
//! - An append of which nobody knows whether it took effect is asked for again: it recognises itself. Only what stays
//!   unknown until the deadline is reported so.
//! - It never lingers for more: what comes while a batch is under way is the next one. Only those who were answered just now
//!   get their turn first: callers that go on at once would otherwise fall into two halves that take turns.
//! - Handles may be used from several runtimes, of which some end and some are driven only while somebody waits in them. So
//!   each task here runs in the runtime of one who waits for it.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore, oneshot},
};

use super::{
    append::{self, Call},
    database::{pause, within},
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
    /// Whose caller waits.
    runtime: Handle,
    answer: oneshot::Sender<Result<Appended>>,
}

impl Job {
    /// A caller who is gone is no reason to undo what is stored.
    fn answer(self, result: Result<Appended>) {
        let _ = self.answer.send(result);
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
    /// What the next transaction stores.
    fn next_batch(&mut self) -> Vec<Job> {
        let (mut events, mut bytes) = (0, 0);
        let mut streams: HashSet<StreamId> = HashSet::new();
        let (mut batch, mut left) = (Vec::new(), VecDeque::new());
        for job in self.waiting.drain(..) {
            let parts = || job.commit.streams.iter().map(|part| &part.stream);
            let collides = parts().any(|s| streams.contains(s) || self.taken.contains(s));
            let full = events >= MAX_EVENTS || bytes >= MAX_BYTES;
            // What stays reserves its streams: what came later for them stays behind it.
            streams.extend(parts().cloned());
            if collides || full {
                left.push_back(job);
            } else {
                events += job.commit.event_count();
                bytes += append::weight(&job.commit);
                batch.push(job);
            }
        }
        self.waiting = left;
        batch
    }
}

/// Stores it together with what else waits.
pub(super) async fn append(shared: &Arc<Shared>, commit: Commit) -> Result<Appended> {
    let (answer, answered) = oneshot::channel();
    shared.queue.state().waiting.push_back(Job {
        commit,
        runtime: Handle::current(),
        answer,
    });
    begin(shared);
    answered.await.unwrap_or_else(|_| {
        let what = "the runtime that stored it has ended";
        Err(Error::new(ErrorKind::OutcomeUnknown).because(what))
    })
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

/// Until the next batch is stored. If its runtime ends before, those who wait are not left waiting.
struct Draining {
    shared: Arc<Shared>,
    is_over: bool,
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
    // Those who were answered just now get their turn first.
    tokio::task::yield_now().await;
    let batch = {
        let mut state = draining.shared.queue.state();
        let batch = state.next_batch();
        if batch.is_empty() {
            // What is left waits for what is tried alone, which begins again.
            state.is_draining = false;
            draining.is_over = true;
        }
        batch
    };
    if !batch.is_empty() {
        let answers = store(&draining.shared, batch).await;
        // Before they are answered: nobody may drive this runtime from then on.
        draining.shared.queue.state().is_draining = false;
        draining.is_over = true;
        for (job, result) in answers {
            job.answer(result);
        }
        begin(&draining.shared);
    }
    draining.shared.queue.idle.notify_waiters();
}

/// Answers those that are decided; the others are tried alone.
async fn store(shared: &Arc<Shared>, batch: Vec<Job>) -> Vec<(Job, Result<Appended>)> {
    let lock_wait = Some(LOCK_WAIT);
    let mut tries = 0;
    let failure = loop {
        let commits = batch.iter().map(|job| &job.commit);
        match call(shared, commits, lock_wait).await {
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
    for job in batch {
        one_alone(shared, job, failure.fate == Fate::Unknown);
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
        let permit = shared.queue.alone.acquire().await;
        let result = alone(shared, &job.commit, in_doubt).await;
        drop(permit);
        job.answer(result);
    });
}

/// Stores it in a transaction of its own; `in_doubt` says that it may be stored already.
pub(super) async fn alone(
    shared: &Shared,
    commit: &Commit,
    mut in_doubt: bool,
) -> Result<Appended> {
    let begun = Instant::now();
    let mut tries = 0;
    loop {
        tries += 1;
        let failure = match call(shared, std::iter::once(commit), None).await {
            Ok(mut results) => {
                return results.pop().unwrap_or_else(|| {
                    Err(Error::new(ErrorKind::OutcomeUnknown).because("there was no answer"))
                });
            }
            Err(failure) => failure,
        };
        in_doubt |= failure.fate == Fate::Unknown;
        let again = match failure.fate {
            Fate::Undone => tries < TRIES,
            Fate::Unknown | Fate::Unsent | Fate::Blocked | Fate::Refused => {
                in_doubt && !shared.is_closed() && begun.elapsed() < shared.database.deadline()
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
) -> Result<Vec<Result<Appended>>, Failure> {
    let call = Call::new(commits.clone(), shared.time()?, lock_wait, shared.store);
    let database = &shared.database;
    let mut connection = database.connection().await?;
    let run = call.run(connection.begin()?, &shared.sql.append);
    let done = within(database.deadline(), &database.name, run).await;
    connection.end(&done);
    let mut answers = done?.into_iter();
    let results = commits.map(|commit| append::appended(commit, &mut answers, shared.store));
    Ok(results.collect())
}
