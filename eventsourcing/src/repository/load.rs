//! Loading: a snapshot whose anchor holds and the events after it, or all events.
//!
//! The rule that everything here serves: the result is the one that replaying every event gives. `begin` finds the
//! snapshot, `pages` reads, `replay` folds, `flight` spares loads that meet at one stream the same work.

use std::{
    borrow::Borrow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use tracing::Instrument as _;

use super::{
    Inner, Repository,
    begin::{Begin, Repairs},
    budget::Budget,
    flight::Flight,
    pages::FIRST_PAGE,
    replay::{Replay, Replayed, Start},
    storm::{Permit, Turn},
};
use crate::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    aggregate::{Aggregate, Root},
    snapshot::SnapshotMiss,
    store::{EventPage, ReadStream},
    telemetry::{Count, LoadOutcome, Measure, Stopwatch, as_f64, spans},
};

impl<A: Aggregate> Repository<A> {
    /// The aggregate as it is now. [`ErrorKind::NotFound`] if it was never created or has been discarded.
    pub async fn load(&self, id: impl Borrow<A::Id>) -> Result<Root<A>> {
        let id = id.borrow();
        let found = self.find_root(id).await;
        found
            .and_then(|root| root.ok_or_else(|| Error::new(ErrorKind::NotFound)))
            .map_err(|error| located::<A>(error, "load", id))
    }

    /// The aggregate as it is now; none if it was never created or has been discarded.
    pub async fn find(&self, id: impl Borrow<A::Id>) -> Result<Option<Root<A>>> {
        let id = id.borrow();
        let found = self.find_root(id).await;
        found.map_err(|error| located::<A>(error, "find", id))
    }

    async fn find_root(&self, id: &A::Id) -> Result<Option<Root<A>>> {
        let stream = StreamId::of::<A>(id)?;
        let replayed = self.replay(&stream, id, Version::MAX).await?;
        let periods = || Arc::clone(&self.inner.periods);
        let folded = replayed.into_folded();
        Ok(folded.map(|folded| Root::stored(id.clone(), folded, periods())))
    }

    /// Whether it was created and not discarded. Reads the last event (earlier ones too, where the last row is read as
    /// none), no state.
    pub async fn contains(&self, id: impl Borrow<A::Id>) -> Result<bool> {
        let id = id.borrow();
        let stream = StreamId::of::<A>(id).map_err(|error| error.of_call("contains"))?;
        let alive = self.is_alive(&stream).await;
        alive.map_err(|error| located::<A>(error, "contains", id))
    }

    /// What the last row says that says anything.
    async fn is_alive(&self, stream: &StreamId) -> Result<bool> {
        let mut read = ReadStream::last();
        loop {
            let page = self.inner.events.read_stream(stream, read).await?;
            for row in page.iter() {
                if let Some(alive) = self.inner.leaves_alive(stream, &row)? {
                    return Ok(alive);
                }
            }
            let Some(last) = page.last().filter(|row| row.version > Version::new(1)) else {
                return Ok(false);
            };
            let before = Version::new(last.version.get() - 1);
            read = ReadStream::last().up_to(before).limit(FIRST_PAGE);
        }
    }

    /// The fold of the events up to `upto`, through a snapshot if there is a good one; mends snapshots on the way.
    pub(crate) async fn replay(
        &self,
        stream: &StreamId,
        id: &A::Id,
        upto: Version,
    ) -> Result<Replayed<A>> {
        let (span, watch) = (spans::load(stream), Stopwatch::start());
        let replayed = self.replay_through(stream, id, upto);
        let replayed = replayed.instrument(span.clone()).await;
        if let Ok(replayed) = &replayed {
            span.record("from", replayed.begun.get());
            span.record("to", replayed.version.get());
            span.record("events", replayed.rows);
            if let Some((version, _)) = replayed.snapshot {
                span.record("snapshot", version.get());
            }
        }
        self.inner.measure_load(replayed.as_ref().ok(), watch);
        replayed
    }

    async fn replay_through(
        &self,
        stream: &StreamId,
        id: &A::Id,
        upto: Version,
    ) -> Result<Replayed<A>> {
        let mut repairs = Repairs::new(Budget::of(self.inner.deadline), upto);
        // Reading events is no waiting for the snapshot store.
        repairs.pause();
        if let Some(cached) = self.cached(stream, upto).await? {
            let run = self.run(stream, id, upto, Some(cached), repairs, None);
            return Box::pin(run).await;
        }
        repairs.resume();
        let turn = match self.inner.readable_snapshots() {
            Some(_) => self.turn(stream, &mut repairs).await,
            None => None,
        };
        // What waits for a turn is small: there may be thousands of them.
        let replay = self.replay_from_newest(stream, id, upto, repairs, turn);
        Box::pin(replay).await
    }

    /// From the newest good snapshot on, or all events.
    async fn replay_from_newest(
        &self,
        stream: &StreamId,
        id: &A::Id,
        upto: Version,
        mut repairs: Repairs<A>,
        turn: Option<Turn<'_>>,
    ) -> Result<Replayed<A>> {
        let flights = &self.inner.flights;
        let ended = flights.ended();
        let begin = match turn {
            // There is nothing to look at, or no time to.
            None => Begin::AtFirst,
            turn => self.begin(stream, upto, &mut repairs, turn).await?,
        };
        let begin = match begin {
            Begin::At(start, page) => Some((start, page)),
            Begin::NoStream => {
                return Ok(Replay::new(&self.inner, stream, id, Vec::new()).finish());
            }
            Begin::AtFirst => None,
        };
        repairs.pause();
        if begin.is_some() && repairs.flight.is_none() {
            self.inner.counters.hit();
            return self.run(stream, id, upto, begin, repairs, None).await;
        }
        // Of the loads that meet here while snapshots are to be mended, one replays. A state of the past isn't shared.
        if upto == Version::MAX {
            let missed_one = flights.ended() != ended;
            let flight = repairs.flight.take();
            let flight = flight.or_else(|| flights.join(stream, repairs.is_common() || missed_one));
            if let Some(flight) = flight {
                return self
                    .replay_in_turn(stream, id, begin, repairs, flight, ended)
                    .await;
            }
        }
        let permit = self.storm_permit(begin.as_ref(), &repairs).await;
        self.run(stream, id, upto, begin, repairs, permit).await
    }

    /// What a load waits for that replays because its snapshots are stale.
    async fn storm_permit(
        &self,
        begin: Option<&(Start<A>, EventPage)>,
        repairs: &Repairs<A>,
    ) -> Option<Permit> {
        let is_wanted = begin.is_none() && repairs.stale;
        self.inner.storm.permit(is_wanted).await
    }

    /// Waits for a turn to look for a snapshot, if there is a storm. That is no waiting for the snapshot store, as far as
    /// that answers; none: it didn't, and there is no time left to look.
    async fn turn(&self, stream: &StreamId, repairs: &mut Repairs<A>) -> Option<Turn<'_>> {
        let turn = self.inner.lookups.turn().await;
        repairs.budget = repairs.budget.prolonged(turn.waited_for_others);
        // Who sets no time at all still takes what is answered at once.
        if !repairs.budget.is_spent() || self.inner.deadline.is_zero() {
            return Some(turn);
        }
        repairs.stale = true;
        self.inner.counters.missed(SnapshotMiss::Deadline);
        tracing::debug!(%stream, "no turn to look for a snapshot in time, replaying events");
        None
    }

    /// Replays, unless somebody else did so while this one waited. `ended`: the flights that had ended when this one looked
    /// for a snapshot.
    async fn replay_in_turn(
        &self,
        stream: &StreamId,
        id: &A::Id,
        mut begin: Option<(Start<A>, EventPage)>,
        mut repairs: Repairs<A>,
        flight: Arc<Flight<A>>,
        ended: u64,
    ) -> Result<Replayed<A>> {
        let upto = Version::MAX;
        let (mut landing, has_waited) = flight.turn().await;
        if !flight.is_anything_wanted()
            && let Some(start) = landing.as_deref().and_then(Option::as_ref)
            && !self.inner.distrusts(stream, start.descent)
            && let Some(page) = self.resume(stream, start, upto).await?
        {
            let begin = Some((start.clone(), page));
            let others = repairs.of_others();
            drop(landing);
            return self.run(stream, id, upto, begin, others, None).await;
        }
        // Looked for again: another one may have ended just before this one began, with a good snapshot.
        let has_landed = landing.as_deref().is_some_and(Option::is_some);
        let may_be_newer = has_waited || has_landed || self.inner.flights.ended() != ended;
        let version = begin
            .as_ref()
            .map_or(Version::ZERO, |(start, _)| start.version);
        // Where some can't be opened, that is known already.
        repairs.resume();
        if may_be_newer
            && repairs.unreadable == 0
            && self.has_newer(stream, version, repairs.budget).await
            && let Begin::At(start, page) = self.begin(stream, upto, &mut repairs, None).await?
        {
            begin = Some((start, page));
        }
        repairs.pause();
        if begin.is_some() {
            self.inner.counters.hit();
        }
        // Before anything is taken over: who is dropped while it waits leaves that to others.
        let permit = self.storm_permit(begin.as_ref(), &repairs).await;
        repairs.replace.extend(flight.take_wanted());
        repairs.flight = Some(Arc::clone(&flight));
        let replayed = self.run(stream, id, upto, begin, repairs, permit).await?;
        if let Some(landing) = &mut landing {
            **landing = replayed.start();
        }
        Ok(replayed)
    }

    async fn run(
        &self,
        stream: &StreamId,
        id: &A::Id,
        upto: Version,
        begin: Option<(Start<A>, EventPage)>,
        mut repairs: Repairs<A>,
        mut permit: Option<Permit>,
    ) -> Result<Replayed<A>> {
        let wanted = &repairs.replace;
        let replayed = self.fold_from(stream, id, upto, begin, wanted, permit.as_mut());
        let mut replayed = replayed.await?;
        replayed.loaded.took = repairs.took();
        tracing::trace!(%stream, rows = replayed.rows, version = %replayed.version, "replayed");
        let repair = self.repair(stream, &repairs, &mut replayed, upto);
        if permit.is_none() {
            repair.await;
        } else {
            // Rare, so that the futures of all loads need not have room for it twice.
            self.inner.storm.keep(permit, Box::pin(repair)).await;
        }
        if upto == Version::MAX {
            self.inner.keep(stream, replayed.start());
        }
        if let Some(row) = repairs.sampled.take() {
            self.verify_later(stream, id, row);
        }
        Ok(replayed)
    }

    /// The fold of the events up to `upto` from there on; captures the `wanted` versions on the way.
    pub(super) async fn fold_from(
        &self,
        stream: &StreamId,
        id: &A::Id,
        upto: Version,
        begin: Option<(Start<A>, EventPage)>,
        wanted: &[Version],
        mut permit: Option<&mut Permit>,
    ) -> Result<Replayed<A>> {
        let from = begin.as_ref().map(|(start, _)| start.version);
        let span = spans::replay(stream, from.unwrap_or_default());
        let folded = async {
            let mut replay = Replay::new(&self.inner, stream, id, wanted.to_vec());
            if let Some((start, page)) = begin {
                if let Some(anchor) = page.first() {
                    replay.begin_at(start, anchor.recorded_at);
                }
                self.fold(stream, &mut replay, page, 1, upto, permit)
                    .await?;
            } else {
                let first = self.page(stream, Version::new(1), upto, FIRST_PAGE).await?;
                if let Some(permit) = &mut permit {
                    permit.rest().await;
                }
                self.fold(stream, &mut replay, first, 0, upto, permit)
                    .await?;
            }
            Ok(replay.finish())
        };
        let folded: Result<Replayed<A>> = folded.instrument(span.clone()).await;
        if let Ok(replayed) = &folded {
            span.record("to", replayed.version.get());
            span.record("events", replayed.rows);
        }
        folded
    }

    /// The cached state, if the stream still has the event that it ends with.
    #[cfg(feature = "cache")]
    async fn cached(
        &self,
        stream: &StreamId,
        upto: Version,
    ) -> Result<Option<(Start<A>, EventPage)>> {
        let states = self.inner.states.as_ref().filter(|_| upto == Version::MAX);
        let Some(start) = states.and_then(|states| states.get(stream)) else {
            return Ok(None);
        };
        if !self.inner.distrusts(stream, start.descent)
            && let Some(page) = self.resume(stream, &start, upto).await?
        {
            self.inner.counters.cached();
            return Ok(Some((start, page)));
        }
        if let Some(states) = states {
            states.forget(stream, start.version);
        }
        Ok(None)
    }

    #[cfg(not(feature = "cache"))]
    #[expect(clippy::unused_async, reason = "there is no cache")]
    async fn cached(&self, _: &StreamId, _: Version) -> Result<Option<(Start<A>, EventPage)>> {
        Ok(None)
    }

    /// The events from where another replay ended, that one's last included; none if the stream isn't as it was then.
    async fn resume(
        &self,
        stream: &StreamId,
        start: &Start<A>,
        upto: Version,
    ) -> Result<Option<EventPage>> {
        let page = self.page(stream, start.version, upto, FIRST_PAGE).await?;
        let holds = page
            .first()
            .is_some_and(|first| first.version == start.version && first.id == start.last_event);
        Ok(holds.then_some(page))
    }
}

/// Names the operation that the user called, and the stream.
pub(crate) fn located<A: Aggregate>(error: Error, operation: &'static str, id: &A::Id) -> Error {
    let error = error.of_call(operation);
    match StreamId::of::<A>(id) {
        Ok(stream) => error.at(stream),
        Err(_) => error,
    }
}

impl<A: Aggregate> Inner<A> {
    /// What the meter is told of a load; none: it failed.
    fn measure_load(&self, replayed: Option<&Replayed<A>>, watch: Stopwatch) {
        let meter = &self.counters.meter;
        let Some(replayed) = replayed else {
            return meter.count(Count::Load(LoadOutcome::Failed));
        };
        meter.count(Count::Load(match replayed.state {
            Some(_) => LoadOutcome::Found,
            None => LoadOutcome::NotFound,
        }));
        meter.record(Measure::LoadSeconds, || watch.seconds());
        meter.record(Measure::LoadEvents, || as_f64(replayed.rows));
        if let Some((_, taken)) = replayed.snapshot {
            meter.record(Measure::AgeEvents, || as_f64(replayed.rows));
            meter.record(Measure::AgeSeconds, || self.seconds_since(taken));
        }
    }

    /// By the repository's clock; 0 if that runs backwards, or panics.
    fn seconds_since(&self, time: Timestamp) -> f64 {
        let now = catch_unwind(AssertUnwindSafe(|| self.clock.now())).unwrap_or(time);
        let micros = now.unix_micros().saturating_sub(time.unix_micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0)).as_secs_f64()
    }

    /// Keeps a state for the next load, if there is a cache.
    #[cfg(feature = "cache")]
    pub(crate) fn keep(&self, stream: &StreamId, start: Option<Start<A>>) {
        if let (Some(states), Some(start)) = (&self.states, start)
            && !self.distrusts(stream, start.descent)
        {
            states.keep(stream, start, &*self.codecs.snapshots);
        }
    }

    #[cfg(not(feature = "cache"))]
    #[expect(clippy::unused_self, reason = "there is no cache")]
    pub(crate) fn keep(&self, _: &StreamId, _: Option<Start<A>>) {}
}
