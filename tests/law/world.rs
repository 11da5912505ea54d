//! One case: a store, three programs over it, and what must be true after each step.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use eventsourcing::{
    EventStore, MemoryStore, SqliteStore,
    snapshot::Fingerprint,
    store::{SqliteOptions, Synchronous, tokio_postgres::Config},
    testing::{CountingStore, FaultyStore, Injected, Operation},
};

use crate::{
    apart::Apart,
    domain::{Account, Later, Reshaped, Today},
    oracle::Truth,
    program::Held,
    sparse::Sparse,
    steps::{By, Case, IDS, Settings, Step, plan},
    subject::Kind,
};

pub(crate) type Broken = String;

/// What a case adds to the tally.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Loads of streams that have events.
    pub(crate) loads: u64,
    /// Those that read fewer events than the stream has.
    pub(crate) short: u64,
    pub(crate) injected: u64,
    pub(crate) damaged: u64,
    pub(crate) restores: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.loads += other.loads;
        self.short += other.short;
        self.injected += other.injected;
        self.damaged += other.damaged;
        self.restores += other.restores;
    }
}

/// Where a store is.
pub(crate) enum Place {
    Memory,
    /// In memory, and no more is shown than must be.
    Sparse,
    /// Files with these numbers in a folder.
    Sqlite {
        folder: tempfile::TempDir,
        file: u32,
    },
    /// A schema of a database.
    Postgres {
        config: Box<Config>,
        schema: String,
    },
}

impl Place {
    pub(crate) async fn open(&self) -> Arc<dyn EventStore> {
        match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::Sparse => Arc::new(Sparse::new(Arc::new(MemoryStore::new()), 3)),
            Self::Sqlite { folder, file } => {
                // What is in question here isn't durability.
                let options = SqliteOptions::default().synchronous(Synchronous::Off);
                let path = folder.path().join(format!("{file}.db"));
                Arc::new(
                    SqliteStore::open_with(path, options)
                        .await
                        .expect("the file opens"),
                )
            }
            Self::Postgres { config, schema } => {
                Arc::new(Apart::open((**config).clone(), schema.clone()).await)
            }
        }
    }
}

/// The store and what is known about it.
pub(crate) struct Bed {
    pub(crate) place: Place,
    /// The store itself: for the oracle, and for doing damage.
    pub(crate) raw: Arc<dyn EventStore>,
    pub(crate) counting: CountingStore,
    pub(crate) faulty: FaultyStore,
    pub(crate) settings: Settings,
    /// Checksums of the rows that this test planted: nobody's fault.
    pub(crate) planted: BTreeSet<u64>,
    pub(crate) next_number: u64,
    /// What became of each event, by its number.
    pub(crate) fates: BTreeMap<u64, Fate>,
    pub(crate) tally: Tally,
    has_fingerprints: bool,
    /// Calls of stores before the last restart.
    calls_before: [u64; 2],
    faults: Option<(u64, bool, bool, bool)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    Acknowledged,
    /// The store's answer was lost.
    Unknown,
    Refused,
}

pub(crate) struct World<'k, K: Kind> {
    kind: &'k K,
    bed: Bed,
    today: K::Subject<Today>,
    later: K::Subject<Later>,
    reshaped: K::Subject<Reshaped>,
    today_held: Vec<Held<Today, K::Subject<Today>>>,
    later_held: Vec<Held<Later, K::Subject<Later>>>,
    reshaped_held: Vec<Held<Reshaped, K::Subject<Reshaped>>>,
    today_truth: Truth<Today>,
    later_truth: Truth<Later>,
    reshaped_truth: Truth<Reshaped>,
}

/// The same call for the program that a step names.
macro_rules! of_program {
    ($world:ident, $by:expr, $function:ident ( $($argument:expr),* )) => {
        match $by {
            By::Today => crate::program::$function(
                &mut $world.bed, &$world.today, &mut $world.today_held, &mut $world.today_truth, $($argument),*
            ).await,
            By::Later => crate::program::$function(
                &mut $world.bed, &$world.later, &mut $world.later_held, &mut $world.later_truth, $($argument),*
            ).await,
            By::Reshaped => crate::program::$function(
                &mut $world.bed, &$world.reshaped, &mut $world.reshaped_held, &mut $world.reshaped_truth, $($argument),*
            ).await,
        }
    };
}

impl<'k, K: Kind> World<'k, K> {
    async fn new(kind: &'k K, place: Place, settings: &Settings) -> Self {
        let raw = place.open().await;
        let counting = CountingStore::new(Arc::clone(&raw));
        let faulty = FaultyStore::new(counting.clone());
        Self {
            kind,
            today: kind.start(Arc::new(faulty.clone()), settings),
            later: kind.start(Arc::new(faulty.clone()), settings),
            reshaped: kind.start(Arc::new(faulty.clone()), settings),
            today_held: Vec::new(),
            later_held: Vec::new(),
            reshaped_held: Vec::new(),
            today_truth: Truth::default(),
            later_truth: Truth::default(),
            reshaped_truth: Truth::default(),
            bed: Bed {
                place,
                raw,
                counting,
                faulty,
                settings: settings.clone(),
                planted: BTreeSet::new(),
                next_number: 0,
                fates: BTreeMap::new(),
                tally: Tally::default(),
                has_fingerprints: kind.has_fingerprints(),
                calls_before: [0; 2],
                faults: None,
            },
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), Broken> {
        match step {
            Step::Change {
                id,
                by,
                how,
                events,
                close,
            } => {
                of_program!(self, *by, change(IDS[*id], *how, *events, *close))?;
            }
            Step::Hold { id, by } => of_program!(self, *by, hold(IDS[*id]))?,
            Step::Snapshot { id, by, held } => {
                of_program!(self, *by, snapshot(IDS[*id], *held))?;
            }
            Step::SnapshotUnsaved { id, by } => {
                of_program!(self, *by, snapshot_unsaved(IDS[*id]))?;
            }
            Step::Look { id, by, version } => {
                of_program!(self, *by, look_at(IDS[*id], *version))?;
            }
            Step::Damage { id, damage, pick } => {
                crate::damage::damage(&mut self.bed, IDS[*id], *damage, *pick).await;
            }
            Step::Faults {
                seed,
                events,
                snapshots,
                often,
            } => {
                self.bed.faults = Some((*seed, *events, *snapshots, *often));
                self.bed
                    .faulty
                    .set_plan(plan(*seed, *events, *snapshots, *often));
            }
            Step::Heal => {
                self.bed.faults = None;
                self.bed.faulty.heal();
            }
            Step::Restart(settings) => {
                self.bed.settings = settings.clone();
                if !matches!(self.bed.place, Place::Memory | Place::Sparse) {
                    self.bed.raw = self.bed.place.open().await;
                }
                self.today_held.clear();
                self.later_held.clear();
                self.reshaped_held.clear();
                self.restart();
            }
            Step::Restore { id, percent } => {
                crate::damage::restore(&mut self.bed, IDS[*id], *percent).await;
                self.today_truth = Truth::default();
                self.later_truth = Truth::default();
                self.reshaped_truth = Truth::default();
                self.restart();
            }
        }
        Ok(())
    }

    /// Programs begin anew. What is held in memory stays: a program may live on while its store is restored.
    fn restart(&mut self) {
        self.bed.injected();
        self.bed.calls_before = [self.bed.appends() + 1, self.bed.snapshot_writes() + 1];
        self.bed.counting = CountingStore::new(Arc::clone(&self.bed.raw));
        self.bed.faulty = FaultyStore::new(self.bed.counting.clone());
        if let Some((seed, events, snapshots, often)) = self.bed.faults {
            self.bed
                .faulty
                .set_plan(plan(seed, events, snapshots, often));
        }
        self.today = self
            .kind
            .start(Arc::new(self.bed.faulty.clone()), &self.bed.settings);
        self.later = self
            .kind
            .start(Arc::new(self.bed.faulty.clone()), &self.bed.settings);
        self.reshaped = self
            .kind
            .start(Arc::new(self.bed.faulty.clone()), &self.bed.settings);
    }

    /// After everything: no faults, every id, every program.
    async fn finish(&mut self) -> Result<Tally, Broken> {
        self.bed.faulty.heal();
        for by in By::ALL {
            for id in IDS {
                let version = 1 + self.bed.number() % 7;
                of_program!(self, by, look_at(id, version))?;
                self.replay_agrees(id, by).await?;
            }
        }
        self.bed.injected();
        Ok(self.bed.tally)
    }

    /// The model that everything was compared with is what the library's own replay gives.
    async fn replay_agrees(&mut self, id: &str, by: By) -> Result<(), Broken> {
        async fn check<A: Account>(
            bed: &Bed,
            truth: &mut Truth<A>,
            id: &str,
        ) -> Result<(), Broken> {
            truth.update(bed, id).await?;
            let plain = eventsourcing::Repository::<A>::builder(Arc::clone(&bed.raw))
                .ignore_snapshots()
                .build()
                .map_err(|error| error.to_string())?;
            let replayed = plain.find(id.to_owned()).await;
            let replayed = replayed.map_err(|error| format!("replay fails: {error}"))?;
            let (state, modelled) = (
                replayed.as_ref().map(eventsourcing::Root::state),
                truth.head(id),
            );
            if state == modelled.and_then(|entry| entry.state.as_ref()) {
                Ok(())
            } else {
                Err(format!("replay gives {state:?}, the model {modelled:?}"))
            }
        }
        match by {
            By::Today => check(&self.bed, &mut self.today_truth, id).await,
            By::Later => check(&self.bed, &mut self.later_truth, id).await,
            By::Reshaped => check(&self.bed, &mut self.reshaped_truth, id).await,
        }
    }
}

/// Runs a case; says what broke, and at which step.
pub(crate) async fn run<K: Kind>(kind: &K, place: Place, case: &Case) -> Result<Tally, Broken> {
    let mut world = World::new(kind, place, &case.settings).await;
    for (index, step) in case.steps.iter().enumerate() {
        let at = |broken| format!("step {} ({step:?}): {broken}", index + 1);
        world.step(step).await.map_err(at)?;
    }
    world
        .finish()
        .await
        .map_err(|broken| format!("at the end: {broken}"))
}

impl Bed {
    /// What is in the keys of `A`'s snapshots.
    pub(crate) fn fingerprint<A: Account>(&self) -> Fingerprint {
        if self.has_fingerprints {
            Fingerprint::of_state::<A>()
        } else {
            Fingerprint::default()
        }
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Streams are as they were while this is the same.
    pub(crate) fn appends(&self) -> u64 {
        self.calls_before[0] + self.faulty.calls(Operation::Append)
    }

    /// Snapshots are as they were while this is the same.
    pub(crate) fn snapshot_writes(&self) -> u64 {
        let writes = [Operation::SaveSnapshot, Operation::DeleteSnapshot];
        let calls: u64 = writes
            .map(|operation| self.faulty.calls(operation))
            .iter()
            .sum();
        self.calls_before[1] + calls + self.tally.damaged
    }

    /// What was injected since the last call, counted.
    pub(crate) fn injected(&mut self) -> Vec<Injected> {
        let injected = self.faulty.take_injected();
        self.tally.injected += injected.len() as u64;
        injected
    }
}
