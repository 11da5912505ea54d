//! `Application`: several aggregate types over one store, with shared defaults and one bus.

mod bus;
mod roots;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tracing::Instrument as _;

pub(crate) use self::bus::Bus;
pub use self::{
    bus::{IntoOutcome, Published, Subscription, SubscriptionStats},
    roots::Roots,
};
use crate::{
    Clock, Error, Position, Repository, Result,
    aggregate::Aggregate,
    codec::layer::Layer,
    event::Metadata,
    repository::{
        Companions, RepositoryBuilder, Saving, Settings, Stop, Storm, commit_all, settings,
    },
    snapshot::{Retention, SnapshotMode, SnapshotPolicy, SnapshotStore, background::Background},
    store::EventStore,
    telemetry::spans,
};

/// Several aggregate types over one store.
///
/// Each application has its own bus: its subscribers see its own saves only. Cheap to clone; clones share everything.
///
/// ```
/// use eventsourcing::{Application, snapshot::SnapshotPolicy, store::MemoryStore};
///
/// # fn main() -> eventsourcing::Result<()> {
/// let app = Application::builder(MemoryStore::new())
///     .snapshots(SnapshotPolicy::every(100))
///     .build()?;
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Application {
    shared: Arc<Shared>,
    metadata: Arc<Metadata>,
}

struct Shared {
    store: Arc<dyn EventStore>,
    defaults: Settings,
    overrides: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    bus: Arc<Bus>,
    backgrounds: Backgrounds,
    storm: Storm,
    stop: Stop,
    repositories: Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>,
}

/// The background work of each repository that was built.
#[derive(Default)]
struct Backgrounds(Mutex<(bool, Vec<Background>)>);

impl Backgrounds {
    fn lock(&self) -> MutexGuard<'_, (bool, Vec<Background>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One for a new repository; closed from the start if the application is.
    fn add(&self) -> Background {
        let mut all = self.lock();
        let background = Background::default();
        if all.0 {
            background.refuse_more();
        }
        all.1.push(background.clone());
        background
    }

    async fn close(&self) {
        let all = {
            let mut all = self.lock();
            all.0 = true;
            all.1.clone()
        };
        for background in &all {
            background.refuse_more();
        }
        for background in &all {
            background.await_pending().await;
        }
    }
}

/// What became of a save of several roots.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CommittedAll {
    /// The position of the last event stored; none if there was nothing to store.
    pub position: Option<Position>,
    /// How many events were stored.
    pub events: usize,
}

impl Application {
    /// Begins to build an application over this store.
    pub fn builder(store: impl EventStore) -> ApplicationBuilder {
        ApplicationBuilder {
            store: Arc::new(store),
            settings: Settings::default(),
            overrides: HashMap::new(),
            subscriber_deadline: bus::DEADLINE,
        }
    }

    /// The repository of this aggregate type: always the same one. The error is that of
    /// [`RepositoryBuilder::build`] for the settings of the type and the application.
    pub fn repository<A: Aggregate>(&self) -> Result<Repository<A>> {
        let mut repositories = self.shared.repositories();
        let built = repositories
            .get(&TypeId::of::<A>())
            .and_then(|repository| repository.downcast_ref::<Repository<A>>());
        let repository = if let Some(repository) = built {
            repository.clone()
        } else {
            let repository = self.shared.build::<A>()?;
            repositories.insert(TypeId::of::<A>(), Box::new(repository.clone()));
            repository
        };
        Ok(repository.with((*self.metadata).clone()))
    }

    /// The same application; what is saved through it and its repositories is stamped with this metadata, and with what
    /// it was stamped with before under other keys.
    #[must_use = "the metadata is stamped by what this returns"]
    pub fn with(&self, metadata: Metadata) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            metadata: Arc::new(self.metadata.overlaid(metadata)),
        }
    }

    /// Calls `handler` for each event that this application stores and that passes `predicate`.
    ///
    /// Handlers are awaited after the commit and before the save returns, in the order of the events, then of the subscriptions. They
    /// may save themselves. Each is given up after a deadline
    /// ([`subscriber_deadline`](ApplicationBuilder::subscriber_deadline)). What they return is `()` or a `Result<(), E>`; errors,
    /// panics and missed deadlines are reported and counted, and change nothing about the save. At most once: nothing is
    /// delivered again after a crash.
    ///
    /// It goes on until [`Subscription::unsubscribe`]; dropping the handle changes nothing.
    pub fn subscribe<P, H, F>(&self, predicate: P, handler: H) -> Subscription
    where
        P: Fn(&Published) -> bool + Send + Sync + 'static,
        H: Fn(Published) -> F + Send + Sync + 'static,
        F: Future<Output: IntoOutcome> + Send + 'static,
    {
        self.shared.bus.subscribe(predicate, handler)
    }

    /// Stores the pending events of several roots in one atomic append.
    ///
    /// After a call that was dropped or whose outcome is unknown, save the same roots together again: one that is saved
    /// without the others is stored without them.
    ///
    /// Takes `&mut Root<A>`, `&mut [Root<A>]`, `&mut Vec<Root<A>>` and tuples of up to eight of them. Everything that
    /// [`Repository::save`] promises holds for all of them together; an error names the stream it is about.
    pub async fn save_all(&self, roots: impl Roots<'_>) -> Result<CommittedAll> {
        let saved = async {
            let mut savers: Vec<Box<dyn Saving + '_>> = Vec::new();
            roots.savers(self, &mut savers)?;
            let span = spans::save_all(savers.len());
            let saved = async {
                let mut refs: Vec<&mut dyn Saving> = Vec::with_capacity(savers.len());
                for saver in &mut savers {
                    refs.push(&mut **saver);
                }
                let committed = commit_all(&*self.shared.store, &mut refs).await;
                // Also after an error: an earlier batch may have been found stored before the rest failed.
                let stored = Instant::now();
                let mut published = Vec::new();
                let mut events = 0;
                for saver in &mut savers {
                    if let Some(taken) = saver.take_snapshot(stored) {
                        taken.await;
                    }
                    events += saver.stored();
                    published.extend(saver.published());
                }
                span.record("events", events);
                self.shared.bus.publish(published).await;
                Ok(CommittedAll {
                    position: committed?,
                    events,
                })
            };
            saved.instrument(span.clone()).await
        };
        saved
            .await
            .map_err(|error: Error| error.of_call("save_all"))
    }

    /// Waits for the background snapshots that were accepted, and accepts no more. A verification that is running is given
    /// up where it is, and no other begins; a call of
    /// [`on_difference`](crate::RepositoryBuilder::on_difference) that is running is waited for, so don't close from it.
    pub async fn close(&self) {
        self.shared.stop.stop();
        self.shared.backgrounds.close().await;
        self.shared.stop.ended().await;
    }

    /// What became of the events that subscribers were called for.
    pub fn subscription_stats(&self) -> SubscriptionStats {
        self.shared.bus.stats()
    }
}

impl Shared {
    fn repositories(&self) -> MutexGuard<'_, HashMap<TypeId, Box<dyn Any + Send + Sync>>> {
        self.repositories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn build<A: Aggregate>(&self) -> Result<Repository<A>> {
        let overridden = self
            .overrides
            .get(&TypeId::of::<A>())
            .and_then(|settings| settings.downcast_ref::<RepositoryBuilder<A>>());
        let builder = overridden
            .cloned()
            .unwrap_or_else(|| RepositoryBuilder::new(Arc::clone(&self.store)));
        let companions = Companions {
            background: self.backgrounds.add(),
            storm: self.storm.clone(),
            stop: self.stop.clone(),
            bus: Some(Arc::clone(&self.bus)),
        };
        builder.build_with(&self.defaults, companions)
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("store", &self.shared.store)
            .finish_non_exhaustive()
    }
}

/// Builds an [`Application`]. What is set here are the defaults of all its repositories.
#[must_use = "an application is made by `build()`"]
pub struct ApplicationBuilder {
    store: Arc<dyn EventStore>,
    settings: Settings,
    overrides: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    subscriber_deadline: Duration,
}

impl ApplicationBuilder {
    settings!(settings);

    /// Overrides the defaults for one aggregate type. Its events stay in the application's store.
    pub fn aggregate<A: Aggregate>(
        mut self,
        set: impl FnOnce(RepositoryBuilder<A>) -> RepositoryBuilder<A>,
    ) -> Self {
        let builder = set(RepositoryBuilder::new(Arc::clone(&self.store)));
        let builder = builder.over(Arc::clone(&self.store));
        self.overrides.insert(TypeId::of::<A>(), Box::new(builder));
        self
    }

    /// How long a subscriber's handler may take for one event. Default: 5 seconds.
    pub fn subscriber_deadline(mut self, deadline: Duration) -> Self {
        self.subscriber_deadline = deadline;
        self
    }

    /// Builds it. Errors ([`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration)) that depend on an aggregate type
    /// come from [`Application::repository`].
    pub fn build(self) -> Result<Application> {
        let policy = self.settings.policy.as_ref();
        let stores = self.settings.snapshots.is_some() || self.store.snapshot_store().is_some();
        if !stores && policy.is_some_and(|policy| !policy.is_never()) {
            return Err(Error::new(crate::ErrorKind::InvalidConfiguration)
                .during("build")
                .because("the snapshot policy needs a snapshot store: set `snapshot_store(…)`"));
        }
        let bus = Arc::new(Bus::new(self.subscriber_deadline));
        Ok(Application {
            shared: Arc::new(Shared {
                store: self.store,
                defaults: self.settings,
                overrides: self.overrides,
                bus,
                backgrounds: Backgrounds::default(),
                storm: Storm::default(),
                stop: Stop::default(),
                repositories: Mutex::default(),
            }),
            metadata: Arc::default(),
        })
    }
}

impl fmt::Debug for ApplicationBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationBuilder")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
