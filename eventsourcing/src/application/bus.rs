//! The bus: tells in-process subscribers what was stored.
//!
//! No lock is held while a handler runs, so handlers may save, subscribe and unsubscribe.

use std::{
    any::Any,
    error::Error as StdError,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, PoisonError, RwLock, RwLockWriteGuard, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    Metadata, Position, StreamId, Timestamp, Version,
    aggregate::{Aggregate, AggregateId},
    event::Event,
};

pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

type Failure = Box<dyn StdError + Send + Sync>;

/// An event that was just stored, as subscribers see it. Cheap to clone.
#[derive(Clone)]
pub struct Published(Arc<Envelope>);

struct Envelope {
    stream: StreamId,
    version: Version,
    id: Uuid,
    name: &'static str,
    position: Option<Position>,
    recorded_at: Timestamp,
    metadata: Arc<Metadata>,
    event: Box<dyn Any + Send + Sync>,
    payload: fn(&(dyn Any + Send + Sync)) -> Option<&(dyn Any + Send + Sync)>,
    debug: fn(&(dyn Any + Send + Sync), &mut fmt::Formatter<'_>) -> fmt::Result,
}

impl Published {
    pub(crate) fn new<A: Aggregate>(
        stream: StreamId,
        version: Version,
        id: Uuid,
        position: Option<Position>,
        recorded_at: Timestamp,
        metadata: Arc<Metadata>,
        event: A::Event,
    ) -> Self {
        Self(Arc::new(Envelope {
            stream,
            version,
            id,
            name: A::EVENTS[A::__index(&event)].name,
            position,
            recorded_at,
            metadata,
            event: Box::new(event),
            payload: |event| event.downcast_ref::<A::Event>().map(A::__payload),
            debug: |event, f| match event.downcast_ref::<A::Event>() {
                Some(event) => fmt::Debug::fmt(event, f),
                None => Ok(()),
            },
        }))
    }

    /// Its stream.
    pub fn stream(&self) -> &StreamId {
        &self.0.stream
    }

    /// The version that it brought the stream to.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// Its own id.
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// The stored name of its type.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Its place in the global order.
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// When it was stored, by the store's clock.
    pub fn recorded_at(&self) -> Timestamp {
        self.0.recorded_at
    }

    /// What was stored beside it.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The event struct, if it is an `E`.
    pub fn event<E: Event>(&self) -> Option<&E> {
        (self.0.payload)(&*self.0.event)?.downcast_ref()
    }

    /// The event enum, if it is an event of an `A`.
    pub fn event_of<A: Aggregate>(&self) -> Option<&A::Event> {
        let of_type = self.0.stream.category() == A::NAME;
        self.0.event.downcast_ref().filter(|_| of_type)
    }

    /// The aggregate's id, if it is an event of an `A`.
    pub fn id_of<A: Aggregate>(&self) -> Option<A::Id> {
        self.event_of::<A>()?;
        A::Id::from_text(self.0.stream.id()).ok()
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Shown<'a>(&'a Envelope);
        impl fmt::Debug for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (self.0.debug)(&*self.0.event, f)
            }
        }
        f.debug_struct("Published")
            .field("stream", &self.0.stream)
            .field("version", &self.0.version)
            .field("event", &Shown(&self.0))
            .finish_non_exhaustive()
    }
}

/// What a subscriber's handler may return: `()` or `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a subscriber's handler can't return `{Self}`",
    label = "neither `()` nor a `Result<(), E>` with an error",
    note = "return `()`, or `Result<(), E>` where `E` implements `std::error::Error + Send + Sync`"
)]
pub trait IntoOutcome {
    /// Its error, if it is one.
    fn into_outcome(self) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: Into<Failure>> IntoOutcome for Result<(), E> {
    fn into_outcome(self) -> Result<(), Failure> {
        self.map_err(Into::into)
    }
}

/// A subscription; goes on until it is ended, also if this handle is dropped.
#[derive(Clone)]
pub struct Subscription {
    number: u64,
    bus: Weak<Bus>,
}

impl Subscription {
    /// Ends it: saves that begin to publish after this don't call it. Says whether it was still there.
    pub fn unsubscribe(&self) -> bool {
        self.bus
            .upgrade()
            .is_some_and(|bus| bus.unsubscribe(self.number))
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.number).finish()
    }
}

/// Counts since the application was built: one for each event and subscriber.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionStats {
    /// Handled without an error.
    pub delivered: u64,
    /// The handler returned an error.
    pub failed: u64,
    /// The handler or the predicate panicked.
    pub panicked: u64,
    /// The handler was given up at the deadline.
    pub timed_out: u64,
}

struct Subscriber {
    number: u64,
    predicate: Box<dyn Fn(&Published) -> bool + Send + Sync>,
    handler: Box<dyn Fn(Published) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>,
}

pub(crate) struct Bus {
    subscribers: RwLock<Vec<Arc<Subscriber>>>,
    deadline: Duration,
    next: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    timed_out: AtomicU64,
}

impl Bus {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self {
            subscribers: RwLock::default(),
            deadline,
            next: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
        }
    }

    pub(crate) fn subscribe<P, H, F>(self: &Arc<Self>, predicate: P, handler: H) -> Subscription
    where
        P: Fn(&Published) -> bool + Send + Sync + 'static,
        H: Fn(Published) -> F + Send + Sync + 'static,
        F: Future<Output: IntoOutcome> + Send + 'static,
    {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.write().push(Arc::new(Subscriber {
            number,
            predicate: Box::new(predicate),
            handler: Box::new(move |event| handler(event).map(IntoOutcome::into_outcome).boxed()),
        }));
        Subscription {
            number,
            bus: Arc::downgrade(self),
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Arc<Subscriber>>> {
        self.subscribers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn unsubscribe(&self, number: u64) -> bool {
        let ended = {
            let mut subscribers = self.write();
            let at = subscribers
                .iter()
                .position(|subscriber| subscriber.number == number);
            at.map(|at| subscribers.remove(at))
        };
        // Dropped without the lock: what the closures own may unsubscribe as well.
        ended.is_some()
    }

    pub(crate) async fn publish(&self, events: Vec<Published>) {
        let subscribers = {
            let subscribers = self.subscribers.read();
            let subscribers = subscribers.unwrap_or_else(PoisonError::into_inner);
            if subscribers.is_empty() {
                return;
            }
            subscribers.clone()
        };
        for event in events {
            for subscriber in &subscribers {
                self.deliver(subscriber, &event).await;
            }
        }
    }

    async fn deliver(&self, subscriber: &Arc<Subscriber>, event: &Published) {
        let handled = AssertUnwindSafe(async {
            if !(subscriber.predicate)(event) {
                return None;
            }
            // A task of its own: a chain of subscribers that save must not grow one stack.
            let (handler, event, deadline) = (Arc::clone(subscriber), event.clone(), self.deadline);
            let handling = async move {
                let outcome = (handler.handler)(event);
                tokio::time::timeout(deadline, outcome).await
            };
            Some(tokio::spawn(handling.in_current_span()).await)
        });
        let counter = match handled.catch_unwind().await {
            Ok(None) => return,
            Ok(Some(Ok(Ok(Ok(()))))) => &self.delivered,
            Ok(Some(Ok(Ok(Err(error))))) => {
                tracing::warn!(?event, %error, "a subscriber failed");
                &self.failed
            }
            Ok(Some(Ok(Err(_)))) => {
                tracing::warn!(?event, deadline = ?self.deadline, "a subscriber missed its deadline");
                &self.timed_out
            }
            Ok(Some(Err(_))) | Err(_) => {
                tracing::warn!(?event, "a subscriber panicked");
                &self.panicked
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> SubscriptionStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SubscriptionStats {
            delivered: get(&self.delivered),
            failed: get(&self.failed),
            panicked: get(&self.panicked),
            timed_out: get(&self.timed_out),
        }
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
