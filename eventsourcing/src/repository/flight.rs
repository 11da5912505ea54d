//! Single flight: of the loads that meet at one stream without a good snapshot, one replays and the others go on from
//! where it ended.
//!
//! Nobody relies on another's result: where it is taken up, the event at its version is checked as a snapshot's is.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::replay::Start;
use crate::StreamId;

/// What the first one found; none until then, or if it failed.
type Landing<A> = tokio::sync::Mutex<Option<Start<A>>>;

/// The flights of one repository, by stream. Each ends with the last load that takes part in it.
pub(crate) struct Flights<A>(Mutex<HashMap<StreamId, Weak<Landing<A>>>>);

impl<A> Default for Flights<A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<A> Flights<A> {
    fn lock(&self) -> MutexGuard<'_, HashMap<StreamId, Weak<Landing<A>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes part in the stream's flight; if there is none, begins one if that is wanted.
    pub(crate) fn join(&self, stream: &StreamId, begin: bool) -> Option<Flight<'_, A>> {
        let mut flights = self.lock();
        let landing = match flights.get(stream).and_then(Weak::upgrade) {
            Some(landing) => landing,
            None if begin => {
                let landing = Arc::new(Landing::new(None));
                flights.insert(stream.clone(), Arc::downgrade(&landing));
                landing
            }
            None => return None,
        };
        Some(Flight {
            stream: stream.clone(),
            landing: Some(landing),
            flights: self,
        })
    }
}

/// One load's part in a flight.
pub(crate) struct Flight<'a, A> {
    stream: StreamId,
    landing: Option<Arc<Landing<A>>>,
    flights: &'a Flights<A>,
}

impl<A> Flight<'_, A> {
    /// Waits for those who came before. Whoever holds this and finds nothing in it replays.
    pub(crate) async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, Option<Start<A>>>> {
        Some(self.landing.as_ref()?.lock().await)
    }
}

impl<A> Drop for Flight<'_, A> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        drop(self.landing.take());
        if let Entry::Occupied(flight) = flights.entry(self.stream.clone())
            && flight.get().strong_count() == 0
        {
            flight.remove();
        }
    }
}

impl<A> fmt::Debug for Flights<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flights").field(&self.lock().len()).finish()
    }
}
