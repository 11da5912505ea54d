//! The past, the walk through it, and which ids there are.

use std::{sync::Arc, time::Duration};

use eventsourcing::{
    ErrorKind, EventStore, prelude::*, repository::HistoryEntry, testing::CountingStore,
};

use crate::{
    domain::{Booked, Closed, Ledger, bookings, opened},
    saving::{id, ledgers, saved},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

pub(crate) async fn load_at_every_version(store: Store) {
    let plain = ledgers(&store);
    let snapshotting = Repository::<Ledger>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::every(4))
        .build()
        .unwrap();
    let mut root = saved(&snapshotting, 0).await;
    for amount in 1..=20 {
        root.record(Booked { amount });
        snapshotting.save(&mut root).await.unwrap();
    }
    assert_eq!(snapshotting.snapshots(id()).await.unwrap().len(), 5);
    for repository in [&plain, &snapshotting] {
        assert!(repository.find_at(id(), 0).await.unwrap().is_none());
        for version in 1..=21_u64 {
            let then = repository.load_at(id(), version).await.unwrap();
            assert_eq!(then.version(), version);
            let expected: Vec<i64> = (1..).take(usize::try_from(version).unwrap() - 1).collect();
            assert_eq!(then.bookings, expected);
        }
        let beyond = repository.load_at(id(), u64::MAX).await.unwrap();
        assert_eq!((beyond.version().get(), beyond.bookings.len()), (21, 20));
    }
    let error = plain.load_at(id(), 0).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
    assert!(
        plain
            .find_at("nobody".to_owned(), 3)
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn load_as_of_every_time(store: Store) {
    let ledgers = Repository::<Ledger>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::every(3))
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 0).await;
    for amount in 1..=9 {
        root.record(Booked { amount });
        ledgers.save(&mut root).await.unwrap();
        // The store's clock has microseconds; the events are to have times of their own.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    ledgers.discard(&mut root, Closed).await.unwrap();
    let history = ledgers.history(id()).collect().await.unwrap();
    let before = Timestamp::from_unix_micros(history[0].recorded_at.unix_micros() - 1);
    assert!(ledgers.find_as_of(id(), before).await.unwrap().is_none());
    for (index, entry) in history.iter().enumerate().take(10) {
        let later = history[index + 1].recorded_at.unix_micros() - 1;
        for time in [entry.recorded_at, Timestamp::from_unix_micros(later)] {
            let then = ledgers.load_as_of(id(), time).await.unwrap();
            assert_eq!(then.version(), entry.version);
            assert_eq!(Some(then.state()), entry.state.as_deref());
            assert_eq!(then.recorded_at(), Some(entry.recorded_at));
        }
    }
    assert!(
        ledgers
            .find_as_of(id(), Timestamp::now())
            .await
            .unwrap()
            .is_none()
    );
    let unborn = ledgers
        .load_as_of("nobody".to_owned(), Timestamp::now())
        .await;
    assert!(unborn.unwrap_err().is_not_found());
}

pub(crate) async fn history_walks_over_pages(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 200).await;
    ledgers.discard(&mut root, Closed).await.unwrap();
    let mut history = ledgers.history(id());
    for version in 1..=202_i64 {
        let entry = history.next().await.unwrap().unwrap();
        assert_eq!(entry.version.get().cast_signed(), version);
        match entry.state {
            Some(state) => assert_eq!(state.bookings, (1..version).collect::<Vec<_>>()),
            None => assert_eq!(version, 202),
        }
    }
    assert!(history.next().await.is_none());
    assert!(ledgers.history("nobody".to_owned()).next().await.is_none());
    let invalid = ledgers.history(String::new()).next().await.unwrap();
    assert_eq!(*invalid.unwrap_err().kind(), ErrorKind::InvalidName);
}

pub(crate) async fn ids_in_order_of_creation(store: Store) {
    let ledgers = ledgers(&store);
    let later = Repository::<crate::domain::bumped::Ledger>::builder(Arc::clone(&store)).build();
    assert!(ledgers.ids().collect().await.unwrap().is_empty());
    let ids: Vec<String> = (0..1_200)
        .map(|n| format!("{}", 7_919 * n % 10_007))
        .collect();
    for id in &ids {
        let mut root = ledgers.create(id.clone(), opened());
        root.record(bookings(1, 1));
        ledgers.save(&mut root).await.unwrap();
    }
    let mut gone = ledgers.load(&ids[3]).await.unwrap();
    ledgers.discard(&mut gone, Closed).await.unwrap();
    assert_eq!(ledgers.ids().collect().await.unwrap(), ids);
    assert_eq!(later.unwrap().ids().collect().await.unwrap(), ids);
}

pub(crate) async fn contains_reads_the_life_cycle(store: Store) {
    let ledgers = ledgers(&store);
    assert!(!ledgers.contains(id()).await.unwrap());
    let mut root = saved(&ledgers, 1).await;
    assert!(ledgers.contains(id()).await.unwrap());
    ledgers.discard(&mut root, Closed).await.unwrap();
    assert!(!ledgers.contains(id()).await.unwrap());
}

/// From each version on, before the creation, at and beyond the discard and the head, with and without snapshots: what the
/// whole walk gives there, and no more rows read than from the nearest snapshot on.
pub(crate) async fn history_from_any_version_is_the_rest_of_the_walk(store: Store) {
    let counting = CountingStore::new(store);
    let snapshots = every(counting.clone(), 50);
    let plain = Repository::<Ledger>::builder(counting.clone())
        .ignore_snapshots()
        .build()
        .unwrap();
    let mut root = saved(&snapshots, 49).await;
    for number in 0..3 {
        root.record(bookings(50 * number, 50));
        snapshots.save(&mut root).await.unwrap();
    }
    snapshots.discard(&mut root, Closed).await.unwrap();
    let all = plain.history(id()).collect().await.unwrap();
    assert_eq!(all.len(), 201);
    let said = |entry: &HistoryEntry<Ledger>| {
        (
            (entry.version, entry.id, entry.position),
            (entry.events.clone(), entry.state.clone()),
        )
    };
    for from in (0..=5).chain(48..=52).chain(99..=103).chain(198..=204) {
        let rest = || all.iter().filter(|entry| entry.version.get() >= from);
        for repository in [&plain, &snapshots] {
            let some = repository.history_from(id(), from).collect().await.unwrap();
            assert_eq!(
                some.iter().map(said).collect::<Vec<_>>(),
                rest().map(said).collect::<Vec<_>>(),
                "from {from}"
            );
        }
    }
    counting.take();
    assert_eq!(
        snapshots
            .history_from(id(), 190)
            .collect()
            .await
            .unwrap()
            .len(),
        12
    );
    // From the anchor of the snapshot of 150 to 189, then the rest.
    assert_eq!(counting.take().events_read.rows, 40 + 12);
    let end = snapshots
        .history_from(id(), u64::MAX)
        .collect()
        .await
        .unwrap();
    assert!(end.is_empty());
    let nobody = snapshots
        .history_from("nobody".to_owned(), 7)
        .collect()
        .await;
    assert!(nobody.unwrap().is_empty());
}
