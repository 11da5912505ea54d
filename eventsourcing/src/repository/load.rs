//! Loading: a snapshot whose anchor holds and the events after it, or all events.
//!
//! The rule that everything here serves: the result is the one that replaying every event gives. A snapshot is used
//! only if the event at its version has the id that it names.

use std::{borrow::Borrow, sync::Arc};

use futures_util::future::join;

use super::{
    Inner, Repository,
    replay::{Replay, Replayed, Start},
    snapshots::survive,
};
use crate::{
    Error, ErrorKind, Result, StreamId, Version,
    aggregate::{Aggregate, Root},
    event::Stage,
    snapshot::{Newest, SnapshotMiss, SnapshotRow},
    store::{EventPage, ReadStream, RecordedEvent},
};

/// Small enough to spare short streams, large enough to make the hop to the store's thread cheap.
const FIRST_PAGE: usize = 128;
const PAGE: usize = 512;

/// What is to be done about snapshots after a load.
#[derive(Default)]
pub(crate) struct Repairs {
    /// Versions of bad rows that were removed.
    pub(crate) replace: Vec<Version>,
    /// There are rows, but none that this program's key fits.
    pub(crate) stale: bool,
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
        let mut repairs = Repairs::default();
        let mut at_most = upto;
        let begin = loop {
            let Some(row) = self.candidate(stream, at_most, &mut repairs).await else {
                break None;
            };
            let version = row.version;
            match self.anchor(stream, row, upto, &mut repairs).await? {
                Anchor::Holds(start, page) => break Some((start, page)),
                Anchor::NoStream => {
                    return Ok(Replay::new(&self.inner, stream, id, Vec::new()).finish());
                }
                Anchor::Refused => at_most = Version::new(version.get().saturating_sub(1)),
            }
        };
        let mut replay = Replay::new(&self.inner, stream, id, repairs.replace.clone());
        if let Some((start, page)) = begin {
            self.inner.counters.hit();
            if let Some(anchor) = page.first() {
                replay.begin_at(start, anchor.recorded_at);
            }
            self.fold(stream, &mut replay, page, 1, upto).await?;
        } else {
            let first = self.page(stream, Version::new(1), upto, FIRST_PAGE).await?;
            self.fold(stream, &mut replay, first, 0, upto).await?;
        }
        let replayed = replay.finish();
        tracing::trace!(%stream, rows = replayed.rows, version = %replayed.version, "replayed");
        self.repair(stream, &repairs, &replayed, upto).await;
        Ok(replayed)
    }

    async fn page(
        &self,
        stream: &StreamId,
        from: Version,
        upto: Version,
        limit: usize,
    ) -> Result<EventPage> {
        let read = ReadStream::from(from).up_to(upto).limit(limit);
        self.inner.events.read_stream(stream, read).await
    }

    /// Folds this page without its first `skip` rows, and all pages behind it. While one is folded the next is read.
    async fn fold(
        &self,
        stream: &StreamId,
        replay: &mut Replay<'_, A>,
        mut page: EventPage,
        mut skip: usize,
        upto: Version,
    ) -> Result<()> {
        loop {
            let fold = |replay: &mut Replay<'_, A>| {
                page.iter()
                    .skip(skip)
                    .try_for_each(|row| replay.apply(&row))
            };
            let Some(last) = page.last().filter(|_| page.has_more()) else {
                return fold(replay);
            };
            let next = self.page(stream, last.version.next(), upto, PAGE);
            let (next, folded) = join(next, async { fold(replay) }).await;
            folded?;
            page = next?;
            skip = 0;
        }
    }

    /// The newest row of our key at or below `at_most` that is intact; removes those that aren't.
    async fn candidate(
        &self,
        stream: &StreamId,
        mut at_most: Version,
        repairs: &mut Repairs,
    ) -> Option<SnapshotRow> {
        let snapshots = self.inner.readable_snapshots()?;
        let key = self.inner.key(stream);
        while at_most > Version::ZERO {
            match survive(snapshots.newest(&key, at_most)).await {
                Ok(Newest::Found(row)) if row.key != key || row.version > at_most => {
                    // Not what was asked for: nothing to use, and nothing of ours to remove.
                    self.inner.counters.missed(SnapshotMiss::StoreError);
                    tracing::warn!(%stream, "the snapshot store answered with another row");
                    return None;
                }
                Ok(Newest::Found(row)) => {
                    if row.version > Version::ZERO && row.is_intact() {
                        return Some(row);
                    }
                    let version = row.version.min(at_most);
                    self.inner
                        .discard_bad(&row, SnapshotMiss::Corrupt, repairs)
                        .await;
                    at_most = Version::new(version.get().saturating_sub(1));
                }
                Ok(Newest::Absent(others)) => {
                    self.inner.count_absent(&key, &others, repairs);
                    return None;
                }
                Err(error) => {
                    self.inner.counters.missed(SnapshotMiss::StoreError);
                    tracing::warn!(%stream, %error, "snapshot store failed, replaying events");
                    return None;
                }
            }
        }
        None
    }

    /// Whether the event at the snapshot's version is the one that it covers. Reads from that version on, so that a
    /// good snapshot costs no extra round trip.
    async fn anchor(
        &self,
        stream: &StreamId,
        row: SnapshotRow,
        upto: Version,
        repairs: &mut Repairs,
    ) -> Result<Anchor<A>> {
        let page = self.page(stream, row.version, upto, FIRST_PAGE).await?;
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
        let alive = self.inner.leaves_alive(stream, &first).ok().flatten();
        if alive.is_some_and(|alive| alive != row.state.is_some()) {
            self.inner
                .discard_bad(&row, SnapshotMiss::Corrupt, repairs)
                .await;
            return Ok(Anchor::Refused);
        }
        let state = match row
            .state
            .as_deref()
            .map(|bytes| self.inner.open_state(bytes))
        {
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
            state,
        };
        Ok(Anchor::Holds(start, page))
    }

    /// The read did not show the event at the snapshot's version: the snapshot is ahead of its stream only if the head,
    /// read with the store's strongest consistency, says so.
    async fn anchor_missing(
        &self,
        stream: &StreamId,
        row: &SnapshotRow,
        repairs: &mut Repairs,
    ) -> Result<Anchor<A>> {
        let head = self.inner.events.head(stream).await?;
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
    /// Whether this row leaves the aggregate alive, not discarded; none if it says nothing about that. Only a row of
    /// `legacy(…)` is decoded to find out.
    fn leaves_alive(&self, stream: &StreamId, row: &RecordedEvent<'_>) -> Result<Option<bool>> {
        let event = A::EVENTS.iter().find(|event| event.is_stored_as(row.name));
        if let Some(event) = event {
            return Ok(Some(event.stage != Stage::Discard));
        }
        let events = self.decode(stream, row)?.into_vec();
        let last = events.last();
        Ok(last.map(|event| Root::<A>::stage(event) != Stage::Discard))
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
