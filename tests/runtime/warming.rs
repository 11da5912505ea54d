//! Snapshots that are taken ahead of the loads.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventsourcing::{
    ErrorKind, EventStore, Warm,
    prelude::*,
    repository::{WarmOutcome, Warmed},
    testing::{CountingStore, Fault, FaultyStore, Operation},
};

use crate::{
    bad_input::{put, row},
    domain::{Closed, Ledger, bookings, bumped, opened},
    saving::ledgers,
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

/// So many ledgers, each with a snapshot of the old schema.
async fn hot(store: &Store, count: usize) -> Vec<String> {
    let old = every(Arc::clone(store), 5);
    let ids: Vec<String> = (0..count).map(|n| format!("hot-{n}")).collect();
    for id in &ids {
        let mut root = old.create(id.clone(), opened());
        root.record(bookings(1, 9));
        old.save(&mut root).await.unwrap();
    }
    ids
}

fn new(store: impl EventStore, mode: SnapshotMode) -> Repository<bumped::Ledger> {
    Repository::builder(store)
        .snapshots(SnapshotPolicy::every(1_000))
        .snapshot_mode(mode)
        .build()
        .unwrap()
}

pub(crate) async fn warming_spares_the_loads_their_replay(store: Store) {
    let ids = hot(&store, 12).await;
    let counting = CountingStore::new(Arc::clone(&store));
    for (mode, stored) in [(SnapshotMode::Manual, 12), (SnapshotMode::Background, 0)] {
        let new = new(counting.clone(), mode);
        let report = new.warm(Warm::all()).finish().await;
        assert_eq!((report.stored, report.fresh), (stored, 12 - stored));
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        counting.take();
        // What is there is found out from the anchors alone.
        assert_eq!(new.warm(Warm::ids(ids.clone())).finish().await.fresh, 12);
        let again = counting.take();
        assert_eq!(
            (again.events_read.rows, again.snapshots_written.calls),
            (12, 0)
        );
        for id in &ids {
            assert_eq!(new.load(id).await.unwrap().count, 9);
        }
        assert_eq!(counting.take().events_read.rows, 12);
        assert_eq!(new.snapshots(&ids[0]).await.unwrap().len(), 1);
    }
}

pub(crate) async fn warming_goes_on_where_it_stopped(store: Store) {
    let ids = hot(&store, 15).await;
    let new = new(Arc::clone(&store), SnapshotMode::Sync);
    let mut warming = new.warm(Warm::all());
    let mut position = None;
    for id in &ids[..6] {
        let warmed = warming.next().await.unwrap().unwrap();
        assert_eq!(warmed.id, *id);
        assert!(matches!(warmed.outcome, WarmOutcome::Stored(version) if version == 10));
        position = warmed.position;
    }
    drop(warming);
    // Through its text, as a program that was started again would have it.
    let position: eventsourcing::Position = position.unwrap().to_string().parse().unwrap();
    let mut rest = new.warm(Warm::all().from(position));
    let mut seen = Vec::new();
    while let Some(warmed) = rest.next().await {
        let Warmed { id, outcome, .. } = warmed.unwrap();
        assert!(matches!(outcome, WarmOutcome::Stored(_)), "{outcome:?}");
        seen.push(id);
    }
    assert_eq!(seen, ids[6..]);
    assert_eq!(new.warm(Warm::all()).finish().await.fresh, 15);
}

pub(crate) async fn what_fails_does_not_stop_the_others(store: Store) {
    let ids = hot(&store, 3).await;
    put(&store, "broken", 0, vec![row("nobody-knows", 1, "{}")]).await;
    let explodes = vec![
        row("Opened", 1, r#"{"owner":"Ada"}"#),
        row("Exploded", 1, "null"),
    ];
    put(&store, "explodes", 0, explodes).await;
    let mut gone = ledgers(&store).create("gone".into(), opened());
    ledgers(&store).save(&mut gone).await.unwrap();
    ledgers(&store).discard(&mut gone, Closed).await.unwrap();
    let faulty = FaultyStore::new(Arc::clone(&store));
    let repository = Repository::<Ledger>::builder(faulty.clone())
        .snapshot_codec(eventsourcing::codec::Json)
        .build()
        .unwrap();
    faulty.next(Operation::SaveSnapshot, Fault::Error);
    let mut all = Vec::new();
    let mut warming = repository.warm(Warm::all());
    while let Some(warmed) = warming.next().await {
        let warmed = warmed.unwrap();
        let outcome = match warmed.outcome {
            WarmOutcome::Stored(version) => format!("stored {version}"),
            WarmOutcome::Failed(error) => format!("{:?}", error.kind()),
            other => format!("{other:?}"),
        };
        all.push((warmed.id, outcome));
    }
    let outcomes: Vec<(&str, &str)> = all.iter().map(|(id, how)| (&**id, &**how)).collect();
    assert_eq!(
        outcomes,
        [
            (&*ids[0], "Unavailable"),
            (&*ids[1], "stored 10"),
            (&*ids[2], "stored 10"),
            ("broken", "UnknownEvent { name: \"nobody-knows\" }"),
            ("explodes", "Poisoned"),
            ("gone", "stored 2"),
        ]
    );
    let retry = Warm::ids([ids[0].clone(), "nobody".to_owned()]);
    let report = repository.warm(retry).finish().await;
    assert_eq!(
        (report.stored, report.fresh, report.failed.len()),
        (1, 0, 0)
    );
    let empty = repository.snapshots("gone".to_owned()).await.unwrap();
    assert!(empty[0].state().is_none());
}

pub(crate) async fn warming_keeps_its_rate_and_leaves_what_is_short(store: Store) {
    hot(&store, 6).await;
    let new = new(Arc::clone(&store), SnapshotMode::Sync);
    let report = new.warm(Warm::all().within(10)).finish().await;
    assert_eq!((report.stored, report.fresh), (0, 6));
    let began = Instant::now();
    let report = new.warm(Warm::all().within(9).rate(50)).finish().await;
    assert_eq!((report.stored, report.fresh), (6, 0));
    assert!(began.elapsed() >= Duration::from_millis(100));
    for (warm, kind) in [
        (Warm::all().rate(0), ErrorKind::InvalidConfiguration),
        (
            Warm::ids([]).from(report.position.unwrap()),
            ErrorKind::InvalidConfiguration,
        ),
    ] {
        let mut warming = new.warm(warm);
        let error = warming.next().await.unwrap().unwrap_err();
        assert_eq!(*error.kind(), kind);
        assert!(warming.next().await.is_none());
    }
}
