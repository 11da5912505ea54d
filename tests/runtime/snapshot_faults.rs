//! Whatever happens to a snapshot, a load gives what replaying gives. The faults are those that were found in other
//! libraries; each test says which.

use std::sync::Arc;

use bytes::Bytes;
use eventsourcing::{
    EventStore, StreamId,
    codec::Json,
    prelude::*,
    schema::Fingerprint,
    snapshot::{
        Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotMiss, SnapshotRow, SnapshotStore,
    },
    testing::{CountingStore, Fault, FaultPlan, FaultyStore, Operation},
};
use futures_util::future::join_all;

use crate::{
    domain::{Booked, Ledger, bookings, opened},
    saving::{id, saved},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

pub(crate) fn key(id: &str) -> SnapshotKey {
    SnapshotKey {
        stream: StreamId::new("ledger", id).unwrap(),
        schema_version: 1,
        fingerprint: Fingerprint::of_state::<Ledger>(),
        codec: "bincode".to_owned(),
    }
}

pub(crate) async fn newest(snapshots: &dyn SnapshotStore, key: &SnapshotKey) -> SnapshotRow {
    match snapshots.newest(key, Version::MAX).await.unwrap() {
        Newest::Found(row) => row,
        Newest::Absent(others) => panic!("no snapshot, only {others:?}"),
    }
}

/// Puts a row in the place of the one of its key and version.
pub(crate) async fn replace(snapshots: &dyn SnapshotStore, old: &SnapshotRow, new: SnapshotRow) {
    assert!(snapshots.delete(&SnapshotInfo::from(old)).await.unwrap());
    assert_eq!(snapshots.save(new).await.unwrap(), SavedSnapshot::Stored);
}

/// eventsourcing 9.5: a truncated snapshot row breaks the aggregate for good.
pub(crate) async fn a_damaged_row_is_replaced_at_its_own_version(store: Store) {
    let counting = CountingStore::new(Arc::clone(&store));
    let ledgers = every(counting.clone(), 5);
    let root = saved(&ledgers, 12).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    assert_eq!(good.version, 10);
    let state = good.state.clone().unwrap();
    let damages: [&dyn Fn(&mut SnapshotRow); 5] = [
        &|row| row.state = Some(state.slice(..state.len() / 2)),
        &|row| row.state = None,
        &|row| row.state = Some(Bytes::new()),
        &|row| row.checksum ^= 1,
        &|row| row.last_event = uuid::Uuid::nil(),
    ];
    for (count, damage) in damages.iter().enumerate() {
        let mut bad = newest(&*snapshots, &key("main")).await;
        let old = bad.clone();
        damage(&mut bad);
        replace(&*snapshots, &old, bad).await;
        assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
        let missed = ledgers.snapshot_stats().missed(SnapshotMiss::Corrupt);
        assert_eq!(missed, count as u64 + 1);
        let mended = newest(&*snapshots, &key("main")).await;
        assert_eq!((mended.version.get(), mended.is_intact()), (10, true));
        assert_eq!(mended.state, good.state);
        counting.take();
        assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
        assert_eq!(counting.take().events_read.rows, 4);
    }
}

/// disintegrate: an undecodable snapshot becomes the default state at the snapshot's version.
pub(crate) async fn an_undecodable_state_is_replaced(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    let root = saved(&ledgers, 12).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    for bytes in [&b""[..], b"{}", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
        let old = newest(&*snapshots, &key("main")).await;
        let state = Some(Bytes::from_static(bytes));
        let bad = SnapshotRow::new(
            old.key.clone(),
            old.version,
            old.last_event,
            old.created_at,
            state,
        );
        assert!(bad.is_intact());
        replace(&*snapshots, &old, bad).await;
        assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
        assert_eq!(newest(&*snapshots, &key("main")).await.state, good.state);
    }
    assert_eq!(ledgers.snapshot_stats().missed(SnapshotMiss::Corrupt), 3);
}

pub(crate) async fn an_older_good_one_serves(store: Store) {
    let counting = CountingStore::new(Arc::clone(&store));
    let ledgers = every(counting.clone(), 5);
    let mut root = saved(&ledgers, 5).await;
    root.record(bookings(6, 6));
    ledgers.save(&mut root).await.unwrap();
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    let mut bad = good.clone();
    bad.checksum ^= 1;
    replace(&*snapshots, &good, bad).await;
    counting.take();
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    let counts = counting.take();
    // The bad row comes with its events, where the store has both in one look.
    let in_vain = 3 * counts.reads_from_snapshots;
    assert_eq!(
        counts.events_read.rows - in_vain,
        8,
        "from the snapshot of version 5 to version 12"
    );
    assert!(newest(&*snapshots, &key("main")).await.is_intact());
}

/// eventsource-py: a snapshot of a history that was rewritten after a restore is loaded.
pub(crate) async fn a_snapshot_of_another_history_is_replaced(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    let root = saved(&ledgers, 12).await;
    // A row with the right key, version and checksum, but the state and anchor of another stream.
    let mut other = ledgers.create("other".to_owned(), opened());
    other.record(bookings(1_000, 12));
    ledgers.save(&mut other).await.unwrap();
    let snapshots = store.snapshot_store().unwrap();
    let mine = newest(&*snapshots, &key("main")).await;
    let theirs = newest(&*snapshots, &key("other")).await;
    let moved = SnapshotRow::new(
        mine.key.clone(),
        mine.version,
        theirs.last_event,
        theirs.created_at,
        theirs.state,
    );
    replace(&*snapshots, &mine, moved).await;
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(
        ledgers.snapshot_stats().missed(SnapshotMiss::WrongAnchor),
        1
    );
    assert_eq!(
        newest(&*snapshots, &key("main")).await.last_event,
        mine.last_event
    );
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(
        ledgers.snapshot_stats().missed(SnapshotMiss::WrongAnchor),
        1
    );
}

/// eventsource-py: a snapshot at version 10 on a stream restored to 6 events is loaded.
pub(crate) async fn a_snapshot_ahead_of_its_stream_is_removed(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    let root = saved(&ledgers, 5).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    let mut wrong = root.state().clone();
    wrong.bookings.push(999);
    let mut state = Vec::new();
    eventsourcing::Codec::encode(&eventsourcing::codec::Bincode, &wrong, &mut state).unwrap();
    let ahead = SnapshotRow::new(
        good.key.clone(),
        20.into(),
        uuid::Uuid::now_v7(),
        good.created_at,
        Some(state.into()),
    );
    snapshots.save(ahead).await.unwrap();
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(ledgers.snapshot_stats().missed(SnapshotMiss::Ahead), 1);
    // Removed, so that the snapshots of the history that now grows are not hidden behind it.
    assert_eq!(newest(&*snapshots, &key("main")).await.version, 5);
}

pub(crate) async fn a_snapshot_without_a_stream_is_not_found(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    saved(&ledgers, 5).await;
    let snapshots = store.snapshot_store().unwrap();
    let row = newest(&*snapshots, &key("main")).await;
    let elsewhere = SnapshotRow::new(
        key("nobody"),
        row.version,
        row.last_event,
        row.created_at,
        row.state,
    );
    snapshots.save(elsewhere).await.unwrap();
    assert!(ledgers.find("nobody".to_owned()).await.unwrap().is_none());
    let mut born = ledgers.create("nobody".to_owned(), opened());
    ledgers.save(&mut born).await.unwrap();
    assert!(
        ledgers
            .load("nobody".to_owned())
            .await
            .unwrap()
            .bookings
            .is_empty()
    );
}

/// eventsourcing 9.5: with the snapshot store down `save()` raises after the events were stored.
pub(crate) async fn a_failing_snapshot_store_fails_nothing(store: Store) {
    let faulty = FaultyStore::new(store);
    let ledgers = every(faulty.clone(), 2);
    let mut plan = FaultPlan::default();
    for operation in Operation::ALL.into_iter().filter(|of| of.is_of_snapshots()) {
        plan = plan.with(operation, Fault::Error, 1.0);
    }
    faulty.set_plan(plan);
    let mut root = saved(&ledgers, 3).await;
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    let stats = ledgers.snapshot_stats();
    assert_eq!((stats.failed, stats.stored), (1, 0));
    assert_eq!(stats.missed(SnapshotMiss::StoreError), 1);
    ledgers.create_snapshot(&root).await.unwrap_err();
    faulty.heal();
    root.record(bookings(4, 2));
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 2, 3, 4, 5]);
    assert_eq!(ledgers.snapshot_stats().hits, 1);
}

/// A row that was damaged on its way out is good where it is.
pub(crate) async fn a_torn_read_removes_nothing(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ledgers = every(faulty.clone(), 5);
    let root = saved(&ledgers, 12).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    faulty.next(Operation::NewestSnapshot, Fault::Torn);
    faulty.next(Operation::SaveSnapshot, Fault::Error);
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(ledgers.snapshot_stats().missed(SnapshotMiss::Corrupt), 1);
    assert_eq!(newest(&*snapshots, &key("main")).await, good);
}

pub(crate) async fn a_hundred_loads_over_a_bad_row(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    let root = saved(&ledgers, 12).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    let mut bad = good.clone();
    bad.checksum ^= 1;
    replace(&*snapshots, &good, bad).await;
    let loads = (0..100).map(|_| {
        let ledgers = ledgers.clone();
        tokio::spawn(async move { ledgers.load(id()).await.unwrap() })
    });
    for loaded in join_all(loads).await {
        assert_eq!(loaded.unwrap().state(), root.state());
    }
    let rows = snapshots.list(&good.key.stream).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(newest(&*snapshots, &key("main")).await.is_intact());
    assert_eq!(
        ledgers.snapshot_stats().stored,
        2,
        "the first one and one replacement"
    );
}

/// eventsource-py: an older snapshot replaces a newer one.
pub(crate) async fn an_older_snapshot_does_not_replace_a_newer(store: Store) {
    let ledgers = every(Arc::clone(&store), 1_000);
    let mut root = saved(&ledgers, 4).await;
    let old = ledgers.load(id()).await.unwrap();
    root.record(bookings(5, 5));
    ledgers.save(&mut root).await.unwrap();
    ledgers.create_snapshot(&root).await.unwrap();
    ledgers.create_snapshot(&old).await.unwrap();
    let snapshots = store.snapshot_store().unwrap();
    assert_eq!(newest(&*snapshots, &key("main")).await.version, 10);
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
}

/// cqrs-es: events applied twice into the snapshot, or a snapshot of part of a batch with the batch's last version.
pub(crate) async fn any_batch_size_and_policy_equals_replay(store: Store) {
    let policies = [
        SnapshotPolicy::always(),
        SnapshotPolicy::every(1),
        SnapshotPolicy::every(3),
        SnapshotPolicy::every(7).or(SnapshotPolicy::on::<Booked>()),
        SnapshotPolicy::every(4).and(SnapshotPolicy::when(|l: &Ledger| l.balance % 2 == 0)),
    ];
    let plain = Repository::<Ledger>::builder(Arc::clone(&store))
        .ignore_snapshots()
        .build()
        .unwrap();
    for (number, policy) in policies.into_iter().enumerate() {
        for mode in [SnapshotMode::Sync, SnapshotMode::Background] {
            for batch in 1..=8 {
                let id = format!("{number}-{mode:?}-{batch}");
                let ledgers = Repository::<Ledger>::builder(Arc::clone(&store))
                    .snapshots(policy.clone())
                    .snapshot_mode(mode)
                    .build()
                    .unwrap();
                let mut root = ledgers.create(id.clone(), opened());
                for save in 0..5 {
                    root.record(bookings(save * 10, batch));
                    ledgers.save(&mut root).await.unwrap();
                    ledgers.await_pending_snapshots().await;
                    let replayed = plain.load(&id).await.unwrap();
                    let loaded = ledgers.load(&id).await.unwrap();
                    assert_eq!(loaded.state(), replayed.state(), "{id}");
                    assert_eq!(loaded.version(), replayed.version(), "{id}");
                    assert_eq!(root.state(), replayed.state(), "{id}");
                }
                assert!(ledgers.snapshot_stats().hits > 0, "{id}");
            }
        }
    }
}

/// `Manual` and `never` write nothing on their own, repairs included.
pub(crate) async fn manual_leaves_bad_rows_alone(store: Store) {
    let ledgers = every(Arc::clone(&store), 5);
    let root = saved(&ledgers, 12).await;
    let snapshots = store.snapshot_store().unwrap();
    let good = newest(&*snapshots, &key("main")).await;
    let mut bad = good.clone();
    bad.checksum ^= 1;
    replace(&*snapshots, &good, bad.clone()).await;
    let never = Repository::<Ledger>::builder(Arc::clone(&store))
        .build()
        .unwrap();
    let manual = Repository::<Ledger>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::always())
        .snapshot_mode(SnapshotMode::Manual)
        .build()
        .unwrap();
    for repository in [never, manual] {
        assert_eq!(repository.load(id()).await.unwrap().state(), root.state());
        assert_eq!(newest(&*snapshots, &key("main")).await, bad);
    }
    let json = Repository::<Ledger>::builder(store)
        .snapshot_codec(Json)
        .build()
        .unwrap();
    assert_eq!(json.load(id()).await.unwrap().state(), root.state());
}
