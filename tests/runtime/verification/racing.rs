//! A difference that is found while something goes on from the wrong snapshot: while a snapshot of it is being stored,
//! between two pages of a history, in another repository.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use eventsourcing::{ErrorKind, EventStore, Warm, prelude::*};

use super::{
    domain::Ledger as Changed,
    gated::{Gated, Gates},
    replayed, taken_by_the_earlier_program, verdicts, verifying,
};
use crate::{
    domain::{Booked, bookings},
    saving::{id, ledgers, saved},
    snapshots::every,
};

type Store = Arc<dyn EventStore>;

async fn is_right(ledgers: &Repository<Changed>, store: &Store) {
    let loaded = ledgers.load(id()).await.unwrap();
    let right = replayed(store, loaded.version().get()).await;
    assert_eq!(*loaded.state(), right);
}

/// One more event, behind the last snapshot.
async fn one_more(store: &Store) {
    let plain = ledgers(store);
    let mut root = plain.load(id()).await.unwrap();
    root.record(Booked { amount: 6 });
    plain.save(&mut root).await.unwrap();
}

/// Whoever waits at the gate of snapshots goes on once the verification that waits as well has found the difference.
async fn found_meanwhile(ledgers: &Repository<Changed>, gates: &Gates) {
    gates.replays.open();
    ledgers.await_verification().await;
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (1, 1, 0));
    gates.saves.open();
}

/// A snapshot that is asked for is refused, and not used.
pub(crate) async fn one_that_is_asked_for_meanwhile_is_refused(store: Store) {
    taken_by_the_earlier_program(&store).await;
    one_more(&store).await;
    let gated = Gated::new(&store);
    let builder = verifying(&(Arc::new(gated.clone()) as Store));
    let ledgers = builder.snapshot_mode(SnapshotMode::Manual).build().unwrap();
    gated.gates.replays.close();
    gated.gates.saves.close();
    let root = ledgers.load(id()).await.unwrap();
    let asked = tokio::spawn({
        let ledgers = ledgers.clone();
        async move { ledgers.create_snapshot(&root).await }
    });
    gated.gates.saves.reached().await;
    found_meanwhile(&ledgers, &gated.gates).await;
    let refused = asked.await.unwrap().unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::Poisoned);
    let text = refused.to_string();
    assert_eq!(text.matches("load it again").count(), 1, "{text}");
    assert!(!text.contains("panicked"), "{text}");
    is_right(&ledgers, &store).await;
    // Again, as the error says.
    let root = ledgers.load(id()).await.unwrap();
    let taken = ledgers.create_snapshot(&root).await.unwrap();
    assert_eq!(*taken.state().unwrap(), replayed(&store, 7).await);
    is_right(&ledgers, &store).await;
}

/// Warming goes on from the events then.
pub(crate) async fn one_that_is_warmed_meanwhile_is_right(store: Store) {
    taken_by_the_earlier_program(&store).await;
    one_more(&store).await;
    let gated = Gated::new(&store);
    let ledgers = verifying(&(Arc::new(gated.clone()) as Store));
    let ledgers = ledgers.build().unwrap();
    gated.gates.replays.close();
    gated.gates.saves.close();
    let warming = tokio::spawn(ledgers.warm(Warm::all()).finish());
    gated.gates.saves.reached().await;
    ledgers.load(id()).await.unwrap();
    found_meanwhile(&ledgers, &gated.gates).await;
    let report = warming.await.unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!(report.stored, 1);
    is_right(&ledgers, &store).await;
    for snapshot in ledgers.snapshots(id()).await.unwrap() {
        let right = replayed(&store, snapshot.version().get()).await;
        assert_eq!(*snapshot.state().unwrap(), right);
    }
}

/// A save whose snapshot is stored when it is found that it goes back to a wrong one, and whose answer: is late, is an
/// error, is not waited for, or is good but slow.
async fn is_found_during_a_save(store: Store, answer: Answer) {
    taken_by_the_earlier_program(&store).await;
    let slow = Gated::new(&store);
    let gates = Arc::clone(&slow.gates);
    let builder = verifying(&(Arc::new(slow) as Store));
    let ledgers = builder.snapshot_deadline(match answer {
        Answer::Late => Duration::from_millis(300),
        _ => Duration::from_secs(60),
    });
    let ledgers = ledgers.build().unwrap();
    gates.replays.close();
    gates.answers.close();
    let mut root = ledgers.load(id()).await.unwrap();
    root.record(bookings(6, 2));
    let save = tokio::spawn({
        let ledgers = ledgers.clone();
        async move { ledgers.save(&mut root).await.map(drop) }
    });
    gates.answers.reached().await;
    found_meanwhile(&ledgers, &gates).await;
    match answer {
        Answer::Late => save.await.unwrap().unwrap(),
        Answer::None => {
            save.abort();
            assert!(save.await.unwrap_err().is_cancelled());
        }
        Answer::Error => {
            gates.answers_fail.store(true, Ordering::SeqCst);
            gates.answers.open();
            save.await.unwrap().unwrap();
            gates.answers_fail.store(false, Ordering::SeqCst);
        }
        // Before the save knows of it.
        Answer::Slow => {
            is_right(&ledgers, &store).await;
            gates.answers.open();
            save.await.unwrap().unwrap();
        }
    }
    gates.answers.open();
    is_right(&ledgers, &store).await;
    is_right(&ledgers, &store).await;
    assert_eq!(ledgers.load(id()).await.unwrap().version(), 8);
}

#[derive(Clone, Copy)]
enum Answer {
    Late,
    Error,
    None,
    Slow,
}

pub(crate) async fn a_late_answer_leaves_nothing_wrong(store: Store) {
    is_found_during_a_save(store, Answer::Late).await;
}

pub(crate) async fn an_error_after_storing_leaves_nothing_wrong(store: Store) {
    is_found_during_a_save(store, Answer::Error).await;
}

pub(crate) async fn a_dropped_save_leaves_nothing_wrong(store: Store) {
    is_found_during_a_save(store, Answer::None).await;
}

pub(crate) async fn a_slow_answer_leaves_nothing_wrong(store: Store) {
    is_found_during_a_save(store, Answer::Slow).await;
}

/// The pages behind the finding go on from a replay, and none of their rows is given twice.
pub(crate) async fn a_history_goes_on_from_a_replay(store: Store) {
    let earlier = every(Arc::clone(&store), 50);
    let mut root = saved(&earlier, 99).await;
    for from in [100, 200] {
        root.record(bookings(from, 100));
        earlier.save(&mut root).await.unwrap();
    }
    let ledgers = verifying(&store).snapshots(SnapshotPolicy::every(50));
    let ledgers = ledgers.build().unwrap();
    let mut walk = ledgers.history_from(id(), 110);
    let first = walk.next().await.unwrap().unwrap();
    assert_eq!(first.version, 110);
    ledgers.await_verification().await;
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (1, 1, 0));
    let rest = walk.collect().await.unwrap();
    let versions: Vec<u64> = rest.iter().map(|entry| entry.version.get()).collect();
    assert_eq!(versions, (111..=300).collect::<Vec<_>>());
    // What was read with the first page was read before.
    for version in [110 + 64, 238, 300] {
        let entry = rest.iter().find(|entry| entry.version == version);
        let state = entry.and_then(|entry| entry.state.clone());
        assert_eq!(
            *state.unwrap(),
            replayed(&store, version).await,
            "{version}"
        );
    }
}

/// A root that another repository of this process has loaded, which verifies nothing.
pub(crate) async fn a_root_of_another_repository_leads_to_no_snapshot(store: Store) {
    taken_by_the_earlier_program(&store).await;
    let trusting = Repository::<Changed>::builder(Arc::clone(&store));
    let mut wrong = trusting.build().unwrap().load(id()).await.unwrap();
    let ledgers = verifying(&store).build().unwrap();
    super::found(&ledgers).await;
    wrong.record(bookings(6, 2));
    let stored = ledgers.snapshot_stats().stored;
    ledgers.save(&mut wrong).await.unwrap();
    assert_eq!(ledgers.snapshot_stats().stored, stored);
    let refused = ledgers.create_snapshot(&wrong).await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::Poisoned);
    is_right(&ledgers, &store).await;
}
