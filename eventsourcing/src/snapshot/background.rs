//! Background snapshots: a bounded queue and one task that works it off.
//!
//! Nothing here is awaited by a save. Jobs hold captured state, so what happens to the root afterwards doesn't matter.

use std::{
    collections::VecDeque,
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{runtime::Handle, sync::Notify, task::AbortHandle};

/// One snapshot to store: builds the row and stores it; failures are its own to count.
pub(crate) type Job = BoxFuture<'static, ()>;

const CAPACITY: usize = 1_024;

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
    queue: VecDeque<Job>,
    /// Taken from the queue and not finished.
    running: bool,
    /// Accepted and not yet counted by an `await_pending`.
    unjoined: u64,
    worker: Option<AbortHandle>,
    closed: bool,
}

impl Background {
    /// Accepts a job; gives `false` and drops it if the queue is full or closed, or there is no runtime.
    pub(crate) fn submit(&self, job: Job) -> bool {
        let mut state = self.0.lock();
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        if state.closed || state.queue.len() >= CAPACITY {
            return false;
        }
        state.queue.push_back(job);
        state.unjoined += 1;
        // A worker ends with the runtime that it was spawned on; the next job starts another.
        if state.worker.as_ref().is_none_or(AbortHandle::is_finished) {
            state.running = false;
            let shared = Arc::clone(&self.0);
            state.worker = Some(runtime.spawn(work(shared)).abort_handle());
        }
        true
    }

    /// How many jobs were accepted and not yet waited for.
    pub(crate) fn pending(&self) -> u64 {
        self.0.lock().unjoined
    }

    /// Waits until everything accepted so far is done, and says how many that were since the last time.
    pub(crate) async fn await_pending(&self) -> u64 {
        loop {
            let idle = self.0.idle.notified();
            let mut idle = std::pin::pin!(idle);
            idle.as_mut().enable();
            {
                let mut state = self.0.lock();
                let dead = state.worker.as_ref().is_none_or(AbortHandle::is_finished);
                if dead || (state.queue.is_empty() && !state.running) {
                    state.queue.clear();
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        let job = state.queue.pop_front();
        state.running = job.is_some();
        if job.is_none() {
            state.worker = None;
        }
        job
    }
}

async fn work(shared: Arc<Shared>) {
    while let Some(job) = shared.next() {
        // A panic in the user's code (serialization) is that snapshot's failure, not the worker's.
        if AssertUnwindSafe(job).catch_unwind().await.is_err() {
            tracing::warn!("a background snapshot panicked");
        }
    }
    shared.idle.notify_waiters();
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
