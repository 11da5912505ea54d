//! What became of snapshots, counted.

use std::sync::atomic::{AtomicU64, Ordering};

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
    /// The snapshot store failed.
    StoreError,
    /// The snapshot store had not answered when the deadline was over.
    Deadline,
}

impl SnapshotMiss {
    /// All reasons.
    pub const ALL: [Self; 11] = [
        Self::Absent,
        Self::StaleSchema,
        Self::StaleShape,
        Self::StaleCodec,
        Self::Corrupt,
        Self::WrongAnchor,
        Self::Ahead,
        Self::Lagging,
        Self::Unreadable,
        Self::StoreError,
        Self::Deadline,
    ];
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
    /// Background snapshots that were dropped because the queue was full or closed, or for a newer one of the same stream.
    pub dropped: u64,
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

#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    #[cfg(feature = "cache")]
    cached: AtomicU64,
    misses: [AtomicU64; SnapshotMiss::ALL.len()],
    stored: AtomicU64,
    failed: AtomicU64,
    pruned: AtomicU64,
    dropped: AtomicU64,
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn hit(&self) {
        increment(&self.hits);
    }

    #[cfg(feature = "cache")]
    pub(crate) fn cached(&self) {
        increment(&self.cached);
    }

    pub(crate) fn missed(&self, reason: SnapshotMiss) {
        for (of, counter) in SnapshotMiss::ALL.iter().zip(&self.misses) {
            if *of == reason {
                increment(counter);
            }
        }
    }

    pub(crate) fn stored(&self) {
        increment(&self.stored);
    }

    pub(crate) fn failed(&self) {
        increment(&self.failed);
    }

    pub(crate) fn pruned(&self) {
        increment(&self.pruned);
    }

    pub(crate) fn dropped(&self) {
        increment(&self.dropped);
    }

    pub(crate) fn read(&self) -> SnapshotStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
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
            dropped: get(&self.dropped),
        }
    }
}
