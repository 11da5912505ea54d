//! Shadow verification: a share of the snapshots that loads begin at is compared with a replay of their events, behind the
//! loads' backs.
//!
//! It finds what no shape can show: a handler that means something else than it did. It reads only; what is wrong is
//! quarantined, and the next load that meets it does what it does about any bad row.

mod difference;
mod pace;
mod run;

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

pub use self::difference::SnapshotDifference;
use self::pace::{Pace, Sampler};
use super::{Inner, Repository, RepositoryBuilder};
use crate::{
    StreamId,
    aggregate::{Aggregate, Both, ByPartialEq, Capture},
    snapshot::{Descent, Quarantine, SnapshotRow},
};

/// Replayed events a second.
const BUDGET: u32 = 1_000;

type Report<A> = Arc<dyn Fn(&SnapshotDifference<A>) + Send + Sync>;

/// What can be set.
pub(super) struct Verification<A: Aggregate> {
    share: f64,
    budget: u32,
    /// `==`, where there is one; none if it says nothing, since neither is equal to itself.
    equals: fn(&A, &A) -> Option<bool>,
    report: Option<Report<A>>,
}

impl<A: Aggregate> Default for Verification<A> {
    fn default() -> Self {
        Self {
            share: 0.0,
            budget: BUDGET,
            equals: |_, _| None,
            report: None,
        }
    }
}

impl<A: Aggregate> Clone for Verification<A> {
    fn clone(&self) -> Self {
        Self {
            report: self.report.clone(),
            ..*self
        }
    }
}

impl<A: Aggregate> RepositoryBuilder<A> {
    /// Verifies this share of the snapshots that loads begin at: 0.0 for none, the default, to 1.0 for each.
    ///
    /// After the load has its state, the events up to the snapshot's version are replayed in the background and compared with
    /// the snapshot by `==`. This finds what no fingerprint can see: a handler that was changed without a bump of
    /// `schema_version`. A handler that depends on more than its event (a clock, a random number) differs from itself and is
    /// found as well.
    ///
    /// - A difference is counted ([`SnapshotStats::differences`](crate::snapshot::SnapshotStats::differences)) and reported:
    ///   by `tracing` as an error with stream, version and both states as JSON, and to
    ///   [`on_difference`](Self::on_difference). **The states stand in the log in the clear**, also where a layer encrypts them.
    /// - The snapshot is quarantined, and with it the others that this program could read of that stream: they were taken by
    ///   the same handlers. This repository never uses them again; loads that meet one count
    ///   [`SnapshotMiss::Quarantined`](crate::snapshot::SnapshotMiss::Quarantined) and replay, and replace it where they
    ///   replace bad ones (not with `Manual` and `never`). What was loaded through one before leaves the cache, and no
    ///   snapshot is taken of it; what was decided by it is decided.
    /// - The quarantine is this repository's, in memory: another process finds out by itself, or reads what was replaced.
    ///   Beyond 65,536 rows no snapshot is used at all: bump `schema_version`.
    /// - One at a time, and no faster than [`verification_budget`](Self::verification_budget); loads that are sampled meanwhile
    ///   are skipped and counted. No load waits for a verification, or takes a lock for one.
    /// - [`Application::close`](crate::Application::close) ends it, and so does dropping the last clone of the repository.
    ///
    /// [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) of `build()` if it isn't a share, or there is
    /// no snapshot store.
    pub fn verify_snapshots(mut self, share: f64) -> Self
    where
        A: PartialEq,
    {
        self.verification.share = share;
        self.verification.equals = |one, other| Both(one, other).__equals();
        self
    }

    /// How many events a second verification replays at most, by waiting in between. Default: 1,000; not 0.
    pub fn verification_budget(mut self, events_per_second: u32) -> Self {
        self.verification.budget = events_per_second;
        self
    }

    /// Is called for each difference that verification finds, in the background; if it panics that changes nothing.
    pub fn on_difference(
        mut self,
        report: impl Fn(&SnapshotDifference<A>) + Send + Sync + 'static,
    ) -> Self {
        self.verification.report = Some(Arc::new(report));
        self
    }
}

/// Tells the verifications of an application to end.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }

    /// None: it was told already.
    fn listen(&self) -> Option<watch::Receiver<bool>> {
        let listener = self.0.subscribe();
        let is_stopped = *listener.borrow();
        (!is_stopped).then_some(listener)
    }
}

/// What a repository that verifies has.
pub(crate) struct Verifier<A: Aggregate> {
    sampler: Sampler,
    pace: Pace,
    equals: fn(&A, &A) -> Option<bool>,
    report: Option<Report<A>>,
    quarantine: Quarantine,
    /// One at a time.
    turn: Arc<Semaphore>,
    stop: Stop,
}

impl<A: Aggregate> Verification<A> {
    /// None: it is off. The error says what is wrong.
    pub(super) fn compile(
        self,
        has_snapshots: bool,
        stop: Stop,
    ) -> Result<Option<Verifier<A>>, String> {
        let Self { share, budget, .. } = self;
        if !(0.0..=1.0).contains(&share) {
            return Err(format!(
                "verify_snapshots({share}) is no share: from 0.0 to 1.0"
            ));
        }
        if budget == 0 {
            return Err("verification_budget(0) would never verify: verify_snapshots(0.0)".into());
        }
        if share == 0.0 {
            return Ok(None);
        }
        if !has_snapshots {
            return Err(format!(
                "verify_snapshots({share}) needs a snapshot store: set `snapshot_store(…)`"
            ));
        }
        Ok(Some(Verifier {
            sampler: Sampler::new(share),
            pace: Pace::new(budget),
            equals: self.equals,
            report: self.report,
            quarantine: Quarantine::default(),
            turn: Arc::new(Semaphore::new(1)),
            stop,
        }))
    }
}

impl<A: Aggregate> Repository<A> {
    /// Waits until no verification is running. Loads go on starting others.
    pub async fn await_verification(&self) {
        if let Some(verifier) = &self.inner.verifier {
            // It is never closed; whoever waits gives the turn back at once.
            drop(verifier.turn.acquire().await);
        }
    }
}

impl<A: Aggregate> Inner<A> {
    fn quarantine(&self) -> Option<&Quarantine> {
        self.verifier.as_ref().map(|verifier| &verifier.quarantine)
    }

    /// Whether a load that begins at a snapshot is to be verified.
    pub(super) fn samples(&self) -> bool {
        let sampler = self.verifier.as_ref().map(|verifier| &verifier.sampler);
        sampler.is_some_and(Sampler::picks)
    }

    /// Whether no snapshot is to be used at all.
    pub(super) fn distrusts_all(&self) -> bool {
        self.quarantine().is_some_and(Quarantine::is_full)
    }

    pub(super) fn is_quarantined(&self, row: &SnapshotRow) -> bool {
        self.quarantine()
            .is_some_and(|quarantine| quarantine.holds(&row.key.stream, row.into()))
    }

    /// The row was removed from the store.
    pub(super) fn released(&self, row: &SnapshotRow) {
        if let Some(quarantine) = self.quarantine() {
            quarantine.forget(&row.key.stream, row.into());
        }
    }

    /// What is read from snapshots from now on goes back to this.
    pub(super) fn descent(&self) -> Descent {
        self.quarantine()
            .map_or_else(Descent::default, Quarantine::descent)
    }

    /// A row of this capture was stored while what it goes back to was quarantined: it is as bad.
    pub(super) fn distrust_with(&self, stream: &StreamId, capture: &Capture<A>, row: &SnapshotRow) {
        if let Some(quarantine) = self.quarantine()
            && quarantine.distrusts(stream, capture.descent)
        {
            quarantine.distrust(stream, [row.into()]);
        }
    }

    /// Whether a state was made from a snapshot that is quarantined by now.
    pub(super) fn distrusts(&self, stream: &StreamId, descent: Descent) -> bool {
        self.quarantine()
            .is_some_and(|quarantine| quarantine.distrusts(stream, descent))
    }
}
