//! Shadow verification: a share of the snapshots that loads begin at is compared with a replay of their events, behind the
//! loads' backs.
//!
//! It finds what no shape can show: a handler that means something else than it did. It reads only; what is wrong is
//! quarantined, and the next load that meets it does what it does about any bad row.

mod difference;
mod pace;
mod run;
mod stop;

use std::sync::{Arc, atomic::AtomicBool};

use tokio::sync::Semaphore;

pub use self::difference::SnapshotDifference;
use self::pace::{Pace, Sampler};
pub(crate) use self::stop::Stop;
use super::{Inner, Repository, RepositoryBuilder};
use crate::{
    StreamId,
    aggregate::{Aggregate, Both, ByPartialEq},
    snapshot::{Descent, Noted, Quarantine, SnapshotRow},
};

/// Replayed events a second.
const BUDGET: u32 = 1_000;

type Report<A> = Arc<dyn Fn(&SnapshotDifference<A>) + Send + Sync>;

/// What can be set.
pub(super) struct Verification<A: Aggregate> {
    /// None: nobody asked for it.
    share: Option<f64>,
    budget: u32,
    /// `==`, where there is one; none if it says nothing, since neither is equal to itself.
    equals: fn(&A, &A) -> Option<bool>,
    report: Option<Report<A>>,
}

impl<A: Aggregate> Default for Verification<A> {
    fn default() -> Self {
        Self {
            share: None,
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
    /// - What `==` tells apart is compared once more with what the replayed state is after its codec has written and read it,
    ///   so that fields which are not stored (`#[serde(skip)] #[schema(trusted)]`) are no difference. What they hold is not
    ///   verified.
    /// - A state that isn't equal to itself (a NaN in it) is verified by its bytes: the same ones are equal, others
    ///   (differently ordered sets, or a changed handler) stay undecided. So a difference is never found in such a state.
    /// - A difference is counted ([`SnapshotStats::differences`](crate::snapshot::SnapshotStats::differences)) and reported:
    ///   by `tracing` as an error with stream, version and both states as JSON, and to
    ///   [`on_difference`](Self::on_difference). **The states stand in the log in the clear**, also where a layer encrypts them.
    /// - The snapshot is quarantined, and with it the others that this program could read of that stream: they were taken by
    ///   the same handlers. This repository never uses them again; loads that meet one count
    ///   [`SnapshotMiss::Quarantined`](crate::snapshot::SnapshotMiss::Quarantined) and replay, and replace it where they
    ///   replace bad ones (not with `Manual` and `never`). What was loaded through one before, by any repository of the
    ///   process, leaves the cache, and no snapshot is taken of it here, nor used if it is on its way to the store; what was
    ///   decided by it is decided.
    /// - The quarantine is this repository's, in memory: another repository or process finds out by itself, or reads what was
    ///   replaced. While it holds more than 65,536 rows at once, and from then on, no snapshot is used at all: bump
    ///   `schema_version`.
    /// - One at a time, and no faster than [`verification_budget`](Self::verification_budget); loads that are sampled meanwhile
    ///   are skipped and counted. No load waits for a verification. Once something was found, loads share a lock for as long
    ///   as a look-up takes.
    /// - [`Application::close`](crate::Application::close) ends it, and so does dropping the last clone of the repository.
    /// - Which loads are picked depends on a random number of each repository; 0.0 and 1.0 leave nothing to it.
    /// - Under tokio's paused clock a store that works on other threads, as SQLite does, seems to be too slow: the clock runs
    ///   ahead to the deadline of each page, and verifications end undecided.
    ///
    /// [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) of `build()` if it isn't a share, there is
    /// no snapshot store, or snapshots are ignored.
    pub fn verify_snapshots(mut self, share: f64) -> Self
    where
        A: PartialEq,
    {
        self.verification.share = Some(share);
        self.verification.equals = |one, other| Both(one, other).__equals();
        self
    }

    /// How many events a second verification replays at most, by waiting in between. Default: 1,000; not 0.
    pub fn verification_budget(mut self, events_per_second: u32) -> Self {
        self.verification.budget = events_per_second;
        self
    }

    /// Is called for each difference that verification finds, in the background; if it panics that changes nothing.
    ///
    /// Not after [`Application::close`](crate::Application::close) has returned, which waits for a call that is running: close
    /// from elsewhere. Without [`verify_snapshots`](Self::verify_snapshots) it is an error of `build()`.
    pub fn on_difference(
        mut self,
        report: impl Fn(&SnapshotDifference<A>) + Send + Sync + 'static,
    ) -> Self {
        self.verification.report = Some(Arc::new(report));
        self
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
    /// Whether it was said that there are states which only their bytes can be compared of.
    unequalled: AtomicBool,
}

impl<A: Aggregate> Verification<A> {
    /// None: it is off. The error says what is wrong.
    pub(super) fn compile(
        self,
        has_snapshots: bool,
        ignores_snapshots: bool,
        stop: Stop,
    ) -> Result<Option<Verifier<A>>, String> {
        let Self { share, budget, .. } = self;
        if share.is_none() && self.report.is_some() {
            return Err(
                "on_difference(…) without verification is never called: set `verify_snapshots(…)`"
                    .into(),
            );
        }
        let share = share.unwrap_or(0.0);
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
        if ignores_snapshots {
            return Err(format!(
                "verify_snapshots({share}) has nothing to verify where `ignore_snapshots()` is set"
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
            unequalled: AtomicBool::new(false),
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

    /// What is read from snapshots from now on goes back to this. Also without a verifier: another repository, which has
    /// one, may be given what is loaded here.
    #[expect(
        clippy::unused_self,
        reason = "whoever asks has a repository, not a process"
    )]
    pub(super) fn descent(&self) -> Descent {
        Descent::now()
    }

    /// Notes that this row goes to the store. None: what it goes back to is quarantined.
    pub(super) fn departs(&self, row: &SnapshotRow, descent: Descent) -> Option<Noted> {
        match self.quarantine() {
            Some(quarantine) => quarantine.depart(&row.key.stream, row.into(), descent),
            None => Some(Noted::default()),
        }
    }

    /// The store has answered. Whether the row is still trusted.
    pub(super) fn has_landed(&self, noted: Noted) -> bool {
        self.quarantine()
            .is_none_or(|quarantine| quarantine.land(noted))
    }

    /// Whether a state was made from a snapshot that is quarantined by now.
    pub(super) fn distrusts(&self, stream: &StreamId, descent: Descent) -> bool {
        self.quarantine()
            .is_some_and(|quarantine| quarantine.distrusts(stream, descent))
    }
}
