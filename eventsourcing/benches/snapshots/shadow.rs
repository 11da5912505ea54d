//! What loads notice of shadow verification.

use std::time::{Duration, Instant};

use eventsourcing::{Repository, SnapshotPolicy, store::SqliteStore};
use hdrhistogram::Histogram;

use crate::{
    Result,
    domain::{booked, opened, other::Account},
    open_loop::{histogram, nanoseconds},
};

const STREAMS: u64 = 200;
const ROUNDS: u64 = 20;
const LOADS: u64 = 2_000;

/// Loads with and without verification, in turn.
pub(crate) async fn run() -> Result {
    println!(
        "# Loads through snapshots with 1 % verified, {ROUNDS} rounds of {LOADS} loads in turn"
    );
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("shadow.db")).await?;
    let off = Repository::<Account>::builder(store.clone())
        .snapshots(SnapshotPolicy::every(50))
        .build()?;
    let on = Repository::<Account>::builder(store)
        .snapshots(SnapshotPolicy::every(50))
        .verify_snapshots(0.01)
        .build()?;
    for id in 0..STREAMS {
        let mut root = off.create(id, opened());
        for amount in 1..101 {
            root.record(booked(amount));
        }
        off.save(&mut root).await?;
    }
    let (mut without, mut with) = (histogram()?, histogram()?);
    for _ in 0..ROUNDS {
        time(&off, &mut without).await?;
        time(&on, &mut with).await?;
    }
    let at = |of: &Histogram<u64>, quantile| Duration::from_nanos(of.value_at_quantile(quantile));
    let ratio = |quantile| at(&with, quantile).as_secs_f64() / at(&without, quantile).as_secs_f64();
    let stats = on.snapshot_stats();
    println!(
        "off p50 {:.1?} p99 {:.1?}; 1 % p50 {:.1?} p99 {:.1?}; p50 {:.3} times, p99 {:.3} times; {} verified, {} skipped, {} differences\n",
        at(&without, 0.5),
        at(&without, 0.99),
        at(&with, 0.5),
        at(&with, 0.99),
        ratio(0.5),
        ratio(0.99),
        stats.verified,
        stats.skipped,
        stats.differences,
    );
    Ok(())
}

async fn time(accounts: &Repository<Account>, latencies: &mut Histogram<u64>) -> Result {
    for number in 0..LOADS {
        let begun = Instant::now();
        let root = accounts.load(number * 7 % STREAMS).await?;
        latencies.saturating_record(nanoseconds(begun.elapsed()));
        drop(root);
    }
    Ok(())
}
