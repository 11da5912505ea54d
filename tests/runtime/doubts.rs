//! What an attacker of the guarantees found, each as a test.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use eventsourcing::{
    Clock, Error, ErrorKind, EventStore, Metadata, Result, StreamId,
    prelude::*,
    snapshot::{
        Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotMiss, SnapshotRow, SnapshotStore,
    },
    testing::{Fault, FaultyStore, Operation},
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    domain::{Booked, Closed, Ledger, Overdrawn, bookings, opened},
    saving::{id, ledgers, saved},
};

type Store = Arc<dyn EventStore>;

/// A store that refuses before it looked says nothing about what an earlier call left in doubt.
pub(crate) async fn a_refusal_does_not_settle_a_doubt(store: Store) {
    let faulty = FaultyStore::new(store);
    let app = Application::builder(faulty.clone()).build().unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let mut root = saved(&ledgers, 1).await;
    root.record(bookings(2, 1));
    for round in 0..3 {
        faulty.next(Operation::Append, Fault::LostAfter);
        ledgers.save(&mut root).await.unwrap_err();
        faulty.next(Operation::Append, Fault::Error);
        let error = if round == 1 {
            app.save_all(&mut root).await.unwrap_err()
        } else {
            ledgers.save(&mut root).await.unwrap_err()
        };
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
        ledgers.save(&mut root).await.unwrap();
        root.record(bookings(10, 1));
    }
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(
        ledgers.load(id()).await.unwrap().bookings,
        [1, 2, 10, 10, 10]
    );

    faulty.next(Operation::Append, Fault::LostAfter);
    ledgers.discard(&mut root, Closed).await.unwrap_err();
    faulty.next(Operation::Append, Fault::Error);
    ledgers.discard(&mut root, Closed).await.unwrap_err();
    assert!(root.is_discarded());
    ledgers.discard(&mut root, Closed).await.unwrap();
    assert!(!ledgers.contains(id()).await.unwrap());
}

/// A root of another store, or of a history that was restored and went on: the version alone would fit.
pub(crate) async fn a_root_of_another_history_is_a_conflict(store: Store) {
    let elsewhere = Repository::<Ledger>::builder(MemoryStore::new()).build();
    let mut foreign = saved(&elsewhere.unwrap(), 3).await;
    let ledgers = Repository::<Ledger>::builder(Arc::clone(&store))
        .snapshots(SnapshotPolicy::always())
        .build()
        .unwrap();
    saved(&ledgers, 3).await;
    foreign.record(bookings(9, 1));
    let error = ledgers.save(&mut foreign).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(error.to_string().contains("another history"), "{error}");
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 2, 3]);
}

/// A command's root is gone when its caller hears of the outcome, so the command finds it out itself.
pub(crate) async fn a_command_resolves_a_lost_answer_itself(store: Store) {
    let faulty = FaultyStore::new(store);
    let ledgers = Repository::<Ledger>::builder(faulty.clone())
        .build()
        .unwrap();
    saved(&ledgers, 1).await;
    for answer in [Fault::LostAfter, Fault::LostBefore, Fault::Error] {
        faulty.next(Operation::Append, answer);
        let done = ledgers.execute(id(), |l| l.book(5)).await;
        assert_eq!(done.is_ok(), answer != Fault::Error, "{answer:?}");
    }
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 5, 5]);
}

pub(crate) async fn a_save_through_an_application_counts_its_events(store: Store) {
    let app = Application::builder(store).build().unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let mut root = ledgers.create(id(), opened());
    root.record(bookings(1, 2));
    assert_eq!(ledgers.save(&mut root).await.unwrap().events, 3);
    let two = |_: &Ledger| Ok::<_, Overdrawn>(bookings(3, 2));
    assert_eq!(ledgers.execute(id(), two).await.unwrap().events, 2);
}

/// The first batch was stored; that the second was refused must not hide it from subscribers.
pub(crate) async fn a_resolved_batch_is_published_also_if_the_next_is_refused(store: Store) {
    let faulty = FaultyStore::new(store);
    let app = Application::builder(faulty.clone()).build().unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    app.subscribe(
        |_| true,
        move |event| {
            log.lock().unwrap().push(event.version().get());
            async {}
        },
    );
    let mut root = ledgers.create(id(), opened());
    faulty.next(Operation::Append, Fault::LostAfter);
    ledgers.save(&mut root).await.unwrap_err();
    root.record(bookings(1, 1));
    let mut rival = ledgers.load(id()).await.unwrap();
    rival.record(bookings(7, 1));
    ledgers.save(&mut rival).await.unwrap();
    assert!(ledgers.save(&mut root).await.unwrap_err().is_conflict());
    assert_eq!(*seen.lock().unwrap(), [2, 1]);
    assert_eq!((root.stored_version().get(), root.pending().len()), (1, 1));
}

pub(crate) async fn discard_takes_back_only_what_it_added(store: Store) {
    let faulty = FaultyStore::new(store);
    let ledgers = Repository::<Ledger>::builder(faulty.clone())
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 1).await;
    root.discard(Ledger::close).unwrap();
    faulty.next(Operation::Append, Fault::Error);
    ledgers.discard(&mut root, Closed).await.unwrap_err();
    assert_eq!(root.pending().len(), 1);
    ledgers.save(&mut root).await.unwrap();
    assert!(!ledgers.contains(id()).await.unwrap());
}

/// Its serialization, its snapshot store and its clock are the user's code.
pub(crate) async fn panics_around_snapshots_fail_nothing(store: Store) {
    static PANIC: AtomicBool = AtomicBool::new(false);

    #[derive(Aggregate, Clone, Debug, Serialize)]
    #[aggregate(name = "touchy", id = String, create(crate::domain::Opened), events(Booked))]
    struct Touchy(i64);

    impl TouchyHandlers for Touchy {
        fn opened(_: &String, _: crate::domain::Opened) -> Self {
            Touchy(0)
        }
        fn booked(&mut self, event: Booked) {
            self.0 += event.amount;
        }
    }

    impl<'de> Deserialize<'de> for Touchy {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            assert!(!PANIC.load(Ordering::SeqCst), "deserialization panics");
            i64::deserialize(from).map(Touchy)
        }
    }

    let build = |store: &Store| {
        Repository::<Touchy>::builder(Arc::clone(store)).snapshots(SnapshotPolicy::always())
    };
    let touchy = build(&store).build().unwrap();
    let mut root = touchy.create(id(), opened());
    touchy.save(&mut root).await.unwrap();
    PANIC.store(true, Ordering::SeqCst);
    assert_eq!(touchy.load(id()).await.unwrap().0, 0);
    touchy
        .execute(id(), |_| Ok::<_, Overdrawn>(Booked { amount: 5 }))
        .await
        .unwrap();
    PANIC.store(false, Ordering::SeqCst);
    assert_eq!(touchy.load(id()).await.unwrap().0, 5);

    let clocked = build(&store).clock(PanickingClock).build().unwrap();
    clocked
        .execute(id(), |_| Ok::<_, Overdrawn>(Booked { amount: 1 }))
        .await
        .unwrap();
    assert_eq!(clocked.snapshot_stats().failed, 1);
    let stored = build(&store)
        .snapshot_store(PanickingSnapshots)
        .build()
        .unwrap();
    stored
        .execute(id(), |_| Ok::<_, Overdrawn>(Booked { amount: 1 }))
        .await
        .unwrap();
    assert_eq!(stored.load(id()).await.unwrap().0, 7);
    assert_eq!(stored.snapshot_stats().failed, 1);
    assert_eq!(stored.snapshot_stats().missed(SnapshotMiss::StoreError), 2);
}

#[derive(Debug)]
struct PanickingClock;

impl Clock for PanickingClock {
    fn now(&self) -> Timestamp {
        panic!("a clock panics")
    }
}

#[derive(Debug)]
struct PanickingSnapshots;

#[async_trait::async_trait]
impl SnapshotStore for PanickingSnapshots {
    async fn save(&self, _: SnapshotRow) -> Result<SavedSnapshot> {
        panic!("a snapshot store panics")
    }
    async fn newest(&self, _: &SnapshotKey, _: Version) -> Result<Newest> {
        panic!("a snapshot store panics")
    }
    async fn list(&self, _: &StreamId) -> Result<Vec<SnapshotInfo>> {
        panic!("a snapshot store panics")
    }
    async fn delete(&self, _: &SnapshotInfo) -> Result<bool> {
        panic!("a snapshot store panics")
    }
    async fn prune(&self, _: &SnapshotKey, _: Version) -> Result<u64> {
        panic!("a snapshot store panics")
    }
    async fn delete_category(&self, _: &str, _: Option<u32>) -> Result<u64> {
        panic!("a snapshot store panics")
    }
}

/// A chain of subscribers that save is as deep as the domain makes it, and no deeper than the stack.
pub(crate) async fn a_long_chain_of_subscribers_does_not_overflow_the_stack(store: Store) {
    let app = Application::builder(store)
        .subscriber_deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let mut root = saved(&ledgers, 0).await;
    let calls = Arc::new(AtomicU64::new(0));
    let (again, count) = (ledgers.clone(), Arc::clone(&calls));
    app.subscribe(
        |_| true,
        move |_| {
            let again = again.clone();
            let more = count.fetch_add(1, Ordering::SeqCst) < 400;
            async move {
                if more {
                    again.execute(id(), |l| l.book(1)).await?;
                }
                Ok::<_, CommandError<Overdrawn>>(())
            }
        },
    );
    root.record(bookings(0, 1));
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 401);
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 400);
}

pub(crate) async fn a_subscriber_may_own_a_subscription(store: Store) {
    struct Guard(Option<eventsourcing::application::Subscription>);
    impl Drop for Guard {
        fn drop(&mut self) {
            if let Some(subscription) = &self.0 {
                subscription.unsubscribe();
            }
        }
    }
    let app = Application::builder(store).build().unwrap();
    let guard = Guard(Some(app.subscribe(|_| true, |_| async {})));
    let outer = app.subscribe(
        |_| true,
        move |_| {
            let _ = &guard;
            async {}
        },
    );
    assert!(outer.unsubscribe());
}

pub(crate) async fn an_override_stays_in_the_applications_store(store: Store) {
    let app = Application::builder(store)
        .aggregate::<Ledger>(|_| Repository::builder(MemoryStore::new()))
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let mut root = ledgers.create(id(), opened());
    app.save_all(&mut root).await.unwrap();
    assert!(ledgers.contains(id()).await.unwrap());
}

pub(crate) async fn update_with_takes_only_the_root_that_it_gave(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 1).await;
    let other = "other".to_owned();
    let others = ledgers.clone();
    let failed = ledgers
        .update_with(id(), |_| {
            let root = others.create(other.clone(), opened());
            async { Ok::<_, Overdrawn>((root, ())) }
        })
        .await
        .unwrap_err();
    let kind = failed.failure().map(Error::kind);
    assert_eq!(kind, Some(&ErrorKind::InvalidConfiguration));
    assert!(!ledgers.contains(&other).await.unwrap());
}

/// A discard that was dropped on its way, and then events: what is in flight is resolved before they are refused.
pub(crate) async fn what_is_in_flight_is_resolved_before_anything_is_refused(store: Store) {
    let faulty = FaultyStore::new(store);
    let ledgers = Repository::<Ledger>::builder(faulty.clone())
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 1).await;
    faulty.next(Operation::Append, Fault::LostBefore);
    ledgers.discard(&mut root, Closed).await.unwrap_err();
    root.record(bookings(2, 1));
    let error = ledgers.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Discarded);
    assert!(!ledgers.contains(id()).await.unwrap());
}

pub(crate) async fn metadata_of_application_and_repository_add_up(store: Store) {
    let app = Application::builder(store).build().unwrap();
    let acme = app.with(Metadata::new().insert("tenant", "acme").actor("nobody"));
    let ledgers = acme
        .repository::<Ledger>()
        .unwrap()
        .with(Metadata::new().actor("ada"));
    ledgers
        .save(&mut ledgers.create(id(), opened()))
        .await
        .unwrap();
    let first = ledgers.history(id()).next().await.unwrap().unwrap();
    let expected = Metadata::new().insert("tenant", "acme").actor("ada");
    assert_eq!(first.metadata, expected);
}

/// Background work outlives the runtime it began on.
#[test]
fn background_snapshots_of_a_runtime_that_ended_are_done_by_the_next() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let ledgers = Repository::<Ledger>::builder(MemoryStore::new())
        .snapshots(SnapshotPolicy::always())
        .snapshot_mode(SnapshotMode::Background)
        .build()
        .unwrap();
    let (ended, idle, last) = (runtime(), runtime(), runtime());
    for (n, runtime) in [&ended, &idle].into_iter().enumerate() {
        runtime.block_on(async {
            let mut root = ledgers.create(format!("{n}"), opened());
            ledgers.save(&mut root).await.unwrap();
        });
    }
    drop(ended);
    let waited = last.block_on(async {
        let waiting = ledgers.await_pending_snapshots();
        tokio::time::timeout(Duration::from_secs(60), waiting).await
    });
    assert_eq!(waited.unwrap(), 2);
    assert_eq!(ledgers.snapshot_stats().stored, 2);
    drop(idle);
}
