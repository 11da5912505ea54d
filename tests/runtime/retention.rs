//! Which snapshots are kept, whoever saves them and in whatever order.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsourcing::{
    EventStore, ManualClock, RepositoryBuilder, Result, Retention, StreamId,
    prelude::*,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
    testing::{CountingStore, Fault, FaultPlan, FaultyStore, Operation},
};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    domain::{Booked, Ledger, bookings, bumped, opened},
    policies::versions,
    saving::{id, saved},
    snapshot_faults::{key, newest},
};

type Store = Arc<dyn EventStore>;

fn keeping(store: impl EventStore, retention: Retention) -> RepositoryBuilder<Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::always())
        .retention(retention)
}

/// One event and one snapshot each, up to this version.
async fn grown(ledgers: &Repository<Ledger>, id: &str, upto: i64) -> Root<Ledger> {
    let mut root = ledgers.create(id.to_owned(), opened());
    ledgers.save(&mut root).await.unwrap();
    for amount in 1..upto {
        root.record(Booked { amount });
        ledgers.save(&mut root).await.unwrap();
    }
    root
}

pub(crate) async fn what_the_rule_says_remains_after_each_save(store: Store) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_micros(0)));
    let rules: [(&str, Retention, &[u64]); 4] = [
        (
            "all",
            Retention::all(),
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        ),
        ("newest", Retention::newest(3), &[10, 11, 12]),
        ("sparse", Retention::one_per(5), &[1, 5, 10, 12]),
        (
            "both",
            Retention::one_per(5).or(Retention::newest(2)),
            &[1, 5, 10, 11, 12],
        ),
    ];
    for mode in [SnapshotMode::Sync, SnapshotMode::Background] {
        for (name, retention, expected) in rules.clone() {
            let ledgers = keeping(Arc::clone(&store), retention)
                .snapshot_mode(mode)
                .build()
                .unwrap();
            let id = format!("{name}-{mode:?}");
            let mut root = ledgers.create(id.clone(), opened());
            for amount in 1..=12 {
                ledgers.save(&mut root).await.unwrap();
                ledgers.await_pending_snapshots().await;
                root.record(Booked { amount });
            }
            assert_eq!(versions(&ledgers, &id).await, expected, "{id}");
            assert_eq!(ledgers.snapshot_stats().pruned, 12 - expected.len() as u64);
        }
    }
    let recent = keeping(store, Retention::newer_than(Duration::from_micros(100)))
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    let root = grown(&recent, "recent", 3).await;
    clock.set(Timestamp::from_unix_micros(99));
    recent.execute(root.id(), |l| l.book(1)).await.unwrap();
    assert_eq!(versions(&recent, "recent").await, [1, 2, 3, 4]);
    clock.set(Timestamp::from_unix_micros(100));
    assert_eq!(recent.prune(root.id()).await.unwrap(), 3);
    clock.set(Timestamp::from_unix_micros(1_000));
    assert_eq!(recent.prune(root.id()).await.unwrap(), 0);
    assert_eq!(versions(&recent, "recent").await, [4]);
}

pub(crate) async fn rows_of_other_keys_are_left_alone(store: Store) {
    let old = keeping(Arc::clone(&store), Retention::all())
        .build()
        .unwrap();
    let mut all = Vec::new();
    for id in ["a", "b"] {
        grown(&old, id, 4).await;
        all.push(id.to_owned());
    }
    let new = Repository::<bumped::Ledger>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::always())
        .retention(Retention::newest(1))
        .build()
        .unwrap();
    for amount in 1..=3 {
        let booked = new.execute(&all[0], |_| Ok::<_, ErrorKind>(Booked { amount }));
        booked.await.unwrap();
    }
    assert_eq!(new.snapshots(&all[0]).await.unwrap().len(), 1);
    assert_eq!(versions(&old, "a").await, [1, 2, 3, 4]);
    assert_eq!(new.prune_all().await.unwrap(), 0);
    let strict = keeping(Arc::clone(&store), Retention::newest(2));
    assert_eq!(strict.build().unwrap().prune_all().await.unwrap(), 4);
    assert_eq!(versions(&old, "b").await, [3, 4]);
    // Of a schema that no program has any more.
    assert_eq!(new.delete_snapshots_of(7).await.unwrap(), 0);
    assert_eq!(new.delete_snapshots_of(1).await.unwrap(), 4);
    assert_eq!(new.snapshots(&all[0]).await.unwrap().len(), 1);
    assert!(versions(&old, "a").await.is_empty());
    assert_eq!(old.load(&all[0]).await.unwrap().version(), 7);
}

/// A stream that was restored to an earlier state, and damage: what lies above the good ones counts for nothing.
pub(crate) async fn the_newest_good_one_is_never_removed(store: Store) {
    let ledgers = keeping(Arc::clone(&store), Retention::newest(1))
        .build()
        .unwrap();
    let mut root = grown(&ledgers, "main", 5).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    let ahead = SnapshotRow::new(
        good.key.clone(),
        50.into(),
        Uuid::now_v7(),
        good.created_at,
        good.state.clone(),
    );
    let mut torn = SnapshotRow::new(
        good.key.clone(),
        40.into(),
        good.last_event,
        good.created_at,
        good.state.clone(),
    );
    torn.checksum ^= 1;
    for bad in [ahead, torn] {
        snapshots.save(bad).await.unwrap();
    }
    assert_eq!(ledgers.prune(id()).await.unwrap(), 0);
    root.record(Booked { amount: 5 });
    ledgers.save(&mut root).await.unwrap();
    let list = || async {
        let rows = snapshots.list(&key("main").stream).await.unwrap();
        rows.iter().map(|row| row.version.get()).collect::<Vec<_>>()
    };
    assert_eq!(list().await, [6, 40, 50]);
    // A rule that trusted the versions alone would have left only what no load can use.
    let rows = snapshots.list(&key("main").stream).await.unwrap();
    let naive: Vec<&SnapshotInfo> = rows.iter().rev().skip(1).collect();
    assert!(naive.iter().any(|row| row.version == 6));
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(ledgers.snapshot_stats().hits, 1);
    assert_eq!(list().await, [6]);
}

pub(crate) async fn trouble_with_removing_fails_and_delays_nothing(store: Store) {
    let faulty = FaultyStore::new(store);
    let ledgers = keeping(faulty.clone(), Retention::newest(1))
        .snapshot_deadline(Duration::from_millis(100))
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 3).await;
    for (operation, fault) in [
        (Operation::ListSnapshots, Fault::Error),
        (Operation::ListSnapshots, Fault::Hang),
        (Operation::DeleteSnapshot, Fault::Error),
        (Operation::DeleteSnapshot, Fault::Hang),
    ] {
        faulty.set_plan(FaultPlan::default().with(operation, fault, 1.0));
        let began = Instant::now();
        root.record(Booked { amount: 1 });
        ledgers.save(&mut root).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(5));
        faulty.heal();
    }
    let stats = ledgers.snapshot_stats();
    assert_eq!((stats.stored, stats.failed, stats.pruned), (5, 0, 0));
    root.record(Booked { amount: 1 });
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [9]);
}

/// `load_at` and `load_as_of` begin at the nearest one at or below, whatever was thinned out.
pub(crate) async fn the_past_begins_at_the_nearest(store: Store) {
    let counting = CountingStore::new(store);
    let ledgers = Repository::<Ledger>::builder(counting.clone())
        .snapshots(SnapshotPolicy::every(5))
        .retention(Retention::one_per(20))
        .build()
        .unwrap();
    let mut root = ledgers.create(id(), opened());
    for amount in 1..=97 {
        root.record(bookings(amount, 1));
        ledgers.save(&mut root).await.unwrap();
    }
    let kept = versions(&ledgers, "main").await;
    assert_eq!(kept, [5, 20, 40, 60, 80, 95]);
    let history = ledgers.history(id()).collect().await.unwrap();
    for entry in &history {
        let version = entry.version.get();
        let nearest = kept.iter().rev().find(|at| **at <= version).copied();
        // The event at the snapshot's version is read to check it.
        let expected = nearest.map_or(version, |at| version - at + 1);
        counting.take();
        let then = ledgers.load_at(id(), version).await.unwrap();
        assert_eq!(Some(then.state()), entry.state.as_deref());
        assert_eq!(counting.take().events_read.rows, expected, "{version}");
    }
    let then = ledgers
        .load_as_of(id(), history[62].recorded_at)
        .await
        .unwrap();
    assert!(then.version() >= 63);
    // One row a step of the search, and those from the snapshot on.
    assert!(counting.take().events_read.rows < 8 + 20);
}

const TASKS: u64 = 32;

/// In all; `SNAPSHOT_ROUNDS=1000` for more.
fn rounds() -> usize {
    let wanted = std::env::var("SNAPSHOT_ROUNDS").ok();
    wanted.and_then(|n| n.parse().ok()).unwrap_or(60)
}

/// One root of each version up to `TASKS`, in any order.
async fn roots(store: &Store) -> Vec<Arc<Root<Ledger>>> {
    let plain = Repository::<Ledger>::builder(Arc::clone(store)).build();
    let plain = plain.unwrap();
    let mut root = plain.create(id(), opened());
    let mut roots = Vec::new();
    for amount in 1..=TASKS.cast_signed() {
        plain.save(&mut root).await.unwrap();
        roots.push(Arc::new(plain.load(id()).await.unwrap()));
        root.record(Booked { amount });
    }
    roots
}

/// Snapshots of all versions are saved at once while another loads. Gives what is there in the end, and removes it.
async fn round(
    ledgers: &Repository<Ledger>,
    roots: &mut [Arc<Root<Ledger>>],
    store: &Store,
) -> Vec<u64> {
    fastrand::shuffle(roots);
    let saves = roots.iter().map(|root| {
        let (ledgers, root) = (ledgers.clone(), Arc::clone(root));
        tokio::spawn(async move {
            ledgers.create_snapshot(&root).await.unwrap();
        })
    });
    let saves: Vec<_> = saves.collect();
    let loaded = ledgers.load(id()).await.unwrap();
    assert_eq!(loaded.version(), TASKS);
    assert_eq!(loaded.bookings.len() as u64, TASKS - 1);
    for saved in join_all(saves).await {
        saved.unwrap();
    }
    let snapshots = store.snapshot_store().unwrap();
    let rows = snapshots.list(&key("main").stream).await.unwrap();
    snapshots.delete_category("ledger", None).await.unwrap();
    rows.iter().map(|row| row.version.get()).collect()
}

pub(crate) async fn out_of_order_saves_at_once_leave_what_the_rule_says(store: Store) {
    let rules: [(Retention, Vec<u64>); 3] = [
        (Retention::newest(2), vec![TASKS - 1, TASKS]),
        (Retention::one_per(10), vec![1, 10, 20, 30, TASKS]),
        (Retention::all(), (1..=TASKS).collect()),
    ];
    let mut roots = roots(&store).await;
    for (retention, expected) in rules {
        let ledgers = keeping(Arc::clone(&store), retention.clone())
            .snapshot_deadline(Duration::from_secs(60))
            .build()
            .unwrap();
        for number in 0..=rounds() / 3 {
            let there = round(&ledgers, &mut roots, &store).await;
            assert_eq!(there, expected, "{retention:?}, round {number}");
        }
    }
}

/// The planted bug: a store that keeps what was saved last, as one that replaces the row of a stream does.
#[derive(Debug)]
struct LastWins(Arc<dyn SnapshotStore>);

#[async_trait::async_trait]
impl SnapshotStore for LastWins {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        self.0.prune(&row.key, Version::MAX).await?;
        self.0.save(row).await
    }
    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        self.0.newest(key, at_most).await
    }
    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        self.0.list(stream).await
    }
    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        self.0.delete(row).await
    }
    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        self.0.prune(key, before).await
    }
    async fn delete_category(&self, category: &str, schema: Option<u32>) -> Result<u64> {
        self.0.delete_category(category, schema).await
    }
}

pub(crate) async fn a_store_whose_last_save_wins_is_found_out(store: Store) {
    let mut roots = roots(&store).await;
    let snapshots = LastWins(store.snapshot_store().unwrap());
    let ledgers = keeping(Arc::clone(&store), Retention::newest(1))
        .snapshot_store(snapshots)
        .build()
        .unwrap();
    for _ in 0..200 {
        if round(&ledgers, &mut roots, &store).await != [TASKS] {
            return;
        }
    }
    panic!("nothing was found");
}
