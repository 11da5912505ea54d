//! How much is verified, how fast, and until when. Time is tokio's, paused.

use std::{sync::Arc, time::Duration};

use eventsourcing::{
    EventStore, prelude::*, repository::RepositoryBuilder, testing::CountingStore,
};
use tokio::time::{Instant, sleep};

use crate::{
    domain::{Ledger, bookings, opened},
    saving::{id, saved},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

/// Ten streams of a hundred events, each with a snapshot of its head.
async fn ten(store: &MemoryStore) -> Vec<String> {
    let ledgers = every(store.clone(), 100);
    let ids: Vec<String> = (0..10).map(|number| format!("ledger {number}")).collect();
    for id in &ids {
        let mut root = ledgers.create(id.clone(), opened());
        root.record(bookings(1, 99));
        ledgers.save(&mut root).await.unwrap();
    }
    ids
}

fn verifying(store: impl EventStore, budget: u32) -> RepositoryBuilder<Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::every(100))
        .verify_snapshots(1.0)
        .verification_budget(budget)
}

/// Ten loads a second for half a minute: verification replays no more than its budget, plus the page it may have begun.
#[tokio::test(start_paused = true)]
async fn the_budget_bounds_what_is_replayed() {
    let store = MemoryStore::new();
    let ids = ten(&store).await;
    for budget in [7, 50, 400] {
        let counting = CountingStore::new(store.clone());
        let ledgers = verifying(counting.clone(), budget).build().unwrap();
        let (start, mut loads) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_secs(30) {
            ledgers.load(&ids[loads % 10]).await.unwrap();
            loads += 1;
            sleep(Duration::from_millis(100)).await;
        }
        // A load reads one row: the snapshot's anchor.
        let replayed = counting.take().events_read.rows - loads as u64;
        let most = u64::from(budget) * 31;
        assert!(replayed <= most, "{budget}: {replayed} of {most}");
        // It isn't idle either: what was begun, and the tenth of a second until the next load.
        assert!(replayed >= most / 2, "{budget}: {replayed} of {most}");
        let stats = ledgers.snapshot_stats();
        assert!(stats.skipped > 0 && stats.verified > 0, "{stats:?}");
        let running = loads as u64 - stats.verified - stats.skipped;
        assert!(running <= 1, "{stats:?}");
        assert_eq!(stats.differences + stats.undecided, 0);
    }
}

/// However many loads there are at once, one is verified.
#[tokio::test(start_paused = true)]
async fn one_at_a_time() {
    let store = MemoryStore::new();
    let ids = ten(&store).await;
    let counting = CountingStore::new(store);
    let ledgers = verifying(counting.clone(), 1_000_000).build().unwrap();
    let loads = ids.iter().map(|id| ledgers.load(id));
    futures_util::future::try_join_all(loads).await.unwrap();
    ledgers.await_verification().await;
    let stats = ledgers.snapshot_stats();
    assert_eq!((stats.verified, stats.skipped), (1, 9));
    assert_eq!(counting.take().events_read.rows, 10 + 100);
}

/// Off is off: by default, and with a share of 0.
pub(crate) async fn a_share_of_zero_costs_nothing(store: Store) {
    let root = saved(&every(Arc::clone(&store), 10), 19).await;
    let counting = CountingStore::new(Arc::clone(&store));
    let off = Repository::<Ledger>::builder(counting.clone()).verify_snapshots(0.0);
    let off = off.build().unwrap();
    for _ in 0..100 {
        assert_eq!(off.load(id()).await.unwrap().state(), root.state());
    }
    off.await_verification().await;
    let read = counting.take();
    assert_eq!(
        (read.events_read.rows, read.snapshots_read.rows),
        (100, 100)
    );
    let stats = off.snapshot_stats();
    assert_eq!((stats.hits, stats.verified, stats.skipped), (100, 0, 0));
}

/// A share is a share, wherever the repository begins to pick: within six standard deviations.
pub(crate) async fn a_share_is_sampled(store: Store) {
    saved(&every(Arc::clone(&store), 10), 9).await;
    let ledgers = Repository::<Ledger>::builder(store)
        .verify_snapshots(0.25)
        .verification_budget(1_000_000);
    let ledgers = ledgers.build().unwrap();
    for _ in 0..400 {
        ledgers.load(id()).await.unwrap();
        ledgers.await_verification().await;
    }
    let stats = ledgers.snapshot_stats();
    let sampled = stats.verified + stats.skipped;
    assert!((48..=152).contains(&sampled), "{stats:?}");
}

/// Programs that end after a load: some of them verify, and some don't.
#[tokio::test]
async fn repositories_pick_different_loads() {
    let store = MemoryStore::new();
    saved(&every(store.clone(), 10), 9).await;
    let mut sampled = 0;
    for _ in 0..100 {
        let ledgers = Repository::<Ledger>::builder(store.clone()).verify_snapshots(0.5);
        let ledgers = ledgers.build().unwrap();
        ledgers.load(id()).await.unwrap();
        ledgers.await_verification().await;
        let stats = ledgers.snapshot_stats();
        sampled += stats.verified + stats.skipped;
    }
    assert!((20..=80).contains(&sampled), "{sampled}");
}

/// A second's worth of events each second: at one a second a hundred take long enough to end it.
#[tokio::test(start_paused = true)]
async fn closing_ends_it() {
    let store = MemoryStore::new();
    let ids = ten(&store).await;
    let counting = CountingStore::new(store);
    let app = Application::builder(counting.clone())
        .snapshots(SnapshotPolicy::every(100))
        .aggregate::<Ledger>(|ledgers| ledgers.verify_snapshots(1.0).verification_budget(1))
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    ledgers.load(&ids[0]).await.unwrap();
    sleep(Duration::from_secs(5)).await;
    app.close().await;
    ledgers.await_verification().await;
    assert_eq!(ledgers.snapshot_stats().skipped, 1);
    counting.take();
    ledgers.load(&ids[1]).await.unwrap();
    sleep(Duration::from_secs(1_000)).await;
    assert_eq!(counting.take().events_read.rows, 1);
    let stats = ledgers.snapshot_stats();
    assert_eq!((stats.verified, stats.skipped), (0, 2));
}

/// Nobody has the repository any more: nobody would hear of it.
#[tokio::test(start_paused = true)]
async fn dropping_the_repository_ends_it() {
    let store = MemoryStore::new();
    let ids = ten(&store).await;
    let counting = CountingStore::new(store);
    let ledgers = verifying(counting.clone(), 1).build().unwrap();
    ledgers.load(&ids[0]).await.unwrap();
    sleep(Duration::from_millis(4_500)).await;
    assert_eq!(counting.take().events_read.rows, 1 + 5);
    drop(ledgers);
    sleep(Duration::from_secs(1_000)).await;
    assert_eq!(counting.take().events_read.rows, 0);
}
