//! Given/when/then: a command tested by events, without a store.
//!
//! - `list`: what may be listed as events
//! - `run`: a case, also from a snapshot at every prefix; `race`: the same against rival commits
//! - `outcome`: what is asserted; `form`: how events and states are compared and shown; `diff`: side by side

mod diff;
mod form;
mod list;
mod outcome;
mod race;
mod run;

use std::{borrow::Borrow, convert::Infallible, fmt};

use self::run::{Case, Decide, Refused};
pub use self::{
    list::{EventList, by},
    outcome::Outcome,
};
use crate::aggregate::{Aggregate, AggregateId, CreateOf, DiscardOf, Events, IntoEvents};

/// Given these events, when this command, then these events.
///
/// ```
/// use eventsourcing::{prelude::*, testing::Given};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Clone, Debug, Serialize, Deserialize)]
/// struct Placed { customer: String }
/// #[derive(Event, Clone, Debug, Serialize, Deserialize)]
/// struct Shipped { tracking: String }
///
/// #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
/// #[aggregate(id = u64, create(Placed), events(Shipped))]
/// struct Order { open: bool }
/// # impl OrderHandlers for Order {
/// #     fn placed(_: &u64, _: Placed) -> Self { Order { open: true } }
/// #     fn shipped(&mut self, _: Shipped) { self.open = false; }
/// # }
///
/// #[derive(Debug)]
/// struct NotOpen;
///
/// impl Order {
///     fn ship(&self, tracking: &str) -> Result<Shipped, NotOpen> {
///         if self.open { Ok(Shipped { tracking: tracking.into() }) } else { Err(NotOpen) }
///     }
/// }
///
/// # fn placed() -> Placed { Placed { customer: "Ada".into() } }
/// # fn shipped() -> Shipped { Shipped { tracking: "T1".into() } }
/// Given::<Order>::events([placed()])
///     .when(|order| order.ship("T1"))
///     .then([shipped()])
///     .then_state(Order { open: false });
///
/// Given::<Order>::events((placed(), shipped()))
///     .when(|order| order.ship("T2"))
///     .then_error(NotOpen);
///
/// // Somebody else ships between our load and our save: the command decides again.
/// Given::<Order>::events([placed()])
///     .racing(shipped())
///     .when(|order| order.ship("T2"))
///     .then_error(NotOpen);
/// ```
///
/// Events and states are compared by their stored form, so they need no `PartialEq`; errors by their `Debug` form. States are
/// compared by `==` as well where they are `PartialEq`: without it, a difference in a field with `#[serde(skip)]` isn't seen.
///
/// Each case also runs from a snapshot at every prefix of the given events, written and read by the aggregate's snapshot codec; if
/// that gives another result, the case fails, and says from which prefix and what the snapshot lost.
#[must_use = "a case asserts nothing until `when…` and `then…`"]
pub struct Given<A: Aggregate> {
    id: Option<A::Id>,
    events: Vec<A::Event>,
    rivals: Vec<Vec<A::Event>>,
}

impl<A: Aggregate> Given<A> {
    /// These events have happened, in this order; the first one is of `create(…)`. Of several types they are a tuple:
    /// `events((Placed { … }, [Added { … }, Added { … }], Shipped { … }))`.
    pub fn events<By>(events: impl EventList<A, By>) -> Self {
        Self::nothing().and(events)
    }

    /// Nothing has happened: for [`when_creating`](Self::when_creating).
    pub const fn nothing() -> Self {
        Self {
            id: None,
            events: Vec::new(),
            rivals: Vec::new(),
        }
    }

    /// The aggregate's id, which creation handlers see. By default any: `1`, `"given"` or a UUID.
    pub fn id(mut self, id: A::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// And then these.
    pub fn and<By>(mut self, events: impl EventList<A, By>) -> Self {
        events.list(&mut self.events);
        self
    }

    /// Somebody else stores these events, in one commit, between the command's load and its save, so that it meets a conflict
    /// and decides again. Called several times: so does each further attempt. The case then runs through a
    /// [`Repository`](crate::Repository) over a [`MemoryStore`](crate::MemoryStore).
    pub fn racing<By>(mut self, events: impl EventList<A, By>) -> Self {
        let mut rival = Vec::new();
        events.list(&mut rival);
        self.rivals.push(rival);
        self
    }

    /// Runs a command. It runs several times: it should do nothing but decide.
    ///
    /// # Panics
    ///
    /// If the given events can't happen in this order, naming the one that can't.
    #[must_use = "a case asserts nothing until `then…`"]
    #[track_caller]
    pub fn when<D: IntoEvents<A>, X: fmt::Debug>(
        self,
        mut decide: impl FnMut(&A) -> Result<D, X>,
    ) -> Outcome<A, X> {
        self.run(&mut |state| {
            let Some(state) = state else {
                return Err(Refused::NotFound);
            };
            let mut events = Events::new();
            decide(state)
                .map_err(Refused::Rejected)?
                .into_events(&mut events);
            Ok(events.into_inner())
        })
    }

    /// Runs a command that decides on an event of `discard(…)`. Panics as [`when`](Self::when) does.
    #[must_use = "a case asserts nothing until `then…`"]
    #[track_caller]
    pub fn when_discarding<E: DiscardOf<A>, X: fmt::Debug>(
        self,
        mut decide: impl FnMut(&A) -> Result<E, X>,
    ) -> Outcome<A, X> {
        self.run(&mut |state| {
            let state = state.ok_or(Refused::NotFound)?;
            let event = decide(state).map_err(Refused::Rejected)?;
            Ok(vec![event.into()])
        })
    }

    /// Runs a function that decides on an event of `create(…)`.
    ///
    /// # Panics
    ///
    /// If something has happened already.
    #[must_use = "a case asserts nothing until `then…`"]
    #[track_caller]
    pub fn when_creating<E: CreateOf<A>, X: fmt::Debug>(
        self,
        mut decide: impl FnMut() -> Result<E, X>,
    ) -> Outcome<A, X> {
        assert!(
            self.events.is_empty(),
            "`when_creating` needs `Given::nothing()`: an aggregate with events is created already"
        );
        self.run(&mut |_| {
            let event = decide().map_err(Refused::Rejected)?;
            Ok(vec![event.into()])
        })
    }

    /// Without a command: the given events lead to this state. Panics if they don't.
    #[track_caller]
    pub fn then_state(self, expected: impl Borrow<A>) -> Outcome<A, Infallible> {
        self.when(|_| Ok(())).then_state(expected)
    }

    #[track_caller]
    fn run<X: fmt::Debug>(self, decide: Decide<'_, A, X>) -> Outcome<A, X> {
        assert!(
            self.rivals.is_empty() || !self.events.is_empty(),
            "`racing` needs given events: rivals meet at an aggregate that exists, and after `Given::nothing()` there is none"
        );
        let case = Case {
            id: self.id.unwrap_or_else(any_id::<A>),
            events: self.events,
            rivals: self.rivals,
        };
        match Outcome::of(&case, decide) {
            Ok(outcome) => outcome,
            Err(wrong) => panic!("the case of {:?} can't run: {wrong}", A::NAME),
        }
    }
}

/// The first of these texts that is an id of the aggregate's type.
#[track_caller]
fn any_id<A: Aggregate>() -> A::Id {
    let texts = ["1", "67e55044-10b1-426f-9247-bb680e5fe0c8", "given"];
    let mut ids = texts.into_iter().rev().map(A::Id::from_text);
    match ids.find_map(Result::ok) {
        Some(id) => id,
        None => panic!("say which id {:?} has: `Given::id(…)`", A::NAME),
    }
}

impl<A: Aggregate> fmt::Debug for Given<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given")
            .field("events", &self.events)
            .field("rivals", &self.rivals)
            .finish_non_exhaustive()
    }
}
