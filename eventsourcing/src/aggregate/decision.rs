//! What a command may return: events of `events(…)` and containers of them.

use std::fmt;

use super::{Aggregate, EventOf};

/// Events of one aggregate, in order. For commands whose kinds of events differ at run time.
///
/// ```ignore
/// fn restock(&self) -> Result<Events<Shelf>, Full> {
///     let mut events = Events::new();
///     events.push(Emptied).push(Filled { count: 10 });
///     Ok(events)
/// }
/// ```
pub struct Events<A: Aggregate>(Vec<A::Event>);

impl<A: Aggregate> Events<A> {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one event of `events(…)`.
    pub fn push<E: EventOf<A>>(&mut self, event: E) -> &mut Self {
        self.0.push(event.into());
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_inner(self) -> Vec<A::Event> {
        self.0
    }
}

impl<A: Aggregate> Default for Events<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Aggregate> Clone for Events<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Aggregate> fmt::Debug for Events<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

/// What a command of `A` may return, and what `Root::record` takes.
///
/// The derive implements it for each event of `events(…)`. `()`, `Option`, `Vec`, arrays, tuples of up to
/// eight and [`Events`] carry them, nested freely. The order within is the order of the events.
#[diagnostic::on_unimplemented(
    message = "a command of `{A}` can't return `{Self}`",
    label = "neither in `events(...)` of `{A}` nor a container of such",
    note = "return events listed in `#[aggregate(events(...))]`, or `()`, `Option`, `Vec`, arrays, tuples of them, or `Events<{A}>`",
    note = "an event of `create(...)` goes to `Repository::create`, one of `discard(...)` to `discard`, and the event enum nowhere: return the struct in it"
)]
pub trait IntoEvents<A: Aggregate> {
    /// Adds its events to `out`, in order.
    fn into_events(self, out: &mut Events<A>);
}

impl<A: Aggregate> IntoEvents<A> for Events<A> {
    fn into_events(self, out: &mut Events<A>) {
        out.0.extend(self.0);
    }
}

impl<A: Aggregate> IntoEvents<A> for () {
    fn into_events(self, _: &mut Events<A>) {}
}

impl<A: Aggregate, D: IntoEvents<A>> IntoEvents<A> for Option<D> {
    fn into_events(self, out: &mut Events<A>) {
        if let Some(each) = self {
            each.into_events(out);
        }
    }
}

impl<A: Aggregate, D: IntoEvents<A>> IntoEvents<A> for Vec<D> {
    fn into_events(self, out: &mut Events<A>) {
        for each in self {
            each.into_events(out);
        }
    }
}

impl<A: Aggregate, D: IntoEvents<A>, const N: usize> IntoEvents<A> for [D; N] {
    fn into_events(self, out: &mut Events<A>) {
        for each in self {
            each.into_events(out);
        }
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<A: Aggregate, $($name: IntoEvents<A>),+> IntoEvents<A> for ($($name,)+) {
            fn into_events(self, out: &mut Events<A>) {
                #[allow(non_snake_case, reason = "one macro name serves as type and as binding")]
                let ($($name,)+) = self;
                $($name.into_events(out);)+
            }
        }
    };
}

tuples!(D1);
tuples!(D1 D2);
tuples!(D1 D2 D3);
tuples!(D1 D2 D3 D4);
tuples!(D1 D2 D3 D4 D5);
tuples!(D1 D2 D3 D4 D5 D6);
tuples!(D1 D2 D3 D4 D5 D6 D7);
tuples!(D1 D2 D3 D4 D5 D6 D7 D8);
