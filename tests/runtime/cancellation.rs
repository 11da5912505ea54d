//! A future dropped at any await point loses nothing and stores nothing twice.
//!
//! (cqrs libraries that take the pending events out of the aggregate before awaiting the store lose them here.) The store
//! yields before and after each of its steps, so that there is a point to be dropped at on either side of each. Each call is
//! polled once, twice, … and dropped, until it finishes by itself; after each drop the call is repeated. It is dropped right
//! after a poll, with the store in the middle of what it was asked for, and also a while later.

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use eventsourcing::{EventStore, prelude::*, testing::FaultyStore};
use futures_util::task::noop_waker;

use crate::domain::{Booked, Closed, Ledger, bookings, opened};

type Store = Arc<dyn EventStore>;

/// Where a call is dropped.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// After so many polls,
    polls: usize,
    /// a while later, or at once.
    late: bool,
}

impl Point {
    /// An id that no other point has.
    fn id(self) -> String {
        format!("{}-{}", self.polls, self.late)
    }
}

/// So long a store works by itself, between polls.
async fn a_while() {
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
}

/// Polls up to a point, letting other tasks run in between, then drops the future. Its result if it finished.
async fn poll_until<F: Future>(future: F, point: Point) -> Option<F::Output> {
    let mut future = pin!(future);
    for poll in 0..point.polls {
        if poll > 0 {
            a_while().await;
        }
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(&noop_waker()));
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
    }
    if point.late {
        a_while().await;
    }
    None
}

fn yielding(store: &Store) -> FaultyStore {
    let store = FaultyStore::new(Arc::clone(store));
    store.set_yielding(true);
    store
}

fn snapshotting(store: &Store) -> Repository<Ledger> {
    Repository::builder(yielding(store))
        .snapshots(SnapshotPolicy::every(2))
        .build()
        .unwrap()
}

/// Drops a call after every number of polls, from 0 on; `scenario` gets that point and says whether the call finished. At
/// `least` so many points must be there, or the call was never dropped where it matters.
async fn at_every_point<F: Future<Output = bool>>(least: usize, scenario: impl Fn(Point) -> F) {
    for polls in 0.. {
        assert!(polls < 200, "it never finishes");
        let at_once = scenario(Point { polls, late: false }).await;
        let later = scenario(Point { polls, late: true }).await;
        if at_once && later {
            assert!(polls > least, "only {polls} await points");
            return;
        }
    }
}

/// What the stream holds, without any snapshot: each booking exactly once.
async fn stored(store: &Store, id: &str) -> (u64, Vec<i64>) {
    let plain = Repository::<Ledger>::builder(Arc::clone(store))
        .ignore_snapshots()
        .build()
        .unwrap();
    let root = plain.load(id.to_owned()).await.unwrap();
    (root.version().get(), root.bookings.clone())
}

pub(crate) async fn save_dropped_at_every_await_point(store: Store) {
    let ledgers = &snapshotting(&store);
    // Repeated as it was, and with one more event.
    for more in [0, 1] {
        at_every_point(4, async |point| {
            let id = format!("{}-{more}", point.id());
            let mut root = ledgers.create(id.clone(), opened());
            root.record(bookings(1, 3));
            let finished = poll_until(ledgers.save(&mut root), point).await.is_some();
            assert_eq!(root.version(), 4);
            root.record(bookings(4, more));
            ledgers.save(&mut root).await.unwrap();
            let expected = 4 + more.unsigned_abs();
            assert!(root.pending().is_empty());
            assert_eq!(root.stored_version(), expected);
            let all: Vec<i64> = (1..=3 + more).collect();
            assert_eq!(stored(&store, &id).await, (expected, all), "{point:?}");
            let loaded = ledgers.load(&id).await.unwrap();
            assert_eq!(loaded.state(), root.state(), "dropped at {point:?}");
            finished
        })
        .await;
    }
}

pub(crate) async fn discard_dropped_at_every_await_point(store: Store) {
    let ledgers = &snapshotting(&store);
    at_every_point(4, async |point| {
        let id = point.id();
        let mut root = ledgers.create(id.clone(), opened());
        ledgers.save(&mut root).await.unwrap();
        root.record(bookings(1, 3));
        let finished = poll_until(ledgers.discard(&mut root, Closed), point)
            .await
            .is_some();
        if !finished && !root.pending().is_empty() {
            ledgers.discard(&mut root, Closed).await.unwrap();
        }
        let history = ledgers.history(&id).collect().await.unwrap();
        assert_eq!(history.len(), 5, "dropped at {point:?}");
        assert!(ledgers.find(&id).await.unwrap().is_none());
        finished
    })
    .await;
}

pub(crate) async fn save_all_dropped_at_every_await_point(store: Store) {
    let app = Application::builder(yielding(&store))
        .snapshots(SnapshotPolicy::every(2))
        .build()
        .unwrap();
    let ledgers = &app.repository::<Ledger>().unwrap();
    at_every_point(4, async |point| {
        let mut roots: Vec<Root<Ledger>> = (0..3)
            .map(|n| ledgers.create(format!("{}-{n}", point.id()), opened()))
            .collect();
        roots[1].record(bookings(1, 2));
        let finished = poll_until(app.save_all(&mut roots), point).await.is_some();
        // Whatever became of it: once one of them is there, the others are.
        let mut found = Vec::new();
        for root in &roots {
            found.push(ledgers.contains(root.id().clone()).await.unwrap());
        }
        assert!(found.is_sorted(), "{found:?} at {point:?}");
        roots[2].record(bookings(1, 1));
        app.save_all(&mut roots).await.unwrap();
        for (n, version) in [1, 3, 2].into_iter().enumerate() {
            let id = format!("{}-{n}", point.id());
            let bookings: Vec<i64> = (1..version).collect();
            let version = version.cast_unsigned();
            assert_eq!(
                stored(&store, &id).await,
                (version, bookings),
                "dropped at {point:?}"
            );
            assert_eq!(ledgers.load(&id).await.unwrap().version(), version);
        }
        finished
    })
    .await;
}

/// Some of the roots of a dropped `save_all` are saved alone afterwards: the commit is found by each.
pub(crate) async fn save_all_dropped_and_each_saved_alone(store: Store) {
    let app = Application::builder(yielding(&store)).build().unwrap();
    let ledgers = &app.repository::<Ledger>().unwrap();
    at_every_point(2, async |point| {
        let mut roots: Vec<Root<Ledger>> = (0..2)
            .map(|n| ledgers.create(format!("{}-{n}", point.id()), opened()))
            .collect();
        let finished = poll_until(app.save_all(&mut roots), point).await.is_some();
        for root in &mut roots {
            ledgers.save(root).await.unwrap();
            assert_eq!(stored(&store, root.id()).await.0, 1, "dropped at {point:?}");
        }
        finished
    })
    .await;
}

pub(crate) async fn create_snapshot_dropped_at_every_await_point(store: Store) {
    let plain = &Repository::<Ledger>::builder(yielding(&store))
        .build()
        .unwrap();
    at_every_point(2, async |point| {
        let id = point.id();
        let mut root = plain.create(id.clone(), opened());
        root.record(bookings(1, 3));
        plain.save(&mut root).await.unwrap();
        let finished = poll_until(plain.create_snapshot(&root), point)
            .await
            .is_some();
        let loaded = plain.load(&id).await.unwrap();
        assert_eq!(loaded.state(), root.state(), "dropped at {point:?}");
        assert_eq!(plain.create_snapshot(&root).await.unwrap().version(), 4);
        assert_eq!(plain.snapshots(&id).await.unwrap().len(), 1);
        let loaded = plain.load(&id).await.unwrap();
        assert_eq!(loaded.state(), root.state(), "dropped at {point:?}");
        finished
    })
    .await;
}

/// The three forms of a command: dropped, its decision is stored whole or not at all, and it can be repeated, for which the
/// state says whether that is needed.
async fn command_dropped<F: Future<Output = ()>>(
    store: &Store,
    command: impl Fn(Repository<Ledger>, String) -> F,
) {
    let ledgers = &snapshotting(store);
    at_every_point(4, async |point| {
        let id = point.id();
        ledgers
            .save(&mut ledgers.create(id.clone(), opened()))
            .await
            .unwrap();
        let finished = poll_until(command(ledgers.clone(), id.clone()), point)
            .await
            .is_some();
        // What the store had in hand is done by now, whatever became of the future.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let (version, bookings) = stored(store, &id).await;
        match version {
            1 => assert!(bookings.is_empty()),
            3 => assert_eq!(bookings, [1, 2]),
            other => {
                panic!("version {other} at {point:?}: the decision was torn or stored twice")
            }
        }
        assert!(version == 3 || !finished);
        // A command that looks at the state may be repeated.
        command(ledgers.clone(), id.clone()).await;
        assert_eq!(
            stored(store, &id).await,
            (3, vec![1, 2]),
            "dropped at {point:?}"
        );
        let loaded = ledgers.load(&id).await.unwrap();
        assert_eq!(loaded.bookings, [1, 2]);
        finished
    })
    .await;
}

/// Books 1 and 2 unless they are booked.
#[allow(clippy::unnecessary_wraps, reason = "a command")]
fn book_once(ledger: &Ledger) -> Result<Vec<Booked>, Infallible> {
    Ok(if ledger.bookings.is_empty() {
        bookings(1, 2)
    } else {
        Vec::new()
    })
}

pub(crate) async fn execute_dropped_at_every_await_point(store: Store) {
    command_dropped(&store, async |ledgers, id| {
        ledgers.execute(&id, book_once).await.unwrap();
    })
    .await;
}

pub(crate) async fn update_dropped_at_every_await_point(store: Store) {
    command_dropped(&store, async |ledgers, id| {
        ledgers
            .update(&id, |root| root.execute(book_once))
            .await
            .unwrap();
    })
    .await;
}

pub(crate) async fn update_with_dropped_at_every_await_point(store: Store) {
    command_dropped(&store, async |ledgers, id| {
        let decide = async |mut root: Root<Ledger>| {
            tokio::task::yield_now().await;
            root.execute(book_once)?;
            Ok::<_, Infallible>((root, ()))
        };
        ledgers.update_with(&id, decide).await.unwrap();
    })
    .await;
}
