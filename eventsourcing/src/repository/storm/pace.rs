//! Permits that rest: who works with one while others wait for it does so in short spells, with pauses that are longer.
//!
//! What else runs on the processors is kept waiting for a whole spell where all of them are busy. That, not the share of
//! the time, is what the slowest requests of others show: `benches/snapshots` has the figures.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::{Instant, sleep, sleep_until, timeout},
};

/// The pause after a spell, in lengths of the spell.
const PAUSE: u32 = 2;

/// Shorter pauses are saved up: the runtime's timers are no finer.
const SHORTEST: Duration = Duration::from_millis(1);

/// Whatever was done, nobody waits for longer than this without anything being done: a page of events that took longer
/// was waited for, in a store across a network.
const LONGEST: Duration = Duration::from_millis(5);

/// Where no permit has changed hands for this long, whoever has one isn't polled, or waits for something that doesn't come:
/// who waits goes on without.
const STUCK: Duration = Duration::from_secs(5);

/// First come, first served.
#[derive(Debug, Clone)]
pub(super) struct Permits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    permits: Arc<Semaphore>,
    count: usize,
    waiting: AtomicUsize,
    /// Nanoseconds of pauses that are still to be kept.
    owed: AtomicU64,
    /// When the pause ends that the last one left to the next.
    not_before: Mutex<Option<Instant>>,
    /// Changes whenever somebody gets on.
    progress: AtomicU64,
}

/// Until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    /// None if it was given back, or never had.
    held: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
    since: Instant,
}

/// One who waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Permits {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Shared {
            permits: Arc::new(Semaphore::new(count)),
            count,
            waiting: AtomicUsize::new(0),
            owed: AtomicU64::new(0),
            not_before: Mutex::new(None),
            progress: AtomicU64::new(0),
        }))
    }

    pub(super) fn count(&self) -> usize {
        self.0.count
    }

    fn permit(&self, held: Option<OwnedSemaphorePermit>) -> Permit {
        self.0.progress.fetch_add(1, Ordering::Relaxed);
        Permit {
            held,
            shared: Arc::clone(&self.0),
            since: Instant::now(),
        }
    }

    /// One, if nobody has to be waited for.
    pub(super) fn try_acquire(&self) -> Option<Permit> {
        let held = Arc::clone(&self.0.permits).try_acquire_owned().ok()?;
        Some(self.permit(Some(held)))
    }

    pub(super) async fn acquire(&self) -> Permit {
        if let Some(permit) = self.try_acquire() {
            return permit;
        }
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.0.waiting);
        let held = self.0.wait().await;
        drop(waiting);
        let not_before = self.0.not_before().take();
        // Without a runtime there is no clock to keep a pause by.
        if let Some(end) = not_before.filter(|_| Handle::try_current().is_ok()) {
            sleep_until(end).await;
        }
        self.permit(held)
    }
}

impl Shared {
    fn not_before(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is a permit; none: nobody gets on.
    async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        let mut acquire = pin!(Arc::clone(&self.permits).acquire_owned());
        // It can't fail: nobody closes the semaphore.
        if Handle::try_current().is_err() {
            return acquire.await.ok();
        }
        let mut seen = self.progress.load(Ordering::Relaxed);
        loop {
            if let Ok(held) = timeout(STUCK, &mut acquire).await {
                return held.ok();
            }
            let progress = self.progress.load(Ordering::Relaxed);
            if progress == seen {
                return None;
            }
            seen = progress;
        }
    }

    fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// The pause after so much work, if anybody waits and it is long enough.
    fn pause(&self, worked: Duration) -> Option<Duration> {
        if !self.is_wanted() {
            self.owed.store(0, Ordering::Relaxed);
            return None;
        }
        let pause = worked.saturating_mul(PAUSE).as_nanos();
        let pause = u64::try_from(pause).unwrap_or(u64::MAX);
        let owed = self.owed.fetch_add(pause, Ordering::Relaxed);
        let owed = Duration::from_nanos(owed.saturating_add(pause));
        if owed < SHORTEST {
            return None;
        }
        self.owed.store(0, Ordering::Relaxed);
        Some(owed.min(LONGEST))
    }
}

impl Permit {
    /// Whether others wait for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.shared.is_wanted()
    }

    /// Between two spells of work.
    pub(crate) async fn rest(&mut self) {
        self.shared.progress.fetch_add(1, Ordering::Relaxed);
        match self.shared.pause(self.since.elapsed()) {
            Some(pause) if Handle::try_current().is_ok() => sleep(pause).await,
            _ => yield_now().await,
        }
        self.since = Instant::now();
    }

    /// Without a pause: it was others that worked.
    pub(super) fn hand_over(mut self) {
        self.held = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else {
            return;
        };
        self.shared.progress.fetch_add(1, Ordering::Relaxed);
        // It is for the next one to keep: nobody may poll what would be left behind here.
        if let Some(pause) = self.shared.pause(self.since.elapsed()) {
            *self.shared.not_before() = Some(Instant::now() + pause);
        }
        drop(held);
    }
}

#[cfg(test)]
mod tests {
    use tokio::{spawn, time::advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_permit_rests_while_somebody_waits() {
        let permits = Permits::new(1);
        let mut first = permits.acquire().await;
        let next = spawn({
            let permits = permits.clone();
            async move {
                let permit = permits.acquire().await;
                (Instant::now(), permit)
            }
        });
        yield_now().await;
        let spell = Duration::from_millis(2);
        advance(spell).await;
        let done = Instant::now();
        first.rest().await;
        assert_eq!(done.elapsed(), spell * PAUSE);
        advance(spell).await;
        let done = Instant::now();
        drop(first);
        let (begun, mut second) = next.await.expect("no panic");
        assert_eq!(begun - done, spell * PAUSE);
        advance(Duration::from_secs(1)).await;
        let done = Instant::now();
        second.rest().await;
        assert_eq!(done.elapsed(), Duration::ZERO, "nobody waits");
        drop(second);
        assert!(permits.try_acquire().is_some(), "nobody waits");
    }

    #[tokio::test]
    async fn short_pauses_are_saved_up_and_long_ones_end() {
        let permits = Permits::new(1);
        permits.0.waiting.store(1, Ordering::Relaxed);
        assert_eq!(permits.0.pause(micros(200)), None);
        assert_eq!(permits.0.pause(micros(250)), None);
        assert_eq!(permits.0.pause(micros(100)), Some(micros(1_100)));
        assert_eq!(permits.0.pause(micros(499)), None, "nothing is left over");
        assert_eq!(permits.0.pause(Duration::MAX), Some(LONGEST));
    }

    #[tokio::test]
    async fn who_no_longer_waits_is_not_counted() {
        let permits = Permits::new(1);
        let _first = permits.acquire().await;
        let acquire = permits.acquire();
        assert!(tokio::time::timeout(micros(1), acquire).await.is_err());
        assert_eq!(permits.0.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_somebody_who_is_not_polled_goes_on() {
        let permits = Permits::new(1);
        let _held = permits.acquire().await;
        let start = Instant::now();
        let permit = permits.acquire().await;
        assert!(permit.held.is_none());
        assert_eq!(start.elapsed(), STUCK);
        // As long as somebody gets on, it is waited for.
        let mut held = Permits::new(1).acquire().await;
        let others = Permits(Arc::clone(&held.shared));
        let waiter = spawn(async move { others.acquire().await.held.is_some() });
        for _ in 0..10 {
            advance(STUCK / 2).await;
            held.rest().await;
            held.since = Instant::now();
        }
        drop(held);
        assert!(waiter.await.expect("no panic"));
    }

    fn micros(count: u64) -> Duration {
        Duration::from_micros(count)
    }
}
