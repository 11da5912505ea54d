//! The stores for tests do what they say, and nothing else.

use std::{sync::Arc, time::Duration};

use eventsourcing::{
    ErrorKind, EventStore, StreamId,
    prelude::*,
    snapshot::{Newest, SavedSnapshot},
    store::{ReadAll, ReadStream},
    testing::{CountingStore, Fault, FaultPlan, FaultyStore, Operation},
};

use crate::{
    domain::{Ledger, bookings},
    saving::{id, saved},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

fn stream() -> StreamId {
    StreamId::new("ledger", "main").unwrap()
}

fn all() -> ReadStream {
    ReadStream::from(1.into())
}

pub(crate) async fn each_fault_does_what_it_says(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ledgers = every(faulty.clone(), 2);
    let mut root = saved(&ledgers, 1).await;
    assert!(faulty.injected().is_empty());
    for (fault, kind, is_stored) in [
        (Fault::Error, ErrorKind::Unavailable, false),
        (Fault::LostBefore, ErrorKind::OutcomeUnknown, false),
        (Fault::LostAfter, ErrorKind::OutcomeUnknown, true),
    ] {
        let before = store.head(&stream()).await.unwrap().get();
        faulty.next(Operation::Append, fault);
        root.record(bookings(1, 1));
        assert_eq!(*ledgers.save(&mut root).await.unwrap_err().kind(), kind);
        let after = store.head(&stream()).await.unwrap().get();
        assert_eq!(after - before, u64::from(is_stored), "{fault:?}");
        ledgers.save(&mut root).await.unwrap();
    }
    let injected = faulty.take_injected();
    assert_eq!(injected.len(), 3);
    assert_eq!(injected[0].operation, Operation::Append);
    assert_eq!(
        (injected[0].call, &injected[0].stream),
        (2, &Some(stream()))
    );
    assert_eq!(faulty.calls(Operation::Append), 7);
    faulty.next(
        Operation::ReadStream,
        Fault::Delay(Duration::from_millis(1)),
    );
    ledgers.load(id()).await.unwrap();
    assert_eq!(faulty.injected().len(), 1);
}

pub(crate) async fn stale_reads_show_an_older_truth(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ledgers = every(faulty.clone(), 2);
    let mut root = saved(&ledgers, 4).await;
    root.record(bookings(5, 2));
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(faulty.capabilities(), store.capabilities());
    let snapshots = faulty.snapshot_store().unwrap();
    let rows = snapshots.list(&stream()).await.unwrap();
    assert_eq!(rows.len(), 2);
    for (operation, fault) in [
        (Operation::ReadStream, Fault::Stale(2)),
        (Operation::ReadAll, Fault::Stale(3)),
        (Operation::NewestSnapshot, Fault::Stale(1)),
        (Operation::ListSnapshots, Fault::Stale(1)),
    ] {
        faulty.next(operation, fault);
    }
    assert!(faulty.capabilities().reads_may_lag);
    let page = faulty.read_stream(&stream(), all()).await.unwrap();
    assert_eq!((page.len(), page.has_more()), (5, false));
    let page = faulty.read_all(ReadAll::default()).await.unwrap();
    assert_eq!((page.len(), page.has_more()), (4, false));
    let newest = snapshots.newest(&rows[0].key, Version::MAX).await.unwrap();
    assert!(matches!(newest, Newest::Found(row) if row.version == 4));
    assert_eq!(snapshots.list(&stream()).await.unwrap().len(), 1);
    assert_eq!(faulty.take_injected().len(), 4);
    assert_eq!(faulty.head(&stream()).await.unwrap(), 7);
    // Nothing to hide, nothing injected.
    faulty.next(Operation::ReadStream, Fault::Stale(2));
    let read = all().up_to(3.into());
    assert_eq!(faulty.read_stream(&stream(), read).await.unwrap().len(), 3);
    assert!(faulty.injected().is_empty());
}

pub(crate) async fn torn_and_short_pages(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ledgers = every(faulty.clone(), 1_000);
    let root = saved(&ledgers, 30).await;
    faulty.next(Operation::ReadStream, Fault::Torn);
    let error = ledgers.load(id()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Gap { .. }), "{error}");
    faulty.set_plan(FaultPlan::seeded(1).with(Operation::ReadStream, Fault::ShortPage, 1.0));
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert!(faulty.take_injected().len() >= 8);
    faulty.heal();
    faulty.next(Operation::SaveSnapshot, Fault::Torn);
    ledgers.create_snapshot(&root).await.unwrap();
    let snapshots = faulty.snapshot_store().unwrap();
    let infos = snapshots.list(&stream()).await.unwrap();
    let Newest::Found(row) = snapshots.newest(&infos[0].key, Version::MAX).await.unwrap() else {
        panic!("it was stored");
    };
    assert!(!row.is_intact());
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    // Mended by that load.
    let saved = snapshots.save(row).await.unwrap();
    assert!(matches!(saved, SavedSnapshot::Existing(row) if row.is_intact()));
}

pub(crate) async fn a_seed_repeats_itself(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    saved(&every(faulty.clone(), 3), 20).await;
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let plan = FaultPlan::seeded(seed).everywhere(Fault::Error, 0.2).with(
            Operation::ReadStream,
            Fault::ShortPage,
            0.5,
        );
        let faulty = FaultyStore::with_plan(Arc::clone(&store), plan);
        let ledgers = Repository::<Ledger>::builder(faulty.clone())
            .build()
            .unwrap();
        for _ in 0..20 {
            drop(ledgers.load(id()).await);
        }
        runs.push(faulty.injected());
    }
    assert!(runs[0].len() > 10);
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

pub(crate) async fn hangs_never_answer(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ledgers = Repository::<Ledger>::builder(faulty.clone())
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 1).await;
    for (fault, version) in [(Fault::Hang, 2), (Fault::HangAfter, 4)] {
        faulty.next(Operation::Append, fault);
        root.record(bookings(1, 1));
        let save = ledgers.save(&mut root);
        let waited = tokio::time::timeout(Duration::from_millis(100), save).await;
        assert!(waited.is_err());
        assert_eq!(store.head(&stream()).await.unwrap(), version);
        ledgers.save(&mut root).await.unwrap();
        assert_eq!(
            store.head(&stream()).await.unwrap().get(),
            root.version().get()
        );
    }
}

pub(crate) async fn counts_are_of_what_crossed(store: Store) {
    let counting = CountingStore::new(Arc::clone(&store));
    let ledgers = every(counting.clone(), 5);
    saved(&ledgers, 11).await;
    let counts = counting.take();
    assert_eq!(
        (counts.events_written.calls, counts.events_written.rows),
        (1, 12)
    );
    assert!(counts.events_written.bytes > 0);
    assert_eq!(
        (
            counts.snapshots_written.calls,
            counts.snapshots_written.rows
        ),
        (1, 1)
    );
    let state_bytes = counts.snapshots_written.bytes;
    ledgers.load(id()).await.unwrap();
    let counts = counting.take();
    assert_eq!((counts.events_read.calls, counts.events_read.rows), (1, 3));
    assert_eq!(
        (counts.snapshots_read.calls, counts.snapshots_read.rows),
        (1, 1)
    );
    assert_eq!(counts.snapshots_read.bytes, state_bytes);
    assert_eq!((counts.heads, counts.events_written.calls), (0, 0));
    counting.head(&stream()).await.unwrap();
    let snapshots = counting.snapshot_store().unwrap();
    snapshots.delete_category("ledger", None).await.unwrap();
    let counts = counting.counts();
    assert_eq!((counts.heads, counts.snapshots_deleted.rows), (1, 1));
}
