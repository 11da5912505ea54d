//! Storm control: after a bump of the schema every load of a hot stream would replay at once, and leave nothing for others.
//!
//! Two bounds. Loads that replay because their snapshots are stale take permits. And while stale rows are met, the loads
//! of the type look for snapshots a few at a time: thousands that ask at once would stand before everybody else's reads
//! in the store's queue.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::Instant,
};

/// How many loads may replay at once because their snapshots are stale: half the processors, at least one. First come,
/// first served; shared by the repositories of one application.
#[derive(Debug, Clone)]
pub(crate) struct Storm(Arc<Semaphore>);

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Default for Storm {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new((processors() / 2).max(1))))
    }
}

impl Storm {
    /// Waits for a turn, if that is wanted.
    pub(crate) async fn permit(&self, wanted: bool) -> Option<OwnedSemaphorePermit> {
        if !wanted {
            return None;
        }
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

/// After so many loads in a row that met no stale row there is no storm.
const CALM: u32 = 64;

/// How many loads of one repository may look for a snapshot at once: any number, but for the first ones, which tell
/// whether there is a storm, and in one. First come, first served.
#[derive(Debug)]
pub(crate) struct Lookups {
    /// How many in a row met no stale row, [`CALM`] at most.
    calm: AtomicU32,
    turns: Semaphore,
    /// The snapshot store fails or hangs: nobody is to wait behind those who wait for it.
    opened: Notify,
}

/// A turn to look for a snapshot, until it is dropped; and how long it was waited for.
pub(crate) struct Turn<'a> {
    _permit: Option<SemaphorePermit<'a>>,
    pub(crate) waited: Duration,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            calm: AtomicU32::new(0),
            turns: Semaphore::new(processors() * 2),
            opened: Notify::new(),
        }
    }
}

impl Lookups {
    /// Waits for a turn, if there is need for turns.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        let at_once = |permit| Turn {
            _permit: permit,
            waited: Duration::ZERO,
        };
        if self.is_calm() {
            return at_once(None);
        }
        if let Ok(permit) = self.turns.try_acquire() {
            return at_once(Some(permit));
        }
        let mut opened = pin!(self.opened.notified());
        // Before looking again: no opening is missed in between.
        opened.as_mut().enable();
        if self.is_calm() {
            return at_once(None);
        }
        let since = Instant::now();
        match select(opened, pin!(self.turns.acquire())).await {
            // That was waiting for the snapshot store, like that of those who went before.
            Either::Left(_) => at_once(None),
            Either::Right((permit, _)) => Turn {
                _permit: permit.ok(),
                waited: since.elapsed(),
            },
        }
    }

    fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Acquire) >= CALM
    }

    /// What a load has met: a stale row is a sign of a storm.
    pub(crate) fn saw(&self, stale: bool) {
        if stale {
            self.calm.store(0, Ordering::Release);
            return;
        }
        let more = |calm| (calm < CALM).then_some(calm + 1);
        let before = self
            .calm
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        if before == Ok(CALM - 1) {
            self.opened.notify_waiters();
        }
    }

    /// The snapshot store failed, or did not answer in time.
    pub(crate) fn open(&self) {
        self.calm.store(CALM, Ordering::Release);
        self.opened.notify_waiters();
    }
}
