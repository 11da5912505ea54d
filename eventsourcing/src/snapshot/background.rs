//! Background snapshots: a bounded queue and one task that works it off.
//!
//! Of one stream only the newest snapshot waits: a store that can't keep up gets fewer of them, and no older ones. Nothing
//! here is awaited by a save. Jobs hold captured state, so what happens to the root afterwards doesn't matter. A
//! runtime that ends takes its task with it, and one that nobody drives never polls it: the next job on another runtime
//! starts another task, and whoever waits for the queue works on it as well.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    fmt,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    runtime::{Handle, Id},
    sync::Notify,
    task::AbortHandle,
};

use crate::{StreamId, Version};

/// One snapshot to store: builds the row and stores it; failures are its own to count.
pub(crate) type Job = BoxFuture<'static, ()>;

const CAPACITY: usize = 1_024;

/// What waits under one name at most once: the newest snapshot of a stream, or the replacement of the bad one at a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    pub(crate) stream: StreamId,
    pub(crate) repairs: Option<Version>,
}

/// What became of a job that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Submitted {
    Accepted,
    /// In the place of an older one, which was dropped.
    Instead,
    /// Dropped: the queue is full or closed, a newer one waits, or there is no runtime.
    Dropped,
}

/// Shared by all clones of a repository.
#[derive(Clone, Default)]
pub(crate) struct Background(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    idle: Notify,
}

#[derive(Default)]
struct State {
    /// The order of what waits.
    queue: VecDeque<Slot>,
    waiting: HashMap<Slot, (Version, Job)>,
    /// Taken from the queue and not finished.
    running: usize,
    /// Accepted and not yet counted by an `await_pending`.
    unjoined: u64,
    worker: Option<(Id, AbortHandle)>,
    closed: bool,
}

impl Background {
    /// Takes over the job of a snapshot of this version.
    pub(crate) fn submit(&self, slot: Slot, version: Version, job: Job) -> Submitted {
        let mut state = self.0.lock();
        let Ok(runtime) = Handle::try_current() else {
            return Submitted::Dropped;
        };
        let is_full = state.queue.len() >= CAPACITY;
        if state.closed {
            return Submitted::Dropped;
        }
        // Dropped behind the lock: it holds a state, whose end may take its time.
        let mut replaced = None;
        let submitted = match state.waiting.entry(slot.clone()) {
            Entry::Occupied(mut older) if older.get().0 <= version => {
                replaced = Some(older.insert((version, job)));
                Submitted::Instead
            }
            Entry::Occupied(_) => return Submitted::Dropped,
            Entry::Vacant(_) if is_full => return Submitted::Dropped,
            Entry::Vacant(vacant) => {
                vacant.insert((version, job));
                state.queue.push_back(slot);
                Submitted::Accepted
            }
        };
        state.unjoined += 1;
        let works = state
            .worker
            .as_ref()
            .is_some_and(|(on, worker)| *on == runtime.id() && !worker.is_finished());
        if !works {
            let task = runtime.spawn(work(Arc::clone(&self.0)));
            state.worker = Some((runtime.id(), task.abort_handle()));
        }
        drop(state);
        drop(replaced);
        submitted
    }

    /// How many jobs were accepted and not yet waited for.
    pub(crate) fn pending(&self) -> u64 {
        self.0.lock().unjoined
    }

    /// Sees to it that everything accepted so far is done, and says how many that were since the last time.
    pub(crate) async fn await_pending(&self) -> u64 {
        loop {
            let mut idle = pin!(self.0.idle.notified());
            idle.as_mut().enable();
            if let Some(running) = self.0.take_job() {
                running.finish().await;
                continue;
            }
            {
                let mut state = self.0.lock();
                if state.running == 0 {
                    return std::mem::take(&mut state.unjoined);
                }
            }
            idle.await;
        }
    }

    /// From now on accepts nothing; what was accepted is worked off.
    pub(crate) fn refuse_more(&self) {
        self.0.lock().closed = true;
    }
}

/// A job that was taken; counted as running until this is dropped, with its runtime if need be.
struct Running {
    job: Option<Job>,
    shared: Arc<Shared>,
}

impl Running {
    async fn finish(mut self) {
        if let Some(job) = self.job.take() {
            // The job counts its own panics; this only keeps the next one from being lost.
            let _ = AssertUnwindSafe(job).catch_unwind().await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.lock().running -= 1;
        self.shared.idle.notify_waiters();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_job(self: &Arc<Self>) -> Option<Running> {
        self.take_job_or(|_| {})
    }

    /// Takes a job; if there is none does this, in the same step.
    fn take_job_or(self: &Arc<Self>, otherwise: impl FnOnce(&mut State)) -> Option<Running> {
        let mut state = self.lock();
        let next = state.queue.pop_front();
        let Some((_, job)) = next.and_then(|slot| state.waiting.remove(&slot)) else {
            otherwise(&mut state);
            return None;
        };
        state.running += 1;
        Some(Running {
            job: Some(job),
            shared: Arc::clone(self),
        })
    }
}

async fn work(shared: Arc<Shared>) {
    let here = Handle::current().id();
    // The worker ends in the same step as it finds nothing to do, so that the next job starts another.
    let end = |state: &mut State| {
        if state.worker.as_ref().is_some_and(|(on, _)| *on == here) {
            state.worker = None;
        }
    };
    while let Some(running) = shared.take_job_or(end) {
        running.finish().await;
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        f.debug_struct("Background")
            .field("queued", &state.queue.len())
            .field("unjoined", &state.unjoined)
            .finish_non_exhaustive()
    }
}
