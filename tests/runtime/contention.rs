//! Many callers on one aggregate.

use std::{convert::Infallible, sync::Arc};

use eventsourcing::{EventStore, prelude::*};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::saving::{id, ledgers, saved};

type Store = Arc<dyn EventStore>;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Started;

/// Carries what the decision saw, so that a lost update shows.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Counted {
    seen: u64,
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, create(Started), events(Counted))]
struct Counter {
    count: u64,
    lost: u64,
}

impl CounterHandlers for Counter {
    fn started(_: &u32, _: Started) -> Self {
        Counter { count: 0, lost: 0 }
    }

    fn counted(&mut self, event: Counted) {
        self.lost += u64::from(event.seen != self.count);
        self.count += 1;
    }
}

/// With snapshots, so that 8,000 commands don't replay 32 million events.
pub(crate) async fn sixteen_tasks_on_one_order(store: Store) {
    let counters = Repository::<Counter>::builder(store)
        .snapshots(SnapshotPolicy::every(50))
        .build()
        .unwrap();
    counters
        .save(&mut counters.create(7, Started))
        .await
        .unwrap();
    let tasks = (0..16).map(|_| {
        let counters = counters.clone();
        tokio::spawn(async move {
            for _ in 0..500 {
                let count = |c: &Counter| Ok::<_, Infallible>(Counted { seen: c.count });
                counters.execute(7, count).await.unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let counter = counters.load(7).await.unwrap();
    assert_eq!((counter.version().get(), counter.count), (8_001, 8_000));
    assert_eq!(counter.lost, 0);
}

pub(crate) async fn a_command_within_a_command_is_not_a_deadlock(store: Store) {
    let ledgers = ledgers(&store);
    saved(&ledgers, 0).await;
    let others = ledgers.clone();
    let mut first = true;
    ledgers
        .execute(id(), |l| {
            if std::mem::take(&mut first) {
                let others = others.clone();
                tokio::task::block_in_place(|| {
                    let inner = others.execute(id(), |l| l.book(1));
                    tokio::runtime::Handle::current().block_on(inner).unwrap();
                });
            }
            l.book(2)
        })
        .await
        .unwrap();
    assert_eq!(ledgers.load(id()).await.unwrap().bookings, [1, 2]);
}
