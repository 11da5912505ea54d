//! `Outcome`: what a command came to, and the assertions on it.

use std::{borrow::Borrow, fmt};

use super::{
    EventList, form,
    run::{Case, Decide, Ran, Refused},
};
use crate::{aggregate::Aggregate, testing::lines};

const MARKS: &str = "(- expected, + happened)";
const NOT_FOUND: &str = "the aggregate was never created, or is discarded";
const HINT: &str = "the state does not survive its snapshot: a field that serde skips (`#[serde(skip)]`), or a type whose \
                    serialised form does not give back what was written";

/// What a command came to. Each `then…` panics if it isn't so, with a diff (`-` expected, `+` happened), and then if the case
/// came to something else from a snapshot.
pub struct Outcome<A: Aggregate, X> {
    /// The given events, as failures show them.
    given: String,
    decided: Result<Vec<A::Event>, Refused<X>>,
    state: Option<A>,
    /// What was different from a snapshot, and from which.
    from_snapshot: Option<String>,
}

impl<A: Aggregate, X: fmt::Debug> Outcome<A, X> {
    pub(super) fn of(case: &Case<A>, decide: Decide<'_, A, X>) -> Result<Self, String> {
        let Ran { decided, state } = case.run(None, decide)?;
        let mut outcome = Self {
            given: given(case),
            decided,
            state,
            from_snapshot: None,
        };
        let prefixes = 1..=case.events.len();
        let mut trouble = prefixes.filter_map(|prefix| outcome.trouble(case, prefix, decide));
        let first = trouble.next();
        drop(trouble);
        outcome.from_snapshot =
            first.map(|trouble| outcome.impurity(case, decide).unwrap_or(trouble));
        Ok(outcome)
    }

    /// What is wrong when the case runs from a snapshot of the first so many given events.
    fn trouble(&self, case: &Case<A>, prefix: usize, decide: Decide<'_, A, X>) -> Option<String> {
        let (difference, relation) = match case.run(Some(prefix), decide) {
            Ok(ran) => (
                self.difference(&ran)?,
                "comes to something else (- without, + from the snapshot)",
            ),
            Err(wrong) => (wrong, "can't run"),
        };
        let of = form::count(case.events.len(), "given event");
        let mut message = format!(
            "this shows only from a snapshot of the first {prefix} of {of}, where the case {relation}:\n{difference}"
        );
        if let Some(lost) = lost(case, prefix) {
            message += "\nthe state before (-) and after (+) that snapshot:\n";
            message += &lost;
        }
        message += "\nhint: ";
        message += HINT;
        Some(message)
    }

    /// What is different when the case runs once more, from no snapshot.
    fn impurity(&self, case: &Case<A>, decide: Decide<'_, A, X>) -> Option<String> {
        let difference = self.difference(&case.run(None, decide).ok()?)?;
        Some(format!(
            "the command comes to something else when it runs again on the same state (- at first, + again):\n{difference}\n\
             hint: a command does nothing but decide; what changes from call to call (the time, an id, a counter) goes into it \
             as an argument"
        ))
    }

    fn difference(&self, ran: &Ran<A, X>) -> Option<String> {
        let decided = match (&self.decided, &ran.decided) {
            (Ok(without), Ok(from)) => form::events_differ::<A>(without, from),
            (without, from) => {
                let (without, from) = (shown::<A, X>(without), shown::<A, X>(from));
                (without != from).then(|| form::diff_of_texts(&without, &from))
            }
        };
        decided.or_else(|| form::states_differ(self.state.as_ref(), ran.state.as_ref()))
    }

    /// The command decided on exactly these events, in this order.
    #[track_caller]
    pub fn then<By>(self, expected: impl EventList<A, By>) -> Self {
        let mut events = Vec::new();
        expected.list(&mut events);
        let expected = || match &*events {
            [] => "it was expected to succeed without events".to_owned(),
            events => format!("these events were expected:\n{}", form::events::<A>(events)),
        };
        let failure = match &self.decided {
            Ok(decided) => form::events_differ::<A>(&events, decided).map(|difference| {
                match (&*events, &**decided) {
                    ([], _) => {
                        format!("the command decided on events, none were expected:\n{difference}")
                    }
                    (_, []) => format!("the command decided on no events; {}", expected()),
                    _ => format!("the command decided on other events {MARKS}:\n{difference}"),
                }
            }),
            Err(refused) => Some(format!("{}; {}", said_no(refused), expected())),
        };
        self.check(failure)
    }

    /// The command succeeded and decided on no events.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(())
    }

    /// The command said no, with this error; compared by its `Debug` form.
    #[track_caller]
    pub fn then_error(self, expected: impl Borrow<X>) -> Self {
        let expected = expected.borrow();
        let failure = match &self.decided {
            Err(Refused::Rejected(error)) => {
                let difference = lines::diff(&format!("{expected:#?}"), &format!("{error:#?}"));
                difference.map(|difference| {
                    format!("the command was rejected with another error {MARKS}:\n{difference}")
                })
            }
            other => Some(no_error::<A, X>(other, &format!("the error {expected:?}"))),
        };
        self.check(failure)
    }

    /// The command said no, with an error that passes this test.
    #[track_caller]
    pub fn then_error_where(self, test: impl FnOnce(&X) -> bool) -> Self {
        let failure = match &self.decided {
            Err(Refused::Rejected(error)) => (!test(error)).then(|| {
                format!(
                    "the command was rejected with an error that does not pass the test: {error:?}"
                )
            }),
            other => Some(no_error::<A, X>(other, "an error")),
        };
        self.check(failure)
    }

    /// There was nothing to decide on: the aggregate was never created, or discarded.
    #[track_caller]
    pub fn then_not_found(self) -> Self {
        let failure = match &self.decided {
            Err(Refused::NotFound) => None,
            Err(Refused::Rejected(error)) => Some(format!(
                "the command was rejected: {error:?}; “not found” was expected"
            )),
            other @ Ok(_) => Some(no_error::<A, X>(other, "“not found”")),
        };
        self.check(failure)
    }

    /// After it the state is this; compared by its JSON form, and by `==` where it has it.
    #[track_caller]
    pub fn then_state(self, expected: impl Borrow<A>) -> Self {
        let difference = form::states_differ(Some(expected.borrow()), self.state.as_ref());
        self.check(
            difference.map(|difference| format!("the state is another {MARKS}:\n{difference}")),
        )
    }

    /// After it the state passes this test. Fails if there is none.
    #[track_caller]
    pub fn then_state_where(self, test: impl FnOnce(&A) -> bool) -> Self {
        let passes = self.state.as_ref().is_some_and(test);
        let failure = (!passes).then(|| {
            let state = form::state(self.state.as_ref());
            format!("the state does not pass the test:\n{state}")
        });
        self.check(failure)
    }

    /// After it the aggregate is discarded.
    #[track_caller]
    pub fn then_discarded(self) -> Self {
        let failure = self.state.as_ref().map(|state| {
            let state = form::state(Some(state));
            format!("the aggregate is not discarded, its state is:\n{state}")
        });
        self.check(failure)
    }

    #[track_caller]
    fn check(mut self, failure: Option<String>) -> Self {
        if let Some(failure) = failure.or_else(|| self.from_snapshot.take()) {
            panic!("{}{failure}", self.given);
        }
        self
    }
}

/// What was given, before the failure itself.
fn given<A: Aggregate>(case: &Case<A>) -> String {
    let mut given = format!(
        "given {} of {:?}",
        form::count(case.events.len(), "event"),
        A::NAME
    );
    if case.events.is_empty() {
        given += ", ";
    } else {
        given += ":\n";
        given += &form::given::<A>(&case.events);
        given += "\n";
    }
    for rival in &case.rivals {
        let events: Vec<_> = rival.iter().map(form::short::<A>).collect();
        given += "    racing: ";
        given += &events.join(", ");
        given += "\n";
    }
    given
}

/// What the state loses in a snapshot of the first so many given events.
fn lost<A: Aggregate>(case: &Case<A>, prefix: usize) -> Option<String> {
    let mut fold = case.fold(prefix).ok()?;
    let before = fold.alive()?.clone();
    fold.through_snapshot().ok()?;
    form::lost(&before, fold.alive()?)
}

fn said_no<X: fmt::Debug>(refused: &Refused<X>) -> String {
    match refused {
        Refused::Rejected(error) => format!("the command was rejected: {error:?}"),
        Refused::NotFound => format!("the command did not run: {NOT_FOUND}"),
    }
}

/// Where this was expected, there was no error of the command.
fn no_error<A: Aggregate, X: fmt::Debug>(
    decided: &Result<Vec<A::Event>, Refused<X>>,
    expected: &str,
) -> String {
    match decided.as_deref() {
        Ok([]) => format!("the command succeeded, without events; {expected} was expected"),
        Ok(events) => {
            let events = form::events::<A>(events);
            format!("the command succeeded; {expected} was expected, these events came:\n{events}")
        }
        Err(refused) => format!("{}; {expected} was expected", said_no(refused)),
    }
}

fn shown<A: Aggregate, X: fmt::Debug>(decided: &Result<Vec<A::Event>, Refused<X>>) -> String {
    match decided.as_deref() {
        Ok([]) => "no events".to_owned(),
        Ok(events) => form::events::<A>(events),
        Err(Refused::Rejected(error)) => format!("error: {error:#?}"),
        Err(Refused::NotFound) => NOT_FOUND.to_owned(),
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
