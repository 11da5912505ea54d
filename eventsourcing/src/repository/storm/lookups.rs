//! In a storm loads take turns to look for snapshots.
//!
//! A storm is told from the answers: many loads meet stale rows. A turn is for the processor, not for the snapshot store: if
//! that doesn't answer soon the next one begins, and if it fails, or doesn't answer within the deadline, nobody waits for
//! a turn any more.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{runtime::Handle, sync::Notify, time::timeout};

use super::{Permit, half_the_processors, pace::Permits};

/// What a load that met a stale row adds to the level; one that met none takes 1 from it. So the level rises while more than
/// one load in five meets one, and falls below that.
const STALE: u32 = 4;

/// From this level on loads take turns.
const STORM: u32 = 32;

/// The highest level: after a storm so many loads bring it down to nothing.
const HIGHEST: u32 = 64;

/// So many answers tell that a program doesn't begin in a storm. That it does the very first one tells, until others deny it.
const FIRST: u32 = 8;

/// As long as neither is known a turn is waited for no longer than this: a slow store is no storm. But where thousands of
/// loads begin at once, even the first answer is heard only after all of them have asked.
const PATIENCE: Duration = Duration::from_millis(100);

/// After this long the next one has its turn, answer or not.
const TURN: Duration = Duration::from_millis(2);

/// How many loads of one repository may look for a snapshot at once: any number, but in a storm, and for a moment before
/// the first answers. First come, first served.
#[derive(Debug)]
pub(crate) struct Lookups {
    level: AtomicU32,
    /// How many have answered, [`FIRST`] at most.
    answers: AtomicU32,
    turns: Permits,
    /// The last lookup with a turn took longer than [`TURN`].
    is_slow: AtomicBool,
    /// There is no storm any more, or the snapshot store fails or hangs: nobody is to wait behind those who wait for it.
    opened: Notify,
}

/// A turn to look for a snapshot, until it is dropped.
pub(crate) struct Turn<'a> {
    lookups: &'a Lookups,
    permit: Option<Permit>,
    /// The store answers: it was for others, not for the store, that this one was waited for.
    pub(crate) is_in_order: bool,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            level: AtomicU32::new(0),
            answers: AtomicU32::new(0),
            turns: Permits::new(half_the_processors()),
            is_slow: AtomicBool::new(false),
            opened: Notify::new(),
        }
    }
}

impl Lookups {
    /// Waits for a turn, if there is need for turns.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        let at_once = |permit| self.a_turn(permit, false);
        if self.is_open() {
            return at_once(None);
        }
        if let Some(permit) = self.turns.try_acquire() {
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
                Ok(Either::Right((permit, _))) => return at_once(Some(permit)),
                Ok(Either::Left(_)) => return at_once(None),
                Err(_) if !self.is_storm() => return at_once(None),
                Err(_) => {}
            }
        }
        match turn.await {
            Either::Left(_) => at_once(None),
            Either::Right((permit, _)) => {
                self.a_turn(Some(permit), !self.is_slow.load(Ordering::Acquire))
            }
        }
    }

    fn a_turn(&self, permit: Option<Permit>, is_in_order: bool) -> Turn<'_> {
        Turn {
            lookups: self,
            permit,
            is_in_order,
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
    /// Looks. If that takes longer than a turn, the next one begins meanwhile.
    pub(crate) async fn look<T>(&mut self, look: impl Future<Output = T>) -> T {
        let mut look = pin!(look);
        if self.permit.is_some() && Handle::try_current().is_ok() {
            let found = timeout(TURN, &mut look).await;
            let is_slow = &self.lookups.is_slow;
            is_slow.store(found.is_err(), Ordering::Release);
            if let Ok(found) = found {
                return found;
            }
            if let Some(permit) = self.permit.take() {
                permit.hand_over();
            }
        }
        look.await
    }

    /// The load has looked: it met a stale row, or it didn't.
    pub(crate) fn saw(self, stale: bool) {
        let is_first = self.lookups.answers.load(Ordering::Acquire) == 0;
        self.lookups.set(1, |level| match stale {
            true if is_first => STORM,
            true => (level + STALE).min(HIGHEST),
            false => level.saturating_sub(1),
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
        let lookups = Lookups::default();
        assert_eq!(loads(&lookups, |number| number == 0).await, 1, "for once");
        let lookups = Lookups::default();
        assert_eq!(loads(&lookups, |_| true).await, 999, "from the first on");
        assert_eq!(loads(&lookups, |number| number % 2 == 0).await, 1_000);
        assert_eq!(loads(&lookups, |_| false).await, 32, "from 63 down");
        loads(&lookups, |_| true).await;
        lookups.turn().await.was_troubled();
        assert!(!lookups.is_storm());
    }
}
