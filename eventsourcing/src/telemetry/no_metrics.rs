//! Without the feature `metrics`: nothing is counted, and no call site knows.

use super::{Count, Measure};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter;

#[expect(clippy::unused_self, reason = "as the one that counts")]
impl Meter {
    pub(crate) fn new(_: &'static str) -> Self {
        Self
    }

    pub(crate) fn count(self, _: Count) {}

    pub(crate) fn record(self, _: Measure, _: impl FnOnce() -> f64) {}

    pub(crate) fn queued(self) -> Queued {
        Queued
    }
}

#[cfg(feature = "postgres")]
#[derive(Debug)]
pub(crate) struct OrderMeter;

#[cfg(feature = "postgres")]
#[expect(clippy::unused_self, reason = "as the one that says something")]
impl OrderMeter {
    pub(crate) fn new(_: &str) -> Self {
        Self
    }

    pub(crate) fn saw(&self, _: u64, _: std::time::Duration) {}
}

/// Says nothing of a queue.
pub(crate) struct Queued;

/// As the one that says something: where it is dropped is what matters of it.
impl Drop for Queued {
    fn drop(&mut self) {}
}

#[derive(Clone, Copy)]
pub(crate) struct Stopwatch;

#[expect(clippy::unused_self, reason = "as the one that runs")]
impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self
    }

    pub(crate) fn seconds(self) -> f64 {
        0.0
    }
}
