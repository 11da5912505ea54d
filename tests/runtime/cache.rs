//! The state cache: fewer reads, and nothing hidden.

use std::sync::Arc;

use eventsourcing::{
    ErrorKind, EventStore, MemoryStore,
    prelude::*,
    repository::StateCache,
    testing::{CountingStore, Fault, FaultyStore, Operation},
};

use crate::{
    domain::{Booked, Closed, Ledger, bookings, opened},
    saving::{id, ledgers, saved},
};

type Store = Arc<dyn EventStore>;

fn cached(store: impl EventStore) -> Repository<Ledger> {
    Repository::builder(store)
        .cache(StateCache::entries(100))
        .build()
        .unwrap()
}

pub(crate) async fn a_cached_load_reads_the_events_behind_it(store: Store) {
    let counting = CountingStore::new(Arc::clone(&store));
    let ours = cached(counting.clone());
    let others = ledgers(&store);
    saved(&others, 300).await;
    counting.take();
    ours.load(id()).await.unwrap();
    assert_eq!(counting.take().events_read.rows, 301);
    // The last event is read to see that the stream is as it was.
    ours.load(id()).await.unwrap();
    assert_eq!(counting.take().events_read.rows, 1);
    // What somebody else stored is seen by the next load.
    let mut root = others.load(id()).await.unwrap();
    root.record(bookings(1_000, 3));
    others.save(&mut root).await.unwrap();
    assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
    assert_eq!(counting.take().events_read.rows, 4);
    assert_eq!(ours.snapshot_stats().cached, 2);
    // The past is not what is cached.
    assert_eq!(ours.load_at(id(), 2).await.unwrap().bookings, [1]);
}

pub(crate) async fn a_save_renews_the_cached_state(store: Store) {
    let counting = CountingStore::new(store);
    let ours = cached(counting.clone());
    let mut root = saved(&ours, 10).await;
    counting.take();
    assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
    assert_eq!(counting.take().events_read.rows, 1);
    root.record(Booked { amount: 5 });
    // What isn't saved is nowhere to be seen, though the state was shared.
    assert_eq!(ours.load(id()).await.unwrap().version(), 11);
    ours.save(&mut root).await.unwrap();
    counting.take();
    let loaded = ours.load(id()).await.unwrap();
    assert_eq!(
        (loaded.version(), loaded.state()),
        (root.version(), root.state())
    );
    assert_eq!(counting.take().events_read.rows, 1);
}

pub(crate) async fn a_conflict_is_not_hidden(store: Store) {
    let ours = cached(Arc::clone(&store));
    let others = ledgers(&store);
    let mut stale = saved(&ours, 3).await;
    let mut rival = others.load(id()).await.unwrap();
    rival.record(Booked { amount: 9 });
    others.save(&mut rival).await.unwrap();
    stale.record(Booked { amount: 1 });
    let error = ours.save(&mut stale).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Conflict { .. }),
        "{error}"
    );
    assert_eq!(ours.load(id()).await.unwrap().state(), rival.state());
    let decided = ours.execute(id(), |ledger| {
        Ok::<_, std::convert::Infallible>(Booked {
            amount: ledger.balance,
        })
    });
    decided.await.unwrap();
    let balance = 1 + 2 + 3 + 9;
    assert_eq!(others.load(id()).await.unwrap().balance, 2 * balance);
}

pub(crate) async fn a_discard_is_known(store: Store) {
    let ours = cached(Arc::clone(&store));
    let others = ledgers(&store);
    saved(&ours, 3).await;
    others
        .discard(&mut others.load(id()).await.unwrap(), Closed)
        .await
        .unwrap();
    for _ in 0..2 {
        assert!(ours.find(id()).await.unwrap().is_none());
        assert!(!ours.contains(id()).await.unwrap());
    }
}

/// A save whose answer was lost is not in the cache before it is known to be stored.
pub(crate) async fn a_doubtful_save_is_not_cached(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ours = cached(faulty.clone());
    let mut root = saved(&ours, 3).await;
    root.record(Booked { amount: 4 });
    faulty.next(Operation::Append, Fault::LostBefore);
    let error = ours.save(&mut root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown);
    let loaded = ours.load(id()).await.unwrap();
    assert_eq!((loaded.version().get(), loaded.balance), (4, 6));
    ours.save(&mut root).await.unwrap();
    assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
}

/// The data were replaced by those of a backup under the running process.
#[tokio::test]
async fn another_history_is_found_out() {
    let (one, other) = (MemoryStore::new(), MemoryStore::new());
    let switch = crate::switched::Switched::new(one);
    let ours = cached(switch.clone());
    saved(&ours, 5).await;
    let restored = ledgers(&(Arc::new(other.clone()) as Store));
    let mut root = restored.create(id(), opened());
    root.record(bookings(100, 7));
    restored.save(&mut root).await.unwrap();
    switch.to(other);
    assert_eq!(ours.load(id()).await.unwrap().state(), root.state());
    switch.to(MemoryStore::new());
    assert!(ours.find(id()).await.unwrap().is_none());
}

#[tokio::test]
async fn it_is_bounded_by_entries_and_by_bytes() {
    for cache in [
        StateCache::entries(10),
        StateCache::entries(1_000_000).bytes(10 * 1_000),
    ] {
        let counting = CountingStore::new(MemoryStore::new());
        let ours = Repository::<Ledger>::builder(counting.clone())
            .cache(cache)
            .build()
            .unwrap();
        for number in 0..500 {
            let mut root = ours.create(format!("ledger {number}"), opened());
            root.record(bookings(0, 100));
            ours.save(&mut root).await.unwrap();
        }
        let before = ours.snapshot_stats().cached;
        for number in 0..500 {
            let id = format!("ledger {number}");
            assert_eq!(ours.load(id).await.unwrap().bookings.len(), 100);
        }
        let hits = ours.snapshot_stats().cached - before;
        // It clears up now and then, not at once.
        assert!(hits < 300, "{cache:?}: {hits} of 500 were there");
    }
}
