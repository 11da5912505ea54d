//! A future dropped at any await point loses nothing and stores nothing twice.
//!
//! (cqrs libraries that take the pending events out of the aggregate before awaiting the store lose them here.)

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use eventsourcing::{EventStore, prelude::*};
use futures_util::task::noop_waker;

use crate::{
    domain::{Booked, Closed, Ledger, bookings, opened},
    faulty::Faulty,
};

type Store = Arc<dyn EventStore>;

/// Polls this many times, letting other tasks run in between, then drops the future. Its result if it finished.
async fn poll_times<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(&noop_waker()));
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    None
}

fn snapshotting(store: &Store) -> Repository<Ledger> {
    Repository::builder(Faulty::new(Arc::clone(store)))
        .snapshots(SnapshotPolicy::every(2))
        .build()
        .unwrap()
}

pub(crate) async fn save_dropped_at_every_await_point(store: Store) {
    let ledgers = snapshotting(&store);
    for points in 0.. {
        let id = format!("{points}");
        let mut root = ledgers.create(id.clone(), opened());
        root.record(bookings(1, 3));
        let finished = poll_times(ledgers.save(&mut root), points).await.is_some();
        root.record(Booked { amount: 4 });
        ledgers.save(&mut root).await.unwrap();
        assert!(root.pending().is_empty());
        let loaded = ledgers.load(&id).await.unwrap();
        assert_eq!(loaded.bookings, [1, 2, 3, 4], "dropped after {points}");
        assert_eq!(loaded.version(), 5);
        if finished {
            assert!(points > 3, "there are await points");
            return;
        }
    }
}

pub(crate) async fn discard_dropped_at_every_await_point(store: Store) {
    let ledgers = snapshotting(&store);
    for points in 0.. {
        let id = format!("{points}");
        let mut root = ledgers.create(id.clone(), opened());
        ledgers.save(&mut root).await.unwrap();
        root.record(bookings(1, 3));
        let finished = poll_times(ledgers.discard(&mut root, Closed), points)
            .await
            .is_some();
        if !finished && !root.pending().is_empty() {
            ledgers.discard(&mut root, Closed).await.unwrap();
        }
        let history = ledgers.history(&id).collect().await.unwrap();
        assert_eq!(history.len(), 5, "dropped after {points}");
        assert!(ledgers.find(&id).await.unwrap().is_none());
        if finished {
            return;
        }
    }
}

pub(crate) async fn save_all_dropped_at_every_await_point(store: Store) {
    let app = Application::builder(Faulty::new(store)).build().unwrap();
    let ledgers = app.repository::<Ledger>().unwrap();
    for points in 0.. {
        let mut roots: Vec<Root<Ledger>> = (0..3)
            .map(|n| ledgers.create(format!("{points}-{n}"), opened()))
            .collect();
        roots[1].record(bookings(1, 2));
        let finished = poll_times(app.save_all(&mut roots), points).await.is_some();
        roots[2].record(bookings(1, 1));
        app.save_all(&mut roots).await.unwrap();
        for (n, version) in [1, 3, 2].into_iter().enumerate() {
            let loaded = ledgers.load(format!("{points}-{n}")).await.unwrap();
            assert_eq!(loaded.version(), version, "dropped after {points}");
        }
        if finished {
            return;
        }
    }
}
