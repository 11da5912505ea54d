//! Storm control: after a bump of the schema every load of a hot stream would replay at once, and leave nothing for others.
//!
//! Two bounds, each of half the processors. Loads that replay because their snapshots are stale take permits, for as long
//! as they replay (here). And while many loads meet stale rows, those of the type take turns to look for snapshots
//! (`lookups`): thousands that ask at once would stand before everybody else's reads in the store's queue. While others wait
//! for a permit or a turn, who has it works in short spells (`pace`).

mod lookups;
mod pace;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, time::timeout};

use self::pace::Permits;
pub(crate) use self::{
    lookups::{Lookups, Turn},
    pace::Permit,
};

/// A permit is kept while a snapshot is stored, but no longer than this.
const PATIENCE: Duration = Duration::from_millis(20);

fn half_the_processors() -> usize {
    let all = thread::available_parallelism().map_or(1, usize::from);
    (all / 2).max(1)
}

/// How many loads may replay at once because their snapshots are stale: half the processors, at least one. First come,
/// first served; shared by the repositories of one application.
#[derive(Debug, Clone)]
pub(crate) struct Storm(Arc<Replays>);

#[derive(Debug)]
struct Replays {
    permits: Permits,
    /// The last snapshot that was stored with a permit took longer than [`PATIENCE`].
    is_slow: AtomicBool,
}

impl Default for Storm {
    fn default() -> Self {
        Self(Arc::new(Replays {
            permits: Permits::new(half_the_processors()),
            is_slow: AtomicBool::new(false),
        }))
    }
}

impl Storm {
    /// Waits for a permit, if that is wanted.
    pub(crate) async fn permit(&self, wanted: bool) -> Option<Permit> {
        if !wanted {
            return None;
        }
        Some(self.0.permits.acquire().await)
    }

    /// Stores a snapshot and keeps the permit meanwhile, so that what one load costs is done before the next begins; but
    /// not for a store that is slow with it: nobody is to wait behind that.
    pub(crate) async fn keep(&self, permit: Option<Permit>, work: impl Future<Output = ()>) {
        let mut work = pin!(work);
        if permit.is_some() && Handle::try_current().is_ok() {
            let mut permit = permit.filter(|_| !self.0.is_slow.load(Ordering::Relaxed));
            if let Some(permit) = &mut permit {
                permit.rest().await;
            }
            let is_done = timeout(PATIENCE, &mut work).await.is_ok();
            self.0.is_slow.store(!is_done, Ordering::Relaxed);
            drop(permit);
            if is_done {
                return;
            }
        }
        work.await;
    }
}
