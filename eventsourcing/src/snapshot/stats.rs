//! What became of snapshots, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::telemetry::{Count, Measure, Meter, as_f64};

/// Why a load could not use a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SnapshotMiss {
    /// The stream has none at or below the wanted version.
    Absent,
    /// There are only some of another `schema_version`.
    StaleSchema,
    /// There are only some of another shape of the state with the same `schema_version`: a forgotten bump. Or it has a state
    /// where the event that it covers is a discard to this program (or the other way round): left alone.
    StaleShape,
    /// There are only some of another codec, or of other layers.
    StaleCodec,
    /// Its checksum is wrong, or its state can't be decoded: bad, removed.
    Corrupt,
    /// The event at its version isn't the one it covers: bad, removed.
    WrongAnchor,
    /// It is of a version that its stream hasn't got: bad, removed.
    Ahead,
    /// The store did not show the event that it covers yet.
    Lagging,
    /// It is sound, but a layer of this program can't open it (it hasn't got the key, or a wrong one): left alone.
    Unreadable,
    /// Verification found it, or one beside it, not to be what its events give: not used any more; removed.
    Quarantined,
    /// The snapshot store failed.
    StoreError,
    /// The snapshot store had not answered when the deadline was over.
    Deadline,
}

impl SnapshotMiss {
    /// All reasons.
    pub const ALL: [Self; 12] = [
        Self::Absent,
        Self::StaleSchema,
        Self::StaleShape,
        Self::StaleCodec,
        Self::Corrupt,
        Self::WrongAnchor,
        Self::Ahead,
        Self::Lagging,
        Self::Unreadable,
        Self::Quarantined,
        Self::StoreError,
        Self::Deadline,
    ];

    /// Its name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::StaleSchema => "stale_schema",
            Self::StaleShape => "stale_shape",
            Self::StaleCodec => "stale_codec",
            Self::Corrupt => "corrupt",
            Self::WrongAnchor => "wrong_anchor",
            Self::Ahead => "ahead",
            Self::Lagging => "lagging",
            Self::Unreadable => "unreadable",
            Self::Quarantined => "quarantined",
            Self::StoreError => "store_error",
            Self::Deadline => "deadline",
        }
    }
}

/// Counts since the repository was built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotStats {
    /// Loads that began at a snapshot.
    pub hits: u64,
    /// Loads that began at a state of the cache.
    pub cached: u64,
    /// Snapshots that could not be used, and loads that found none.
    pub misses: Vec<(SnapshotMiss, u64)>,
    /// Snapshots stored.
    pub stored: u64,
    /// Snapshots that failed: could not be written so that they read back, panicked, or the store failed.
    pub failed: u64,
    /// Snapshots that the retention removed.
    pub pruned: u64,
    /// Bad snapshots that were removed, to be replaced.
    pub removed: u64,
    /// Background snapshots that were dropped because the queue was full or closed, or for a newer one of the same stream.
    pub dropped: u64,
    /// Snapshots that [verification](crate::RepositoryBuilder::verify_snapshots) compared with their events.
    pub verified: u64,
    /// How many of them were different.
    pub differences: u64,
    /// Verifications that came to no result: the events could not be replayed, comparing panicked, the history was
    /// another one by then, or the states are not even equal to themselves.
    pub undecided: u64,
    /// Sampled loads that were not verified: another verification was running, the budget was spent, or it was stopped.
    pub skipped: u64,
}

/// What came of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Equal,
    Different,
    Undecided,
    Skipped,
}

impl Verdict {
    /// In the order of the variants.
    pub(crate) const ALL: [Self; 4] =
        [Self::Equal, Self::Different, Self::Undecided, Self::Skipped];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different => "different",
            Self::Undecided => "undecided",
            Self::Skipped => "skipped",
        }
    }
}

impl SnapshotStats {
    /// How many loads or rows missed for this reason.
    pub fn missed(&self, reason: SnapshotMiss) -> u64 {
        self.misses
            .iter()
            .find(|(of, _)| *of == reason)
            .map_or(0, |(_, count)| *count)
    }
}

/// The counts of one repository; each goes to its meter as well.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) meter: Meter,
    hits: AtomicU64,
    #[cfg(feature = "cache")]
    cached: AtomicU64,
    misses: [AtomicU64; SnapshotMiss::ALL.len()],
    stored: AtomicU64,
    failed: AtomicU64,
    pruned: AtomicU64,
    removed: AtomicU64,
    dropped: AtomicU64,
    verdicts: [AtomicU64; Verdict::ALL.len()],
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn new(aggregate: &'static str) -> Self {
        Self {
            meter: Meter::new(aggregate),
            hits: AtomicU64::new(0),
            #[cfg(feature = "cache")]
            cached: AtomicU64::new(0),
            misses: Default::default(),
            stored: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            pruned: AtomicU64::new(0),
            removed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            verdicts: Default::default(),
        }
    }

    pub(crate) fn hit(&self) {
        increment(&self.hits);
        self.meter.count(Count::Hit);
    }

    #[cfg(feature = "cache")]
    pub(crate) fn cached(&self) {
        increment(&self.cached);
        self.meter.count(Count::Cached);
    }

    pub(crate) fn missed(&self, reason: SnapshotMiss) {
        for (of, counter) in SnapshotMiss::ALL.iter().zip(&self.misses) {
            if *of == reason {
                increment(counter);
            }
        }
        self.meter.count(Count::Miss(reason));
    }

    pub(crate) fn stored(&self) {
        increment(&self.stored);
        self.meter.count(Count::Stored);
    }

    pub(crate) fn verified(&self, verdict: Verdict) {
        if let Some(counter) = self.verdicts.get(verdict as usize) {
            increment(counter);
        }
        self.meter.count(Count::Verified(verdict));
    }

    /// The stored state of a row that is used.
    pub(crate) fn read_bytes(&self, state: Option<&[u8]>) {
        let bytes = || as_f64(state.map_or(0, <[u8]>::len) as u64);
        self.meter.record(Measure::BytesRead, bytes);
    }

    /// The stored state of a row that was stored.
    pub(crate) fn wrote_bytes(&self, state: Option<&[u8]>) {
        let bytes = || as_f64(state.map_or(0, <[u8]>::len) as u64);
        self.meter.record(Measure::BytesWritten, bytes);
    }

    pub(crate) fn failed(&self) {
        increment(&self.failed);
        self.meter.count(Count::Failed);
    }

    pub(crate) fn pruned(&self) {
        increment(&self.pruned);
        self.meter.count(Count::Pruned);
    }

    pub(crate) fn removed(&self) {
        increment(&self.removed);
        self.meter.count(Count::Removed);
    }

    pub(crate) fn dropped(&self) {
        increment(&self.dropped);
        self.meter.count(Count::Dropped);
    }

    pub(crate) fn read(&self) -> SnapshotStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [equal, differences, undecided, skipped] = self.verdicts.each_ref().map(get);
        SnapshotStats {
            hits: get(&self.hits),
            #[cfg(feature = "cache")]
            cached: get(&self.cached),
            #[cfg(not(feature = "cache"))]
            cached: 0,
            misses: SnapshotMiss::ALL
                .into_iter()
                .zip(self.misses.iter().map(get))
                .collect(),
            stored: get(&self.stored),
            failed: get(&self.failed),
            pruned: get(&self.pruned),
            removed: get(&self.removed),
            dropped: get(&self.dropped),
            verified: equal + differences,
            differences,
            undecided,
            skipped,
        }
    }
}
