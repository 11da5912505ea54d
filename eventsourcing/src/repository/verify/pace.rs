//! Which loads are verified, and how fast: no lock, so that a load asks for nothing but an atomic.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Picks a share of what it is asked for, and none of a rhythm that the loads may have.
#[derive(Debug)]
pub(super) struct Sampler {
    /// Of 2³².
    share: u64,
    asked: AtomicU64,
}

impl Sampler {
    /// A share above 0, at most 1. Begins anywhere: processes that end after a few loads would all pick the same ones,
    /// or none.
    pub(super) fn new(share: f64) -> Self {
        Self::from(share, fastrand::u64(..))
    }

    fn from(share: f64, asked: u64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 1"
        )]
        let share = (share * f64::from(u32::MAX)).ceil() as u64;
        Self {
            // All of them, not all but one of 2³².
            share: if share >= u64::from(u32::MAX) {
                1 << 32
            } else {
                share
            },
            asked: AtomicU64::new(asked),
        }
    }

    pub(super) fn picks(&self) -> bool {
        mixed(self.asked.fetch_add(1, Ordering::Relaxed)) >> 32 < self.share
    }
}

/// The mixing of splitmix64: numbers in a row become numbers without one.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// At most so many events a second: what was replayed is paid for by waiting before the next page.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: u32,
    began: Instant,
    /// When what was replayed is paid for: microseconds since `began`.
    paid: AtomicU64,
}

impl Pace {
    /// At least 1.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second: per_second.max(1),
            began: Instant::now(),
            paid: AtomicU64::new(0),
        }
    }

    /// How many events to read at once: no more than a second's.
    pub(super) fn page(&self, most: usize) -> usize {
        most.min(usize::try_from(self.per_second).unwrap_or(most))
    }

    /// Whether something is still to be paid for.
    pub(super) fn is_spent(&self) -> bool {
        self.paid.load(Ordering::Relaxed) > self.now()
    }

    /// Until everything is paid for.
    pub(super) async fn wait(&self) {
        if self.is_spent() {
            let paid = Duration::from_micros(self.paid.load(Ordering::Relaxed));
            sleep_until(self.began + paid).await;
        }
    }

    /// So many were replayed. One verification at a time: nobody else writes.
    pub(super) fn charge(&self, events: usize) {
        let cost = (events as u64).saturating_mul(1_000_000) / u64::from(self.per_second);
        let from = self.paid.load(Ordering::Relaxed).max(self.now());
        self.paid
            .store(from.saturating_add(cost), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(share: f64, of: usize) -> usize {
        let sampler = Sampler::from(share, 0);
        (0..of).filter(|_| sampler.picks()).count()
    }

    #[test]
    fn a_share_is_picked() {
        assert_eq!(picked(1.0, 10_000), 10_000);
        for (share, least, most) in [(0.5, 4_800, 5_200), (0.1, 900, 1_100), (0.01, 70, 130)] {
            let picked = picked(share, 10_000);
            assert!((least..=most).contains(&picked), "{share}: {picked}");
        }
        assert!(Sampler::new(f64::MIN_POSITIVE).share > 0);
    }

    /// What each of many programs does that end after one load: a third of them verifies, not all or none.
    #[test]
    fn short_lived_programs_pick_too() {
        let picks = |_: &u32| Sampler::new(0.3).picks();
        let picked = (0..10_000).filter(picks).count();
        assert!((2_700..3_300).contains(&picked), "{picked}");
        assert!((0..100).all(|_| Sampler::new(1.0).picks()));
    }

    /// The place where it begins makes no difference to the share.
    #[test]
    fn the_share_holds_wherever_it_begins() {
        for from in [1, 1 << 40, u64::MAX - 50_000] {
            let sampler = Sampler::from(0.01, from);
            let picked = (0..100_000).filter(|_| sampler.picks()).count();
            assert!((850..1_150).contains(&picked), "{from}: {picked}");
        }
    }

    /// Two streams that are loaded in turn are both seen.
    #[test]
    fn a_rhythm_hides_nothing() {
        let sampler = Sampler::from(0.5, 0);
        let picks: Vec<bool> = (0..1_000).map(|_| sampler.picks()).collect();
        for first in [0, 1] {
            let of_one = picks.iter().skip(first).step_by(2);
            let picked = of_one.filter(|picked| **picked).count();
            assert!((200..300).contains(&picked), "{picked} of 500");
        }
    }
}
