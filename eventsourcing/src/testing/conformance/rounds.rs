//! `Rounds`: how often a check does the same again. It ends after so many rounds or when their time is up, whichever comes
//! first, and the kit can say how far it came: a slow store is no broken one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// This many are run whatever time they take.
const AT_LEAST: u64 = 3;

/// How far the longest loop of a check came.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    at: AtomicU64,
    of: AtomicU64,
    ended: AtomicU64,
    ended_of: AtomicU64,
}

impl Progress {
    fn begin(&self, of: u64) {
        self.at.store(0, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }

    /// Where it is: round, of how many.
    pub(crate) fn at(&self) -> Option<(u64, u64)> {
        let of = self.of.load(Ordering::Relaxed);
        (of > 0).then(|| (self.at.load(Ordering::Relaxed), of))
    }

    /// What was left out because time was up: rounds that were run, of how many.
    pub(crate) fn ended_early(&self) -> Option<(u64, u64)> {
        let ended = self.ended.load(Ordering::Relaxed);
        (ended > 0).then(|| (ended, self.ended_of.load(Ordering::Relaxed)))
    }
}

/// The numbers of the rounds, from 0.
#[derive(Clone)]
pub(crate) struct Rounds {
    next: u64,
    of: u64,
    until: Instant,
    progress: Arc<Progress>,
}

impl Rounds {
    pub(crate) fn new(of: u64, until: Instant, progress: &Arc<Progress>) -> Self {
        progress.begin(of);
        Self {
            next: 0,
            of,
            until,
            progress: Arc::clone(progress),
        }
    }
}

impl Iterator for Rounds {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.next >= self.of {
            return None;
        }
        if self.next >= AT_LEAST && Instant::now() > self.until {
            self.progress.ended.store(self.next, Ordering::Relaxed);
            self.progress.ended_of.store(self.of, Ordering::Relaxed);
            return None;
        }
        let round = self.next;
        self.next += 1;
        self.progress.at.fetch_max(self.next, Ordering::Relaxed);
        Some(round)
    }
}

impl fmt::Debug for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {} of {}", self.next, self.of)
    }
}
