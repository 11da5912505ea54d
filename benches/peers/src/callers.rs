//! Callers who append at the same time, each one save behind the other, whatever they append to.

use std::{
    collections::HashMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use cqrs_es::{
    EventStore as _,
    persist::{PersistedEventRepository, PersistedEventStore},
};
use eventsourcing::{Repository, Root};
use tokio::task::JoinHandle;

use crate::{
    Result,
    domain::{Item, ItemAdded, Opened, Order},
    sample::{Latencies, float},
    subjects::cqrs,
};

/// What all callers have done.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) latencies: Latencies,
    pub(crate) took: Duration,
    /// How many events of each order were acknowledged.
    pub(crate) acknowledged: HashMap<String, u64>,
}

impl Done {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            latencies: Latencies::new()?,
            took: Duration::ZERO,
            acknowledged: HashMap::new(),
        })
    }

    /// What all callers have done since then.
    pub(crate) async fn by_all(
        callers: Vec<JoinHandle<Result<Self>>>,
        begun: Instant,
    ) -> Result<Self> {
        let mut all = Self::new()?;
        for caller in callers {
            let done = caller.await??;
            all.latencies.add(&done.latencies)?;
            all.acknowledged.extend(done.acknowledged);
        }
        all.took = begun.elapsed();
        Ok(all)
    }

    pub(crate) fn events(&self) -> u64 {
        self.acknowledged.values().sum()
    }

    pub(crate) fn events_a_second(&self) -> f64 {
        float(self.events()) / self.took.as_secs_f64()
    }
}

/// Which streams a caller appends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    /// Another one each time.
    New,
    /// Always its own.
    Own,
}

/// Something that appends.
pub(crate) trait Append: Clone + Send + 'static {
    /// A stream as a caller holds it between two saves.
    type Stream: Send;

    fn begin(&self, id: &str) -> Self::Stream;

    /// Stores as many events more, in one save.
    fn append(&self, stream: &mut Self::Stream, events: u64)
    -> impl Future<Output = Result> + Send;
}

/// How many append, what, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) callers: u64,
    pub(crate) events: u64,
    pub(crate) streams: Streams,
    pub(crate) time: Duration,
}

/// Appends, and waits for the last one to be acknowledged.
pub(crate) async fn run<A: Append>(appender: &A, load: Load) -> Result<Done> {
    let begun = Instant::now();
    let callers = (0..load.callers)
        .map(|caller| tokio::spawn(one(appender.clone(), caller, load, begun + load.time)))
        .collect();
    Done::by_all(callers, begun).await
}

async fn one<A: Append>(appender: A, caller: u64, load: Load, end: Instant) -> Result<Done> {
    let mut done = Done::new()?;
    let mut own = None;
    for save in 0_u64.. {
        if Instant::now() >= end {
            break;
        }
        let id = match load.streams {
            Streams::New => format!("{caller}-{save}"),
            Streams::Own => caller.to_string(),
        };
        if load.streams == Streams::New {
            own = None;
        }
        let stream = own.get_or_insert_with(|| appender.begin(&id));
        let begun = Instant::now();
        appender.append(stream, load.events).await?;
        done.latencies.since(begun);
        *done.acknowledged.entry(id).or_default() += load.events;
    }
    Ok(done)
}

/// The library's repository.
#[derive(Debug, Clone)]
pub(crate) struct Ours(pub(crate) Repository<Order>);

impl Append for Ours {
    type Stream = (String, Option<Root<Order>>);

    fn begin(&self, id: &str) -> Self::Stream {
        (id.to_owned(), None)
    }

    async fn append(&self, (id, root): &mut Self::Stream, mut events: u64) -> Result {
        let root = root.get_or_insert_with(|| {
            events -= 1;
            self.0.create(id.clone(), Opened(Item::of_version(1)))
        });
        for _ in 0..events {
            let next = Item::of_version(root.version().get() + 1);
            root.record(ItemAdded(next));
        }
        self.0.save(root).await?;
        Ok(())
    }
}

/// The event store of `cqrs-es`.
pub(crate) struct Cqrs<R: PersistedEventRepository>(
    pub(crate) Arc<PersistedEventStore<R, cqrs::Order>>,
);

impl<R: PersistedEventRepository> Clone for Cqrs<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: PersistedEventRepository + Send + Sync + 'static> Append for Cqrs<R> {
    type Stream = (String, u64);

    fn begin(&self, id: &str) -> Self::Stream {
        (id.to_owned(), 0)
    }

    async fn append(&self, (id, stored): &mut Self::Stream, events: u64) -> Result {
        let new = (*stored + 1..=*stored + events).map(cqrs::OrderEvent::of_version);
        let context = cqrs::context(id, *stored);
        self.0
            .commit(new.collect(), context, HashMap::new())
            .await?;
        *stored += events;
        Ok(())
    }
}
