//! Requests at a fixed rate, whether or not earlier ones have been answered; each is timed from when it was due.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::runtime::Runtime;

use crate::Result;

/// Nanoseconds up to a minute, three digits.
pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(60_000_000_000, 3)?)
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Asks `request` `rate` times a second until `done` is set, and for `least` at least.
pub(crate) fn open_loop<F>(
    runtime: &Runtime,
    rate: f64,
    least: Duration,
    done: &AtomicBool,
    request: impl Fn(u64) -> F,
) -> Result<Histogram<u64>>
where
    F: Future<Output = ()> + Send + 'static,
{
    let latencies = Arc::new(Mutex::new(histogram()?));
    let begun = Instant::now();
    let mut asked = Vec::new();
    for number in 0_u64.. {
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 requests")]
        let due = begun + Duration::from_secs_f64(number as f64 / rate);
        if due.duration_since(begun) >= least && done.load(Ordering::Relaxed) {
            break;
        }
        if let Some(wait) = due.checked_duration_since(Instant::now()) {
            thread::sleep(wait);
        }
        let (answer, latencies) = (request(number), Arc::clone(&latencies));
        asked.push(runtime.spawn(async move {
            answer.await;
            let took = nanoseconds(due.elapsed());
            let mut latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
            latencies.saturating_record(took);
        }));
    }
    for it in asked {
        runtime.block_on(it)?;
    }
    let latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(latencies.clone())
}
