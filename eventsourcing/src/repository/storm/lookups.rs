//! In a storm loads take turns to look for snapshots.
//!
//! A storm is told from the answers: many loads meet stale rows. A turn is for the processor, not for the snapshot store: if
//! that doesn't answer soon the next one begins, and if it fails, or doesn't answer within the deadline, nobody waits for
//! a turn any more.

use std::{
    pin::pin,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    runtime::Handle,
    sync::Notify,
    time::{Instant, timeout},
};

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
const TURN: Duration = Duration::from_nanos(TURN_NANOS);
const TURN_NANOS: u64 = 2_000_000;

/// How many loads of one repository may look for a snapshot at once: any number, but in a storm, and for a moment before
/// the first answers. First come, first served.
#[derive(Debug)]
pub(crate) struct Lookups {
    level: AtomicU32,
    /// How many have answered, [`FIRST`] at most.
    answers: AtomicU32,
    turns: Permits,
    /// Nanoseconds of waiting for turns that were waiting for the snapshot store.
    slow: AtomicU64,
    /// How often it failed, or did not answer in time.
    troubles: AtomicU32,
    /// There is no storm any more, or the snapshot store fails or hangs: nobody is to wait behind those who wait for it.
    opened: Notify,
}

/// A turn to look for a snapshot, until it is dropped.
pub(crate) struct Turn<'a> {
    lookups: &'a Lookups,
    permit: Option<Permit>,
    /// How long it was waited for that was no waiting for the snapshot store.
    pub(crate) waited_for_others: Duration,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            level: AtomicU32::new(0),
            answers: AtomicU32::new(0),
            turns: Permits::new(half_the_processors()),
            slow: AtomicU64::new(0),
            troubles: AtomicU32::new(0),
            opened: Notify::new(),
        }
    }
}

impl Lookups {
    /// Waits for a turn, if there is need for turns.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        if self.is_open() {
            return self.a_turn(None);
        }
        if let Some(permit) = self.turns.try_acquire() {
            return self.a_turn(Some(permit));
        }
        let begun = Instant::now();
        let slow = self.slow.load(Ordering::Acquire);
        let troubles = self.troubles.load(Ordering::Acquire);
        let (permit, was_patient) = self.wait().await;
        let mut turn = self.a_turn(permit);
        if was_patient && self.troubles.load(Ordering::Acquire) == troubles {
            let slow = self.slow.load(Ordering::Acquire).saturating_sub(slow);
            let of_store = Duration::from_nanos(slow);
            turn.waited_for_others = begun.elapsed().saturating_sub(of_store);
        }
        turn
    }

    /// Also says whether it was worth the wait: no [`PATIENCE`] was lost.
    async fn wait(&self) -> (Option<Permit>, bool) {
        let mut opened = pin!(self.opened.notified());
        // Before looking again: no opening is missed in between.
        opened.as_mut().enable();
        if self.is_open() {
            return (None, true);
        }
        let acquired = pin!(self.turns.acquire());
        let mut turn = select(opened, acquired);
        // Without a runtime, as in `testing::Given`, there is no clock to end a wait by.
        if !self.is_storm() && Handle::try_current().is_ok() {
            match timeout(PATIENCE, &mut turn).await {
                Ok(Either::Right((permit, _))) => return (Some(permit), true),
                Ok(Either::Left(_)) => return (None, true),
                Err(_) if !self.is_storm() => return (None, false),
                Err(_) => {}
            }
        }
        match turn.await {
            Either::Left(_) => (None, true),
            Either::Right((permit, _)) => (Some(permit), true),
        }
    }

    fn a_turn(&self, permit: Option<Permit>) -> Turn<'_> {
        Turn {
            lookups: self,
            permit,
            waited_for_others: Duration::ZERO,
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
        // That of `more` fails when there are enough; that of `changed` can't.
        let changed = |level| Some(change(level));
        let more = |before: u32| (before < FIRST).then_some(FIRST.min(before + answers));
        let before = (self.level).fetch_update(Ordering::AcqRel, Ordering::Acquire, changed);
        let had = (self.answers).fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        let was_storm = before.is_ok_and(|level| level >= STORM);
        if (was_storm || had.is_ok()) && self.is_open() {
            self.opened.notify_waiters();
        }
    }
}

impl Turn<'_> {
    /// Looks. If that takes longer than a turn, the next one begins meanwhile.
    pub(crate) async fn look<T>(&mut self, look: impl Future<Output = T>) -> T {
        let mut look = pin!(look);
        if self.permit.is_some() && Handle::try_current().is_ok() {
            if let Ok(found) = timeout(TURN, &mut look).await {
                return found;
            }
            let Lookups { slow, turns, .. } = self.lookups;
            slow.fetch_add(TURN_NANOS / turns.count() as u64, Ordering::AcqRel);
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
        // Before anybody is woken by it.
        self.lookups.troubles.fetch_add(1, Ordering::AcqRel);
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
