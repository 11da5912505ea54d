//! Storm control: after a bump of the schema every load of a hot stream would replay at once, and leave nothing for others.

use std::{sync::Arc, thread};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many loads may replay at once because their snapshots are stale: half the processors, at least one. First come,
/// first served; shared by the repositories of one application.
#[derive(Debug, Clone)]
pub(crate) struct Storm(Arc<Semaphore>);

impl Default for Storm {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

impl Storm {
    /// Waits for a turn, if that is wanted.
    pub(crate) async fn permit(&self, wanted: bool) -> Option<OwnedSemaphorePermit> {
        if !wanted {
            return None;
        }
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}
