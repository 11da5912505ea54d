//! Turns: callers of one process that change one stream take turns instead of racing.
//!
//! A courtesy, not a lock: correctness is the store's version check. Waiting for a turn ends after a while, so a caller
//! that waits for itself (a command within a command) goes on, and a turn ends as soon as the store has answered.
//! Without it a caller in a tight loop can starve another one that loads just after it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::StreamId;

const LONGEST_WAIT: Duration = Duration::from_millis(250);

#[derive(Debug, Default, Clone)]
pub(crate) struct Turns(Arc<Mutex<HashMap<StreamId, Waiting>>>);

#[derive(Debug)]
struct Waiting {
    turn: Arc<Semaphore>,
    callers: usize,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    permit: Option<OwnedSemaphorePermit>,
    stream: StreamId,
    turns: Turns,
}

impl Turns {
    /// Waits for this caller's turn on the stream, but not for ever.
    pub(crate) async fn take(&self, stream: &StreamId) -> Turn {
        let turn = {
            let mut streams = self.lock();
            let waiting = streams.entry(stream.clone()).or_insert_with(|| Waiting {
                turn: Arc::new(Semaphore::new(1)),
                callers: 0,
            });
            waiting.callers += 1;
            Arc::clone(&waiting.turn)
        };
        // Made before waiting: if this future is dropped the caller is no longer counted.
        let mut taken = Turn {
            permit: None,
            stream: stream.clone(),
            turns: self.clone(),
        };
        taken.permit = match Arc::clone(&turn).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => tokio::time::timeout(LONGEST_WAIT, turn.acquire_owned())
                .await
                .ok()
                .and_then(Result::ok),
        };
        taken
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamId, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.permit.take());
        let mut streams = self.turns.lock();
        if let Some(waiting) = streams.get_mut(&self.stream) {
            waiting.callers -= 1;
            if waiting.callers == 0 {
                streams.remove(&self.stream);
            }
        }
    }
}
