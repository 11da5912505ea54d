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
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use futures_util::future::{Either, select};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

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

/// What a load that met a stale row adds to the level; one that met none takes 1 from it. So the level rises while more than
/// one load in five meets one, and falls below that.
const STALE: u32 = 4;

/// From this level on loads take turns.
const STORM: u32 = 32;

/// The highest level: after a storm so many loads bring it down to nothing.
const HIGHEST: u32 = 64;

/// How many loads of one repository may look for a snapshot at once: any number, but in a storm. First come, first served.
#[derive(Debug)]
pub(crate) struct Lookups {
    level: AtomicU32,
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
        if !self.is_storm() {
            return at_once(None);
        }
        if let Ok(permit) = self.turns.try_acquire() {
            return at_once(Some(permit));
        }
        let mut opened = pin!(self.opened.notified());
        // Before looking again: no opening is missed in between.
        opened.as_mut().enable();
        if !self.is_storm() {
            return at_once(None);
        }
        match select(opened, pin!(self.turns.acquire())).await {
            Either::Left(_) => at_once(None),
            Either::Right((permit, _)) => at_once(permit.ok()),
        }
    }

    fn is_storm(&self) -> bool {
        self.level.load(Ordering::Acquire) >= STORM
    }

    /// Changes the level; whoever waits goes on if that ends the storm.
    fn set(&self, change: impl Fn(u32) -> u32) {
        let changed = |level| Some(change(level));
        let before = (self.level).fetch_update(Ordering::AcqRel, Ordering::Acquire, changed);
        if before.is_ok_and(|level| level >= STORM && change(level) < STORM) {
            self.opened.notify_waiters();
        }
    }
}

impl Turn<'_> {
    /// The load has looked: it met a stale row, or it didn't.
    pub(crate) fn saw(self, stale: bool) {
        self.lookups.set(|level| {
            if stale {
                (level + STALE).min(HIGHEST)
            } else {
                level.saturating_sub(1)
            }
        });
    }

    /// The snapshot store failed, or did not answer in time.
    pub(crate) fn was_troubled(self) {
        self.lookups.set(|_| 0);
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
        assert_eq!(loads(&lookups, |_| false).await, 33);
        loads(&lookups, |_| true).await;
        lookups.turn().await.was_troubled();
        assert!(!lookups.is_storm());
    }
}
