//! The state cache: states by stream, each as of a version, shared and never changed.
//!
//! It spares a load the snapshot and its decoding, and nothing else: the events from the cached version on are always
//! read, that one included, so that a conflict shows and a history rewritten by a restore is found out.

use std::sync::Arc;

use moka::sync::Cache;

use super::replay::Start;
use crate::{StreamId, Version, aggregate::Aggregate, codec::erased::AggregateCodec};

/// How much a [state cache](crate::repository::RepositoryBuilder::cache) may hold.
///
/// ```
/// use eventsourcing::repository::StateCache;
///
/// let cache = StateCache::entries(10_000).bytes(64 << 20);
/// # let _ = cache;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateCache {
    entries: u64,
    bytes: u64,
}

impl StateCache {
    /// At most this many states, and 256 MiB of them.
    pub const fn entries(entries: u64) -> Self {
        Self {
            entries,
            bytes: 256 << 20,
        }
    }

    /// At most this many bytes of states, each counted by the length of its snapshot.
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }
}

/// After so many versions a state is measured again.
const MEASURED_EVERY: u64 = 256;

struct Entry<A> {
    start: Start<A>,
    bytes: u32,
    measured: Version,
}

impl<A> Clone for Entry<A> {
    fn clone(&self) -> Self {
        Self {
            start: self.start.clone(),
            bytes: self.bytes,
            measured: self.measured,
        }
    }
}

/// The states of one repository.
pub(crate) struct States<A>(Cache<StreamId, Entry<A>>);

impl<A: Aggregate> States<A> {
    pub(crate) fn new(of: StateCache) -> Self {
        // moka bounds one figure: with a least weight for each, the bytes bound the entries as well.
        let bytes = of.bytes.max(1);
        let least = (bytes / of.entries.max(1)).max(1);
        // Its weights have 32 bits: more bytes for an entry than that are counted in larger units.
        let unit = least / u64::from(u32::MAX) + 1;
        let weight = move |bytes: u32| u32::try_from(u64::from(bytes).max(least) / unit);
        let states = Cache::builder()
            .max_capacity(if of.entries == 0 { 0 } else { bytes / unit })
            .weigher(move |_, entry: &Entry<A>| weight(entry.bytes).unwrap_or(u32::MAX))
            .build();
        Self(states)
    }

    pub(crate) fn get(&self, stream: &StreamId) -> Option<Start<A>> {
        self.0.get(stream).map(|entry| entry.start)
    }

    /// The stream isn't as it was, unless somebody has put a newer state there.
    pub(crate) fn forget(&self, stream: &StreamId, version: Version) {
        if self
            .0
            .get(stream)
            .is_some_and(|entry| entry.start.version <= version)
        {
            self.0.invalidate(stream);
        }
    }

    /// Keeps this state, unless there is a newer one.
    pub(crate) fn keep(&self, stream: &StreamId, start: Start<A>, codec: &dyn AggregateCodec<A>) {
        let known = self.0.get(stream);
        let is_newer = |known: &Entry<A>| {
            known.start.version > start.version
                || (known.start.version == start.version
                    && known.start.last_event == start.last_event)
        };
        if known.as_ref().is_some_and(is_newer) {
            return;
        }
        let is_fresh = |known: &Entry<A>| {
            start.version.get().saturating_sub(known.measured.get()) < MEASURED_EVERY
        };
        let (bytes, measured) = match known.filter(is_fresh) {
            Some(known) => (known.bytes, known.measured),
            None => (measure(&start, codec), start.version),
        };
        let entry = Entry {
            start,
            bytes,
            measured,
        };
        self.0.insert(stream.clone(), entry);
    }
}

/// The length of its snapshot; if it has none, a guess that keeps it from filling the memory.
fn measure<A: Aggregate>(start: &Start<A>, codec: &dyn AggregateCodec<A>) -> u32 {
    const UNKNOWN: usize = 1 << 20;
    let encode = |state: &Arc<A>| {
        codec
            .encode_state(state)
            .map_or(UNKNOWN, |bytes| bytes.len())
    };
    let state = start.state.as_ref().map_or(0, |state| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| encode(state))).unwrap_or(UNKNOWN)
    });
    u32::try_from(size_of::<A>() + state).unwrap_or(u32::MAX)
}
