//! Saving, conflicts, discards, commands.

use std::sync::Arc;

use eventsourcing::{
    CommandError, Error, ErrorKind, EventStore, Metadata, StreamId,
    prelude::*,
    store::ReadStream,
    testing::{Fault, FaultyStore, Operation},
};

use crate::domain::{
    Booked, Closed, Exploded, Ledger, LedgerEvent, Measured, Overdrawn, bookings, opened,
};

type Store = Arc<dyn EventStore>;

pub(crate) fn ledgers(store: &Store) -> Repository<Ledger> {
    Repository::builder(Arc::clone(store)).build().unwrap()
}

pub(crate) fn id() -> String {
    "main".to_owned()
}

/// A saved ledger with this many bookings: 1, 2, 3 …
pub(crate) async fn saved(ledgers: &Repository<Ledger>, count: i64) -> Root<Ledger> {
    let mut root = ledgers.create(id(), opened());
    root.record(bookings(1, count));
    ledgers.save(&mut root).await.unwrap();
    root
}

pub(crate) async fn saving_nothing_is_a_no_op(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 2).await;
    let committed = ledgers.save(&mut root).await.unwrap();
    assert_eq!(committed.version, 3);
    assert_eq!((committed.events, committed.position), (0, None));
    let committed = ledgers
        .execute(id(), |_| Ok::<(), Overdrawn>(()))
        .await
        .unwrap();
    assert_eq!((committed.version.get(), committed.events), (3, 0));
}

pub(crate) async fn a_second_creation_is_a_conflict(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 2).await;
    let mut again = ledgers.create(id(), opened());
    let error = ledgers.save(&mut again).await.unwrap_err();
    let conflict = ErrorKind::Conflict {
        expected: Version::ZERO,
        actual: 3.into(),
    };
    assert_eq!(*error.kind(), conflict);
    assert_eq!(ledgers.load(id()).await.unwrap().version(), 3);
}

pub(crate) async fn a_conflict_carries_versions_and_leaves_the_root_as_it_was(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 1).await;
    let mut mine = ledgers.load(id()).await.unwrap();
    let mut theirs = ledgers.load(id()).await.unwrap();
    theirs.record(bookings(10, 3));
    ledgers.save(&mut theirs).await.unwrap();
    mine.record(Booked { amount: 7 });
    for _ in 0..2 {
        let error = ledgers.save(&mut mine).await.unwrap_err();
        assert!(error.is_conflict() && error.is_retryable());
        assert_eq!(
            error.to_string(),
            "save ledger/main: conflict: expected version 2, the stream is at 5"
        );
        assert_eq!(mine.pending(), [LedgerEvent::Booked(Booked { amount: 7 })]);
        assert_eq!((mine.version().get(), mine.stored_version().get()), (3, 2));
        assert_eq!(mine.bookings, [1, 7]);
    }
}

pub(crate) async fn a_batch_is_stored_whole(store: Store) {
    let ledgers = ledgers(&store);
    let root = saved(&ledgers, 1_000).await;
    assert_eq!(root.version(), 1_001);
    assert!(root.pending().is_empty());
    let loaded = ledgers.load(id()).await.unwrap();
    assert_eq!(loaded.state(), root.state());
    assert_eq!(loaded.last_event_id(), root.last_event_id());
}

pub(crate) async fn an_event_that_cannot_be_read_back_stores_nothing(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 1).await;
    root.record((Booked { amount: 5 }, Measured { value: f64::NAN }));
    let error = ledgers.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert!(error.to_string().contains("Measured"), "{error}");
    let mut root = ledgers.load(id()).await.unwrap();
    assert_eq!((root.version().get(), &*root.bookings), (2, &[1][..]));
    root.record(Measured { value: -0.0 });
    ledgers.save(&mut root).await.unwrap();
    let measured = ledgers.load(id()).await.unwrap().measured.unwrap();
    assert!(measured == 0.0 && measured.is_sign_negative());
}

pub(crate) async fn a_lost_answer_is_resolved_by_saving_again(store: Store) {
    for answer in [Fault::LostAfter, Fault::LostBefore] {
        let faulty = FaultyStore::new(Arc::clone(&store));
        let ledgers = Repository::<Ledger>::builder(faulty.clone())
            .build()
            .unwrap();
        let id = format!("{answer:?}");
        let mut root = ledgers.create(id.clone(), opened());
        root.record(bookings(1, 2));
        faulty.next(Operation::Append, answer);
        let error = ledgers.save(&mut root).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(root.pending().len(), 3);
        let committed = ledgers.save(&mut root).await.unwrap();
        assert_eq!((committed.version.get(), committed.events), (3, 3));
        assert!(committed.position.is_some());
        assert_eq!(ledgers.load(&id).await.unwrap().bookings, [1, 2]);
    }
}

/// While it can't be found out whether the events are stored, nobody may hear that they aren't.
pub(crate) async fn a_doubt_outlives_a_retry_that_fails(store: Store) {
    for answer in [Fault::LostAfter, Fault::LostBefore] {
        let faulty = FaultyStore::new(Arc::clone(&store));
        let ledgers = Repository::<Ledger>::builder(faulty.clone())
            .build()
            .unwrap();
        let id = format!("{answer:?}");
        let mut root = ledgers.create(id.clone(), opened());
        faulty.next(Operation::Append, answer);
        faulty.next(Operation::Append, Fault::Error);
        for _ in 0..2 {
            let error = ledgers.save(&mut root).await.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        }
        root.record(bookings(1, 1));
        assert_eq!(ledgers.save(&mut root).await.unwrap().version, 2);
        assert_eq!(ledgers.load(&id).await.unwrap().bookings, [1]);
    }
}

pub(crate) async fn events_after_an_unresolved_save_form_a_second_batch(store: Store) {
    for answer in [Fault::LostAfter, Fault::LostBefore] {
        let faulty = FaultyStore::new(Arc::clone(&store));
        let ledgers = Repository::<Ledger>::builder(faulty.clone())
            .build()
            .unwrap();
        let id = format!("{answer:?}");
        let mut root = ledgers.create(id.clone(), opened());
        faulty.next(Operation::Append, answer);
        ledgers.save(&mut root).await.unwrap_err();
        root.record(bookings(1, 2));
        let committed = ledgers.save(&mut root).await.unwrap();
        assert_eq!((committed.version.get(), committed.events), (3, 3));
        let stream = StreamId::new("ledger", &id).unwrap();
        let page = store
            .read_stream(&stream, ReadStream::from(1.into()))
            .await
            .unwrap();
        let commits: Vec<_> = page.iter().map(|event| event.commit_id).collect();
        assert_eq!(commits.len(), 3);
        assert!(commits[0] != commits[1] && commits[1] == commits[2]);
        assert_eq!(faulty.calls(Operation::Append), 3);
    }
}

pub(crate) async fn a_panicking_handler_poisons_the_root(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 1).await;
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        root.record(Exploded);
    }));
    assert!(panicked.is_err());
    let error = ledgers.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Poisoned);
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 1);
}

pub(crate) async fn discarding_ends_the_life(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 2).await;
    root.record(Booked { amount: 9 });
    let committed = ledgers.discard(&mut root, Closed).await.unwrap();
    assert_eq!((committed.version.get(), committed.events), (5, 2));
    assert!(ledgers.find(id()).await.unwrap().is_none());
    assert!(ledgers.load(id()).await.unwrap_err().is_not_found());
    assert!(!ledgers.contains(id()).await.unwrap());
    assert_eq!(ledgers.load_at(id(), 4).await.unwrap().bookings, [1, 2, 9]);
    assert!(ledgers.find_at(id(), 5).await.unwrap().is_none());
    // The id stays taken.
    let mut again = ledgers.create(id(), opened());
    assert!(ledgers.save(&mut again).await.unwrap_err().is_conflict());
    let executed = ledgers.execute(id(), |l| l.book(1)).await.unwrap_err();
    assert!(executed.failure().is_some_and(Error::is_not_found));
    let error = ledgers.discard(&mut root, Closed).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Discarded);
}

pub(crate) async fn a_failed_discard_leaves_the_root_as_it_was(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 2).await;
    let mut rival = ledgers.load(id()).await.unwrap();
    rival.record(Booked { amount: 5 });
    ledgers.save(&mut rival).await.unwrap();
    root.record(Booked { amount: 9 });
    let last = root.last_event_id();
    assert!(
        ledgers
            .discard(&mut root, Closed)
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(!root.is_discarded());
    assert_eq!((root.version().get(), root.pending().len()), (4, 1));
    assert_eq!(root.last_event_id(), last);

    let mut rival = ledgers.load(id()).await.unwrap();
    let last = rival.last_event_id();
    let faulty = FaultyStore::new(Arc::clone(&store));
    let refused = Repository::<Ledger>::builder(faulty.clone())
        .build()
        .unwrap();
    faulty.next(Operation::Append, Fault::Error);
    refused.discard(&mut rival, Closed).await.unwrap_err();
    assert_eq!(rival.last_event_id(), last);
    rival.record(Booked { amount: 6 });
    ledgers.save(&mut rival).await.unwrap();
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 2, 5, 6]);
}

pub(crate) async fn a_decided_discard_is_saved_with_what_came_before(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 2).await;
    let updated = ledgers
        .update(id(), |root| {
            root.execute(|l| l.book(4))?;
            root.discard(Ledger::close)?;
            Ok::<_, Overdrawn>(root.balance)
        })
        .await
        .unwrap();
    assert_eq!((updated.value, updated.version.get()), (7, 5));
    assert!(ledgers.find(id()).await.unwrap().is_none());
}

pub(crate) async fn recording_after_a_discard_is_refused(store: Store) {
    let ledgers = ledgers(&store);
    let mut root = saved(&ledgers, 2).await;
    root.discard(|_| Ok::<_, Overdrawn>(Closed)).unwrap();
    root.record(Booked { amount: 1 });
    let error = ledgers.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Discarded);
    assert_eq!(ledgers.load(id()).await.unwrap().version(), 3);
}

pub(crate) async fn update_gives_its_value_and_rejections_pass_through(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 2).await;
    let updated = ledgers
        .update(id(), |root| {
            root.record([Booked { amount: 10 }, Booked { amount: 20 }]);
            Ok::<_, Overdrawn>(root.balance)
        })
        .await
        .unwrap();
    assert_eq!((updated.value, updated.version.get()), (33, 5));
    let rejected = ledgers.execute(&id(), |l| l.book(-100)).await.unwrap_err();
    assert_eq!(rejected.rejection(), Some(&Overdrawn));
    let rejected = ledgers
        .update(id(), |root| {
            root.record(Booked { amount: 1 });
            Err::<(), _>(Overdrawn)
        })
        .await;
    assert!(matches!(rejected, Err(CommandError::Rejected(Overdrawn))));
    assert_eq!(ledgers.load(id()).await.unwrap().version(), 5);
}

pub(crate) async fn update_with_may_await(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 2).await;
    let others = ledgers.clone();
    let mut first = true;
    let updated = ledgers
        .update_with(id(), |mut root| {
            let rival = std::mem::take(&mut first).then(|| others.clone());
            async move {
                if let Some(rival) = rival {
                    // Somebody saves while we fetch: the closure runs again on the fresh state.
                    rival.execute(id(), |l| l.book(100)).await.unwrap();
                }
                let seen = root.balance;
                root.execute(|l| l.book(1))?;
                Ok::<_, Overdrawn>((root, seen))
            }
        })
        .await
        .unwrap();
    assert_eq!((updated.value, updated.version.get()), (103, 5));
}

pub(crate) async fn metadata_is_stored_with_the_events(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 1).await;
    let by_ada = ledgers.with(Metadata::new().actor("ada").insert("tenant", "acme\u{0}"));
    by_ada.execute(id(), |l| l.book(1)).await.unwrap();
    let history = ledgers.history(id()).collect().await.unwrap();
    assert!(history[1].metadata.is_empty());
    assert_eq!(history[2].metadata.get(Metadata::ACTOR), Some("ada"));
    assert_eq!(history[2].metadata.get("tenant"), Some("acme\u{0}"));
}

pub(crate) async fn the_last_conflict_comes_back_after_the_attempts(store: Store) {
    let ledgers = Repository::<Ledger>::builder(Arc::clone(&store))
        .max_attempts(3)
        .build()
        .unwrap();
    saved(&ledgers, 1).await;
    let mut runs = 0;
    let others = ledgers.clone();
    let failed = ledgers
        .update_with(id(), |mut root| {
            runs += 1;
            let others = others.clone();
            async move {
                let mut rival = others.load(id()).await.unwrap();
                rival.record(Booked { amount: 1 });
                others.save(&mut rival).await.unwrap();
                root.record(Booked { amount: 2 });
                Ok::<_, Overdrawn>((root, ()))
            }
        })
        .await
        .unwrap_err();
    assert_eq!(runs, 3);
    assert!(failed.failure().is_some_and(Error::is_conflict));
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 1, 1, 1]);
}
