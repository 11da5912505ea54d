//! `Outcome`: what a command came to, and the assertions on it.

use std::{borrow::Borrow, fmt};

use super::{
    EventList,
    form::{self, diff},
    run::{Case, Decide, Ran, Refused},
};
use crate::aggregate::Aggregate;

/// What a command came to. Each `then…` panics if it isn't so, with a diff (`-` expected, `+` happened), and then if the case
/// came to something else from a snapshot.
pub struct Outcome<A: Aggregate, X> {
    given: usize,
    decided: Result<Vec<A::Event>, Refused<X>>,
    state: Option<A>,
    /// What was different from a snapshot, and from which.
    from_snapshot: Option<String>,
}

impl<A: Aggregate, X: fmt::Debug> Outcome<A, X> {
    pub(super) fn of(case: &Case<A>, decide: Decide<'_, A, X>) -> Result<Self, String> {
        let Ran { decided, state } = case.run(None, decide)?;
        let mut outcome = Self {
            given: case.events.len(),
            decided,
            state,
            from_snapshot: None,
        };
        for prefix in 1..=case.events.len() {
            let difference = match case.run(Some(prefix), decide) {
                Ok(ran) => outcome.difference(&ran),
                Err(wrong) => Some(wrong),
            };
            if let Some(difference) = difference {
                let given = case.events.len();
                outcome.from_snapshot = Some(format!(
                    "from a snapshot of the first {prefix} of {given} given events the case comes to something else \
                     (- without, + from the snapshot):\n{difference}"
                ));
                break;
            }
        }
        Ok(outcome)
    }

    fn difference(&self, ran: &Ran<A, X>) -> Option<String> {
        let decided = match (&self.decided, &ran.decided) {
            (Ok(without), Ok(from)) => form::events_differ::<A>(without, from),
            (without, from) => diff(&shown::<A, X>(without), &shown::<A, X>(from)),
        };
        decided.or_else(|| form::states_differ(self.state.as_ref(), ran.state.as_ref()))
    }

    /// The command decided on exactly these events, in this order.
    #[track_caller]
    pub fn then<By>(self, expected: impl EventList<A, By>) -> Self {
        let mut events = Vec::new();
        expected.list(&mut events);
        let difference = match &self.decided {
            Ok(decided) => form::events_differ::<A>(&events, decided),
            refused @ Err(_) => diff(&form::events::<A>(&events), &shown::<A, X>(refused)),
        };
        self.check("decided on other events", difference)
    }

    /// The command succeeded and decided on no events.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(())
    }

    /// The command said no, with this error; compared by its `Debug` form.
    #[track_caller]
    pub fn then_error(self, expected: impl Borrow<X>) -> Self {
        let expected = form::error(expected.borrow());
        let difference = diff(&expected, &shown::<A, X>(&self.decided));
        self.check("came to another error", difference)
    }

    /// The command said no, with an error that passes this test.
    #[track_caller]
    pub fn then_error_where(self, test: impl FnOnce(&X) -> bool) -> Self {
        let passes = matches!(&self.decided, Err(Refused::Rejected(error)) if test(error));
        let difference = (!passes).then(|| shown::<A, X>(&self.decided));
        self.check("came to no such error, but to", difference)
    }

    /// There was nothing to decide on: the aggregate was never created, or discarded.
    #[track_caller]
    pub fn then_not_found(self) -> Self {
        let found = !matches!(self.decided, Err(Refused::NotFound));
        let difference = found.then(|| shown::<A, X>(&self.decided));
        self.check("was not “not found”, but", difference)
    }

    /// After it the state is this; compared by its JSON form.
    #[track_caller]
    pub fn then_state(self, expected: impl Borrow<A>) -> Self {
        let difference = form::states_differ(Some(expected.borrow()), self.state.as_ref());
        self.check("led to another state", difference)
    }

    /// After it the state passes this test. Fails if there is none.
    #[track_caller]
    pub fn then_state_where(self, test: impl FnOnce(&A) -> bool) -> Self {
        let passes = self.state.as_ref().is_some_and(test);
        let difference = (!passes).then(|| form::state(self.state.as_ref()));
        self.check("led to no such state, but to", difference)
    }

    /// After it the aggregate is discarded.
    #[track_caller]
    pub fn then_discarded(self) -> Self {
        let difference = form::states_differ(None, self.state.as_ref());
        self.check("did not discard the aggregate", difference)
    }

    #[track_caller]
    fn check(self, what: &str, difference: Option<String>) -> Self {
        let (given, name) = (self.given, A::NAME);
        if let Some(difference) = difference {
            panic!("given {given} events of {name:?}, the command {what}:\n{difference}");
        }
        if let Some(difference) = &self.from_snapshot {
            panic!("given {given} events of {name:?}, {difference}");
        }
        self
    }
}

fn shown<A: Aggregate, X: fmt::Debug>(decided: &Result<Vec<A::Event>, Refused<X>>) -> String {
    match decided {
        Ok(events) => form::events::<A>(events),
        Err(Refused::Rejected(error)) => form::error(error),
        Err(Refused::NotFound) => "not found: never created, or discarded".to_owned(),
    }
}

impl<A: Aggregate, X: fmt::Debug> fmt::Debug for Outcome<A, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("decided", &self.decided)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
