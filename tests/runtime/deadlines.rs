//! Who waits for snapshots, and for how long; who replays when many loads meet.

use std::{sync::Arc, thread, time::Duration};

use eventsourcing::{
    EventStore, MemoryStore,
    prelude::*,
    snapshot::{Newest, SnapshotInfo, SnapshotMiss},
    testing::{CountingStore, Fault, FaultPlan, FaultyStore, Operation},
};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::{
    domain::{Booked, Ledger, bumped, opened},
    saving::{id, saved},
    snapshot_faults::{key, newest, replace},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

const DEADLINE: Duration = Duration::from_millis(250);

/// From now on no call of the snapshot store is ever answered.
fn hang(faulty: &FaultyStore) {
    let of_snapshots = Operation::ALL.into_iter().filter(|of| of.is_of_snapshots());
    faulty.set_plan(of_snapshots.fold(FaultPlan::default(), |plan, operation| {
        plan.with(operation, Fault::Hang, 1.0)
    }));
}

fn repository(store: impl EventStore, mode: SnapshotMode) -> Repository<Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::every(1))
        .snapshot_mode(mode)
        .snapshot_deadline(DEADLINE)
        .build()
        .unwrap()
}

/// So many loads over stale snapshots, one after the other, are a storm.
const TURNS_TAKEN: u32 = 16;

/// A snapshot for each of so many ledgers.
async fn many(ledgers: &Repository<Ledger>, streams: u32) {
    for number in 0..streams {
        let mut root = ledgers.create(format!("ledger {number}"), opened());
        ledgers.save(&mut root).await.unwrap();
    }
}

fn bumped_over(store: &FaultyStore) -> Repository<bumped::Ledger> {
    Repository::builder(store.clone())
        .snapshots(SnapshotPolicy::every(1))
        .snapshot_deadline(DEADLINE)
        .build()
        .unwrap()
}

/// So many ledgers with stale snapshots, some of which were loaded, so that there is a storm.
async fn storm_over(streams: u32) -> (FaultyStore, Repository<bumped::Ledger>) {
    let store = MemoryStore::new();
    many(&repository(store.clone(), SnapshotMode::Sync), streams).await;
    let faulty = FaultyStore::new(store);
    let bumped = bumped_over(&faulty);
    for number in 0..TURNS_TAKEN {
        bumped.load(format!("ledger {number}")).await.unwrap();
    }
    (faulty, bumped)
}

#[tokio::test(start_paused = true)]
async fn a_hanging_store_delays_a_background_save_not_at_all() {
    let faulty = FaultyStore::new(MemoryStore::new());
    hang(&faulty);
    let ledgers = repository(faulty, SnapshotMode::Background);
    let start = Instant::now();
    for number in 0..1_000 {
        let mut root = ledgers.create(format!("ledger {number}"), opened());
        root.record(Booked { amount: 1 });
        ledgers.save(&mut root).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(ledgers.pending_snapshots(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_store_delays_a_sync_save_and_a_load_by_the_deadline() {
    let store = MemoryStore::new();
    let faulty = FaultyStore::new(store.clone());
    let ledgers = repository(faulty.clone(), SnapshotMode::Sync);
    let mut root = saved(&ledgers, 4).await;
    hang(&faulty);
    root.record(Booked { amount: 5 });
    let start = Instant::now();
    let committed = ledgers.save(&mut root).await.unwrap();
    assert_eq!(start.elapsed(), DEADLINE);
    assert_eq!(committed.version, 6);
    let start = Instant::now();
    let loaded = ledgers.load(id()).await.unwrap();
    assert_eq!(start.elapsed(), DEADLINE);
    assert_eq!(loaded.state(), root.state());
    let stats = ledgers.snapshot_stats();
    assert_eq!(stats.missed(SnapshotMiss::Deadline), 1);
    assert_eq!(stats.failed, 1);
}

/// Nobody waits behind those who wait for the snapshot store.
#[tokio::test(start_paused = true)]
async fn a_hanging_store_delays_loads_that_meet_by_the_deadline() {
    let store = MemoryStore::new();
    let faulty = FaultyStore::new(store.clone());
    let root = saved(&repository(store, SnapshotMode::Sync), 4).await;
    hang(&faulty);
    let ledgers = repository(faulty, SnapshotMode::Sync);
    let start = Instant::now();
    let loads = (0..200).map(|_| ledgers.load(id()));
    for loaded in join_all(loads).await {
        assert_eq!(loaded.unwrap().state(), root.state());
    }
    assert_eq!(start.elapsed(), DEADLINE);
    // Also those that begin to wait later, all of them together.
    let loads = (0..200).map(|_| ledgers.load(id()));
    join_all(loads).await;
    assert_eq!(start.elapsed(), DEADLINE * 2);
}

/// After a bump a few loads at a time ask the snapshot store, so that they don't fill its queue; without one all do.
#[tokio::test(start_paused = true)]
async fn loads_take_turns_in_a_storm() {
    const STREAMS: u32 = 300;
    const DELAY: Duration = Duration::from_millis(1);
    let (faulty, bumped) = storm_over(STREAMS).await;
    faulty.set_plan(FaultPlan::default().with(Operation::NewestSnapshot, Fault::Delay(DELAY), 1.0));
    let turns = u32::try_from(thread::available_parallelism().unwrap().get() / 2).unwrap();
    let start = Instant::now();
    let all = |number| bumped.load(format!("ledger {number}"));
    let loaded = join_all((TURNS_TAKEN..STREAMS).map(all)).await;
    assert!(loaded.iter().all(Result::is_ok));
    assert!(start.elapsed() >= DELAY * ((STREAMS - TURNS_TAKEN) / turns.max(1)));
    assert!(join_all((0..100).map(all)).await.iter().all(Result::is_ok));
    let start = Instant::now();
    let loaded = join_all((0..STREAMS).map(all)).await;
    assert!(loaded.iter().all(Result::is_ok));
    assert_eq!(start.elapsed(), DELAY);
}

/// Where nothing is stale the first loads of a program wait for a turn for a moment, and nobody does any more after them.
#[tokio::test(start_paused = true)]
async fn loads_that_meet_no_stale_row_take_no_turns() {
    const STREAMS: u32 = 100;
    let slow = DEADLINE * 2 / 5;
    let store = MemoryStore::new();
    many(&repository(store.clone(), SnapshotMode::Sync), STREAMS).await;
    let faulty = FaultyStore::new(store);
    faulty.set_plan(FaultPlan::default().with(Operation::NewestSnapshot, Fault::Delay(slow), 1.0));
    let ledgers = repository(faulty, SnapshotMode::Sync);
    let start = Instant::now();
    let loads = (0..STREAMS).map(|number| ledgers.load(format!("ledger {number}")));
    assert!(join_all(loads).await.iter().all(Result::is_ok));
    assert!(start.elapsed() <= DEADLINE, "{:?}", start.elapsed());
    assert_eq!(ledgers.snapshot_stats().hits, u64::from(STREAMS));
    let start = Instant::now();
    let loads = (0..STREAMS).map(|number| ledgers.load(format!("ledger {number}")));
    assert!(join_all(loads).await.iter().all(Result::is_ok));
    assert!(start.elapsed() <= slow, "{:?}", start.elapsed());
}

/// A turn is waited for no longer than for the snapshot store, where that is slow.
#[tokio::test(start_paused = true)]
async fn a_storm_delays_loads_by_no_more_than_the_deadline() {
    const STREAMS: u32 = 200;
    let (faulty, bumped) = storm_over(STREAMS).await;
    let slow = DEADLINE * 2 / 5;
    faulty.set_plan(FaultPlan::default().with(Operation::NewestSnapshot, Fault::Delay(slow), 1.0));
    let start = Instant::now();
    let loads = (TURNS_TAKEN..STREAMS).map(|number| bumped.load(format!("ledger {number}")));
    assert!(join_all(loads).await.iter().all(Result::is_ok));
    // A delay is of any length up to `slow`: waiting for those that were answered quickly doesn't count.
    assert!(
        start.elapsed() <= DEADLINE * 11 / 10,
        "{:?}",
        start.elapsed()
    );
    assert!(bumped.snapshot_stats().missed(SnapshotMiss::Deadline) > 0);
}

/// Where it is quick, every load has its turn, however long that takes: it would only replay behind the others instead.
#[tokio::test(start_paused = true)]
async fn in_a_storm_every_load_has_its_turn() {
    const DELAY: Duration = Duration::from_millis(1);
    let turns = u32::try_from(thread::available_parallelism().unwrap().get() / 2).unwrap();
    let streams = TURNS_TAKEN + 400 * turns.max(1);
    let (faulty, bumped) = storm_over(streams).await;
    faulty.set_plan(FaultPlan::default().with(Operation::NewestSnapshot, Fault::Delay(DELAY), 1.0));
    // Each twice: the second half meets fresh rows, which ends the storm while others wait.
    let all = (TURNS_TAKEN..streams).chain(TURNS_TAKEN..streams);
    let loads = all.map(|number| bumped.load(format!("ledger {number}")));
    let start = Instant::now();
    assert!(join_all(loads).await.iter().all(Result::is_ok));
    assert!(start.elapsed() > DEADLINE, "{:?}", start.elapsed());
    assert_eq!(bumped.snapshot_stats().missed(SnapshotMiss::Deadline), 0);
}

#[tokio::test(start_paused = true)]
async fn in_a_storm_a_hanging_store_delays_loads_by_the_deadline() {
    const STREAMS: u32 = 1_000;
    let (faulty, bumped) = storm_over(STREAMS).await;
    hang(&faulty);
    let start = Instant::now();
    let loads = (TURNS_TAKEN..STREAMS).map(|number| bumped.load(format!("ledger {number}")));
    assert!(join_all(loads).await.iter().all(Result::is_ok));
    assert_eq!(start.elapsed(), DEADLINE);
}

/// Who replays keeps others from replaying, but not while a store doesn't answer that snapshots are stored in.
#[tokio::test(start_paused = true)]
async fn in_a_storm_nobody_waits_for_the_snapshots_of_others() {
    const STREAMS: u32 = 40;
    let store = MemoryStore::new();
    many(&repository(store.clone(), SnapshotMode::Sync), STREAMS).await;
    let faulty = FaultyStore::new(store);
    faulty.set_plan(FaultPlan::default().with(Operation::SaveSnapshot, Fault::Hang, 1.0));
    let bumped = bumped_over(&faulty);
    let start = Instant::now();
    let loads = (0..STREAMS).map(|number| bumped.load(format!("ledger {number}")));
    assert!(join_all(loads).await.iter().all(Result::is_ok));
    // But for the moment in which the first one finds out that the store is slow.
    assert!(start.elapsed() <= DEADLINE * 3 / 2, "{:?}", start.elapsed());
}

/// A turn is for looking for a snapshot, not for reading events.
#[tokio::test(start_paused = true)]
async fn in_a_storm_nobody_waits_for_the_events_of_others() {
    const STREAMS: u32 = 60;
    const HANGING: u32 = 20;
    let (faulty, bumped) = storm_over(STREAMS).await;
    // Fresh ones, whose anchors are then waited for.
    let fresh = TURNS_TAKEN..STREAMS;
    for number in fresh.clone() {
        let root = bumped.load(format!("ledger {number}")).await.unwrap();
        assert_eq!(root.version(), 1);
    }
    for _ in 0..HANGING {
        faulty.next(Operation::ReadStream, Fault::Hang);
    }
    let (mut hanging, mut others): (Vec<_>, Vec<_>) = fresh
        .map(|number| Box::pin(bumped.load(format!("ledger {number}"))))
        .enumerate()
        .partition(|(place, _)| *place < HANGING as usize);
    let hang = join_all(hanging.iter_mut().map(|(_, load)| load));
    let hang = tokio::time::timeout(Duration::from_secs(3_600), hang);
    let answered = async {
        let start = Instant::now();
        let loaded = join_all(others.iter_mut().map(|(_, load)| load)).await;
        assert!(loaded.iter().all(Result::is_ok));
        assert_eq!(start.elapsed(), Duration::ZERO);
    };
    let (unanswered, ()) = tokio::join!(hang, answered);
    assert!(unanswered.is_err(), "nobody answered them");
}

/// All calls of one load together: finding the bad row, removing it, and storing another.
#[tokio::test(start_paused = true)]
async fn the_deadline_is_for_all_calls_together() {
    let store = MemoryStore::new();
    let faulty = FaultyStore::new(store.clone());
    let ledgers = repository(faulty.clone(), SnapshotMode::Sync);
    let root = saved(&ledgers, 4).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    let mut bad = good.clone();
    bad.checksum ^= 1;
    replace(&*snapshots, &good, bad).await;
    // Slow to answer, and then not at all.
    faulty.next(Operation::NewestSnapshot, Fault::Delay(DEADLINE / 2));
    faulty.next(Operation::DeleteSnapshot, Fault::Delay(DEADLINE / 4));
    faulty.next(Operation::SaveSnapshot, Fault::Hang);
    let start = Instant::now();
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(start.elapsed(), DEADLINE);
}

/// A save of several roots waits once, not once for each.
#[tokio::test(start_paused = true)]
async fn a_save_of_several_waits_once() {
    let faulty = FaultyStore::new(MemoryStore::new());
    hang(&faulty);
    let app = Application::builder(faulty)
        .snapshots(SnapshotPolicy::every(1))
        .snapshot_deadline(DEADLINE)
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let mut roots: Vec<Root<Ledger>> = (0..5)
        .map(|number| ledgers.create(format!("ledger {number}"), opened()))
        .collect();
    let start = Instant::now();
    app.save_all(&mut roots).await.unwrap();
    assert_eq!(start.elapsed(), DEADLINE);
}

/// Of one stream only the newest waits; the others are counted as dropped.
#[tokio::test(start_paused = true)]
async fn the_newest_of_a_stream_waits_in_the_background() {
    let store = MemoryStore::new();
    let faulty = FaultyStore::new(store.clone());
    let ledgers = repository(faulty.clone(), SnapshotMode::Background);
    faulty.set_plan(FaultPlan::default().with(
        Operation::SaveSnapshot,
        Fault::Delay(Duration::from_secs(1)),
        1.0,
    ));
    let mut root = saved(&ledgers, 1).await;
    tokio::task::yield_now().await;
    for amount in 2..=10 {
        root.record(Booked { amount });
        ledgers.save(&mut root).await.unwrap();
    }
    assert_eq!(ledgers.await_pending_snapshots().await, 10);
    let versions: Vec<u64> = (ledgers.snapshots(id()).await.unwrap().iter())
        .map(|snapshot| snapshot.version().get())
        .collect();
    assert_eq!(versions, [2, 11]);
    assert_eq!(ledgers.snapshot_stats().dropped, 8);
}

/// One of them replays, the others go on from where it ended.
pub(crate) async fn loads_that_meet_over_a_bad_row_replay_once(store: Store) {
    for mode in [SnapshotMode::Sync, SnapshotMode::Background] {
        let counting = CountingStore::new(Arc::clone(&store));
        let ledgers = Repository::<Ledger>::builder(counting.clone())
            .snapshots(SnapshotPolicy::every(1_000))
            .snapshot_mode(mode)
            .build()
            .unwrap();
        let id = format!("{mode:?}");
        let mut root = ledgers.create(id.clone(), opened());
        root.record(crate::domain::bookings(1, 1_499));
        ledgers.save(&mut root).await.unwrap();
        ledgers.await_pending_snapshots().await;
        let snapshots = store.snapshot_store().unwrap();
        let good = newest(&*snapshots, &key(&id)).await;
        let mut bad = good.clone();
        bad.checksum ^= 1;
        replace(&*snapshots, &good, bad).await;
        counting.take();
        let loads = (0..100).map(|_| {
            let (ledgers, id) = (ledgers.clone(), id.clone());
            tokio::spawn(async move { ledgers.load(id).await.unwrap() })
        });
        for loaded in join_all(loads).await {
            assert_eq!(loaded.unwrap().state(), root.state());
        }
        ledgers.await_pending_snapshots().await;
        let counts = counting.take();
        // With a bad row come the 128 events behind it. One reads the 1,500; each of the others that met there at most the
        // last one, and those that came later what is behind the new snapshot.
        assert!(
            counts.events_read.rows < 100 * 128 + 1_500 + 99 * 502,
            "{mode:?}: {} rows were read",
            counts.events_read.rows
        );
        assert_eq!(counts.snapshots_written.rows, 1, "{mode:?}");
        assert_eq!(newest(&*snapshots, &key(&id)).await.version, 1_000);
    }
}

/// After a bump of the schema each stream is replayed once, however many load it.
pub(crate) async fn a_bump_replays_each_stream_once(store: Store) {
    let old = every(Arc::clone(&store), 100);
    let root = saved(&old, 999).await;
    let counting = CountingStore::new(Arc::clone(&store));
    let ledgers = Repository::<bumped::Ledger>::builder(counting.clone())
        .snapshots(SnapshotPolicy::every(100))
        .build()
        .unwrap();
    let loads = (0..50).map(|_| {
        let ledgers = ledgers.clone();
        tokio::spawn(async move { ledgers.load(id()).await.unwrap() })
    });
    for loaded in join_all(loads).await {
        assert_eq!(loaded.unwrap().balance, root.balance);
    }
    let counts = counting.take();
    assert!(
        counts.events_read.rows < 1_000 + 50 * 2,
        "{} rows were read",
        counts.events_read.rows
    );
    let snapshots = store.snapshot_store().unwrap();
    assert!(matches!(
        snapshots.newest(&key("main"), Version::MAX).await.unwrap(),
        Newest::Found(row) if row.is_intact()
    ));
}

/// A stream that was restored to an earlier state has good snapshots again.
pub(crate) async fn a_restored_stream_gets_good_snapshots(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    saved(&ledgers, 12).await;
    let snapshots = store.snapshot_store().unwrap();
    let ahead = newest(&*snapshots, &key("main")).await;
    // The same id in a store that was restored to 6 events, with the snapshot of before.
    let restored = MemoryStore::new();
    let again = every(restored.clone(), 5);
    let mut root = saved(&again, 5).await;
    let kept = restored.snapshot_store().unwrap();
    for info in kept.list(&ahead.key.stream).await.unwrap() {
        assert!(kept.delete(&info).await.unwrap());
    }
    kept.save(ahead.clone()).await.unwrap();
    assert_eq!(again.load(id()).await.unwrap().state(), root.state());
    let rows = kept.list(&ahead.key.stream).await.unwrap();
    assert!(!rows.contains(&SnapshotInfo::from(&ahead)), "{rows:?}");
    root.record(crate::domain::bookings(6, 9));
    again.save(&mut root).await.unwrap();
    let counting = CountingStore::new(restored);
    let loaded = every(counting.clone(), 5).load(id()).await.unwrap();
    assert_eq!(loaded.state(), root.state());
    assert_eq!(
        counting.take().events_read.rows,
        1 + root.version().get() % 5
    );
}
