//! `Root`: one instance in memory, with the events that are not stored yet.
//!
//! What must hold here: `state` is the fold of the stored events and then of `pending`; a capture holds the state
//! exactly as of its version; events leave `pending` only when the store has acknowledged them.
//!
//! Of each period only the first multiple since the last save is captured: a capture costs a copy of the state, and the
//! save folds the stored events onto it up to the multiple that it wants.

use std::{fmt, ops::Deref, sync::Arc};

use uuid::Uuid;

use super::{Aggregate, DiscardOf, Events, IntoEvents, StreamId};
use crate::{
    Error, ErrorKind, Result, Version,
    event::Stage,
    snapshot::{Descent, Loaded},
};

/// One instance of an aggregate in memory: its state, its version and the events not stored yet.
///
/// It derefs to the state, read only: the only way to change it is an event. It isn't `Clone`: two copies would
/// both try to save the same events. If a handler panics the root is poisoned, and saving it is refused.
pub struct Root<A: Aggregate> {
    id: A::Id,
    version: Version,
    stored: Version,
    state: Arc<A>,
    last_event: Uuid,
    stored_event: Uuid,
    pending: Vec<A::Event>,
    pending_ids: Vec<Uuid>,
    in_flight: Option<Batch>,
    periods: Arc<[u64]>,
    captures: Vec<(u64, Capture<A>)>,
    /// What its load said about snapshots, until one is taken.
    loaded: Loaded,
    life: Life,
    poisoned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Alive,
    /// Its last event is a discard.
    Ended,
    /// Somebody recorded more after the discard; saving says so.
    Overrun,
}

/// The first `events` pending events were handed to the store under this commit id, and no answer has come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) commit: Uuid,
    pub(crate) events: usize,
}

/// The state exactly as of a version.
#[derive(Debug)]
pub(crate) struct Capture<A> {
    pub(crate) version: Version,
    pub(crate) last_event: Uuid,
    /// None: the aggregate was discarded at that version.
    pub(crate) state: Option<Arc<A>>,
    /// What the state goes back to.
    pub(crate) descent: Descent,
}

impl<A> Clone for Capture<A> {
    fn clone(&self) -> Self {
        Self {
            version: self.version,
            last_event: self.last_event,
            state: self.state.clone(),
            descent: self.descent,
        }
    }
}

impl<A: Aggregate> Capture<A> {
    /// One event later. None if the event doesn't change a state.
    pub(crate) fn advance(self, id: Uuid, event: &A::Event) -> Option<Self> {
        let mut state = self.state?;
        Arc::make_mut(&mut state).__apply(event.clone()).ok()?;
        Some(Self {
            version: self.version.next(),
            last_event: id,
            state: Some(state),
            descent: self.descent,
        })
    }
}

/// A stored state that a root begins with.
pub(crate) struct Folded<A> {
    pub(crate) version: Version,
    pub(crate) last_event: Uuid,
    pub(crate) state: Arc<A>,
    pub(crate) loaded: Loaded,
}

/// The events of a batch on their way to the store.
pub(crate) struct Pending<'a, A: Aggregate> {
    pub(crate) expected: Version,
    pub(crate) after: Option<Uuid>,
    pub(crate) events: &'a [A::Event],
    pub(crate) ids: &'a [Uuid],
}

impl<A: Aggregate> Root<A> {
    /// Its id.
    pub fn id(&self) -> &A::Id {
        &self.id
    }

    /// The state. The same as dereferencing, for where a method's name clashes.
    pub fn state(&self) -> &A {
        &self.state
    }

    /// The version of the state: how many events are folded in, those not stored yet included.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The version that the store has acknowledged: without the pending events.
    pub fn stored_version(&self) -> Version {
        self.stored
    }

    /// The events that are not stored yet, in order.
    pub fn pending(&self) -> &[A::Event] {
        &self.pending
    }

    /// The id of the last event folded in.
    pub fn last_event_id(&self) -> Uuid {
        self.last_event
    }

    /// Whether its last event is a discard (stored or pending).
    pub fn is_discarded(&self) -> bool {
        self.life != Life::Alive
    }

    /// Applies and remembers events: one of `events(…)`, or a container of them (see [`IntoEvents`]).
    ///
    /// Recording after a discard makes the next save fail.
    pub fn record<D: IntoEvents<A>>(&mut self, decision: D) {
        let mut events = Events::new();
        decision.into_events(&mut events);
        for event in events.into_inner() {
            self.fold(event);
        }
    }

    /// Lets a command look at the state and records what it decided. If it says no, nothing has changed.
    pub fn execute<D: IntoEvents<A>, X>(
        &mut self,
        decide: impl FnOnce(&A) -> Result<D, X>,
    ) -> Result<(), X> {
        let decision = decide(&self.state)?;
        self.record(decision);
        Ok(())
    }

    /// Lets a command decide on an event of `discard(…)` and records it as the last one.
    pub fn discard<E: DiscardOf<A>, X>(
        &mut self,
        decide: impl FnOnce(&A) -> Result<E, X>,
    ) -> Result<(), X> {
        let event = decide(&self.state)?;
        self.end(event.into());
        Ok(())
    }

    pub(crate) fn begin(id: A::Id, event: A::Event, periods: Arc<[u64]>) -> Self {
        let Ok(state) = A::__begin(&id, event.clone()) else {
            // `CreateOf` is implemented by the derive for creation events only.
            unreachable!("an event of `create(…)` begins a life");
        };
        let mut root = Self::stored(
            id,
            Folded {
                version: Version::ZERO,
                last_event: Uuid::nil(),
                state: Arc::new(state),
                loaded: Loaded::default(),
            },
            periods,
        );
        root.remember(event);
        root.capture();
        root
    }

    pub(crate) fn stored(id: A::Id, folded: Folded<A>, periods: Arc<[u64]>) -> Self {
        Self {
            id,
            version: folded.version,
            stored: folded.version,
            state: folded.state,
            last_event: folded.last_event,
            stored_event: folded.last_event,
            pending: Vec::new(),
            pending_ids: Vec::new(),
            in_flight: None,
            periods,
            captures: Vec::new(),
            loaded: folded.loaded,
            life: Life::Alive,
            poisoned: false,
        }
    }

    fn fold(&mut self, event: A::Event) {
        if self.life != Life::Alive {
            self.life = Life::Overrun;
        }
        if !self.poisoned && self.life == Life::Alive {
            // Stays set if the handler panics.
            self.poisoned = true;
            let refused = Arc::make_mut(&mut self.state).__apply(event.clone());
            self.poisoned = refused.is_err();
        }
        self.remember(event);
        self.capture();
    }

    /// Records an event of any list. One of `create(…)` poisons the root: its life has begun.
    #[cfg(feature = "testing")]
    pub(crate) fn record_any(&mut self, event: A::Event) {
        match Self::stage(&event) {
            Stage::Discard => self.end(event),
            Stage::Create | Stage::Change => self.fold(event),
        }
    }

    /// Records a discard, which no handler sees.
    pub(crate) fn end(&mut self, event: A::Event) {
        self.life = match self.life {
            Life::Alive => Life::Ended,
            Life::Ended | Life::Overrun => Life::Overrun,
        };
        self.remember(event);
    }

    fn remember(&mut self, event: A::Event) {
        self.version = self.version.next();
        self.last_event = Uuid::now_v7();
        self.pending.push(event);
        self.pending_ids.push(self.last_event);
    }

    fn capture(&mut self) {
        if self.life != Life::Alive || self.poisoned {
            return;
        }
        for period in self.periods.iter().copied() {
            let first = self.captures.iter().all(|(of, _)| *of != period);
            if first && self.version.get().is_multiple_of(period) {
                let capture = Capture {
                    version: self.version,
                    last_event: self.last_event,
                    state: Some(Arc::clone(&self.state)),
                    descent: self.loaded.descent,
                };
                self.captures.push((period, capture));
            }
        }
    }

    pub(crate) fn stream(&self) -> Result<StreamId> {
        StreamId::of::<A>(&self.id)
    }

    /// Whether it may be saved at all.
    pub(crate) fn check_savable(&self) -> Result<()> {
        if self.poisoned {
            return Err(Error::new(ErrorKind::Poisoned)
                .because("a handler panicked on this root, load it again"));
        }
        if self.life == Life::Overrun {
            return Err(Error::new(ErrorKind::Discarded));
        }
        Ok(())
    }

    pub(crate) fn check_no_pending(&self) -> Result<()> {
        if self.pending.is_empty() {
            Ok(())
        } else {
            let detail = format!("{} pending, save them first", self.pending.len());
            Err(Error::new(ErrorKind::Unsaved).because(detail))
        }
    }

    /// Whether the discard is acknowledged by the store.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_discarded() && self.pending.is_empty()
    }

    /// The batch that the store has not answered for yet.
    pub(crate) fn in_flight(&self) -> Option<Batch> {
        self.in_flight
    }

    pub(crate) fn first_pending(&self, events: usize) -> Pending<'_, A> {
        Pending {
            expected: self.stored,
            after: (self.stored > Version::ZERO).then_some(self.stored_event),
            events: &self.pending[..events],
            ids: &self.pending_ids[..events],
        }
    }

    /// From here on the batch may be stored, whatever becomes of the future that waits for the answer.
    pub(crate) fn hand_over(&mut self, batch: Batch) {
        self.in_flight = Some(batch);
    }

    /// The batch is stored: its events, with their ids.
    pub(crate) fn acknowledge(&mut self) -> impl Iterator<Item = (Uuid, A::Event)> {
        let events = self.in_flight.take().map_or(0, |batch| batch.events);
        for id in &self.pending_ids[..events] {
            self.stored = self.stored.next();
            self.stored_event = *id;
        }
        let ids = self.pending_ids.drain(..events);
        ids.zip(self.pending.drain(..events))
    }

    /// The batch is not stored and never will be under this commit id.
    pub(crate) fn withdraw(&mut self) {
        self.in_flight = None;
    }

    /// Takes a discard back that was recorded last and isn't stored.
    pub(crate) fn take_back_discard(&mut self) {
        if self.in_flight.is_some() || self.life != Life::Ended || self.pending.is_empty() {
            return;
        }
        self.pending.pop();
        self.pending_ids.pop();
        self.life = Life::Alive;
        self.version = Version::new(self.version.get().saturating_sub(1));
        self.last_event = self
            .pending_ids
            .last()
            .copied()
            .unwrap_or(self.stored_event);
    }

    pub(crate) fn loaded(&self) -> Loaded {
        self.loaded
    }

    /// A snapshot of it was taken.
    pub(crate) fn set_loaded(&mut self, loaded: Loaded) {
        self.loaded = loaded;
    }

    /// The captures since the last save; forgets them.
    pub(crate) fn take_captures(&mut self) -> Vec<Capture<A>> {
        self.captures
            .drain(..)
            .map(|(_, capture)| capture)
            .collect()
    }

    /// The state as it is now.
    pub(crate) fn capture_head(&self) -> Capture<A> {
        Capture {
            version: self.version,
            last_event: self.last_event,
            state: (!self.is_discarded()).then(|| Arc::clone(&self.state)),
            descent: self.loaded.descent,
        }
    }

    pub(crate) fn stage(event: &A::Event) -> Stage {
        A::EVENTS[A::__index(event)].stage
    }
}

impl<A: Aggregate> Deref for Root<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.state
    }
}

impl<A: Aggregate> fmt::Debug for Root<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("state", &self.state)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
