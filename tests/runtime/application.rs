//! Several types over one store, subscribers, and saving several roots at once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use eventsourcing::{
    ErrorKind, EventStore, Metadata,
    prelude::*,
    testing::{Fault, FaultyStore, Operation},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Booked, Closed, Ledger, LedgerEvent, Measured, Opened, Overdrawn, bookings, opened},
    saving::id,
};

type Store = Arc<dyn EventStore>;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Noted {
    text: String,
}

/// Shares an event type with the ledger.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Opened), events(Noted))]
struct Diary {
    notes: Vec<String>,
}

impl DiaryHandlers for Diary {
    fn opened(_: &u64, event: Opened) -> Self {
        Diary {
            notes: vec![event.owner],
        }
    }

    fn noted(&mut self, event: Noted) {
        self.notes.push(event.text);
    }
}

fn app(store: &Store) -> Application {
    Application::builder(Arc::clone(store)).build().unwrap()
}

type Log = Arc<Mutex<Vec<String>>>;

fn read(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

pub(crate) async fn subscribers_are_called_in_order_before_save_returns(store: Store) {
    let app = app(&store);
    let ledgers = app.repository::<Ledger>().unwrap();
    let log = Log::default();
    for name in ["a", "b"] {
        let log = Arc::clone(&log);
        app.subscribe(
            |event| event.event::<Booked>().is_some(),
            move |event| {
                let log = Arc::clone(&log);
                async move {
                    tokio::task::yield_now().await;
                    let amount = event.event::<Booked>().unwrap().amount;
                    let version = event.version();
                    log.lock()
                        .unwrap()
                        .push(format!("{name}{version}:{amount}"));
                }
            },
        );
    }
    let mut root = ledgers.create(id(), opened());
    root.record(bookings(7, 2));
    root.record(Measured { value: 1.5 });
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(read(&log), ["a2:7", "b2:7", "a3:8", "b3:8"]);
    assert_eq!(app.subscription_stats().delivered, 4);
    ledgers
        .with(Metadata::new().actor("ada"))
        .execute(id(), |l| l.book(1))
        .await
        .unwrap();
    assert_eq!(read(&log), ["a5:1", "b5:1"]);
}

pub(crate) async fn trouble_in_subscribers_changes_nothing(store: Store) {
    let app = Application::builder(store)
        .subscriber_deadline(Duration::from_millis(10))
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let log = Log::default();
    app.subscribe(|_| true, |_| async { Err("no") });
    app.subscribe(
        |_| true,
        |event| async move { assert_eq!(event.name(), "", "a handler panics") },
    );
    app.subscribe(|_| panic!("a predicate panics"), |_| async {});
    app.subscribe(|_| true, |_| std::future::pending::<()>());
    let seen = Arc::clone(&log);
    app.subscribe(
        |_| true,
        move |event| {
            let seen = Arc::clone(&seen);
            async move { seen.lock().unwrap().push(event.name().to_owned()) }
        },
    );
    let mut root = ledgers.create(id(), opened());
    let committed = ledgers.save(&mut root).await.unwrap();
    assert_eq!(committed.version, 1);
    assert_eq!(read(&log), ["Opened"]);
    let stats = app.subscription_stats();
    assert_eq!((stats.delivered, stats.failed), (1, 1));
    assert_eq!((stats.panicked, stats.timed_out), (2, 1));
    assert_eq!(ledgers.load(id()).await.unwrap().version(), 1);
}

pub(crate) async fn subscribers_may_save(store: Store) {
    let app = app(&store);
    let (ledgers, diaries) = (app.repository::<Ledger>(), app.repository::<Diary>());
    let (ledgers, diaries) = (ledgers.unwrap(), diaries.unwrap());
    diaries
        .save(&mut diaries.create(1, opened()))
        .await
        .unwrap();
    let (notes, again) = (diaries.clone(), ledgers.clone());
    app.subscribe(
        |event| event.event_of::<Ledger>().is_some(),
        move |event| {
            let (notes, again) = (notes.clone(), again.clone());
            async move {
                let text = format!("{:?}", event.event_of::<Ledger>());
                let written = |_: &Diary| Ok::<_, Overdrawn>(Noted { text: text.clone() });
                notes.execute(1, written).await?;
                // On the very stream whose save is being published.
                let id = event.id_of::<Ledger>().unwrap();
                if event.version() == 1 {
                    again.execute(id, |l| l.book(5)).await?;
                }
                Ok::<_, CommandError<Overdrawn>>(())
            }
        },
    );
    ledgers
        .save(&mut ledgers.create(id(), opened()))
        .await
        .unwrap();
    let diary = diaries.load(1).await.unwrap();
    assert_eq!(diary.notes.len(), 3, "{:?}", diary.notes);
    assert!(diary.notes[2].contains("amount: 5"));
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 5);
}

pub(crate) async fn each_application_has_its_own_bus(store: Store) {
    let (one, two) = (app(&store), app(&store));
    let log = Log::default();
    for (app, name) in [(&one, "one"), (&two, "two")] {
        let log = Arc::clone(&log);
        app.subscribe(
            |_| true,
            move |_| {
                log.lock().unwrap().push(name.to_owned());
                async {}
            },
        );
    }
    let ledgers = one.repository::<Ledger>().unwrap();
    ledgers
        .save(&mut ledgers.create(id(), opened()))
        .await
        .unwrap();
    assert_eq!(read(&log), ["one"]);
    let ledgers = two.repository::<Ledger>().unwrap();
    ledgers.execute(id(), |l| l.book(1)).await.unwrap();
    assert_eq!(read(&log), ["two"]);
    assert_eq!(ledgers.load(id()).await.unwrap().version(), 2);
}

pub(crate) async fn unsubscribing_ends_it(store: Store) {
    let app = app(&store);
    let ledgers = app.repository::<Ledger>().unwrap();
    let log = Log::default();
    let seen = Arc::clone(&log);
    let subscription = app.subscribe(
        |_| true,
        move |_| {
            seen.lock().unwrap().push("seen".to_owned());
            async {}
        },
    );
    let mut root = ledgers.create(id(), opened());
    ledgers.save(&mut root).await.unwrap();
    assert!(subscription.unsubscribe());
    assert!(!subscription.unsubscribe());
    root.record(Booked { amount: 1 });
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(read(&log).len(), 1);
}

pub(crate) async fn save_all_is_atomic(store: Store) {
    let faulty = FaultyStore::new(store);
    let app = Application::builder(faulty.clone()).build().unwrap();
    let (ledgers, diaries) = (app.repository::<Ledger>(), app.repository::<Diary>());
    let (ledgers, diaries) = (ledgers.unwrap(), diaries.unwrap());
    let mut ledger = ledgers.create(id(), opened());
    let mut diary = diaries.create(1, opened());
    faulty.next(Operation::Append, Fault::LostAfter);
    app.save_all((&mut ledger, &mut diary)).await.unwrap_err();
    let saved = app.save_all((&mut ledger, &mut diary)).await.unwrap();
    assert_eq!(saved.events, 2);
    assert!(saved.position.is_some());

    ledgers.execute(id(), |l| l.book(1)).await.unwrap();
    ledger.record(Booked { amount: 2 });
    diary.record(Noted { text: "x".into() });
    let error = app.save_all((&mut diary, &mut ledger)).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.stream().unwrap().as_str(), "ledger/main");
    assert_eq!(diaries.load(1).await.unwrap().version(), 1);
    assert_eq!((ledger.pending().len(), diary.pending().len()), (1, 1));
    // The other one alone is fine.
    diaries.save(&mut diary).await.unwrap();
    // One that can't be read back refuses all.
    let mut fresh = ledgers.load(id()).await.unwrap();
    fresh.record(Measured { value: f64::NAN });
    diary.record(Noted { text: "y".into() });
    let error = app.save_all((&mut diary, &mut fresh)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unfaithful);
    assert_eq!(diaries.load(1).await.unwrap().version(), 2);
}

pub(crate) async fn save_all_takes_tuples_and_slices(store: Store) {
    let app = app(&store);
    let ledgers = app.repository::<Ledger>().unwrap();
    let diaries = app.repository::<Diary>().unwrap();
    let ids = ["a", "b", "c"];
    let mut many: Vec<Root<Ledger>> = ids
        .iter()
        .map(|id| ledgers.create((*id).to_owned(), opened()))
        .collect();
    many[1].record(bookings(1, 3));
    let (mut one, mut two) = (diaries.create(1, opened()), diaries.create(2, opened()));
    let saved = app
        .save_all((&mut many[..], (&mut one, &mut two)))
        .await
        .unwrap();
    assert_eq!(saved.events, 8);
    assert_eq!(app.save_all(&mut many).await.unwrap().events, 0);
    assert_eq!(ledgers.load("b".to_owned()).await.unwrap().balance, 6);
    assert_eq!(diaries.ids().collect().await.unwrap(), [1, 2]);
    let mut none: [Root<Ledger>; 0] = [];
    assert_eq!(app.save_all(&mut none[..]).await.unwrap().position, None);
}

pub(crate) async fn save_all_refuses_two_roots_of_one_stream(store: Store) {
    let app = app(&store);
    let ledgers = app.repository::<Ledger>().unwrap();
    let mut twins = [
        ledgers.create(id(), opened()),
        ledgers.create(id(), opened()),
    ];
    let error = app.save_all(&mut twins[..]).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
    assert!(!ledgers.contains(id()).await.unwrap());
    ledgers.save(&mut twins[0]).await.unwrap();
    assert_eq!(twins[0].pending(), [] as [LedgerEvent; 0]);
}

pub(crate) async fn settings_are_overridden_per_type(store: Store) {
    let app = Application::builder(store)
        .snapshots(SnapshotPolicy::every(2))
        .aggregate::<Ledger>(|ledgers| ledgers.snapshots(SnapshotPolicy::on::<Closed>()))
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    let diaries = app.repository::<Diary>().unwrap();
    let mut ledger = ledgers.create(id(), opened());
    ledger.record(bookings(1, 9));
    let mut diary = diaries.create(1, opened());
    diary.record([Noted { text: "x".into() }, Noted { text: "y".into() }]);
    app.save_all((&mut ledger, &mut diary)).await.unwrap();
    assert_eq!(ledgers.snapshots(id()).await.unwrap().len(), 0);
    let snapshots = diaries.snapshots(1).await.unwrap();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].version(), 2);
}

pub(crate) async fn close_drains_background_snapshots(store: Store) {
    let app = Application::builder(store)
        .snapshots(SnapshotPolicy::always())
        .snapshot_mode(SnapshotMode::Background)
        .build()
        .unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    for n in 0..20 {
        let mut root = ledgers.create(format!("{n}"), opened());
        ledgers.save(&mut root).await.unwrap();
    }
    assert_eq!(ledgers.pending_snapshots(), 20);
    app.close().await;
    for n in 0..20 {
        assert_eq!(ledgers.snapshots(format!("{n}")).await.unwrap().len(), 1);
    }
    ledgers
        .execute("0".to_owned(), |l| l.book(1))
        .await
        .unwrap();
    assert_eq!(ledgers.snapshot_stats().dropped, 1);
}
