//! A bump of the schema version: every stream of one type has to be replayed. What do the loads of another type notice?

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use eventsourcing::{
    Aggregate, Application, Repository, SnapshotPolicy, snapshot::SnapshotMiss, store::SqliteStore,
};
use futures_util::{StreamExt, stream};
use hdrhistogram::Histogram;
use tokio::runtime::Runtime;

use crate::{
    Result,
    domain::{booked, hot_1, hot_2, hot_3, hot_4, hot_5, hot_6, opened, other},
    open_loop::open_loop,
};

const HOT: u64 = 10_000;
const OTHERS: u64 = 1_000;
const EVENTS: i64 = 100;
const LEAST: Duration = Duration::from_secs(3);

struct Setup<'a> {
    runtime: &'a Runtime,
    application: Application,
    others: Repository<other::Account>,
    /// Requests a second.
    rate: f64,
}

pub(crate) fn run(runtime: &Runtime) -> Result {
    println!("# A bump over {HOT} streams of {EVENTS} events");
    let folder = tempfile::tempdir()?;
    let application = runtime.block_on(async {
        let store = SqliteStore::open(folder.path().join("storm.db")).await?;
        let policy = SnapshotPolicy::every(50);
        Application::builder(store).snapshots(policy).build()
    })?;
    let hot = application.repository::<hot_1::Account>()?;
    let others = application.repository::<other::Account>()?;
    runtime.block_on(async {
        fill!(hot, HOT);
        fill!(others, OTHERS);
        Ok::<_, eventsourcing::Error>(())
    })?;
    let capacity = runtime.block_on(capacity(&others))?;
    println!("capacity of the other type's loads: {capacity:.0} a second; asked for a quarter");
    let setup = Setup {
        runtime,
        application,
        others,
        rate: capacity / 4.0,
    };
    let mut ratios = [
        bump::<hot_2::Account>(&setup)?,
        bump::<hot_3::Account>(&setup)?,
        bump::<hot_4::Account>(&setup)?,
        bump::<hot_5::Account>(&setup)?,
        bump::<hot_6::Account>(&setup)?,
    ];
    ratios.sort_by(f64::total_cmp);
    println!(
        "p99 during the bump / p99 before it, median of 5: {:.2}\n",
        ratios[2]
    );
    Ok(())
}

/// Stores `$count` streams, each in one save.
macro_rules! fill {
    ($repository:expr, $count:expr) => {
        stream::iter(0..$count)
            .map(|id| {
                let repository = $repository.clone();
                async move {
                    let mut root = repository.create(id, opened());
                    for amount in 1..EVENTS {
                        root.record(booked(amount));
                    }
                    repository.save(&mut root).await.map(|_| ())
                }
            })
            .buffer_unordered(64)
            .for_each(async |saved| saved.expect("the file can be written"))
            .await
    };
}
use fill;

/// How many loads a second 16 callers get who do nothing else.
async fn capacity(others: &Repository<other::Account>) -> Result<f64> {
    let (begun, loads) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let callers = (0..16).map(|_| {
        let (others, loads) = (others.clone(), Arc::clone(&loads));
        tokio::spawn(async move {
            while begun.elapsed() < LEAST {
                let number = loads.fetch_add(1, Ordering::Relaxed);
                let _ = others.load(number * 7 % OTHERS).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await?;
    }
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 loads")]
    Ok(loads.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

/// The other type's latencies before a bump, and while all hot streams are loaded at once behind it.
fn bump<A: Aggregate<Id = u64>>(setup: &Setup<'_>) -> Result<f64> {
    let others = |number: u64| {
        let others = setup.others.clone();
        async move {
            others.load(number * 7 % OTHERS).await.expect("it is there");
        }
    };
    let always = AtomicBool::new(true);
    let before = open_loop(setup.runtime, setup.rate, LEAST, &always, others)?;
    let hot = setup.application.repository::<A>()?;
    let done = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let storm = setup.runtime.spawn({
        let (hot, done) = (hot.clone(), Arc::clone(&done));
        async move {
            let loads = (0..HOT).map(|id| {
                let hot = hot.clone();
                tokio::spawn(async move { hot.load(id).await.map(|_| ()) })
            });
            for load in loads.collect::<Vec<_>>() {
                load.await.expect("no panic").expect("it is there");
            }
            let took = begun.elapsed();
            done.store(true, Ordering::Relaxed);
            took
        }
    });
    let during = open_loop(setup.runtime, setup.rate, Duration::ZERO, &done, others)?;
    let took = setup.runtime.block_on(storm)?;
    let stats = hot.snapshot_stats();
    setup.runtime.block_on(hot.await_pending_snapshots());
    let ratio = ratio(
        during.value_at_quantile(0.99),
        before.value_at_quantile(0.99),
    );
    println!(
        "before {}; during {}; p99 {ratio:.2} times; all {HOT} loaded in {took:.1?}, {} replayed",
        line(&before),
        line(&during),
        stats.missed(SnapshotMiss::StaleSchema),
    );
    Ok(ratio)
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of hours fit")]
fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}

fn line(latencies: &Histogram<u64>) -> String {
    let at = |quantile| Duration::from_nanos(latencies.value_at_quantile(quantile));
    format!(
        "p50 {:.0?} p99 {:.0?} p99.9 {:.0?} of {}",
        at(0.5),
        at(0.99),
        at(0.999),
        latencies.len()
    )
}
