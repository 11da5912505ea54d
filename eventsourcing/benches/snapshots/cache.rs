//! The state cache against the snapshot that it spares.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use eventsourcing::{
    Aggregate, Repository, SnapshotPolicy, repository::StateCache, store::SqliteStore,
};
use hdrhistogram::Histogram;

use crate::{
    Result,
    domain::{Changed, Filled, Large, booked, opened, other::Account},
    open_loop::{histogram, nanoseconds},
};

const ROUNDS: usize = 10;
const LOADS: usize = 200;

/// Loads with and without the cache, in turn.
pub(crate) async fn run() -> Result {
    println!(
        "# A cached state against its snapshot, p50 of {ROUNDS} rounds of {LOADS} loads in turn"
    );
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("cache.db")).await?;

    let (plain, cached) = pair::<Large>(&store)?;
    let mut root = plain.create(1, Filled { rows: 7_500 });
    plain.save(&mut root).await?;
    root.record(Changed { at: 1 });
    plain.save(&mut root).await?;
    plain.create_snapshot(&root).await?;
    compare("600 KB", &plain, &cached).await?;

    let (plain, cached) = pair::<Account>(&store)?;
    let mut root = plain.create(1, opened());
    for amount in 1..10 {
        root.record(booked(amount));
    }
    plain.save(&mut root).await?;
    plain.create_snapshot(&root).await?;
    compare("small", &plain, &cached).await?;
    println!();
    Ok(())
}

fn pair<A: Aggregate>(store: &SqliteStore) -> Result<(Repository<A>, Repository<A>)> {
    let plain = Repository::<A>::builder(store.clone()).build()?;
    let cached = Repository::<A>::builder(store.clone())
        .cache(StateCache::entries(100))
        .build()?;
    Ok((plain, cached))
}

async fn compare<A: Aggregate<Id = u64>>(
    what: &str,
    plain: &Repository<A>,
    cached: &Repository<A>,
) -> Result {
    cached.load(1).await?;
    let (mut through_snapshot, mut through_cache) = (histogram()?, histogram()?);
    for _ in 0..ROUNDS {
        time(plain, &mut through_snapshot).await?;
        time(cached, &mut through_cache).await?;
    }
    let p50 = |of: &Histogram<u64>| Duration::from_nanos(of.value_at_quantile(0.5));
    let (snapshot, cache) = (p50(&through_snapshot), p50(&through_cache));
    println!(
        "{what}: snapshot {snapshot:.1?}, cache {cache:.1?}, {:.2} times faster (snapshots used {}, states {})",
        snapshot.as_secs_f64() / cache.as_secs_f64(),
        plain.snapshot_stats().hits,
        cached.snapshot_stats().cached,
    );
    Ok(())
}

async fn time<A: Aggregate<Id = u64>>(
    repository: &Repository<A>,
    latencies: &mut Histogram<u64>,
) -> Result {
    for _ in 0..LOADS {
        let begun = Instant::now();
        let root = repository.load(1).await?;
        latencies.saturating_record(nanoseconds(begun.elapsed()));
        drop(root);
    }
    Ok(())
}

/// 8 readers and 2 writers for a minute, all through one cache: no torn state, no stale success.
pub(crate) async fn minute() -> Result {
    const STREAMS: u64 = 16;
    println!("# 8 readers and 2 writers over {STREAMS} streams for a minute, through a cache");
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("minute.db")).await?;
    let accounts = Repository::<Account>::builder(store.clone())
        .snapshots(SnapshotPolicy::every(100))
        .cache(StateCache::entries(STREAMS / 2))
        .build()?;
    // What has been acknowledged of each stream: a load that begins later must show it.
    let acknowledged: Arc<Vec<AtomicI64>> = Arc::new((0..STREAMS).map(|_| 0.into()).collect());
    for id in 0..STREAMS {
        accounts.save(&mut accounts.create(id, opened())).await?;
    }
    let (torn, stale, loads) = <(Arc<AtomicU64>, Arc<AtomicU64>, Arc<AtomicU64>)>::default();
    let end = Instant::now() + Duration::from_secs(60);
    let mut tasks = Vec::new();
    for reader in 0..8_u64 {
        let accounts = accounts.clone();
        let acknowledged = Arc::clone(&acknowledged);
        let (torn, stale, loads) = (Arc::clone(&torn), Arc::clone(&stale), Arc::clone(&loads));
        tasks.push(tokio::spawn(async move {
            let mut random = reader;
            while Instant::now() < end {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let id = (random >> 33) % STREAMS;
                let known = acknowledged[usize::try_from(id)?].load(Ordering::SeqCst);
                let root = accounts.load(id).await?;
                let bookings = &root.bookings;
                // Each booking is of 1: count, balance and version say the same.
                let count = i64::try_from(bookings.count)?;
                let whole = count == bookings.balance && root.version() == bookings.count + 1;
                torn.fetch_add(u64::from(!whole), Ordering::Relaxed);
                stale.fetch_add(u64::from(count < known), Ordering::Relaxed);
                loads.fetch_add(1, Ordering::Relaxed);
            }
            Result::Ok(())
        }));
    }
    for writer in 0..2_u64 {
        let accounts = accounts.clone();
        let acknowledged = Arc::clone(&acknowledged);
        tasks.push(tokio::spawn(async move {
            let mut random = writer;
            while Instant::now() < end {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let id = (random >> 33) % STREAMS;
                let saved = accounts
                    .execute(id, |_| Ok::<_, std::convert::Infallible>(booked(1)))
                    .await?;
                let count = i64::try_from(saved.version.get())? - 1;
                acknowledged[usize::try_from(id)?].fetch_max(count, Ordering::SeqCst);
            }
            Result::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    // Every success is stored, once.
    let uncached = Repository::<Account>::builder(store)
        .ignore_snapshots()
        .build()?;
    let (mut lost, mut events) = (0, 0);
    for (id, known) in (0..).zip(acknowledged.iter()) {
        let root = uncached.load(id).await?;
        lost += u64::from(i64::try_from(root.bookings.count)? != known.load(Ordering::SeqCst));
        events += root.bookings.count;
    }
    println!(
        "{} loads ({} through cached states), {events} events: {} torn, {} stale, {lost} streams with lost or doubled events\n",
        loads.load(Ordering::Relaxed),
        accounts.snapshot_stats().cached,
        torn.load(Ordering::Relaxed),
        stale.load(Ordering::Relaxed),
    );
    Ok(())
}
