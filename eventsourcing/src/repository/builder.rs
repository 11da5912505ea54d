//! Building a repository: settings, and the combinations that are refused.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

#[cfg(feature = "cache")]
use super::cache::{StateCache, States};
use super::{
    Inner, Repository,
    flight::Flights,
    storm::{Lookups, Storm},
    turns::Turns,
    verify::{Stop, Verification},
};
use crate::{
    Clock, Error, ErrorKind, Result, SystemClock,
    aggregate::{Aggregate, check_name},
    application::Bus,
    codec::{
        Codec,
        erased::{AggregateCodec, Codecs, Layers, erase},
        layer::Layer,
    },
    schema::{
        Describer, Description, Fingerprint,
        faithful::{self, Unfaithful},
    },
    snapshot::{
        Counters, Retention, SnapshotMode, SnapshotPolicy, SnapshotStore, background::Background,
    },
    store::EventStore,
};

/// How often a command is tried before its last conflict is given back.
const ATTEMPTS: u32 = 32;

/// How long the snapshot store may keep a load or a save waiting.
const DEADLINE: Duration = Duration::from_secs(1);

/// What can be set for one aggregate type or as an application's default. `None` is: not said.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) policy: Option<SnapshotPolicy>,
    pub(crate) mode: Option<SnapshotMode>,
    pub(crate) snapshots: Option<Arc<dyn SnapshotStore>>,
    pub(crate) ignore_snapshots: Option<bool>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) attempts: Option<u32>,
    pub(crate) deadline: Option<Duration>,
    #[cfg(feature = "cache")]
    pub(crate) cache: Option<StateCache>,
    pub(crate) event_layers: Option<Vec<Arc<dyn Layer>>>,
    pub(crate) snapshot_layers: Option<Vec<Arc<dyn Layer>>>,
    pub(crate) readable_layers: Vec<Arc<dyn Layer>>,
    pub(crate) only_layered: Option<bool>,
    pub(crate) retention: Option<Retention>,
}

impl Settings {
    /// These settings, and those of `defaults` where nothing is said here.
    pub(crate) fn or(self, defaults: &Self) -> Self {
        // Rows that were written by the defaults are read also where they are overridden.
        let theirs = [&defaults.event_layers, &defaults.snapshot_layers];
        let mut readable_layers = self.readable_layers;
        readable_layers.extend(defaults.readable_layers.iter().cloned());
        readable_layers.extend(theirs.into_iter().flatten().flatten().cloned());
        Self {
            event_layers: self.event_layers.or_else(|| defaults.event_layers.clone()),
            snapshot_layers: (self.snapshot_layers).or_else(|| defaults.snapshot_layers.clone()),
            readable_layers,
            only_layered: self.only_layered.or(defaults.only_layered),
            policy: self.policy.or_else(|| defaults.policy.clone()),
            mode: self.mode.or(defaults.mode),
            snapshots: self.snapshots.or_else(|| defaults.snapshots.clone()),
            ignore_snapshots: self.ignore_snapshots.or(defaults.ignore_snapshots),
            clock: self.clock.or_else(|| defaults.clock.clone()),
            attempts: self.attempts.or(defaults.attempts),
            deadline: self.deadline.or(defaults.deadline),
            #[cfg(feature = "cache")]
            cache: self.cache.or(defaults.cache),
            retention: self.retention.or_else(|| defaults.retention.clone()),
        }
    }
}

macro_rules! settings {
    ($($this:ident).+) => {
        /// When saves take snapshots. Default: never; existing snapshots are still used.
        pub fn snapshots(mut self, policy: SnapshotPolicy) -> Self {
            self.$($this).+.policy = Some(policy);
            self
        }

        /// Where the work of storing a snapshot is done. Default: within the save.
        pub fn snapshot_mode(mut self, mode: SnapshotMode) -> Self {
            self.$($this).+.mode = Some(mode);
            self
        }

        /// Keeps snapshots in this store instead of the one that lives with the event store.
        pub fn snapshot_store(mut self, store: impl SnapshotStore) -> Self {
            self.$($this).+.snapshots = Some(Arc::new(store));
            self
        }

        /// Loads replay all events, and no snapshot is read, written or repaired unless asked for by
        /// [`create_snapshot`](crate::Repository::create_snapshot).
        pub fn ignore_snapshots(mut self) -> Self {
            self.$($this).+.ignore_snapshots = Some(true);
            self
        }

        /// The clock that stamps snapshots. Events are stamped by their store's.
        pub fn clock(mut self, clock: impl Clock) -> Self {
            self.$($this).+.clock = Some(Arc::new(clock));
            self
        }

        /// How long the snapshot store may keep a load waiting before it replays, or a save whose events are stored. All
        /// calls of one load or save together; background snapshots keep nobody waiting. Where the event store reads a snapshot
        /// and the first page of events behind it in one round trip, that is one of these calls. Default: one second.
        ///
        /// Under tokio's paused clock the time goes on by itself while a store's own thread works, so that any deadline is
        /// over at once: set `Duration::MAX` in such tests over SQLite.
        pub fn snapshot_deadline(mut self, deadline: Duration) -> Self {
            self.$($this).+.deadline = Some(deadline);
            self
        }

        /// Keeps states in memory, so that a load reads only the events from the cached version on. Works without
        /// snapshots too. Each repository has a cache of its own. Default: none.
        #[cfg(feature = "cache")]
        pub fn cache(mut self, of: $crate::repository::StateCache) -> Self {
            self.$($this).+.cache = Some(of);
            self
        }

        /// Which snapshots are kept. Applied after each that is stored, where it was stored, within what is left of the
        /// deadline. Default: all.
        pub fn retention(mut self, retention: Retention) -> Self {
            self.$($this).+.retention = Some(retention);
            self
        }

        /// How often `execute` and `update` try before they give the last conflict back (at least 1). Default: 32.
        pub fn max_attempts(mut self, attempts: u32) -> Self {
            self.$($this).+.attempts = Some(attempts);
            self
        }

        /// Events and snapshots pass this [layer](crate::codec::layer) on their way to the store, after those named before:
        /// compress first, then encrypt. In an application's settings for one type the first one named takes the place
        /// of all of the application's.
        pub fn layer(self, layer: impl Layer) -> Self {
            let layer = Arc::new(layer);
            self.event_layer(Arc::clone(&layer)).snapshot_layer(layer)
        }

        /// As [`layer`](Self::layer), events only.
        pub fn event_layer(mut self, layer: impl Layer) -> Self {
            let layers = &mut self.$($this).+.event_layers;
            layers.get_or_insert_default().push(Arc::new(layer));
            self
        }

        /// As [`layer`](Self::layer), snapshots only. Snapshots stored through others become stale.
        pub fn snapshot_layer(mut self, layer: impl Layer) -> Self {
            let layers = &mut self.$($this).+.snapshot_layers;
            layers.get_or_insert_default().push(Arc::new(layer));
            self
        }

        /// Reads events that were stored through this layer, and writes none through it: for one that was switched off.
        /// Of layers with one name one is asked, that which events are written through before any other: an old key
        /// belongs into its ring.
        pub fn readable_layer(mut self, layer: impl Layer) -> Self {
            self.$($this).+.readable_layers.push(Arc::new(layer));
            self
        }

        /// Nothing new passes a layer, whatever the application says. What was stored through its layers is still read.
        pub fn without_layers(mut self) -> Self {
            self.$($this).+.event_layers = Some(Vec::new());
            self.$($this).+.snapshot_layers = Some(Vec::new());
            self
        }

        /// Refuses events that were not stored through exactly these layers. Without it somebody who can write to the
        /// store could add events that were never encrypted; with it, events of before the layers are not read.
        pub fn only_layered_events(mut self) -> Self {
            self.$($this).+.only_layered = Some(true);
            self
        }
    };
}
pub(crate) use settings;

/// Builds a [`Repository`]. Also what an application's `aggregate::<A>(|r| …)` hands to its closure.
#[must_use = "a repository is made by `build()`"]
pub struct RepositoryBuilder<A: Aggregate> {
    store: Arc<dyn EventStore>,
    settings: Settings,
    event_codec: Option<Arc<dyn AggregateCodec<A>>>,
    snapshot_codec: Option<Arc<dyn AggregateCodec<A>>>,
    pub(super) verification: Verification<A>,
}

/// What an application keeps an eye on: its bus, and the background snapshots of each of its repositories.
#[derive(Clone, Default)]
pub(crate) struct Companions {
    pub(crate) background: Background,
    pub(crate) storm: Storm,
    pub(crate) stop: Stop,
    pub(crate) bus: Option<Arc<Bus>>,
}

impl<A: Aggregate> RepositoryBuilder<A> {
    settings!(settings);

    pub(crate) fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            settings: Settings::default(),
            event_codec: None,
            snapshot_codec: None,
            verification: Verification::default(),
        }
    }

    /// The same settings over this store.
    pub(crate) fn over(self, store: Arc<dyn EventStore>) -> Self {
        Self { store, ..self }
    }

    /// The codec that events are written with. Default: [`Json`](crate::codec::Json). Events written by another are
    /// still read.
    pub fn event_codec(mut self, codec: impl Codec) -> Self {
        self.event_codec = Some(erase(codec));
        self
    }

    /// The codec of snapshots, in the place of the aggregate's own. Snapshots written by another become stale.
    pub fn snapshot_codec(mut self, codec: impl Codec) -> Self {
        self.snapshot_codec = Some(erase(codec));
        self
    }

    /// Builds it. Errors, all [`ErrorKind::InvalidConfiguration`]: a policy that names an event or a state that `A`
    /// hasn't got, or `every(0)` and other zeros, also in the retention; a policy without a snapshot store; no attempt at
    /// all; a share of verification that is none; an invalid stored name; a type inside the state or an event that the codec can't write so that it reads back the
    /// same, with the path to it; a layer with a name that can't be stored, one that is named twice, or more than eight.
    pub fn build(self) -> Result<Repository<A>> {
        self.build_with(&Settings::default(), Companions::default())
    }

    pub(crate) fn build_with(
        self,
        defaults: &Settings,
        companions: Companions,
    ) -> Result<Repository<A>> {
        let settings = self.settings.or(defaults);
        check_names::<A>()?;
        let policy = settings.policy.unwrap_or_default();
        let ignore_snapshots = settings.ignore_snapshots.unwrap_or(false);
        let own_snapshots = settings.snapshots.is_none();
        let snapshots = settings.snapshots.or_else(|| self.store.snapshot_store());
        if snapshots.is_none() && !policy.is_never() {
            return Err(wrong::<A>(&format!(
                "the policy {policy:?} needs a snapshot store, and the event store has none: set `snapshot_store(…)`"
            )));
        }
        let attempts = settings.attempts.unwrap_or(ATTEMPTS);
        if attempts == 0 {
            return Err(wrong::<A>("max_attempts(0) would never try"));
        }
        let policy = policy.compile::<A>()?;
        let retention = settings.retention.unwrap_or_default();
        retention
            .check()
            .map_err(|what| wrong::<A>(&format!("the retention: {what}")))?;
        let verifier = (self.verification)
            .compile(snapshots.is_some(), ignore_snapshots, companions.stop)
            .map_err(|what| wrong::<A>(&what))?;
        let layers = Layers {
            events: settings.event_layers.unwrap_or_default(),
            snapshots: settings.snapshot_layers.unwrap_or_default(),
            readable: settings.readable_layers,
            only_these: settings.only_layered.unwrap_or(false),
        };
        let codecs = Codecs::new(self.event_codec, self.snapshot_codec, layers)
            .map_err(|what| wrong::<A>(&what))?;
        check_faithful::<A>(&codecs)?;
        Ok(Repository::from_inner(Inner {
            events: self.store,
            snapshots,
            own_snapshots,
            codecs,
            fingerprint: Fingerprint::of_state::<A>(),
            forgotten: AtomicBool::new(false),
            periods: policy.periods().into(),
            policy,
            mode: settings.mode.unwrap_or_default(),
            ignore_snapshots,
            deadline: settings.deadline.unwrap_or(DEADLINE),
            retention,
            flights: Flights::default(),
            #[cfg(feature = "cache")]
            states: settings.cache.map(States::new),
            storm: companions.storm,
            lookups: Lookups::default(),
            clock: settings.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            attempts,
            counters: Counters::new(A::NAME),
            background: companions.background,
            turns: Turns::default(),
            verifier,
            bus: companions.bus,
        }))
    }
}

/// The derive checks literals; names that come from elsewhere are checked here, before anything is stored.
fn check_names<A: Aggregate>() -> Result<()> {
    let invalid = |error: Error| wrong::<A>("a stored name is invalid").caused_by(error);
    check_name("category", A::NAME).map_err(invalid)?;
    for event in A::EVENTS {
        check_name("event name", event.name).map_err(invalid)?;
    }
    Ok(())
}

/// What the derive can't see: the types inside the state and the events, and what depends on the codec.
fn check_faithful<A: Aggregate>(codecs: &Codecs<A>) -> Result<()> {
    let refused = |what: &str, codec: &str, unfaithful: Unfaithful| {
        wrong::<A>(&format!(
            "{what} can't be written with {codec:?} so that it reads back the same: {unfaithful}"
        ))
    };
    let codec = &codecs.snapshots;
    faithful::check(&Description::of::<A>(), codec.format())
        .map_err(|unfaithful| refused("the state", codec.name(), unfaithful))?;
    let codec = &codecs.events;
    for event in A::EVENTS {
        faithful::check(&Describer::describe(event.shape), codec.format()).map_err(
            |unfaithful| {
                let what = format!("the event {:?}", event.name);
                refused(&what, codec.name(), unfaithful)
            },
        )?;
    }
    Ok(())
}

fn wrong<A: Aggregate>(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidConfiguration)
        .during("build")
        .because(format!("repository of {:?}: {detail}", A::NAME))
}

impl<A: Aggregate> Clone for RepositoryBuilder<A> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            settings: self.settings.clone(),
            event_codec: self.event_codec.clone(),
            snapshot_codec: self.snapshot_codec.clone(),
            verification: self.verification.clone(),
        }
    }
}

impl<A: Aggregate> fmt::Debug for RepositoryBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepositoryBuilder")
            .field("aggregate", &A::NAME)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
