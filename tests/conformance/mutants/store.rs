//! The store that the bugs are planted in: what `MemoryStore` does, with a question at each place where a bug may sit.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64},
    },
};

use eventsourcing::{
    Clock, ManualClock, Position, StreamId, Timestamp,
    snapshot::{SnapshotInfo, SnapshotRow},
    store::{FromSnapshot, NewEvent},
};
use uuid::Uuid;

use super::Bug;

/// A handle. Clones share the data, not what the handle itself remembers.
#[derive(Debug)]
pub(crate) struct Mutant {
    pub(super) bug: Option<Bug>,
    pub(super) shared: Arc<Shared>,
    /// Not the first handle.
    pub(super) second: bool,
    /// What a handle that caches saw first, by stream.
    pub(super) cached_heads: Mutex<HashMap<String, u64>>,
    pub(super) cached_rows: Mutex<HashMap<String, Option<SnapshotRow>>>,
    pub(super) found_rows: Mutex<HashMap<String, SnapshotRow>>,
    pub(super) from_snapshots: Mutex<HashMap<String, FromSnapshot>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: Uuid,
    pub(super) clock: Arc<ManualClock>,
    /// Whether reads may miss what was just committed; and the last position that they show then.
    pub(super) lags: bool,
    pub(super) shown: AtomicU64,
    /// Whether it was asked for what is folded.
    pub(super) folded: AtomicBool,
    pub(super) busy: AtomicBool,
    pub(super) writers: tokio::sync::Mutex<()>,
    data: Mutex<Data>,
}

#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) log: Vec<Stored>,
    pub(super) streams: HashMap<String, Vec<usize>>,
    pub(super) next_position: u64,
    pub(super) rows: Vec<SnapshotRow>,
    pub(super) removed: Vec<SnapshotInfo>,
    /// Where appends are that are not over.
    pub(super) under_way: BTreeSet<u64>,
    pub(super) noted: HashSet<Uuid>,
}

#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) position: u64,
    pub(super) stream: StreamId,
    pub(super) version: u64,
    pub(super) commit_id: Uuid,
    pub(super) recorded_at: Timestamp,
    pub(super) event: NewEvent,
}

impl Mutant {
    pub(crate) fn new(bug: Option<Bug>, clock: Arc<ManualClock>, lags: bool) -> Self {
        Self::over(
            bug,
            Arc::new(Shared {
                id: Uuid::now_v7(),
                clock,
                lags,
                shown: AtomicU64::new(0),
                folded: AtomicBool::new(false),
                busy: AtomicBool::new(false),
                writers: tokio::sync::Mutex::default(),
                data: Mutex::default(),
            }),
        )
    }

    fn over(bug: Option<Bug>, shared: Arc<Shared>) -> Self {
        Self {
            bug,
            shared,
            second: false,
            cached_heads: Mutex::default(),
            cached_rows: Mutex::default(),
            found_rows: Mutex::default(),
            from_snapshots: Mutex::default(),
        }
    }

    /// Another handle on the same data.
    pub(crate) fn handle(&self) -> Self {
        Self {
            second: true,
            ..Self::over(self.bug, Arc::clone(&self.shared))
        }
    }

    /// The same data after closing and opening.
    pub(crate) fn reopened(&self) -> Self {
        let mut data = self.data();
        if self.is(Bug::ReopenLosesTheLastEvent) && data.log.pop().is_some() {
            let kept = data.log.len();
            let indexes = data.streams.values_mut();
            indexes.for_each(|indexes| indexes.retain(|index| *index < kept));
        }
        if self.is(Bug::ReopenForgetsCommitIds) {
            data.log
                .iter_mut()
                .for_each(|stored| stored.commit_id = Uuid::nil());
        }
        if self.is(Bug::ReopenReusesPositions) {
            data.next_position = 0;
        }
        if self.is(Bug::ReopenLosesSnapshots) {
            data.rows.clear();
        }
        drop(data);
        self.handle()
    }

    pub(super) fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(super) fn data(&self) -> MutexGuard<'_, Data> {
        self.shared
            .data
            .lock()
            .expect("no holder of this lock panics")
    }

    pub(super) fn now(&self) -> Timestamp {
        if self.is(Bug::TimesAreTheSystems) {
            Timestamp::now()
        } else {
            self.shared.clock.now()
        }
    }

    pub(super) fn position(&self, stored: &Stored) -> Position {
        let offset = if self.is(Bug::PositionsAreVersions) {
            stored.version
        } else {
            stored.position
        };
        Position::new(self.shared.id, 0, offset)
    }

    /// What streams are told apart by.
    pub(super) fn name(&self, stream: &StreamId) -> String {
        let name = stream.as_str();
        match self.bug {
            Some(Bug::StreamsIgnoreCase) => name.to_lowercase(),
            Some(Bug::StreamsIgnoreTrailingBlanks) => name.trim_end().to_owned(),
            Some(Bug::StreamsIgnoreTheCategory) => stream.id().to_owned(),
            Some(Bug::StreamNamesAreCut) => name.chars().take(255).collect(),
            _ => name.to_owned(),
        }
    }
}

impl Data {
    pub(super) fn of(&self, name: &str) -> impl DoubleEndedIterator<Item = &Stored> {
        let indexes = self.streams.get(name).map_or(&[][..], Vec::as_slice);
        indexes.iter().filter_map(|index| self.log.get(*index))
    }

    pub(super) fn head(&self, name: &str) -> u64 {
        self.streams
            .get(name)
            .map_or(0, |indexes| indexes.len() as u64)
    }

    pub(super) fn push(&mut self, name: String, stored: Stored) {
        self.streams.entry(name).or_default().push(self.log.len());
        self.log.push(stored);
    }
}
