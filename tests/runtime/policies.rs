//! When snapshots are taken, and of which version.

use std::sync::Arc;

use eventsourcing::{
    Error, ErrorKind, EventStore, Result, StreamId,
    prelude::*,
    snapshot::SnapshotStore,
    store::{Appended, Capabilities, Commit, EventPage, ReadAll, ReadStream},
};

use crate::{
    domain::{Booked, Closed, Exploded, Ledger, Measured, bookings, bumped, opened},
    saving::{id, saved},
};

type Store = Arc<dyn EventStore>;

fn with(store: &Store, policy: SnapshotPolicy) -> Repository<Ledger> {
    Repository::builder(Arc::clone(store))
        .snapshots(policy)
        .build()
        .unwrap()
}

pub(crate) async fn versions(ledgers: &Repository<Ledger>, id: &str) -> Vec<u64> {
    let snapshots = ledgers.snapshots(id.to_owned()).await.unwrap();
    snapshots
        .iter()
        .map(|snapshot| snapshot.version().get())
        .collect()
}

/// Saves bookings in batches of these sizes, after a creation in the first; gives the snapshots' versions.
async fn batches(ledgers: &Repository<Ledger>, id: &str, sizes: &[i64]) -> Vec<u64> {
    let mut root = ledgers.create(id.to_owned(), opened());
    for size in sizes {
        root.record(bookings(1, *size));
        ledgers.save(&mut root).await.unwrap();
    }
    let replayed = ledgers.history(id.to_owned()).collect().await.unwrap();
    for snapshot in ledgers.snapshots(id.to_owned()).await.unwrap() {
        let at = usize::try_from(snapshot.version().get()).unwrap() - 1;
        assert_eq!(snapshot.state(), replayed[at].state.as_deref());
        assert_eq!(snapshot.row().last_event, replayed[at].id);
    }
    versions(ledgers, id).await
}

pub(crate) async fn every_takes_the_last_multiple_crossed(store: Store) {
    let ledgers = with(&store, SnapshotPolicy::every(5));
    assert_eq!(batches(&ledgers, "a", &[3, 1, 1]).await, [5]);
    assert_eq!(batches(&ledgers, "b", &[6, 1, 1, 1, 9]).await, [5, 10, 15]);
    assert_eq!(batches(&ledgers, "c", &[3, 3, 3, 3, 3]).await, [5, 10, 15]);
}

pub(crate) async fn one_snapshot_for_a_save_of_many_events(store: Store) {
    let ledgers = with(&store, SnapshotPolicy::every(50));
    assert_eq!(batches(&ledgers, "a", &[200]).await, [200]);
    let ledgers = with(&store, SnapshotPolicy::every(10));
    assert_eq!(batches(&ledgers, "b", &[999]).await, [1_000]);
}

/// One by one, in batches, and after a save that failed: the multiple that is stored is folded from an earlier one.
pub(crate) async fn many_multiples_in_one_save(store: Store) {
    let ledgers = with(
        &store,
        SnapshotPolicy::every(3).or(SnapshotPolicy::every(4)),
    );
    let mut root = ledgers.create(id(), opened());
    for amount in 1..=48 {
        root.record(Booked { amount });
    }
    ledgers.save(&mut root).await.unwrap();
    root.record(bookings(49, 1));
    let mut rival = ledgers.load(id()).await.unwrap();
    rival.record(bookings(100, 1));
    ledgers.save(&mut rival).await.unwrap();
    ledgers.save(&mut root).await.unwrap_err();
    let mut root = ledgers.load(id()).await.unwrap();
    root.record(bookings(50, 40));
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [48, 90]);
    let replayed = ledgers.history(id()).collect().await.unwrap();
    for snapshot in ledgers.snapshots(id()).await.unwrap() {
        let at = usize::try_from(snapshot.version().get()).unwrap() - 1;
        assert_eq!(snapshot.state(), replayed[at].state.as_deref());
        assert_eq!(snapshot.row().last_event, replayed[at].id);
    }
}

pub(crate) async fn always_takes_the_head(store: Store) {
    let ledgers = with(&store, SnapshotPolicy::always());
    assert_eq!(batches(&ledgers, "a", &[0, 3, 0, 1]).await, [1, 4, 5]);
}

pub(crate) async fn never_takes_none_but_uses_what_exists(store: Store) {
    let always = with(&store, SnapshotPolicy::always());
    let never = with(&store, SnapshotPolicy::never());
    let root = saved(&always, 3).await;
    never.execute(id(), |l| l.book(9)).await.unwrap();
    assert_eq!(versions(&never, "main").await, [4]);
    assert_eq!(never.load(id()).await.unwrap().bookings, [1, 2, 3, 9]);
    assert_eq!(never.snapshot_stats().hits, 2);
    drop(root);
}

pub(crate) async fn on_and_when_look_at_the_save(store: Store) {
    let ledgers = with(&store, SnapshotPolicy::on::<Measured>());
    let mut root = saved(&ledgers, 3).await;
    root.record((Measured { value: 1.0 }, Booked { amount: 4 }));
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [6]);
    let ledgers = with(&store, SnapshotPolicy::when(|l: &Ledger| l.balance > 10));
    assert_eq!(batches(&ledgers, "a", &[3, 3]).await, [7]);
}

pub(crate) async fn and_takes_the_lower_or_takes_the_higher(store: Store) {
    let both = || SnapshotPolicy::every(3);
    let ledgers = with(&store, both().and(SnapshotPolicy::every(5)));
    // The versions are 2, 3, 4, 6 and 7: only the step from 4 to 6 crosses multiples of both.
    assert_eq!(batches(&ledgers, "a", &[1, 1, 1, 2, 1]).await, [5]);
    assert_eq!(batches(&ledgers, "f", &[2, 1]).await, Vec::<u64>::new());
    assert_eq!(batches(&ledgers, "b", &[6]).await, [5]);
    let ledgers = with(&store, both().or(SnapshotPolicy::every(5)));
    assert_eq!(batches(&ledgers, "c", &[1, 1, 1, 2, 1]).await, [3, 6]);
    assert_eq!(batches(&ledgers, "d", &[10]).await, [10]);
    let ledgers = with(&store, both().and(SnapshotPolicy::never()));
    assert_eq!(batches(&ledgers, "e", &[9]).await, Vec::<u64>::new());
}

pub(crate) async fn manual_writes_nothing_on_its_own(store: Store) {
    let ledgers = Repository::<Ledger>::builder(store)
        .snapshots(SnapshotPolicy::always())
        .snapshot_mode(SnapshotMode::Manual)
        .build()
        .unwrap();
    let mut root = saved(&ledgers, 3).await;
    assert_eq!(versions(&ledgers, "main").await, Vec::<u64>::new());
    ledgers.create_snapshot(&root).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [4]);
    ledgers.discard(&mut root, Closed).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [4]);
}

#[derive(Event, Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Foreign;

pub(crate) async fn policies_that_cannot_work_are_refused(store: Store) {
    let refused = |policy: SnapshotPolicy, says: &str| {
        let built = Repository::<Ledger>::builder(Arc::clone(&store))
            .snapshots(policy)
            .build();
        let error = built.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
        assert!(error.to_string().contains(says), "{error}");
    };
    refused(SnapshotPolicy::every(0), "every(0)");
    refused(SnapshotPolicy::on::<Foreign>(), "Foreign");
    refused(SnapshotPolicy::when(|_: &bumped::Ledger| true), "bumped");
    let nested = SnapshotPolicy::every(3).or(SnapshotPolicy::on::<Foreign>());
    refused(nested, "Foreign");
    let good = SnapshotPolicy::on::<Exploded>();
    with(&store, good.clone());
    let without = Repository::<Ledger>::builder(NoSnapshots(store)).snapshots(good);
    let error = without.build().unwrap_err();
    assert!(error.to_string().contains("snapshot store"), "{error}");
}

#[derive(Debug)]
struct NoSnapshots(Store);

#[async_trait::async_trait]
impl EventStore for NoSnapshots {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.0.append(commit).await
    }
    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.0.read_stream(stream, read).await
    }
    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.0.read_all(read).await
    }
    async fn head(&self, stream: &StreamId) -> Result<Version, Error> {
        self.0.head(stream).await
    }
    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}
