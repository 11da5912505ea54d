//! Storm control: after a bump of the schema every load of a hot stream would replay at once, and leave nothing for others.
//!
//! Two bounds. Loads that replay because their snapshots are stale take permits, for as long as they replay. And while many
//! loads meet stale rows, those of the type look for snapshots a few at a time: thousands that ask at once would stand
//! before everybody else's reads in the store's queue. Waiting for a turn is waiting for the snapshot store: it ends with
//! the deadline.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    runtime::Handle,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};

/// How many loads may replay at once because their snapshots are stale: half the processors, at least one. First come,
/// first served; shared by the repositories of one application.
#[derive(Debug, Clone)]
pub(crate) struct Storm(Arc<Permits>);

#[derive(Debug)]
struct Permits {
    all: Arc<Semaphore>,
    /// The last snapshot that was stored with a permit took longer than [`PATIENCE`].
    is_slow: AtomicBool,
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Default for Storm {
    fn default() -> Self {
        Self(Arc::new(Permits {
            all: Arc::new(Semaphore::new((processors() / 2).max(1))),
            is_slow: AtomicBool::new(false),
        }))
    }
}

impl Storm {
    /// Waits for a turn, if that is wanted.
    pub(crate) async fn permit(&self, wanted: bool) -> Option<OwnedSemaphorePermit> {
        if !wanted {
            return None;
        }
        Arc::clone(&self.0.all).acquire_owned().await.ok()
    }

    /// Stores a snapshot and keeps the permit meanwhile, so that what one load costs is done before the next begins; but
    /// not for a store that is slow with it: nobody is to wait behind that.
    pub(crate) async fn keep(
        &self,
        permit: Option<OwnedSemaphorePermit>,
        work: impl Future<Output = ()>,
    ) {
        let mut work = pin!(work);
        if permit.is_some() && Handle::try_current().is_ok() {
            let permit = permit.filter(|_| !self.0.is_slow.load(Ordering::Relaxed));
            let is_done = timeout(PATIENCE, &mut work).await.is_ok();
            self.0.is_slow.store(!is_done, Ordering::Relaxed);
            drop(permit);
            if is_done {
                return;
            }
        }
        work.await;
    }
}

/// What a load that met a stale row adds to the level; one that met none takes 1 from it. So the level rises while more than
/// one load in five meets one, and falls below that.
const STALE: u32 = 4;

/// From this level on loads take turns.
const STORM: u32 = 32;

/// The highest level: after a storm so many loads bring it down to nothing.
const HIGHEST: u32 = 64;

/// So many answers tell whether a program begins in a storm.
const FIRST: u32 = 32;

/// As long as that isn't known a turn is waited for no longer than this: a slow store is no storm. And so long a permit is
/// kept while a snapshot is stored.
const PATIENCE: Duration = Duration::from_millis(20);

/// How many loads of one repository may look for a snapshot at once: any number, but in a storm, and for a moment before
/// the first answers. First come, first served.
#[derive(Debug)]
pub(crate) struct Lookups {
    level: AtomicU32,
    /// How many have answered, [`FIRST`] at most.
    answers: AtomicU32,
    turns: Semaphore,
    /// There is no storm any more, or the snapshot store fails or hangs: nobody is to wait behind those who wait for it.
    opened: Notify,
}

/// A turn to look for a snapshot, until it is dropped.
pub(crate) struct Turn<'a> {
    lookups: &'a Lookups,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            level: AtomicU32::new(0),
            answers: AtomicU32::new(0),
            turns: Semaphore::new(processors() * 2),
            opened: Notify::new(),
        }
    }
}

impl Lookups {
    /// Waits for a turn, if there is need for turns.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        let at_once = |permit| Turn {
            lookups: self,
            _permit: permit,
        };
        if self.is_open() {
            return at_once(None);
        }
        if let Ok(permit) = self.turns.try_acquire() {
            return at_once(Some(permit));
        }
        let mut opened = pin!(self.opened.notified());
        // Before looking again: no opening is missed in between.
        opened.as_mut().enable();
        if self.is_open() {
            return at_once(None);
        }
        let acquired = pin!(self.turns.acquire());
        let mut turn = select(opened, acquired);
        // Without a runtime, as in `testing::Given`, there is no clock to end a wait by.
        if !self.is_storm() && Handle::try_current().is_ok() {
            match timeout(PATIENCE, &mut turn).await {
                Ok(Either::Right((permit, _))) => return at_once(permit.ok()),
                Ok(Either::Left(_)) => return at_once(None),
                Err(_) if !self.is_storm() => return at_once(None),
                Err(_) => {}
            }
        }
        match turn.await {
            Either::Left(_) => at_once(None),
            Either::Right((permit, _)) => at_once(permit.ok()),
        }
    }

    /// Whether nobody needs a turn.
    fn is_open(&self) -> bool {
        !self.is_storm() && self.answers.load(Ordering::Acquire) >= FIRST
    }

    fn is_storm(&self) -> bool {
        self.level.load(Ordering::Acquire) >= STORM
    }

    /// Changes the level; whoever waits goes on if nobody needs a turn any more.
    fn set(&self, answers: u32, change: impl Fn(u32) -> u32) {
        let was_open = self.is_open();
        let changed = |level| Some(change(level));
        let more = |before: u32| (before < FIRST).then_some(FIRST.min(before + answers));
        // It can't fail: `changed` always gives a level. That of `more` fails when there are enough.
        let _ = (self.level).fetch_update(Ordering::AcqRel, Ordering::Acquire, changed);
        let _ = (self.answers).fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        if !was_open && self.is_open() {
            self.opened.notify_waiters();
        }
    }
}

impl Turn<'_> {
    /// The load has looked: it met a stale row, or it didn't.
    pub(crate) fn saw(self, stale: bool) {
        self.lookups.set(1, |level| {
            if stale {
                (level + STALE).min(HIGHEST)
            } else {
                level.saturating_sub(1)
            }
        });
    }

    /// The snapshot store failed, or did not answer in time.
    pub(crate) fn was_troubled(self) {
        self.lookups.set(FIRST, |_| 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn loads(lookups: &Lookups, stale: impl Fn(u32) -> bool) -> u32 {
        let mut in_storm = 0;
        for number in 0..1_000 {
            in_storm += u32::from(lookups.is_storm());
            lookups.turn().await.saw(stale(number));
        }
        in_storm
    }

    #[tokio::test]
    async fn a_share_of_stale_rows_makes_a_storm() {
        let lookups = Lookups::default();
        assert_eq!(loads(&lookups, |_| false).await, 0);
        assert_eq!(loads(&lookups, |number| number % 10 == 0).await, 0, "a few");
        assert_eq!(loads(&lookups, |_| true).await, 992, "from the ninth on");
        assert_eq!(loads(&lookups, |number| number % 2 == 0).await, 1_000);
        assert_eq!(loads(&lookups, |_| false).await, 32, "from 63 down");
        loads(&lookups, |_| true).await;
        lookups.turn().await.was_troubled();
        assert!(!lookups.is_storm());
    }
}
