//! Policies that look at loads, at the time since the last snapshot, and what they say about themselves.

use std::{sync::Arc, time::Duration};

use eventsourcing::{
    ErrorKind, EventStore, ManualClock, RepositoryBuilder, Result, Retention, StreamId,
    prelude::*,
    snapshot::SnapshotStore,
    store::{Appended, Capabilities, Commit, EventPage, ReadAll, ReadStream},
    testing::CountingStore,
};

use crate::{
    domain::{Booked, Closed, Ledger, Measured, bookings, opened},
    policies::versions,
    saving::{id, ledgers, saved},
};

type Store = Arc<dyn EventStore>;

fn with(store: impl EventStore, policy: SnapshotPolicy) -> RepositoryBuilder<Ledger> {
    Repository::builder(store).snapshots(policy)
}

pub(crate) async fn a_stream_that_is_only_read_gets_a_snapshot(store: Store) {
    let mut root = saved(&ledgers(&store), 99).await;
    let counting = CountingStore::new(Arc::clone(&store));
    let policy = SnapshotPolicy::after_replaying(50);
    let manual = with(counting.clone(), policy.clone()).snapshot_mode(SnapshotMode::Manual);
    manual.build().unwrap().load(id()).await.unwrap();
    let never = with(counting.clone(), SnapshotPolicy::every(50));
    never.build().unwrap().load(id()).await.unwrap();
    let seldom = with(counting.clone(), SnapshotPolicy::after_replaying(101));
    seldom.build().unwrap().load(id()).await.unwrap();
    assert_eq!(counting.take().snapshots_written.calls, 0);
    for mode in [SnapshotMode::Sync, SnapshotMode::Background] {
        let reading = with(counting.clone(), policy.clone()).snapshot_mode(mode);
        let reading = reading.build().unwrap();
        // The past is no reason for one.
        reading.load_at(id(), 60).await.unwrap();
        let before = versions(&reading, "main").await;
        assert!(before.iter().all(|version| *version < root.version().get()));
        assert_eq!(reading.load(id()).await.unwrap().state(), root.state());
        reading.await_pending_snapshots().await;
        let newest = versions(&reading, "main").await.pop();
        assert_eq!(newest, Some(root.version().get()));
        counting.take();
        assert_eq!(reading.load(id()).await.unwrap().state(), root.state());
        assert_eq!(counting.take().events_read.rows, 1);
        // Again only when there is as much to replay again.
        for more in [49, 1] {
            assert_eq!(versions(&reading, "main").await.pop(), newest);
            root.record(bookings(200, more));
            ledgers(&store).save(&mut root).await.unwrap();
            reading.load(id()).await.unwrap();
            reading.await_pending_snapshots().await;
        }
        let newest = versions(&reading, "main").await.pop();
        assert_eq!(newest, Some(root.version().get()));
        root.record(bookings(300, 60));
        ledgers(&store).save(&mut root).await.unwrap();
    }
}

/// What the load could not answer alone the save does.
pub(crate) async fn the_save_answers_for_the_load(store: Store) {
    saved(&ledgers(&store), 9).await;
    let policy = SnapshotPolicy::after_replaying(5).and(SnapshotPolicy::on::<Measured>());
    let both = with(Arc::clone(&store), policy).build().unwrap();
    both.execute(id(), |l| l.book(1)).await.unwrap();
    assert_eq!(versions(&both, "main").await, Vec::<u64>::new());
    let mut root = both.load(id()).await.unwrap();
    root.record(Measured { value: 1.0 });
    both.save(&mut root).await.unwrap();
    assert_eq!(versions(&both, "main").await, [12]);
    // It was answered: the same load is no reason for a second one.
    root.record(Measured { value: 2.0 });
    both.save(&mut root).await.unwrap();
    assert_eq!(versions(&both, "main").await, [12]);
    let when = SnapshotPolicy::when(|l: &Ledger| l.balance > 1_000);
    let rich = with(
        Arc::clone(&store),
        SnapshotPolicy::after_replaying(1).and(when),
    );
    rich.build().unwrap().load(id()).await.unwrap();
    assert_eq!(versions(&both, "main").await, [12]);
    let when = SnapshotPolicy::when(|l: &Ledger| l.balance < 1_000);
    let poor = with(store, SnapshotPolicy::after_replaying(1).and(when));
    poor.build().unwrap().load(id()).await.unwrap();
    assert_eq!(versions(&both, "main").await, [12, 13]);
}

pub(crate) async fn a_discarded_stream_that_is_long_gets_its_empty_snapshot(store: Store) {
    let mut root = saved(&ledgers(&store), 20).await;
    ledgers(&store).discard(&mut root, Closed).await.unwrap();
    let reading = with(store, SnapshotPolicy::after_replaying(10));
    let reading = reading.build().unwrap();
    assert!(reading.find(id()).await.unwrap().is_none());
    let snapshots = reading.snapshots(id()).await.unwrap();
    assert!(snapshots.len() == 1 && snapshots[0].state().is_none());
}

/// A store whose events take their time, and whose snapshots don't.
#[derive(Debug)]
struct Slow(Store);

const DELAY: Duration = Duration::from_millis(300);

#[async_trait::async_trait]
impl EventStore for Slow {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.0.append(commit).await
    }
    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        tokio::time::sleep(DELAY).await;
        self.0.read_stream(stream, read).await
    }
    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        self.0.read_all(read).await
    }
    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.0.head(stream).await
    }
    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.0.snapshot_store()
    }
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

pub(crate) async fn a_slow_load_takes_one(store: Store) {
    let root = saved(&ledgers(&store), 20).await;
    let patient = SnapshotPolicy::load_slower_than(Duration::from_secs(600));
    let patient = with(Slow(Arc::clone(&store)), patient).build().unwrap();
    patient.load(id()).await.unwrap();
    assert_eq!(versions(&patient, "main").await, Vec::<u64>::new());
    // The wait for the events is longer than the deadline for snapshots, and none of the snapshot store's doing.
    let hasty = SnapshotPolicy::load_slower_than(Duration::from_millis(20));
    let hasty = with(Slow(store), hasty)
        .snapshot_deadline(DELAY / 2)
        .build()
        .unwrap();
    assert_eq!(hasty.load(id()).await.unwrap().state(), root.state());
    assert_eq!(versions(&hasty, "main").await, [21]);
    // Slow again, but there is nothing that a snapshot could spare.
    hasty.load(id()).await.unwrap();
    let stats = hasty.snapshot_stats();
    assert_eq!((stats.stored, stats.failed, stats.hits), (1, 0, 1));
}

pub(crate) async fn a_cooldown_counts_from_the_last_snapshot(store: Store) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_micros(0)));
    let policy = SnapshotPolicy::always().cooldown(Duration::from_micros(10));
    let cooled = with(store, policy)
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    let mut root = saved(&cooled, 0).await;
    // By roots that were loaded, and by one that is kept.
    for (time, expected) in [(9, 1), (10, 2), (19, 2), (25, 3), (34, 3)] {
        clock.set(Timestamp::from_unix_micros(time));
        cooled.execute(id(), |l| l.book(1)).await.unwrap();
        assert_eq!(versions(&cooled, "main").await.len(), expected, "{time}");
    }
    root = cooled.load(root.id()).await.unwrap();
    for (time, expected) in [(34, 3), (35, 4), (44, 4), (45, 5)] {
        clock.set(Timestamp::from_unix_micros(time));
        root.record(Booked { amount: 1 });
        cooled.save(&mut root).await.unwrap();
        assert_eq!(versions(&cooled, "main").await.len(), expected, "{time}");
    }
    // A clock that was set back doesn't keep snapshots off for as long.
    clock.set(Timestamp::from_unix_micros(-1_000_000));
    cooled.execute(id(), |l| l.book(1)).await.unwrap();
    assert_eq!(versions(&cooled, "main").await.len(), 6);
    // A discard always stores its own.
    cooled
        .discard(&mut cooled.load(id()).await.unwrap(), Closed)
        .await
        .unwrap();
    assert_eq!(versions(&cooled, "main").await.len(), 7);
}

pub(crate) async fn a_policy_that_panics_fails_no_load(store: Store) {
    let root = saved(&ledgers(&store), 3).await;
    let panics = SnapshotPolicy::when(|l: &Ledger| panic!("{}", l.balance));
    let policy = SnapshotPolicy::after_replaying(1).and(panics);
    let panicking = with(store, policy).build().unwrap();
    assert_eq!(panicking.load(id()).await.unwrap().state(), root.state());
    assert_eq!(panicking.snapshot_stats().failed, 1);
}

pub(crate) async fn zeros_are_refused(store: Store) {
    let policies = [
        (SnapshotPolicy::after_replaying(0), "after_replaying(0)"),
        (SnapshotPolicy::every(0).cooldown(Duration::MAX), "every(0)"),
    ];
    for (policy, says) in policies {
        let error = with(Arc::clone(&store), policy).build().unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
        assert!(error.to_string().contains(says), "{error}");
    }
    for retention in [
        Retention::newest(0),
        Retention::newest(1).or(Retention::one_per(0)),
    ] {
        let builder = Repository::<Ledger>::builder(Arc::clone(&store)).retention(retention);
        let error = builder.build().unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
    }
}

pub(crate) async fn a_policy_says_why(store: Store) {
    let policy = SnapshotPolicy::every(5)
        .or(SnapshotPolicy::on::<Measured>())
        .cooldown(Duration::from_secs(3));
    let words = policy.explain();
    assert!(
        words.starts_with("(at each multiple of 5 events, or when a "),
        "{words}"
    );
    assert!(
        words.ends_with("but not within 3s of the last snapshot"),
        "{words}"
    );
    let clock = ManualClock::at(Timestamp::from_unix_micros(0));
    let ledgers = with(store, policy).clock(clock).build().unwrap();
    let mut root = ledgers.create(id(), opened());
    assert_eq!(
        ledgers.explain_snapshot(&root),
        "no: (every(5): next at 5, this is 1, or on: no \"Measured\" is stored); cooldown(3s): no snapshot is known"
    );
    root.record(bookings(1, 6));
    let says = ledgers.explain_snapshot(&root);
    assert!(
        says.starts_with("yes, of 5: (every(5): 5 was crossed"),
        "{says}"
    );
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [5]);
    assert_eq!(
        ledgers.explain_snapshot(&root),
        "no: there is nothing to save"
    );
    root.record(Measured { value: 1.0 });
    let says = ledgers.explain_snapshot(&root);
    assert!(
        says.starts_with("no: ") && says.ends_with("the last snapshot is 0ns old"),
        "{says}"
    );
    ledgers.save(&mut root).await.unwrap();
    assert_eq!(versions(&ledgers, "main").await, [5]);
}
