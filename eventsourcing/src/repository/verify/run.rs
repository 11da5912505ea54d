//! One verification: replay the events up to the snapshot, compare, and quarantine what differs.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::{SnapshotDifference, Verifier};
use crate::{
    Error, ErrorKind, Repository, Result, StreamId, Version,
    aggregate::Aggregate,
    repository::{
        Inner,
        budget::{Budget, Trouble},
        replay::{Replay, Replayed},
        snapshots::LONGEST_IN_BACKGROUND,
    },
    snapshot::{SnapshotRow, Verdict},
    telemetry::{Count, spans},
};

/// How many events are read at once.
const PAGE: usize = 512;

impl<A: Aggregate> Repository<A> {
    /// Has this row verified, which a load began at. Nobody waits for it.
    pub(in crate::repository) fn verify_later(
        &self,
        stream: &StreamId,
        id: &A::Id,
        row: SnapshotRow,
    ) {
        let Some(verifier) = &self.inner.verifier else {
            return;
        };
        let started = || {
            let runtime = Handle::try_current().ok()?;
            let stopped = verifier.stop.listen()?;
            if verifier.pace.is_spent() {
                return None;
            }
            let turn = Arc::clone(&verifier.turn).try_acquire_owned().ok()?;
            Some((runtime, stopped, turn))
        };
        let Some((runtime, mut stopped, turn)) = started() else {
            return self.inner.counters.verified(Verdict::Skipped);
        };
        let (repository, stream, id) = (self.clone(), stream.clone(), id.clone());
        runtime.spawn(async move {
            if let Some(verifier) = &repository.inner.verifier {
                let mut work = pin!(repository.verify(&stream, &id, row));
                let mut told = pin!(stopped.wait_for(|is_stopped| *is_stopped));
                poll_fn(|context| {
                    // While this is held `close` waits; when it has returned nothing is polled any more.
                    let working = verifier.stop.work();
                    let verdict = match &working {
                        None => Poll::Ready(Verdict::Skipped),
                        Some(_) => work.as_mut().poll(context),
                    };
                    let verdict = match verdict {
                        Poll::Pending => {
                            let told = told.as_mut().poll(context);
                            told.map(|_| Verdict::Skipped)
                        }
                        Poll::Ready(verdict) => Poll::Ready(verdict),
                    };
                    verdict.map(|verdict| repository.inner.counters.verified(verdict))
                })
                .await;
            }
            drop(turn);
        });
    }

    async fn verify(&self, stream: &StreamId, id: &A::Id, row: SnapshotRow) -> Verdict {
        let span = spans::verify(stream, row.version);
        let verified = async {
            let verified = AssertUnwindSafe(self.compare(stream, id, row)).catch_unwind();
            let panicked = |_| Err(Error::new(ErrorKind::Poisoned).because("its replay panicked"));
            verified.await.unwrap_or_else(panicked)
        };
        let verdict = match verified.instrument(span.clone()).await {
            Ok(verdict) => verdict,
            Err(error) => {
                tracing::warn!(%stream, %error, "snapshot could not be verified");
                Verdict::Undecided
            }
        };
        span.record("outcome", verdict.as_str());
        verdict
    }

    async fn compare(&self, stream: &StreamId, id: &A::Id, row: SnapshotRow) -> Result<Verdict> {
        let Some(verifier) = &self.inner.verifier else {
            return Ok(Verdict::Skipped);
        };
        let Some(replayed) = self
            .replay_slowly(verifier, stream, id, row.version)
            .await?
        else {
            return Ok(Verdict::Skipped);
        };
        if (replayed.version, replayed.last_event) != (row.version, row.last_event) {
            // Not the history any more that the load saw: the next load finds that out by itself.
            return Ok(Verdict::Undecided);
        }
        let bytes = self.inner.open_snapshot(&row);
        let bytes = bytes.map_err(|refused| refused.into_error().at_version(row.version))?;
        let stored = bytes
            .map(|bytes| self.inner.decode_state(&bytes))
            .transpose();
        let stored = stored.map_err(|error| {
            let undecodable = Error::new(ErrorKind::Corrupt).caused_by(error);
            undecodable.at_version(row.version)
        })?;
        let replayed = replayed.state;
        match self
            .inner
            .equal(verifier, stored.as_ref(), replayed.as_deref())
        {
            None => Ok(Verdict::Undecided),
            Some(true) => Ok(Verdict::Equal),
            Some(false) if self.is_over(verifier) => Ok(Verdict::Skipped),
            Some(false) => {
                let difference = SnapshotDifference {
                    id: id.clone(),
                    row,
                    stored,
                    replayed,
                };
                self.differs(verifier, stream, &difference).await;
                Ok(Verdict::Different)
            }
        }
    }

    /// Nobody else has this repository any more, or its application was closed: nobody wants to hear of it.
    fn is_over(&self, verifier: &Verifier<A>) -> bool {
        Arc::strong_count(&self.inner) == 1 || verifier.stop.is_stopped()
    }

    /// The fold of the events up to this version, from the first on, no faster than the budget allows. None: it is over.
    async fn replay_slowly(
        &self,
        verifier: &Verifier<A>,
        stream: &StreamId,
        id: &A::Id,
        upto: Version,
    ) -> Result<Option<Replayed<A>>> {
        let mut replay = Replay::new(&self.inner, stream, id, Vec::new());
        let mut from = Version::new(1);
        while from <= upto {
            verifier.pace.wait().await;
            if self.is_over(verifier) {
                return Ok(None);
            }
            let page = self.page(stream, from, upto, verifier.pace.page(PAGE));
            let page = Budget::of(LONGEST_IN_BACKGROUND).spend(page).await;
            let page = page.map_err(Trouble::into_error)?;
            verifier.pace.charge(page.len());
            let meter = &self.inner.counters.meter;
            meter.count(Count::EventsVerified(page.len()));
            for place in 0..page.len() {
                if self.is_over(verifier) {
                    return Ok(None);
                }
                replay.apply(&page, place..place + 1)?;
            }
            let Some(last) = page.last() else {
                break;
            };
            from = last.version.next();
        }
        Ok(Some(replay.finish()))
    }

    async fn differs(
        &self,
        verifier: &Verifier<A>,
        stream: &StreamId,
        difference: &SnapshotDifference<A>,
    ) {
        // First the row, so that nothing more is stored of what was read from it; then those that are there already.
        let quarantine = &verifier.quarantine;
        let mut is_full = quarantine.distrust(stream, (&difference.row).into());
        if let Some(store) = &self.inner.snapshots {
            let budget = Budget::of(LONGEST_IN_BACKGROUND);
            match budget.spend(store.list(stream)).await {
                Ok(rows) => {
                    let ours = rows.iter().filter(|other| other.key == difference.row.key);
                    is_full |= quarantine.distrust_beside(stream, ours.map(Into::into));
                }
                Err(trouble) => {
                    is_full |= quarantine.distrust_beside(stream, []);
                    let error = trouble.into_error();
                    tracing::warn!(%stream, %error, "other snapshots of the stream not quarantined");
                }
            }
        }
        self.inner.evict(stream);
        difference.report();
        if is_full {
            tracing::error!(
                aggregate = A::NAME,
                "too many snapshots differ from their events: none is used any more, bump `schema_version`"
            );
        }
        if let Some(report) = &verifier.report
            && !self.is_over(verifier)
            && catch_unwind(AssertUnwindSafe(|| report(difference))).is_err()
        {
            tracing::warn!(%stream, "on_difference panicked");
        }
    }
}

impl<A: Aggregate> Inner<A> {
    /// What `==` says, if need be of what is left of the replayed state once it was stored; none if it panics, or says
    /// nothing and the bytes say nothing either.
    fn equal(
        &self,
        verifier: &Verifier<A>,
        stored: Option<&A>,
        replayed: Option<&A>,
    ) -> Option<bool> {
        let (stored, replayed) = match (stored, replayed) {
            (Some(stored), Some(replayed)) => (stored, replayed),
            (stored, replayed) => return Some(stored.is_none() && replayed.is_none()),
        };
        let compare = || match (verifier.equals)(stored, replayed) {
            Some(false) => {
                // Some fields are not stored, at the user's word: nothing is known of them.
                let bytes = self.codecs.snapshots.encode_state(replayed);
                let reread = bytes.ok().and_then(|bytes| self.decode_state(&bytes).ok());
                let equals = reread.map(|reread| (verifier.equals)(stored, &reread));
                equals.unwrap_or(Some(false))
            }
            None => self.of_same_bytes(verifier, stored, replayed),
            equal => equal,
        };
        let compared = catch_unwind(AssertUnwindSafe(compare));
        compared.unwrap_or_else(|_| {
            tracing::warn!(aggregate = A::NAME, "comparing two states panicked");
            None
        })
    }

    /// Neither is equal to itself (NaN). The same bytes are the same state; others may be.
    fn of_same_bytes(&self, verifier: &Verifier<A>, stored: &A, replayed: &A) -> Option<bool> {
        let codec = &self.codecs.snapshots;
        let bytes = (codec.encode_state(stored), codec.encode_state(replayed));
        if matches!(bytes, (Ok(stored), Ok(replayed)) if stored == replayed) {
            return Some(true);
        }
        if !verifier.unequalled.swap(true, Ordering::Relaxed) {
            tracing::debug!(
                aggregate = A::NAME,
                "a state that is not equal to itself (NaN) can't be verified where its bytes differ: such ones stay undecided"
            );
        }
        None
    }

    /// Nothing of this stream stays in the cache.
    #[cfg(feature = "cache")]
    fn evict(&self, stream: &StreamId) {
        if let Some(states) = &self.states {
            states.forget(stream, Version::MAX);
        }
    }

    #[cfg(not(feature = "cache"))]
    #[expect(clippy::unused_self, reason = "there is no cache")]
    fn evict(&self, _: &StreamId) {}
}
