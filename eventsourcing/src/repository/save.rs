//! Saving: one atomic append of one or several roots, and what follows it.
//!
//! A root keeps its events until the store has answered. `Saving` is one root together with its repository, erased, so
//! that `save` and `save_all` are the same code.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Committed, Repository, budget::Budget, load::located, replay::Start, turns::Turn};
use crate::{
    Error, ErrorKind, Position, Result, StreamId, Version,
    aggregate::{Aggregate, Batch, Capture, DiscardOf, Root},
    application::Published,
    codec::layer::stack::Refused,
    event::EventType,
    snapshot::Occasion,
    store::{Appended, AppendedStream, Commit, EventStore, NewEvent, StreamCommit},
    telemetry::{Count, Measure, SaveOutcome, Stopwatch, spans},
};

/// Bytes that few events exceed.
const USUAL_PAYLOAD: usize = 512;

impl<A: Aggregate> Repository<A> {
    /// Stores the pending events of this root in one atomic append.
    ///
    /// - Nothing pending: nothing happens, and that is no error.
    /// - [`ErrorKind::Conflict`]: somebody saved first. The root is as it was; load again.
    /// - [`ErrorKind::Unfaithful`]: an event can't be read back as written. Nothing was stored, and the root can't be
    ///   saved any more, since it holds that event; load again.
    /// - [`ErrorKind::OutcomeUnknown`], or this future was dropped: the root keeps its events; saving it again finds
    ///   out and stores nothing twice.
    /// - Trouble with snapshots or subscribers never shows here: the events are stored.
    pub async fn save(&self, root: &mut Root<A>) -> Result<Committed> {
        self.save_in_turn(root, "save", None).await
    }

    /// Stores the pending events and the discard in one commit. On an error the root is as it was.
    ///
    /// If an earlier call was dropped or its outcome is unknown, its discard is still pending and is what is stored.
    pub async fn discard<E: DiscardOf<A>>(
        &self,
        root: &mut Root<A>,
        event: E,
    ) -> Result<Committed> {
        if root.is_gone() {
            let error = Error::new(ErrorKind::Discarded);
            return Err(located::<A>(error, "discard", root.id()));
        }
        let added = !root.is_discarded();
        if added {
            root.end(event.into());
        }
        let saved = self.save_in_turn(root, "discard", None).await;
        if added && saved.is_err() {
            root.take_back_discard();
        }
        saved
    }

    /// Saves; gives the turn back as soon as the store has answered.
    pub(crate) async fn save_in_turn(
        &self,
        root: &mut Root<A>,
        operation: &'static str,
        turn: Option<Turn>,
    ) -> Result<Committed> {
        let saved = async {
            let mut saver = Saver::new(self.clone(), root)?;
            let span = spans::save(&saver.stream, saver.before);
            let all_of_it = async {
                let committed = commit_all(&*self.inner.events, &mut [&mut saver]).await;
                drop(turn);
                // Also after an error: an earlier batch may have been found stored before the rest failed.
                let events = saver.stored.len();
                span.record("to", saver.root.stored_version().get());
                span.record("events", events);
                if let Some(taken) = saver.take_snapshot(Instant::now()) {
                    taken.await;
                }
                if let Some(bus) = &self.inner.bus {
                    bus.publish(saver.published()).await;
                }
                Ok(Committed {
                    version: saver.root.version(),
                    position: committed?,
                    events,
                })
            };
            all_of_it.instrument(span.clone()).await
        };
        let saved = saved.await;
        saved.map_err(|error| located::<A>(error, operation, root.id()))
    }
}

/// One root on its way to the store.
pub(crate) trait Saving: Send {
    /// The commit id of a batch that the store has not answered for.
    fn unresolved(&self) -> Option<Uuid>;

    /// The events to be stored: the unresolved batch if there is one, otherwise all pending ones.
    fn stage(&self) -> Result<StreamCommit>;

    /// From here on the staged events may be stored under this id.
    fn hand_over(&mut self, commit: Uuid);

    /// They are stored.
    fn acknowledge(&mut self, stored: &AppendedStream);

    /// They are not, and never will be under that id.
    fn withdraw(&mut self);

    /// After everything is stored: the snapshot that the policy wants, if it wants one. Waits for it no longer than the
    /// deadline from then on.
    fn take_snapshot(&mut self, stored: Instant) -> Option<BoxFuture<'_, ()>>;

    /// After everything is stored: what subscribers are told.
    fn published(&mut self) -> Vec<Published>;

    /// How many events were stored.
    fn stored(&self) -> usize;

    /// Once the store has answered, or refused: what the meter is told.
    fn measure(&self, error: Option<&Error>, watch: Stopwatch);
}

/// Stores all pending events of these roots in one commit, after resolving what earlier saves left unresolved. Gives
/// the position of the last event.
pub(crate) async fn commit_all(
    store: &dyn EventStore,
    saves: &mut [&mut dyn Saving],
) -> Result<Option<Position>> {
    let watch = Stopwatch::start();
    let committed = commit_batches(store, saves).await;
    for save in saves {
        save.measure(committed.as_ref().err(), watch);
    }
    committed
}

async fn commit_batches(
    store: &dyn EventStore,
    saves: &mut [&mut dyn Saving],
) -> Result<Option<Position>> {
    let mut position = None;
    let unresolved: BTreeSet<Uuid> = saves.iter().filter_map(|save| save.unresolved()).collect();
    for commit in unresolved {
        position = append(store, saves, commit, |save| {
            save.unresolved() == Some(commit)
        })
        .await?;
    }
    let last = append(store, saves, Uuid::now_v7(), |_| true).await?;
    Ok(last.or(position))
}

async fn append(
    store: &dyn EventStore,
    saves: &mut [&mut dyn Saving],
    id: Uuid,
    which: impl Fn(&dyn Saving) -> bool,
) -> Result<Option<Position>> {
    let mut members = Vec::with_capacity(saves.len());
    let mut streams = Vec::with_capacity(saves.len());
    for (index, save) in saves.iter().enumerate() {
        if which(&**save) {
            let part = save.stage()?;
            if !part.events.is_empty() {
                members.push(index);
                streams.push(part);
            }
        }
    }
    if streams.is_empty() {
        return Ok(None);
    }
    let commit = Commit { id, streams };
    // Two roots of one stream can't both be right.
    commit.check()?;
    store.capabilities().check(&commit)?;
    // What an earlier call left in doubt may be stored already: only a store that looked can say that it isn't.
    let in_doubt = members
        .iter()
        .any(|index| saves[*index].unresolved().is_some());
    for index in &members {
        saves[*index].hand_over(id);
    }
    match store.append(commit).await {
        Ok(Appended { streams, .. }) if streams.len() != members.len() => {
            let answered = streams.len();
            Err(Error::new(ErrorKind::OutcomeUnknown).because(format!(
                "the store answered for {answered} of {} streams",
                members.len()
            )))
        }
        Ok(Appended { streams, .. }) => {
            let mut position = None;
            for (index, stored) in members.iter().zip(&streams) {
                saves[*index].acknowledge(stored);
                position = stored.positions.last().copied().or(position);
            }
            Ok(position)
        }
        Err(error) => {
            if *error.kind() == ErrorKind::OutcomeUnknown {
                return Err(error);
            }
            if in_doubt && !error.is_conflict() {
                return Err(Error::new(ErrorKind::OutcomeUnknown)
                    .because("what became of an earlier save could not be found out")
                    .caused_by(error));
            }
            for index in members {
                saves[index].withdraw();
            }
            Err(error)
        }
    }
}

/// A root and the repository that it is saved through.
pub(crate) struct Saver<'r, A: Aggregate> {
    repository: Repository<A>,
    root: &'r mut Root<A>,
    stream: StreamId,
    before: Version,
    stored: Vec<StoredEvent<A>>,
}

struct StoredEvent<A: Aggregate> {
    id: Uuid,
    event: A::Event,
    position: Option<Position>,
    recorded_at: crate::Timestamp,
}

impl<'r, A: Aggregate> Saver<'r, A> {
    pub(crate) fn new(repository: Repository<A>, root: &'r mut Root<A>) -> Result<Self> {
        Ok(Self {
            repository,
            stream: root.stream()?,
            before: root.stored_version(),
            root,
            stored: Vec::new(),
        })
    }

    /// An event as the row of this version, read back before anybody stores it. Made anew each time it is handed to the
    /// store, with what its layers are told of it. `payload` is written over.
    fn encode(
        &self,
        event: &A::Event,
        (stream_version, id): (Version, Uuid),
        metadata: &Bytes,
        payload: &mut Vec<u8>,
    ) -> Result<NewEvent> {
        let codec = &self.repository.inner.codecs.events;
        let EventType { name, version, .. } = A::EVENTS[A::__index(event)];
        let unfaithful = |source: Box<dyn std::error::Error + Send + Sync>| {
            let codec = codec.name();
            Error::new(ErrorKind::Unfaithful)
                .because(format!(
                    "event {name:?} in {codec}: load again and record what this codec can keep, or set another by \
                     `event_codec(…)`"
                ))
                .caused_by(source)
        };
        payload.clear();
        codec
            .encode_event(event, payload)
            .map_err(|error| unfaithful(Box::new(error)))?;
        if let Err(error) = codec.decode_event(name, version, payload) {
            return Err(unfaithful(match error {
                crate::event::DecodeError::Codec(source) => Box::new(source),
                other => format!("{other:?}").into(),
            }));
        }
        let mut row = NewEvent {
            id,
            name: name.into(),
            event_version: version,
            codec: codec.name().into(),
            payload: Bytes::copy_from_slice(payload),
            metadata: metadata.clone(),
        };
        let inner = &self.repository.inner;
        let sealed = inner.seal_event(&self.stream, stream_version, &mut row);
        sealed.map_err(|Refused { layer, error }| {
            Error::new(ErrorKind::Unfaithful)
                .because(format!("event {name:?}: layer {layer:?}: {error}"))
                .caused_by(error)
        })?;
        Ok(row)
    }

    /// What the policy wants a snapshot of. Its closure is the user's: if it panics the save is still a success.
    fn asked(&mut self) -> Option<Capture<A>> {
        let span = spans::capture(&self.stream);
        let wanted = span
            .in_scope(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.wanted())));
        let Ok(wanted) = wanted else {
            self.repository.inner.counters.failed();
            tracing::warn!(stream = %self.stream, "the snapshot policy panicked");
            return None;
        };
        if let Some(capture) = &wanted {
            span.record("version", capture.version.get());
        }
        wanted
    }

    /// A load through the cache begins with the state as it was saved.
    fn keep(&self) {
        if self.stored.is_empty() || !self.root.pending().is_empty() {
            return;
        }
        let head = self.root.capture_head();
        let start = Start {
            version: head.version,
            last_event: head.last_event,
            state: head.state,
            taken: self.root.loaded().snapshot,
            is_snapshot: false,
            descent: head.descent,
        };
        self.repository.inner.keep(&self.stream, Some(start));
    }

    /// What the policy wants a snapshot of, after this save.
    fn wanted(&mut self) -> Option<Capture<A>> {
        let captures = self.root.take_captures();
        let inner = &self.repository.inner;
        // With events still pending the state is ahead of what is stored: the next save will do.
        let ahead = !self.root.pending().is_empty();
        if self.stored.is_empty() || ahead || !inner.writes_on_its_own() {
            return None;
        }
        if self.root.is_discarded() {
            return Some(self.root.capture_head());
        }
        let stored = |index: usize| {
            let mut events = self.stored.iter().map(|each| &each.event);
            events.any(|event| A::__index(event) == index)
        };
        let occasion = Occasion {
            before: self.before,
            after: self.root.stored_version(),
            stored: Some(&stored),
            state: Some(self.root.state()),
            loaded: self.root.loaded(),
            now: &|| inner.clock.now(),
        };
        let version = inner.policy.answer(&occasion)?;
        if version == self.root.version() {
            return Some(self.root.capture_head());
        }
        self.capture_at(version, captures)
    }

    /// The state as of a multiple that this save crossed: the last capture before it, and the stored events up to it.
    fn capture_at(&self, version: Version, captures: Vec<Capture<A>>) -> Option<Capture<A>> {
        let crossed = captures.into_iter().filter(|each| {
            // The events up to it were stored by this save, so that those behind it are at hand.
            each.version > self.before && each.version <= version
        });
        let mut capture = crossed.max_by_key(|each| each.version)?;
        let behind = capture.version.get() - self.before.get();
        for stored in self.stored.iter().skip(usize::try_from(behind).ok()?) {
            if capture.version == version {
                break;
            }
            capture = capture.advance(stored.id, &stored.event)?;
        }
        (capture.version == version).then_some(capture)
    }
}

impl<A: Aggregate> Saving for Saver<'_, A> {
    fn unresolved(&self) -> Option<Uuid> {
        self.root.in_flight().map(|batch| batch.commit)
    }

    fn stage(&self) -> Result<StreamCommit> {
        let unresolved = self.root.in_flight().map(|batch| batch.events);
        if unresolved.is_none() {
            // An unresolved batch was savable when it was handed over.
            self.root.check_savable()?;
        }
        let events = unresolved.unwrap_or(self.root.pending().len());
        let pending = self.root.first_pending(events);
        let metadata = Bytes::from(self.repository.metadata.to_stored());
        let mut version = pending.expected;
        let rows = pending.events.iter().zip(pending.ids);
        // Encoded in one buffer, which has room for the next one too, and for most events without growing.
        let mut buffer = Vec::with_capacity(USUAL_PAYLOAD);
        let encoded: Result<Vec<NewEvent>> = rows
            .map(|(event, id)| {
                version = version.next();
                self.encode(event, (version, *id), &metadata, &mut buffer)
                    .map_err(|error| error.at_version(version))
            })
            .collect();
        Ok(StreamCommit {
            stream: self.stream.clone(),
            expected: pending.expected,
            after: pending.after,
            events: encoded.map_err(|error| error.at(self.stream.clone()))?,
        })
    }

    fn hand_over(&mut self, commit: Uuid) {
        let unresolved = self.root.in_flight().map(|batch| batch.events);
        let events = unresolved.unwrap_or(self.root.pending().len());
        self.root.hand_over(Batch { commit, events });
    }

    fn acknowledge(&mut self, stored: &AppendedStream) {
        let mut positions = stored.positions.iter().copied();
        let events = self.root.acknowledge();
        self.stored.extend(events.map(|(id, event)| StoredEvent {
            id,
            event,
            position: positions.next(),
            recorded_at: stored.recorded_at,
        }));
    }

    fn withdraw(&mut self) {
        self.root.withdraw();
    }

    fn take_snapshot(&mut self, stored: Instant) -> Option<BoxFuture<'_, ()>> {
        // Most saves want none: they need no room for a future.
        let Some(capture) = self.asked() else {
            self.keep();
            return None;
        };
        let covered = self.repository.inner.covered(self.root.loaded());
        self.root.set_loaded(covered);
        let budget = Budget::since(stored, self.repository.inner.deadline);
        Some(Box::pin(async move {
            self.repository
                .take(&self.stream, capture, None, budget, None)
                .await;
            self.keep();
        }))
    }

    fn published(&mut self) -> Vec<Published> {
        let metadata = &self.repository.metadata;
        let mut version = self.before;
        let publish = |stored: StoredEvent<A>| {
            version = version.next();
            Published::new::<A>(
                self.stream.clone(),
                version,
                stored.id,
                stored.position,
                stored.recorded_at,
                Arc::clone(metadata),
                stored.event,
            )
        };
        self.stored.drain(..).map(publish).collect()
    }

    fn stored(&self) -> usize {
        self.stored.len()
    }

    fn measure(&self, error: Option<&Error>, watch: Stopwatch) {
        let had_any = !self.stored.is_empty() || !self.root.pending().is_empty();
        if !had_any {
            return;
        }
        let meter = &self.repository.inner.counters.meter;
        meter.count(Count::Save(SaveOutcome::of(error)));
        meter.count(Count::EventsStored(self.stored.len()));
        meter.record(Measure::SaveSeconds, || watch.seconds());
    }
}
