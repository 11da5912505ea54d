//! What loads ask their store for, and that what it leaves out is missed nowhere.

use std::sync::Arc;

use eventsourcing::{
    EventStore,
    prelude::*,
    store::{EventFields, ReadStream},
};

use crate::{
    domain::{Booked, Ledger, bookings},
    layers::{both, encrypted},
    saving::{id, ledgers, saved},
    snapshot_faults::{key, newest, replace},
    snapshots::every,
    sparse::Sparse,
};

type Store = Arc<dyn EventStore>;

fn sparse(store: &Store, most: usize) -> Arc<Sparse> {
    Arc::new(Sparse::new(Arc::clone(store), most))
}

async fn last_event(store: &Store, version: u64) -> uuid::Uuid {
    let stream = key("main").stream;
    let read = ReadStream::from(Version::from(version)).limit(1);
    let page = store.read_stream(&stream, read).await.unwrap();
    page.first().unwrap().id
}

pub(crate) async fn a_load_asks_for_the_ids_that_it_needs(store: Store) {
    let wanted = saved(&ledgers(&store), 699).await;
    let sparse = sparse(&store, usize::MAX);
    let ours = every(Arc::clone(&sparse), 1_000);
    let mut root = ours.load(id()).await.unwrap();
    assert_eq!(root.state(), wanted.state());
    let (first, rest) = (EventFields::Identified, EventFields::Folded);
    assert_eq!(sparse.take(), [first, rest, rest]);
    // The page's last event is known: a snapshot of here serves, and what is saved follows it.
    ours.create_snapshot(&root).await.unwrap();
    let row = newest(&*store.snapshot_store().unwrap(), &key("main")).await;
    assert_eq!(row.last_event, last_event(&store, 700).await);
    root.record(Booked { amount: 1 });
    ours.save(&mut root).await.unwrap();
    sparse.take();
    assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
    assert_eq!(sparse.take(), [first]);
    assert_eq!(ours.snapshot_stats().hits, 1);
}

pub(crate) async fn snapshots_that_are_mended_on_the_way_have_their_anchors(store: Store) {
    for most in [1, 7, 64] {
        let sparse = sparse(&store, most);
        let ours = every(Arc::clone(&sparse), 300);
        let root = match ours.find(id()).await.unwrap() {
            Some(root) => root,
            None => saved(&ours, 550).await,
        };
        let snapshots = store.snapshot_store().unwrap();
        let old = newest(&*snapshots, &key("main")).await;
        assert_eq!(old.version, 300);
        let mut bad = old.clone();
        bad.checksum ^= 1;
        replace(&*snapshots, &old, bad).await;
        let hits = ours.snapshot_stats().hits;
        sparse.take();
        assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
        assert!(sparse.take().contains(&EventFields::Folded), "{most}");
        let mended = newest(&*snapshots, &key("main")).await;
        assert_eq!((mended.version.get(), mended.is_intact()), (300, true));
        assert_eq!(mended.last_event, last_event(&store, 300).await);
        assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
        assert_eq!(ours.snapshot_stats().hits, hits + 1);
    }
}

/// Some of the stream's events were stored while layers were switched on: only its id opens such an event.
pub(crate) async fn layered_events_are_opened_wherever_they_stand(store: Store) {
    let plain = || Repository::<Ledger>::builder(Arc::clone(&store));
    let mut root = saved(&plain().build().unwrap(), 299).await;
    let mut amount = 300;
    for (on, count) in [(true, 1), (false, 600), (true, 400), (false, 2), (true, 1)] {
        let saving = if on { both(plain()) } else { plain() };
        let saving = saving.readable_layer(encrypted("k", 7)).build().unwrap();
        root.record(bookings(amount, count));
        saving.save(&mut root).await.unwrap();
        amount += count;
    }
    for most in [1, 3, 128, 512, usize::MAX] {
        let sparse = sparse(&store, most);
        let builder = || Repository::<Ledger>::builder(Arc::clone(&sparse));
        let off = builder().readable_layer(encrypted("k", 7));
        let loaded = off.build().unwrap().load(id()).await.unwrap();
        assert_eq!(loaded.state(), root.state(), "pages of {most}");
        assert_eq!(loaded.version(), root.version());
        assert!(sparse.take().contains(&EventFields::Folded));
        // Who writes through layers expects them.
        let on = both(builder()).build().unwrap();
        assert_eq!(on.load(id()).await.unwrap().state(), root.state());
        // Whose keys are others reads none of them, and is told which.
        let stranger = builder().readable_layer(encrypted("k", 8)).build().unwrap();
        let error = stranger.load(id()).await.unwrap_err();
        assert_eq!(error.version(), Some(301.into()), "{error}");
    }
}
