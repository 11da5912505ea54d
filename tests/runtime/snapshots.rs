//! What snapshots do when nothing is wrong.

use std::sync::Arc;

use eventsourcing::{
    ErrorKind, EventStore, codec::Json, prelude::*, snapshot::SnapshotMiss, testing::CountingStore,
};

use crate::{
    domain::{Booked, Closed, Ledger, bookings, bumped, opened},
    saving::{id, ledgers, saved},
};

type Store = Arc<dyn EventStore>;

pub(crate) fn every(store: impl EventStore, n: u64) -> Repository<Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::every(n))
        .build()
        .unwrap()
}

pub(crate) async fn a_snapshot_shortens_the_load(store: Store) {
    let counting = CountingStore::new(store);
    let ledgers = every(counting.clone(), 50);
    let root = saved(&ledgers, 199).await;
    let plain = Repository::<Ledger>::builder(counting.clone())
        .ignore_snapshots()
        .build()
        .unwrap();
    counting.take();
    assert_eq!(plain.load(id()).await.unwrap().state(), root.state());
    assert_eq!(counting.take().events_read.rows, 200);
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    // The event at the snapshot's version is read to check it.
    assert_eq!(counting.take().events_read.rows, 1);
}

pub(crate) async fn background_captures_at_the_save(store: Store) {
    let ledgers = Repository::<Ledger>::builder(store)
        .snapshots(SnapshotPolicy::every(4))
        .snapshot_mode(SnapshotMode::Background)
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 3).await;
    // Changes that are never saved, made before the background task can have run, must not be in the snapshot.
    root.record(bookings(100, 50));
    ledgers.await_pending_snapshots().await;
    let snapshots = ledgers.snapshots(id()).await.unwrap();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].version(), 4);
    assert_eq!(snapshots[0].state().unwrap().bookings, [1, 2, 3]);
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 2, 3]);
}

pub(crate) async fn pending_snapshots_are_counted_until_joined(store: Store) {
    let ledgers = Repository::<Ledger>::builder(store)
        .snapshots(SnapshotPolicy::always())
        .snapshot_mode(SnapshotMode::Background)
        .build()
        .unwrap();
    assert_eq!(ledgers.await_pending_snapshots().await, 0);
    let mut root = saved(&ledgers, 1).await;
    assert_eq!(ledgers.pending_snapshots(), 1);
    root.record(Booked { amount: 2 });
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(ledgers.pending_snapshots(), 2);
    assert_eq!(ledgers.await_pending_snapshots().await, 2);
    assert_eq!(ledgers.pending_snapshots(), 0);
    // The second took the place of the first, if that still waited.
    let newest = ledgers.snapshots(id()).await.unwrap().pop().unwrap();
    assert_eq!(newest.version(), root.version());
}

pub(crate) async fn create_snapshot_twice_returns_the_first(store: Store) {
    let ledgers = ledgers(&store);
    let root = saved(&ledgers, 3).await;
    let first = ledgers.create_snapshot(&root).await.unwrap();
    let second = ledgers.create_snapshot(&root).await.unwrap();
    assert_eq!(first.row(), second.row());
    assert_eq!(first.state(), Some(root.state()));
    assert_eq!((first.version().get(), first.schema_version()), (4, 1));
    assert_eq!(ledgers.snapshots(id()).await.unwrap().len(), 1);
}

pub(crate) async fn create_snapshot_refuses_unsaved_events(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 3).await;
    root.record(Booked { amount: 9 });
    let error = ledgers.create_snapshot(&root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsaved);
    assert!(ledgers.snapshots(id()).await.unwrap().is_empty());
}

pub(crate) async fn a_bump_of_the_schema_version_replays_and_rewrites(store: Store) {
    let old = every(Arc::clone(&store), 2);
    saved(&old, 3).await;
    let counting = CountingStore::new(Arc::clone(&store));
    let new = Repository::<bumped::Ledger>::builder(counting.clone())
        .snapshots(SnapshotPolicy::every(100))
        .build()
        .unwrap();
    let loaded = new.load(id()).await.unwrap();
    assert_eq!((loaded.balance, loaded.count), (6, 3));
    assert_eq!(counting.take().events_read.rows, 4);
    assert_eq!(new.snapshot_stats().missed(SnapshotMiss::StaleSchema), 1);
    let rewritten = new.snapshots(id()).await.unwrap();
    assert_eq!(rewritten.len(), 1);
    assert_eq!(
        (rewritten[0].version().get(), rewritten[0].schema_version()),
        (4, 2)
    );
    // The next load uses it, and the old program still has its own.
    assert_eq!(new.load(id()).await.unwrap().count, 3);
    assert_eq!(counting.take().events_read.rows, 1);
    assert_eq!(old.snapshots(id()).await.unwrap().len(), 1);
    assert_eq!(old.load(id()).await.unwrap().bookings, [1, 2, 3]);
}

pub(crate) async fn another_codec_is_stale_not_garbage(store: Store) {
    let bincode = every(Arc::clone(&store), 2);
    let root = saved(&bincode, 3).await;
    let json = Repository::<Ledger>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::every(2))
        .snapshot_codec(Json)
        .build()
        .unwrap();
    assert_eq!(json.load(id()).await.unwrap().state(), root.state());
    assert_eq!(json.snapshot_stats().missed(SnapshotMiss::StaleCodec), 1);
    assert_eq!(json.snapshots(id()).await.unwrap().len(), 1);
    assert_eq!(json.load(id()).await.unwrap().state(), root.state());
    assert_eq!(json.snapshot_stats().hits, 1);
    assert_eq!(bincode.snapshots(id()).await.unwrap().len(), 1);
    // Events written by another codec are read by the one that wrote them.
    let mixed = Repository::<Ledger>::builder(store)
        .event_codec(eventsourcing::codec::Bincode)
        .ignore_snapshots()
        .build()
        .unwrap();
    mixed.execute(id(), |l| l.book(4)).await.unwrap();
    assert_eq!(mixed.load(id()).await.unwrap().bookings, [1, 2, 3, 4]);
    assert_eq!(bincode.load(id()).await.unwrap().bookings, [1, 2, 3, 4]);
}

pub(crate) async fn a_discard_stores_an_empty_snapshot(store: Store) {
    let counting = CountingStore::new(store);
    let ledgers = every(counting.clone(), 3);
    let mut root = ledgers.create(id(), opened());
    root.record(bookings(1, 6));
    ledgers.save(&mut root).await.unwrap();
    ledgers.discard(&mut root, Closed).await.unwrap();
    let snapshots = ledgers.snapshots(id()).await.unwrap();
    let versions: Vec<u64> = snapshots.iter().map(|each| each.version().get()).collect();
    assert_eq!(versions, [6, 8]);
    assert!(snapshots[1].state().is_none());
    counting.take();
    assert!(ledgers.find(id()).await.unwrap().is_none());
    assert_eq!(counting.take().events_read.rows, 1);
    assert_eq!(ledgers.load_at(id(), 7).await.unwrap().bookings.len(), 6);
    assert!(ledgers.find_at(id(), 8).await.unwrap().is_none());
}
