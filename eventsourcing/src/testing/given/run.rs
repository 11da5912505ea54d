//! Running a case: fold the given events, decide, fold what was decided. Also from a snapshot at a prefix.

use std::{
    fmt,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::race;
use crate::{
    aggregate::{Aggregate, Root},
    codec::{Codec as _, Json},
    event::{Decoded, Stage},
    testing::panics::text,
};

pub(super) struct Case<A: Aggregate> {
    pub(super) id: A::Id,
    pub(super) events: Vec<A::Event>,
    pub(super) rivals: Vec<Vec<A::Event>>,
}

/// Why a command decided nothing.
#[derive(Debug)]
pub(super) enum Refused<X> {
    Rejected(X),
    /// There was nothing to decide on: not created, or discarded.
    NotFound,
}

/// What a command makes of a state; none: not created, or discarded.
pub(super) type Decide<'a, A, X> =
    &'a mut dyn FnMut(Option<&A>) -> Result<Vec<<A as Aggregate>::Event>, Refused<X>>;

/// What became of one run.
pub(super) struct Ran<A: Aggregate, X> {
    pub(super) decided: Result<Vec<A::Event>, Refused<X>>,
    /// After what was decided; none: not created, or discarded.
    pub(super) state: Option<A>,
}

impl<A: Aggregate> Case<A> {
    /// Runs it; with a snapshot of the first so many given events if there is a prefix. The error is the case's own: it
    /// can't happen.
    pub(super) fn run<X: fmt::Debug>(
        &self,
        prefix: Option<usize>,
        decide: Decide<'_, A, X>,
    ) -> Result<Ran<A, X>, String> {
        if !self.rivals.is_empty() {
            return race::run(self, prefix, decide);
        }
        let first = prefix.unwrap_or(0);
        let mut fold = self.fold(first)?;
        if first > 0 {
            fold.through_snapshot()?;
        }
        self.go_on(&mut fold, first..self.events.len())?;
        let decided = decided(decide, fold.alive())?;
        if let Ok(events) = &decided {
            fold.apply_decided(events)?;
        }
        Ok(Ran {
            decided,
            state: fold.into_alive(),
        })
    }

    /// After the first so many given events.
    pub(super) fn fold(&self, count: usize) -> Result<Fold<'_, A>, String> {
        let mut fold = Fold::new(&self.id);
        self.go_on(&mut fold, 0..count)?;
        Ok(fold)
    }

    fn go_on(&self, fold: &mut Fold<'_, A>, range: Range<usize>) -> Result<(), String> {
        let count = self.events.len();
        for (index, event) in self.events.iter().enumerate() {
            if range.contains(&index) {
                let number = index + 1;
                fold.apply(event)
                    .map_err(|why| format!("given event {number} of {count} {why}"))?;
            }
        }
        Ok(())
    }
}

#[derive(Clone)]
pub(super) struct Fold<'a, A: Aggregate> {
    id: &'a A::Id,
    state: Option<A>,
    discarded: bool,
}

impl<'a, A: Aggregate> Fold<'a, A> {
    fn new(id: &'a A::Id) -> Self {
        Self {
            id,
            state: None,
            discarded: false,
        }
    }

    /// As a store would give it back. The error goes on behind which event it is.
    pub(super) fn apply(&mut self, event: &A::Event) -> Result<(), String> {
        let shown = format!("{event:?}");
        let stored =
            stored::<A>(event).map_err(|why| format!("can't be stored: {shown}: {why}"))?;
        let applied = catch_unwind(AssertUnwindSafe(|| self.apply_stored(stored, &shown)));
        applied
            .unwrap_or_else(|panic| {
                Err(format!("{shown}: its handler panicked: {}", text(&*panic)))
            })
            .map_err(|why| format!("can't be applied: {why}"))
    }

    pub(super) fn apply_decided(&mut self, events: &[A::Event]) -> Result<(), String> {
        for (index, event) in events.iter().enumerate() {
            let (number, count) = (index + 1, events.len());
            self.apply(event).map_err(|why| {
                format!("event {number} of {count} that the command decided on {why}")
            })?;
        }
        Ok(())
    }

    fn apply_stored(&mut self, event: A::Event, shown: &str) -> Result<(), String> {
        if self.discarded {
            return Err(format!("{shown} comes after the discard"));
        }
        match (Root::<A>::stage(&event), &mut self.state) {
            (Stage::Create, state @ None) => {
                let begun = A::__begin(self.id, event);
                *state = Some(begun.map_err(|_| format!("{shown} creates nothing"))?);
            }
            (Stage::Create, Some(_)) => {
                return Err(format!("{shown} creates what is there already"));
            }
            (Stage::Change, Some(state)) => {
                let applied = state.__apply(event);
                applied.map_err(|_| format!("{shown} changes nothing"))?;
            }
            (Stage::Discard, Some(_)) => self.discarded = true,
            (Stage::Change | Stage::Discard, None) => {
                return Err(format!("{shown} comes before any event of `create(…)`"));
            }
        }
        Ok(())
    }

    /// What a load from a snapshot of here would begin with.
    pub(super) fn through_snapshot(&mut self) -> Result<(), String> {
        if let Some(state) = self.state.as_mut().filter(|_| !self.discarded) {
            let codec = A::SnapshotCodec::default();
            let failed = |error| format!("its state can't be written and read back: {error}");
            let mut bytes = Vec::new();
            codec.encode(state, &mut bytes).map_err(failed)?;
            *state = codec.decode(&bytes).map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn alive(&self) -> Option<&A> {
        self.state.as_ref().filter(|_| !self.discarded)
    }

    fn into_alive(self) -> Option<A> {
        self.state.filter(|_| !self.discarded)
    }
}

/// What the command makes of a state; a panic of it is the case's failure.
pub(super) fn decided<A: Aggregate, X>(
    decide: Decide<'_, A, X>,
    state: Option<&A>,
) -> Result<Result<Vec<A::Event>, Refused<X>>, String> {
    let decided = catch_unwind(AssertUnwindSafe(|| decide(state)));
    decided.map_err(|panic| format!("the command panicked: {}", text(&*panic)))
}

/// The event as a store gives it back.
fn stored<A: Aggregate>(event: &A::Event) -> Result<A::Event, String> {
    let (of, mut bytes) = (A::EVENTS[A::__index(event)], Vec::new());
    A::__encode(event, &Json, &mut bytes).map_err(|error| error.to_string())?;
    match A::__decode(&Json, of.name, of.version, &bytes) {
        Ok(Decoded::One(event)) => Ok(event),
        Ok(Decoded::Many(_)) => Err("it is read as several events".to_owned()),
        Err(error) => Err(format!("what was written can't be read: {error:?}")),
    }
}
