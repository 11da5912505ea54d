//! A load through a snapshot in one round trip: that it is one, and that trouble in it is the snapshot store's.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, EventStore, MemoryStore, Result, StreamId,
    prelude::*,
    snapshot::{Newest, SnapshotKey, SnapshotMiss, SnapshotStore},
    store::{Appended, Capabilities, Commit, EventPage, FromSnapshot, ReadAll, ReadStream},
    testing::{CountingStore, Fault, FaultyStore, Operation, StoreCounts},
};

use crate::{
    domain::{Closed, Ledger, bookings},
    saving::{id, ledgers, saved},
    snapshot_faults::{key, newest, replace},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

/// Whether the store answers it.
async fn can(store: &Store) -> bool {
    let key = key("main");
    let first = store.read_from_snapshot(&key, Version::MAX, 1);
    first.await.unwrap().is_some()
}

/// Round trips: calls, where those that were answered at once count once.
fn trips(counts: &StoreCounts) -> u64 {
    let at_once = counts.reads_from_snapshots;
    counts.snapshots_read.calls + counts.events_read.calls + counts.heads - at_once
}

async fn replayed(store: &Store, at: u64) -> Option<Ledger> {
    let plain = Repository::<Ledger>::builder(Arc::clone(store))
        .ignore_snapshots()
        .build()
        .unwrap();
    let found = plain.find_at(id(), at).await.unwrap();
    found.map(|past| past.state().clone())
}

pub(crate) async fn a_load_through_a_snapshot_is_one_round_trip(store: Store) {
    let least = if can(&store).await { 1 } else { 2 };
    let counting = CountingStore::new(Arc::clone(&store));
    let ledgers = every(counting.clone(), 5);
    let root = saved(&ledgers, 12).await;
    counting.take();
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    let counts = counting.take();
    assert_eq!((trips(&counts), counts.events_read.rows), (least, 4));
    assert_eq!(counts.snapshots_read.rows, 1);
    for at in 10..=13 {
        let past = ledgers.load_at(id(), at).await.unwrap();
        assert_eq!(Some(past.state().clone()), replayed(&store, at).await);
        let counts = counting.take();
        assert_eq!((trips(&counts), counts.events_read.rows), (least, at - 9));
    }
    assert_eq!(ledgers.snapshot_stats().hits, 5);
}

pub(crate) async fn behind_a_long_tail_the_load_reads_on(store: Store) {
    let counting = CountingStore::new(Arc::clone(&store));
    let writing = every(counting.clone(), 5);
    let mut root = saved(&writing, 12).await;
    let plain = ledgers(&store);
    for start in [100, 1_000] {
        let mut later = plain.load(id()).await.unwrap();
        later.record(bookings(start, 700));
        plain.save(&mut later).await.unwrap();
        root = later;
    }
    counting.take();
    assert_eq!(writing.load(id()).await.unwrap().state(), root.state());
    let counts = counting.take();
    assert_eq!(counts.events_read.rows, root.version().get() - 9);
    assert_eq!(counts.events_read.calls, 3, "of 128, 512 and the rest");
    assert_eq!(counts.snapshots_read.calls, 1);
}

pub(crate) async fn a_snapshot_store_of_its_own_is_asked_itself(store: Store) {
    // There is a snapshot beside the events, of a state that never was.
    let snapshots = store.snapshot_store().unwrap();
    saved(&every(Arc::clone(&store), 5), 12).await;
    let good = newest(&*snapshots, &key("main")).await;
    let mut wrong = good.clone();
    wrong.checksum ^= 1;
    replace(&*snapshots, &good, wrong).await;
    let (counting, apart) = (CountingStore::new(Arc::clone(&store)), MemoryStore::new());
    let ledgers = Repository::<Ledger>::builder(counting.clone())
        .snapshots(SnapshotPolicy::every(5))
        .snapshot_store(apart.clone())
        .build()
        .unwrap();
    let mut root = ledgers.load(id()).await.unwrap();
    root.record(bookings(1, 7));
    ledgers.save(&mut root).await.unwrap();
    counting.take();
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    let counts = counting.take();
    assert_eq!(
        (counts.reads_from_snapshots, counts.snapshots_read.calls),
        (0, 0)
    );
    assert_eq!((counts.events_read.calls, counts.events_read.rows), (1, 1));
    assert_eq!(newest(&apart, &key("main")).await.version, 20);
}

pub(crate) async fn who_ignores_snapshots_asks_for_none(store: Store) {
    saved(&every(Arc::clone(&store), 5), 12).await;
    let counting = CountingStore::new(Arc::clone(&store));
    let plain = Repository::<Ledger>::builder(counting.clone())
        .ignore_snapshots()
        .build()
        .unwrap();
    plain.load(id()).await.unwrap();
    let counts = counting.take();
    assert_eq!(
        (counts.snapshots_read.calls, counts.events_read.rows),
        (0, 13)
    );
}

pub(crate) async fn a_discarded_one_is_not_found_at_once(store: Store) {
    let least = if can(&store).await { 1 } else { 2 };
    let counting = CountingStore::new(Arc::clone(&store));
    let ledgers = every(counting.clone(), 5);
    let mut root = saved(&ledgers, 12).await;
    ledgers.discard(&mut root, Closed).await.unwrap();
    counting.take();
    assert!(ledgers.find(id()).await.unwrap().is_none());
    let counts = counting.take();
    assert_eq!((trips(&counts), counts.events_read.rows), (least, 1));
}

/// The faults of the halves stay theirs: one of `read_stream` fails the load, one of `newest` doesn't.
pub(crate) async fn a_fault_of_either_half_is_met(store: Store) {
    let faulty = FaultyStore::new(Arc::clone(&store));
    let ledgers = every(faulty.clone(), 5);
    let root = saved(&ledgers, 12).await;
    faulty.next(Operation::ReadStream, Fault::Error);
    let error = ledgers.load(id()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unavailable);
    faulty.next(Operation::NewestSnapshot, Fault::Error);
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    assert_eq!(faulty.injected().len(), 2);
    let asked = [Operation::NewestSnapshot, Operation::ReadStream].map(|half| faulty.calls(half));
    assert_eq!(ledgers.load(id()).await.unwrap().state(), root.state());
    let again = [Operation::NewestSnapshot, Operation::ReadStream].map(|half| faulty.calls(half));
    assert_eq!(again, asked.map(|calls| calls + 1));
    let stats = ledgers.snapshot_stats();
    assert_eq!((stats.missed(SnapshotMiss::StoreError), stats.hits), (1, 1));
}

/// What the answer in one round trip is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Right,
    Fails,
    Hangs,
    Panics,
    /// The row comes alone.
    WithoutEvents,
    /// The events are not there yet: as from a server that lags.
    WithoutAnyEvent,
    /// The first event is missing.
    BeginsLate,
    /// Another stream's row.
    AnotherRow,
    /// A row beyond the wanted version.
    TooNew,
    /// A damaged row, with the right events.
    Damaged,
    /// A planted bug: the events end early, and nothing says so.
    EndsEarly,
}

/// A store whose answers in one round trip are as told; its two halves are always right.
#[derive(Debug)]
struct Bent {
    inner: Store,
    how: Mutex<How>,
    asked: AtomicU64,
}

impl Bent {
    async fn right(&self, key: &SnapshotKey, at_most: Version, limit: usize) -> FromSnapshot {
        let snapshots = self.inner.snapshot_store().unwrap();
        let newest = snapshots.newest(key, at_most).await.unwrap();
        let Newest::Found(row) = &newest else {
            panic!("no snapshot")
        };
        let read = ReadStream::from(row.version).up_to(at_most).limit(limit);
        let events = self.inner.read_stream(&key.stream, read).await.ok();
        FromSnapshot { newest, events }
    }

    async fn bent(&self, how: How, key: &SnapshotKey, at_most: Version) -> FromSnapshot {
        let FromSnapshot { newest, events } = self.right(key, at_most, 100).await;
        let (Newest::Found(mut row), Some(mut page)) = (newest, events) else {
            panic!("no events")
        };
        let last = page.len() - 1;
        let without = |left_out: usize| {
            let rows = page.iter().enumerate();
            let rows = rows.filter(|(place, _)| *place != left_out);
            EventPage::filled(rows.map(|(_, event)| event), 100)
        };
        match how {
            How::WithoutAnyEvent => page = EventPage::new(),
            How::BeginsLate => page = without(0),
            How::EndsEarly => page = without(last),
            How::AnotherRow => row.key.stream = StreamId::new("ledger", "other").unwrap(),
            How::TooNew => row.version = Version::from(at_most.get().saturating_add(1)),
            How::Damaged => row.checksum ^= 1,
            _ => {}
        }
        FromSnapshot {
            newest: Newest::Found(row),
            events: (how != How::WithoutEvents).then_some(page),
        }
    }
}

#[async_trait]
impl EventStore for Bent {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.inner.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.inner.read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.inner.read_all(read).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.inner.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.inner.snapshot_store()
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let how = *self.how.lock().unwrap();
        match how {
            How::Right => Ok(Some(self.right(key, at_most, limit).await)),
            How::Fails => Err(Error::new(ErrorKind::Unavailable)),
            How::Hangs => std::future::pending().await,
            How::Panics => panic!("a store panics"),
            how => Ok(Some(self.bent(how, key, at_most).await)),
        }
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}

/// A ledger with snapshots at 5 and 10 and three more events, in a store that answers so.
async fn bent(store: &Store, how: How) -> (Arc<Bent>, Repository<Ledger>) {
    let plain = every(Arc::clone(store), 5);
    let mut root = saved(&plain, 6).await;
    root.record(bookings(7, 6));
    plain.save(&mut root).await.unwrap();
    let bent = Arc::new(Bent {
        inner: Arc::clone(store),
        how: Mutex::new(how),
        asked: AtomicU64::new(0),
    });
    // It mends nothing: each load meets the same.
    let loading = Repository::builder(Arc::clone(&bent))
        .snapshot_deadline(Duration::from_millis(250))
        .build()
        .unwrap();
    (bent, loading)
}

pub(crate) async fn trouble_in_it_is_the_snapshot_stores(store: Store) {
    let (bent, loading) = bent(&store, How::Right).await;
    let wanted = replayed(&store, 13).await.unwrap();
    for (how, miss) in [
        (How::Right, None),
        (How::Fails, Some(SnapshotMiss::StoreError)),
        (How::Hangs, Some(SnapshotMiss::Deadline)),
        (How::Panics, Some(SnapshotMiss::StoreError)),
        (How::WithoutEvents, None),
        (How::WithoutAnyEvent, Some(SnapshotMiss::Lagging)),
        (How::BeginsLate, Some(SnapshotMiss::Lagging)),
        (How::AnotherRow, Some(SnapshotMiss::StoreError)),
        (How::TooNew, Some(SnapshotMiss::StoreError)),
        (How::Damaged, Some(SnapshotMiss::Corrupt)),
    ] {
        *bent.how.lock().unwrap() = how;
        let before = loading.snapshot_stats();
        for at in [None, Some(13), Some(12)] {
            let (state, version) = match at {
                None => {
                    let root = loading.load(id()).await.unwrap();
                    (root.state().clone(), root.version().get())
                }
                Some(at) => {
                    let past = loading.load_at(id(), at).await.unwrap();
                    (past.state().clone(), past.version().get())
                }
            };
            assert_eq!(version, at.unwrap_or(13), "{how:?}");
            assert_eq!(Some(state), replayed(&store, version).await, "{how:?}");
        }
        let after = loading.snapshot_stats();
        if let Some(miss) = miss {
            let missed = after.missed(miss) - before.missed(miss);
            assert_eq!(missed, 3, "{how:?}");
        }
        let replays = [
            How::Fails,
            How::Hangs,
            How::Panics,
            How::AnotherRow,
            How::TooNew,
        ];
        // Those that go on with an older snapshot hit as well.
        let hits = if replays.contains(&how) { 0 } else { 3 };
        assert_eq!(after.hits - before.hits, hits, "{how:?}");
    }
    assert_eq!(bent.asked.load(Ordering::SeqCst), 30);
    // A page that is wrong gives a state that is wrong: what the comparison above is worth.
    *bent.how.lock().unwrap() = How::EndsEarly;
    assert_ne!(loading.load(id()).await.unwrap().state(), &wanted);
}
