//! Where a replay begins: at the newest snapshot whose anchor holds, or at the first event.
//!
//! A snapshot is used only if the event at its version has the id that it names. What is found to be bad is removed here
//! and noted for replacement.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use bytes::Bytes;

use super::{
    Inner, Repository,
    budget::{Budget, Trouble},
    flight::{Flight, Flights},
    pages::FIRST_PAGE,
    replay::Start,
    storm::Turn,
};
use crate::{
    Result, StreamId, Version,
    aggregate::{Aggregate, Root},
    codec::layer::stack::Refused,
    event::Stage,
    snapshot::{Descent, Newest, SnapshotKey, SnapshotMiss, SnapshotRow, SnapshotStore},
    store::{EventPage, FromSnapshot, RecordedEvent},
};

/// Of a stream's rows that can't be opened, this many are looked at before the load replays: behind a key that this
/// program hasn't got yet there may be older ones.
const MOST_UNREADABLE: u32 = 16;

/// Of a stream's rows that are quarantined, this many are looked at before the load replays, so that a long list of them
/// is replaced over several loads.
const MOST_QUARANTINED: u32 = 16;

/// What is to be done about snapshots after a load, and the time that is left for it.
pub(crate) struct Repairs<A> {
    pub(crate) budget: Budget,
    /// Versions of bad rows that were removed.
    pub(crate) replace: Vec<Version>,
    /// There are rows, but none that this program's key fits.
    pub(crate) stale: bool,
    /// Begun when the first bad row was found, of a load of the head.
    pub(crate) flight: Option<Arc<Flight<A>>>,
    is_of_head: bool,
    /// The snapshot store failed, or did not answer in time.
    pub(crate) troubled: bool,
    /// Rows that this program can't open. They stay, and nothing is stored in their place.
    pub(crate) unreadable: u32,
    quarantined: u32,
    /// What a snapshot goes back to that is read from here on.
    descent: Descent,
    /// The snapshot that the load began at, if it is to be verified.
    pub(crate) sampled: Option<SnapshotRow>,
    began: Instant,
    /// Since when nobody waits for snapshots.
    idle: Option<Instant>,
}

impl<A> Repairs<A> {
    pub(crate) fn new(budget: Budget, upto: Version) -> Self {
        Self {
            budget,
            replace: Vec::new(),
            stale: false,
            troubled: false,
            unreadable: 0,
            quarantined: 0,
            descent: Descent::default(),
            sampled: None,
            flight: None,
            is_of_head: upto == Version::MAX,
            began: Instant::now(),
            idle: None,
        }
    }

    /// Announces that the row of this version is bad, before it is removed.
    pub(crate) fn announce(&mut self, flights: &Flights<A>, stream: &StreamId, version: Version) {
        if self.is_of_head && self.flight.is_none() {
            self.flight = flights.join(stream, true);
        }
        if let Some(flight) = &self.flight {
            flight.want(version);
        }
    }

    fn may_look_on(&self) -> bool {
        self.unreadable < MOST_UNREADABLE && self.quarantined < MOST_QUARANTINED
    }

    /// Snapshots were looked for, and events are replayed: that is no waiting for the snapshot store.
    pub(crate) fn pause(&mut self) {
        self.idle = Some(Instant::now());
    }

    /// The snapshot store is asked again.
    pub(crate) fn resume(&mut self) {
        self.budget = self.budget_left();
        self.idle = None;
    }

    /// The same load, where another one does the repairs.
    pub(crate) fn of_others(self) -> Self {
        Self {
            replace: Vec::new(),
            stale: false,
            flight: None,
            sampled: None,
            ..self
        }
    }

    /// What is left of the budget, after the pause.
    pub(crate) fn budget_left(&self) -> Budget {
        let idle = self.idle.map(|since| since.elapsed());
        self.budget.prolonged(idle.unwrap_or_default())
    }

    /// How long the load has taken.
    pub(crate) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether the reason to replay is likely to be one for all loads of the stream, and for all streams.
    pub(crate) fn is_common(&self) -> bool {
        self.stale || self.unreadable > 0
    }
}

pub(crate) enum Begin<A> {
    /// Here, with this page, whose first row is the anchor.
    At(Start<A>, EventPage),
    /// There is no snapshot to begin at.
    AtFirst,
    /// The stream has no events at all.
    NoStream,
}

/// A snapshot that is intact and can be opened.
struct Candidate {
    row: SnapshotRow,
    /// The state without layers.
    state: Option<Bytes>,
    /// The events from its version on, if they came along.
    page: Option<EventPage>,
}

enum Anchor<A> {
    /// Begin here, with this page, whose first row is the anchor.
    Holds(Start<A>, EventPage),
    /// Try an older one.
    Refused,
    /// The stream has no events at all.
    NoStream,
}

impl<A: Aggregate> Repository<A> {
    /// Finds the newest good snapshot at or below `upto`. The turn ends with the first answer of the snapshot store.
    pub(super) async fn begin(
        &self,
        stream: &StreamId,
        upto: Version,
        repairs: &mut Repairs<A>,
        mut turn: Option<Turn<'_>>,
    ) -> Result<Begin<A>> {
        let mut at_most = upto;
        // Before any row is looked at: one that is quarantined from now on takes along what was read of it.
        repairs.descent = self.inner.descent();
        let mut is_first = true;
        loop {
            let candidate = self.candidate(stream, at_most, is_first, repairs);
            let candidate = match turn.take() {
                None => candidate.await,
                Some(mut turn) => {
                    let candidate = turn.look(candidate).await;
                    if repairs.troubled {
                        turn.was_troubled();
                    } else {
                        turn.saw(repairs.stale);
                    }
                    candidate
                }
            };
            let Some(candidate) = candidate else {
                return Ok(Begin::AtFirst);
            };
            let version = candidate.row.version;
            match self.anchor(stream, candidate, upto, repairs).await? {
                Anchor::Holds(start, page) => return Ok(Begin::At(start, page)),
                Anchor::NoStream => return Ok(Begin::NoStream),
                Anchor::Refused => at_most = Version::new(version.get().saturating_sub(1)),
            }
            is_first = false;
        }
    }

    /// Whether there is a row of our key now, beyond this version. Asked a second time within one load, so that nothing is
    /// counted.
    pub(super) async fn has_newer(
        &self,
        stream: &StreamId,
        version: Version,
        budget: Budget,
    ) -> bool {
        let snapshots = self.inner.readable_snapshots();
        let Some(snapshots) = snapshots.filter(|_| !budget.is_spent()) else {
            return false;
        };
        let key = self.inner.key(stream);
        let found = budget.spend(snapshots.newest(&key, Version::MAX)).await;
        matches!(found, Ok(Newest::Found(row)) if row.version > version)
    }

    /// The newest row of our key at or below `at_most` that is intact and can be opened; removes those that nobody can
    /// read. Only the first row that a load looks at comes with its events: behind one that is refused there may be more of
    /// that kind, and each would be read with events for nothing.
    async fn candidate(
        &self,
        stream: &StreamId,
        mut at_most: Version,
        mut is_first: bool,
        repairs: &mut Repairs<A>,
    ) -> Option<Candidate> {
        let snapshots = self.inner.readable_snapshots()?;
        if self.inner.distrusts_all() {
            self.inner.counters.missed(SnapshotMiss::Quarantined);
            return None;
        }
        let key = self.inner.key(stream);
        while at_most > Version::ZERO && repairs.may_look_on() {
            let with_events = std::mem::take(&mut is_first);
            let look = self.inner.look(snapshots, &key, at_most, with_events);
            let (newest, page) = match repairs.budget.spend(look).await {
                Ok(found) => found,
                Err(trouble) => {
                    self.inner.count_trouble(stream, &trouble, repairs);
                    return None;
                }
            };
            match newest {
                Newest::Found(row) if row.key != key || row.version > at_most => {
                    // Not what was asked for: nothing to use, and nothing of ours to remove.
                    self.inner.counters.missed(SnapshotMiss::StoreError);
                    tracing::warn!(%stream, "the snapshot store answered with another row");
                    return None;
                }
                Newest::Found(row) => {
                    let version = row.version.min(at_most);
                    if self.inner.is_quarantined(&row) {
                        repairs.quarantined += 1;
                        let reason = SnapshotMiss::Quarantined;
                        self.inner.discard_bad(&row, reason, repairs).await;
                        at_most = Version::new(version.get().saturating_sub(1));
                        continue;
                    }
                    let intact = row.version > Version::ZERO && row.is_intact();
                    match intact.then(|| self.inner.open_snapshot(&row)) {
                        Some(Ok(state)) => return Some(Candidate { row, state, page }),
                        Some(Err(refused)) if !refused.error.is_damaged() => {
                            self.inner.leave_unreadable(&row, &refused, repairs);
                        }
                        Some(Err(_)) | None => {
                            self.inner
                                .discard_bad(&row, SnapshotMiss::Corrupt, repairs)
                                .await;
                        }
                    }
                    at_most = Version::new(version.get().saturating_sub(1));
                }
                Newest::Absent(others) => {
                    self.inner.count_absent(&key, &others, repairs);
                    return None;
                }
            }
        }
        None
    }

    /// Whether the event at the snapshot's version is the one that it covers. Reads from that version on, unless the
    /// events came with the row, so that a good snapshot costs no extra round trip.
    async fn anchor(
        &self,
        stream: &StreamId,
        candidate: Candidate,
        upto: Version,
        repairs: &mut Repairs<A>,
    ) -> Result<Anchor<A>> {
        let Candidate { row, state, page } = candidate;
        let page = if let Some(page) = page {
            page
        } else {
            // Reading events is no waiting for the snapshot store.
            repairs.pause();
            let page = self.page(stream, row.version, upto, FIRST_PAGE).await?;
            repairs.resume();
            page
        };
        let first = page.first().filter(|first| first.version == row.version);
        let Some(first) = first else {
            return self.anchor_missing(stream, &row, repairs).await;
        };
        if first.id != row.last_event {
            self.inner
                .discard_bad(&row, SnapshotMiss::WrongAnchor, repairs)
                .await;
            return Ok(Anchor::Refused);
        }
        // No state means discarded: a snapshot that says otherwise than its event would end a life, or go on with one
        // that has ended. An event that can't be read settles nothing here.
        let alive = match self.inner.leaves_alive(stream, &first) {
            Ok(alive) => alive,
            // A row without a state passes no layer: only its event, through its own, could vouch for it.
            Err(error) if state.is_none() && self.inner.is_layered(&first) => {
                tracing::warn!(%stream, version = %row.version, %error, "snapshot of a discard not used");
                self.inner.counters.missed(SnapshotMiss::Unreadable);
                repairs.unreadable += 1;
                return Ok(Anchor::Refused);
            }
            Err(_) => None,
        };
        if alive.is_some_and(|alive| alive != row.state.is_some()) {
            self.inner
                .discard_bad(&row, SnapshotMiss::Corrupt, repairs)
                .await;
            return Ok(Anchor::Refused);
        }
        let state = match state.map(|bytes| self.inner.decode_state(&bytes)) {
            None => None,
            Some(Ok(state)) => Some(state),
            Some(Err(error)) => {
                tracing::warn!(%stream, version = %row.version, %error, "snapshot can't be decoded");
                self.inner
                    .discard_bad(&row, SnapshotMiss::Corrupt, repairs)
                    .await;
                return Ok(Anchor::Refused);
            }
        };
        let start = Start {
            version: row.version,
            last_event: row.last_event,
            state: state.map(Arc::new),
            taken: Some(row.created_at),
            is_snapshot: true,
            descent: repairs.descent,
        };
        self.inner.counters.read_bytes(row.state.as_deref());
        repairs.sampled = self.inner.samples().then_some(row);
        Ok(Anchor::Holds(start, page))
    }

    /// The read did not show the event at the snapshot's version: the snapshot is ahead of its stream only if the head,
    /// read with the store's strongest consistency, says so.
    async fn anchor_missing(
        &self,
        stream: &StreamId,
        row: &SnapshotRow,
        repairs: &mut Repairs<A>,
    ) -> Result<Anchor<A>> {
        repairs.pause();
        let head = self.inner.events.head(stream).await?;
        repairs.resume();
        if head >= row.version {
            self.inner.counters.missed(SnapshotMiss::Lagging);
            return Ok(Anchor::Refused);
        }
        self.inner
            .discard_bad(row, SnapshotMiss::Ahead, repairs)
            .await;
        if head == Version::ZERO {
            return Ok(Anchor::NoStream);
        }
        Ok(Anchor::Refused)
    }
}

impl<A: Aggregate> Inner<A> {
    /// The newest row, and the page of events from its version up to `at_most`, where the event store has both in one look.
    async fn look(
        &self,
        snapshots: &dyn SnapshotStore,
        key: &SnapshotKey,
        at_most: Version,
        with_events: bool,
    ) -> Result<(Newest, Option<EventPage>)> {
        if with_events && self.own_snapshots {
            let both = self.events.read_from_snapshot(key, at_most, FIRST_PAGE);
            if let Some(FromSnapshot { newest, events }) = both.await? {
                return Ok((newest, events));
            }
        }
        Ok((snapshots.newest(key, at_most).await?, None))
    }

    /// Counts and reports that the snapshot store gave no answer.
    fn count_trouble(&self, stream: &StreamId, trouble: &Trouble, repairs: &mut Repairs<A>) {
        repairs.troubled = true;
        match trouble {
            Trouble::Failed(error) => {
                self.counters.missed(SnapshotMiss::StoreError);
                tracing::warn!(%stream, %error, "snapshot store failed, replaying events");
            }
            Trouble::Late => {
                self.counters.missed(SnapshotMiss::Deadline);
                tracing::warn!(%stream, "snapshot store did not answer in time, replaying events");
            }
        }
    }

    /// Counts and reports a sound row that this program can't open. One wrongly set-up process must not wipe what others
    /// use.
    fn leave_unreadable(&self, row: &SnapshotRow, refused: &Refused, repairs: &mut Repairs<A>) {
        repairs.unreadable += 1;
        self.counters.missed(SnapshotMiss::Unreadable);
        let (stream, version) = (&row.key.stream, row.version);
        let Refused { layer, error } = refused;
        tracing::warn!(%stream, %version, layer, %error, "snapshot can't be opened, left as it is");
    }

    /// Whether this row leaves the aggregate alive, not discarded; none if it says nothing about that. Only a row of
    /// `legacy(…)` is decoded to find out.
    pub(super) fn leaves_alive(
        &self,
        stream: &StreamId,
        row: &RecordedEvent<'_>,
    ) -> Result<Option<bool>> {
        // A name that its layer doesn't vouch for says nothing.
        self.check_layers(stream, row)?;
        let event = A::EVENTS.iter().find(|event| event.is_stored_as(row.name));
        if let Some(event) = event {
            return Ok(Some(event.stage != Stage::Discard));
        }
        let events = self.decode(stream, row)?.into_vec();
        let last = events.last();
        Ok(last.map(|event| Root::<A>::stage(event) != Stage::Discard))
    }
}
