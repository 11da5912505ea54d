//! One call, again and again for a while, each answer looked at.

use std::{future::Future, time::Instant};

use super::Place;
use crate::{
    Result,
    domain::Totals,
    sample::{Checked, Latencies, Sample, peak_memory},
};

/// Loads at least three times.
pub(super) async fn repeat<T, F: Future<Output = Result<T>>>(
    place: &Place,
    mut load: impl FnMut() -> F,
    judge: impl Fn(&T) -> Checked,
) -> Result<Sample> {
    let mut latencies = Latencies::new()?;
    let mut checked = Checked::default();
    // Pages are cached and statements prepared before it counts.
    load().await?;
    let end = Instant::now() + place.time();
    for loads in 0.. {
        if loads >= 3 && Instant::now() >= end {
            break;
        }
        let begun = Instant::now();
        let state = load().await?;
        latencies.since(begun);
        checked.add(judge(&state));
    }
    Ok(Sample {
        value: latencies.at(0.5).as_secs_f64() * 1e6,
        latencies: latencies.recorded(),
        peak_memory: peak_memory(),
        checked: Some(checked),
        ..Sample::default()
    })
}

/// Whether it is the state of an order with so many events.
pub(super) fn order_of(events: u64) -> impl Fn(&Totals) -> Checked {
    let wanted = Totals::after(events);
    move |totals| Checked {
        lost: 0,
        skipped: events.saturating_sub(totals.items),
        doubled: totals.items.saturating_sub(events),
        wrong: u64::from(*totals != wanted),
    }
}
