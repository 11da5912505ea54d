//! Single flight: of the loads that meet at one stream while its snapshots are to be mended, one replays and the others go
//! on from where it ended.
//!
//! Nobody relies on another's result: where it is taken up, the event at its version is checked as a snapshot's is. A
//! flight begins before a bad row is removed, so that who finds none in the meantime takes part in it.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync;

use super::replay::Start;
use crate::{StreamId, Version};

/// What those who take part share.
struct Shared<A> {
    /// Where the first one ended; none until then, or if it failed.
    landing: sync::Mutex<Option<Start<A>>>,
    /// Versions of bad rows, to be replaced by whoever replays next.
    wanted: Mutex<Vec<Version>>,
}

/// The flights of one repository, by stream. Each ends with the last one that takes part in it.
pub(crate) struct Flights<A>(Arc<Table<A>>);

struct Table<A> {
    flights: Mutex<HashMap<StreamId, Weak<Shared<A>>>>,
    ended: AtomicU64,
}

impl<A> Default for Flights<A> {
    fn default() -> Self {
        Self(Arc::new(Table {
            flights: Mutex::default(),
            ended: AtomicU64::new(0),
        }))
    }
}

impl<A> Table<A> {
    fn lock(&self) -> MutexGuard<'_, HashMap<StreamId, Weak<Shared<A>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> Flights<A> {
    /// How many have ended. Where it has risen since a load looked for a snapshot, there may be one now.
    pub(crate) fn ended(&self) -> u64 {
        self.0.ended.load(Ordering::Acquire)
    }

    /// Takes part in the stream's flight; if there is none, begins one if that is wanted.
    pub(crate) fn join(&self, stream: &StreamId, begin: bool) -> Option<Arc<Flight<A>>> {
        let mut flights = self.0.lock();
        let shared = match flights.get(stream).and_then(Weak::upgrade) {
            Some(shared) => shared,
            None if begin => {
                let shared = Arc::new(Shared {
                    landing: sync::Mutex::new(None),
                    wanted: Mutex::default(),
                });
                flights.insert(stream.clone(), Arc::downgrade(&shared));
                shared
            }
            None => return None,
        };
        drop(flights);
        Some(Arc::new(Flight {
            stream: stream.clone(),
            shared: Some(shared),
            table: Arc::clone(&self.0),
        }))
    }
}

/// Where the first one of a flight ended.
pub(crate) type Landing<'a, A> = sync::MutexGuard<'a, Option<Start<A>>>;

/// One load's part in a flight; also that of the background snapshot which it leaves behind, so that no other load replays
/// before that is stored.
pub(crate) struct Flight<A> {
    stream: StreamId,
    /// None: it is being dropped.
    shared: Option<Arc<Shared<A>>>,
    table: Arc<Table<A>>,
}

impl<A> Flight<A> {
    /// Waits for those who came before, and says whether there were any. Whoever holds this and finds nothing in it
    /// replays.
    pub(crate) async fn turn(&self) -> (Option<Landing<'_, A>>, bool) {
        let Some(shared) = &self.shared else {
            return (None, false);
        };
        match shared.landing.try_lock() {
            Ok(landing) => (Some(landing), false),
            Err(_) => (Some(shared.landing.lock().await), true),
        }
    }

    /// The bad row of this version is to be replaced.
    pub(crate) fn want(&self, version: Version) {
        let mut wanted = self.wanted();
        if let Some(wanted) = &mut wanted
            && !wanted.contains(&version)
        {
            wanted.push(version);
        }
    }

    pub(crate) fn is_anything_wanted(&self) -> bool {
        self.wanted().is_some_and(|wanted| !wanted.is_empty())
    }

    pub(crate) fn take_wanted(&self) -> Vec<Version> {
        let wanted = self.wanted();
        wanted.map_or_else(Vec::new, |mut wanted| std::mem::take(&mut *wanted))
    }

    fn wanted(&self) -> Option<MutexGuard<'_, Vec<Version>>> {
        let shared = self.shared.as_ref()?;
        Some(shared.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<A> Drop for Flight<A> {
    fn drop(&mut self) {
        let mut flights = self.table.lock();
        let last = self.shared.take();
        let is_last = last.as_ref().is_some_and(|it| Arc::strong_count(it) == 1);
        if is_last && let Entry::Occupied(flight) = flights.entry(self.stream.clone()) {
            flight.remove();
            self.table.ended.fetch_add(1, Ordering::Release);
        }
        drop(flights);
        // Behind the lock: it holds a state, whose end may take its time.
        drop(last);
    }
}

impl<A> fmt::Debug for Flights<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flights = self.0.lock().len();
        f.debug_tuple("Flights").field(&flights).finish()
    }
}
