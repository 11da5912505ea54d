//! When verification ends, nothing of it is heard any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use eventsourcing::{EventStore, prelude::*, repository::SnapshotDifference};
use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::{
    domain::{Ledger as Changed, STALLED, Stalling, Started},
    taken_by_the_earlier_program, verdicts,
};
use crate::{domain::Booked, saving::id};

type Store = Arc<dyn EventStore>;

/// The report that is running is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_the_report() {
    let store: Store = Arc::new(MemoryStore::new());
    taken_by_the_earlier_program(&store).await;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let done = Arc::new(AtomicBool::new(false));
    let report = {
        let done = Arc::clone(&done);
        move |_: &SnapshotDifference<Changed>| {
            begun.send(()).unwrap();
            may_go_on.lock().unwrap().recv().unwrap();
            done.store(true, Ordering::SeqCst);
        }
    };
    let app = Application::builder(Arc::clone(&store))
        .aggregate::<Changed>(|ledgers| ledgers.verify_snapshots(1.0).on_difference(report))
        .build()
        .unwrap();
    let ledgers = app.repository::<Changed>().unwrap();
    ledgers.load(id()).await.unwrap();
    tokio::task::block_in_place(|| has_begun.recv()).unwrap();
    let mut close = Box::pin(app.close());
    assert!((&mut close).now_or_never().is_none());
    go_on.send(()).unwrap();
    close.await;
    assert!(done.load(Ordering::SeqCst));
    ledgers.await_verification().await;
    assert_eq!(verdicts(&ledgers.snapshot_stats()), (1, 1, 0));
}

/// A snapshot that any other fold differs from.
async fn taken(store: &Store) {
    let all = Repository::<Stalling>::builder(Arc::clone(store))
        .snapshots(SnapshotPolicy::always())
        .build()
        .unwrap();
    let mut root = all.create(1, Started);
    root.record(Booked { amount: 5 });
    all.save(&mut root).await.unwrap();
}

/// In the middle of a fold: that is given up at the next event, before anything is compared or reported. One test, since
/// one lock stalls all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_reported_afterwards() {
    let store: Store = Arc::new(MemoryStore::new());
    taken(&store).await;
    for is_closed in [true, false] {
        let reports = Arc::new(AtomicUsize::new(0));
        let owned = Arc::new(());
        let gone = Arc::downgrade(&owned);
        let report = {
            let reports = Arc::clone(&reports);
            move |_: &SnapshotDifference<Stalling>| {
                let _ = &owned;
                reports.fetch_add(1, Ordering::SeqCst);
            }
        };
        let stall = STALLED.stall();
        if is_closed {
            let app = Application::builder(Arc::clone(&store))
                .aggregate::<Stalling>(|all| all.verify_snapshots(1.0).on_difference(report))
                .build()
                .unwrap();
            let all = app.repository::<Stalling>().unwrap();
            all.load(1).await.unwrap();
            tokio::task::block_in_place(|| STALLED.reached());
            let mut close = Box::pin(app.close());
            assert!((&mut close).now_or_never().is_none());
            drop(stall);
            close.await;
            assert_eq!(all.snapshot_stats().skipped, 1);
        } else {
            let all = Repository::<Stalling>::builder(Arc::clone(&store))
                .verify_snapshots(1.0)
                .on_difference(report)
                .build()
                .unwrap();
            all.load(1).await.unwrap();
            tokio::task::block_in_place(|| STALLED.reached());
            drop(all);
            drop(stall);
        }
        // Until the last of it is gone, and its report with it.
        while gone.strong_count() > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(reports.load(Ordering::SeqCst), 0, "closed: {is_closed}");
    }
}
