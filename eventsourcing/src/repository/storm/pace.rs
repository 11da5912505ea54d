//! Permits that rest: who works with one while others wait for it does so in short spells, with pauses that are longer.
//!
//! What else runs on the processors is kept waiting for a whole spell where all of them are busy. That, not the share of
//! the time, is what the slowest requests of others show: `benches/snapshots` has the figures.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::{Instant, sleep},
};

/// The pause after a spell, in lengths of the spell.
const PAUSE: u32 = 2;

/// Shorter pauses are saved up.
const SHORTEST: Duration = Duration::from_micros(100);

/// Whatever was done, nobody waits for longer than this without anything being done.
const LONGEST: Duration = Duration::from_millis(50);

/// The runtime's timers are no finer than a millisecond; a shorter pause is kept by a thread.
const COARSE: Duration = Duration::from_millis(3);

/// First come, first served.
#[derive(Debug, Clone)]
pub(super) struct Permits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Nanoseconds of pauses that are still to be kept.
    owed: AtomicU64,
}

/// Until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    /// None if it was given back.
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
            waiting: AtomicUsize::new(0),
            owed: AtomicU64::new(0),
        }))
    }

    fn permit(&self, held: Option<OwnedSemaphorePermit>) -> Permit {
        Permit {
            held,
            shared: Arc::clone(&self.0),
            since: Instant::now(),
        }
    }

    /// One, if nobody has to be waited for.
    pub(super) fn try_acquire(&self) -> Option<Permit> {
        let permit = Arc::clone(&self.0.permits).try_acquire_owned().ok()?;
        Some(self.permit(Some(permit)))
    }

    pub(super) async fn acquire(&self) -> Permit {
        if let Some(permit) = self.try_acquire() {
            return permit;
        }
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.0.waiting);
        // It can't fail: nobody closes the semaphore.
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.ok();
        drop(waiting);
        self.permit(permit)
    }
}

impl Shared {
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

async fn rest(pause: Duration) {
    if pause >= COARSE {
        return sleep(pause).await;
    }
    // It fails only where the runtime shuts down.
    let _ = spawn_blocking(move || thread::sleep(pause)).await;
}

impl Permit {
    /// Whether others wait for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.shared.is_wanted()
    }

    /// Between two spells of work.
    pub(crate) async fn rest(&mut self) {
        if Handle::try_current().is_ok()
            && let Some(pause) = self.shared.pause(self.since.elapsed())
        {
            rest(pause).await;
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
        if let Some(pause) = self.shared.pause(self.since.elapsed())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
                rest(pause).await;
                drop(held);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{spawn, task::yield_now, time::advance};

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
        let spell = Duration::from_millis(7);
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
        assert_eq!(permits.0.pause(micros(20)), None);
        assert_eq!(permits.0.pause(micros(25)), None);
        assert_eq!(permits.0.pause(micros(10)), Some(micros(110)));
        assert_eq!(permits.0.pause(micros(49)), None, "nothing is left over");
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

    fn micros(count: u64) -> Duration {
        Duration::from_micros(count)
    }
}
