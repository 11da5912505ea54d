//! Shadow verification: what it finds, what it does about it, and what it must not do.

mod comparing;
mod domain;
mod ending;
mod gated;
mod pace;
mod racing;

use std::sync::{Arc, Mutex};

pub(crate) use self::{
    comparing::{
        a_state_that_is_not_equal_to_itself, equal_sets_are_no_difference,
        what_is_not_stored_is_no_difference,
    },
    pace::{a_share_is_sampled, a_share_of_zero_costs_nothing},
    racing::{
        a_dropped_save_leaves_nothing_wrong, a_history_goes_on_from_a_replay,
        a_late_answer_leaves_nothing_wrong, a_root_of_another_repository_leads_to_no_snapshot,
        a_slow_answer_leaves_nothing_wrong, an_error_after_storing_leaves_nothing_wrong,
        one_that_is_asked_for_meanwhile_is_refused, one_that_is_warmed_meanwhile_is_right,
    },
};

use eventsourcing::{
    ErrorKind, EventStore,
    prelude::*,
    repository::{RepositoryBuilder, SnapshotDifference, StateCache},
    snapshot::{SnapshotMiss, SnapshotRow, SnapshotStats},
};

use self::domain::Ledger as Changed;
use crate::{
    domain::{Booked, Ledger, bookings},
    saving::{id, saved},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

/// The earlier program: five bookings, and snapshots of 2, 4 and 6.
async fn taken_by_the_earlier_program(store: &Store) {
    let ledgers = every(Arc::clone(store), 2);
    let mut root = saved(&ledgers, 1).await;
    for booked in [bookings(2, 2), bookings(4, 2)] {
        root.record(booked);
        ledgers.save(&mut root).await.unwrap();
    }
    assert_eq!(ledgers.snapshots(id()).await.unwrap().len(), 3);
}

fn verifying(store: &Store) -> RepositoryBuilder<Changed> {
    Repository::builder(Arc::clone(store))
        .snapshots(SnapshotPolicy::every(2))
        .verify_snapshots(1.0)
        .verification_budget(1_000_000)
}

/// What a replay of all events gives to the later program.
async fn replayed(store: &Store, version: u64) -> Changed {
    let plain = Repository::<Changed>::builder(Arc::clone(store))
        .ignore_snapshots()
        .build()
        .unwrap();
    plain.load_at(id(), version).await.unwrap().state().clone()
}

/// A load that begins at the wrong snapshot, whose verification has ended.
async fn found(ledgers: &Repository<Changed>) -> Root<Changed> {
    let loaded = ledgers.load(id()).await.unwrap();
    ledgers.await_verification().await;
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (1, 1, 0));
    loaded
}

/// Verified, different, undecided.
fn verdicts(stats: &SnapshotStats) -> (u64, u64, u64) {
    (stats.verified, stats.differences, stats.undecided)
}

/// Issue: a handler whose meaning changed without a bump is found.
async fn is_found(store: Store, mode: SnapshotMode) {
    taken_by_the_earlier_program(&store).await;
    let reported: Arc<Mutex<Vec<(u64, String, String)>>> = Arc::default();
    let ledgers = verifying(&store)
        .snapshot_mode(mode)
        .on_difference({
            let reported = Arc::clone(&reported);
            move |difference: &SnapshotDifference<Changed>| {
                let version = difference.version().get();
                let states = (difference.stored_json(), difference.replayed_json());
                reported.lock().unwrap().push((version, states.0, states.1));
            }
        })
        .build()
        .unwrap();
    // No snapshot is known to be wrong before it was looked at.
    assert_eq!(found(&ledgers).await.balance, 15);
    let right = replayed(&store, 6).await;
    assert_eq!(right.balance, 30);
    let json = |balance: i64| {
        let bookings = "[1,2,3,4,5]";
        format!(r#"{{"owner":"Ada","balance":{balance},"bookings":{bookings},"measured":null}}"#)
    };
    assert_eq!(*reported.lock().unwrap(), [(6, json(15), json(30))]);
    assert_eq!(*ledgers.load(id()).await.unwrap().state(), right);
    ledgers.await_pending_snapshots().await;
    let stats = ledgers.snapshot_stats();
    assert_eq!(stats.missed(SnapshotMiss::Quarantined), 3);
    assert_eq!(stats.removed, 3);
    // The right states lie where the wrong ones did, and are used.
    let snapshots = ledgers.snapshots(id()).await.unwrap();
    assert_eq!(snapshots.len(), 3);
    for snapshot in snapshots {
        let version = snapshot.version().get();
        assert_eq!(*snapshot.state().unwrap(), replayed(&store, version).await);
    }
    for version in 1..=6 {
        let loaded = ledgers.load_at(id(), version).await.unwrap();
        assert_eq!(*loaded.state(), replayed(&store, version).await);
        ledgers.await_verification().await;
    }
    let after = ledgers.snapshot_stats();
    assert_eq!(after.hits - stats.hits, 5);
    assert_eq!(after.missed(SnapshotMiss::Quarantined), 3);
    assert_eq!(verdicts(&after), (6, 1, 0));
}

pub(crate) async fn a_changed_handler_is_found(store: Store) {
    is_found(store, SnapshotMode::Sync).await;
}

pub(crate) async fn a_changed_handler_is_found_in_the_background(store: Store) {
    is_found(store, SnapshotMode::Background).await;
}

/// The program that took them: nothing differs, at any version.
pub(crate) async fn the_same_program_differs_in_nothing(store: Store) {
    taken_by_the_earlier_program(&store).await;
    let ledgers = Repository::<Ledger>::builder(Arc::clone(&store))
        .verify_snapshots(1.0)
        .verification_budget(1_000_000)
        .build()
        .unwrap();
    for version in 2..=6 {
        ledgers.load_at(id(), version).await.unwrap();
        ledgers.await_verification().await;
    }
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (5, 0, 0));
    assert_eq!(ledgers.snapshot_stats().hits, 5);
}

async fn rows(store: &Store) -> Vec<SnapshotRow> {
    let earlier = every(Arc::clone(store), 2);
    let snapshots = earlier.snapshots(id()).await.unwrap();
    snapshots.iter().map(|each| each.row().clone()).collect()
}

/// `Manual` and `never`: what is quarantined is not used, and stays where it is.
pub(crate) async fn manual_leaves_quarantined_rows_alone(store: Store) {
    taken_by_the_earlier_program(&store).await;
    let before = rows(&store).await;
    let manual = verifying(&store).snapshot_mode(SnapshotMode::Manual);
    let never = verifying(&store).snapshots(SnapshotPolicy::never());
    for builder in [manual, never] {
        let ledgers = builder.build().unwrap();
        found(&ledgers).await;
        for version in 1..=6 {
            let loaded = ledgers.load_at(id(), version).await.unwrap();
            assert_eq!(*loaded.state(), replayed(&store, version).await);
        }
        assert_eq!(rows(&store).await, before);
        let stats = ledgers.snapshot_stats();
        // Of 2 and 3 one row is met, of 4 and 5 two, of 6 three.
        assert_eq!(stats.missed(SnapshotMiss::Quarantined), 2 + 2 * 2 + 3);
        assert_eq!((stats.hits, stats.removed, stats.stored), (1, 0, 0));
    }
}

/// A snapshot that is asked for takes the place of a quarantined one, and is used.
pub(crate) async fn one_that_is_asked_for_replaces_it(store: Store) {
    taken_by_the_earlier_program(&store).await;
    let builder = verifying(&store).snapshot_mode(SnapshotMode::Manual);
    let ledgers = builder.build().unwrap();
    found(&ledgers).await;
    let root = ledgers.load(id()).await.unwrap();
    let taken = ledgers.create_snapshot(&root).await.unwrap();
    assert_eq!(taken.state(), Some(root.state()));
    let hits = ledgers.snapshot_stats().hits;
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 30);
    assert_eq!(ledgers.snapshot_stats().hits, hits + 1);
    ledgers.await_verification().await;
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (2, 1, 0));
}

/// What was loaded through a snapshot before it was found to be wrong leads to no other one.
pub(crate) async fn nothing_is_stored_of_what_was_loaded_before(store: Store) {
    for mode in [SnapshotMode::Sync, SnapshotMode::Background] {
        let id = format!("{mode:?}");
        let earlier = every(Arc::clone(&store), 2);
        let mut root = earlier.create(id.clone(), crate::domain::opened());
        root.record(bookings(1, 3));
        earlier.save(&mut root).await.unwrap();
        let ledgers = verifying(&store).snapshot_mode(mode).build().unwrap();
        let mut wrong = ledgers.load(&id).await.unwrap();
        ledgers.await_verification().await;
        wrong.record([Booked { amount: 10 }, Booked { amount: 20 }]);
        let stored = ledgers.snapshot_stats().stored;
        ledgers.save(&mut wrong).await.unwrap();
        ledgers.await_pending_snapshots().await;
        assert_eq!(ledgers.snapshot_stats().stored, stored, "{mode:?}");
        let refused = ledgers.create_snapshot(&wrong).await.unwrap_err();
        assert_eq!(*refused.kind(), ErrorKind::Poisoned);
        // Events are events.
        assert_eq!(ledgers.load(&id).await.unwrap().balance, 2 * 36);
    }
}

/// A cached state that goes back to a quarantined snapshot is gone, whoever put it there and when.
pub(crate) async fn a_cached_state_that_goes_back_to_it_is_evicted(store: Store) {
    taken_by_the_earlier_program(&store).await;
    let cached = verifying(&store).cache(StateCache::entries(10));
    let ledgers = cached.build().unwrap();
    let mut wrong = found(&ledgers).await;
    let first = ledgers.load(id()).await.unwrap();
    assert_eq!(*first.state(), replayed(&store, 6).await);
    assert_eq!(ledgers.snapshot_stats().cached, 0);
    // What is right now is cached, and a root of before doesn't take its place.
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 30);
    assert_eq!(ledgers.snapshot_stats().cached, 1);
    wrong.record(Booked { amount: 100 });
    ledgers.save(&mut wrong).await.unwrap();
    assert_eq!(wrong.balance, 15 + 200);
    assert_eq!(ledgers.load(id()).await.unwrap().balance, 30 + 200);
}

/// The retention never takes a quarantined one for the newest good one.
pub(crate) async fn the_retention_does_not_count_on_it(store: Store) {
    taken_by_the_earlier_program(&store).await;
    let builder = verifying(&store)
        .snapshot_mode(SnapshotMode::Manual)
        .retention(eventsourcing::Retention::newest(1));
    let ledgers = builder.build().unwrap();
    let trusting = verifying(&store).retention(eventsourcing::Retention::newest(1));
    let trusting = trusting.build().unwrap();
    found(&ledgers).await;
    assert_eq!(ledgers.prune(id()).await.unwrap(), 0);
    assert_eq!(trusting.prune(id()).await.unwrap(), 2);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let build = |set: fn(RepositoryBuilder<Ledger>) -> RepositoryBuilder<Ledger>| {
        set(Repository::builder(MemoryStore::new())).build()
    };
    for refused in [
        build(|builder| builder.verify_snapshots(f64::NAN)),
        build(|builder| builder.verify_snapshots(-0.1)),
        build(|builder| builder.verify_snapshots(1.1)),
        build(|builder| builder.verify_snapshots(f64::INFINITY)),
        build(|builder| builder.verification_budget(0)),
        build(|builder| builder.on_difference(|_| {})),
        build(|builder| builder.verify_snapshots(0.5).ignore_snapshots()),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
        assert!(error.to_string().contains("verif"), "{error}");
    }
    for share in [0.0, -0.0, 1.0, f64::MIN_POSITIVE] {
        let builder = Repository::<Ledger>::builder(MemoryStore::new());
        let builder = builder.verify_snapshots(share).on_difference(|_| {});
        builder.build().unwrap();
    }
    let off = Repository::<Ledger>::builder(MemoryStore::new()).verify_snapshots(0.0);
    off.ignore_snapshots().build().unwrap();
}
