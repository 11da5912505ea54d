//! How long the snapshot store may keep a save or a load waiting: all its calls together, and no longer.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use crate::{Error, ErrorKind, Result};

/// Ends at a moment, whatever it was spent on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// None: a wait of more than anybody lives.
    until: Option<Instant>,
}

/// Why a call gave nothing.
pub(crate) enum Trouble {
    /// It failed, or panicked: what a snapshot store, a clock or the user's serialization does may fail a snapshot, but
    /// not what it is for.
    Failed(Error),
    /// The time is over. The call was dropped; what it does may still happen.
    Late,
}

impl Budget {
    /// From now on.
    pub(crate) fn of(deadline: Duration) -> Self {
        Self::since(Instant::now(), deadline)
    }

    /// From this moment on.
    pub(crate) fn since(start: Instant, deadline: Duration) -> Self {
        Self {
            until: start.checked_add(deadline),
        }
    }

    /// Whether no time is left.
    pub(crate) fn is_spent(self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }

    /// Ends that much later.
    pub(crate) fn prolonged(self, by: Duration) -> Self {
        Self {
            until: self.until.and_then(|until| until.checked_add(by)),
        }
    }

    /// Does this work, as long as there is time.
    pub(crate) async fn spend<T>(
        self,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T, Trouble> {
        let work = AssertUnwindSafe(work).catch_unwind();
        // Without a runtime, as in `testing::Given`, there is no clock to end a wait by.
        let until = self.until.filter(|_| Handle::try_current().is_ok());
        let done = match until {
            Some(until) => timeout_at(until, work).await.map_err(|_| Trouble::Late)?,
            None => work.await,
        };
        let panicked = || Err(Error::new(ErrorKind::Storage).because("it panicked"));
        done.unwrap_or_else(|_| panicked()).map_err(Trouble::Failed)
    }
}

impl Trouble {
    /// As an error, for a report.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Late => Error::new(ErrorKind::Unavailable)
                .because("the snapshot store did not answer within the deadline"),
        }
    }
}
