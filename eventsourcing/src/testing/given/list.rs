//! What can be listed as events of an aggregate: one, arrays, `Vec`s, tuples of them, nested freely.

use crate::aggregate::{Aggregate, Events};

/// Events of `A`, of any of its lists: an event struct or the generated enum, `()`, `Option`s, `Vec`s, arrays and tuples (to
/// eight) of such, and [`Events`].
///
/// `By` is inferred; it only tells the implementations apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of events of `{A}`",
    label = "neither an event of `{A}` nor a container of them",
    note = "list events of `#[aggregate(create(...), events(...), discard(...))]`: `[Added {{ … }}]`, or of different types: `(Created {{ … }}, Added {{ … }})`"
)]
pub trait EventList<A: Aggregate, By> {
    /// Adds them to `out`, in order.
    fn list(self, out: &mut Vec<A::Event>);
}

/// How a list of events is made up. Inferred, never written.
pub mod by {
    /// One event.
    #[derive(Debug)]
    pub struct Itself(());

    /// A container of lists.
    #[derive(Debug)]
    pub struct Each<By>(std::marker::PhantomData<By>);

    /// Collected by a command.
    #[derive(Debug)]
    pub struct Collected(());
}

impl<A: Aggregate, E: Into<A::Event>> EventList<A, by::Itself> for E {
    fn list(self, out: &mut Vec<A::Event>) {
        out.push(self.into());
    }
}

impl<A: Aggregate> EventList<A, by::Collected> for Events<A> {
    fn list(self, out: &mut Vec<A::Event>) {
        out.extend(self.into_inner());
    }
}

impl<A: Aggregate> EventList<A, ()> for () {
    fn list(self, _: &mut Vec<A::Event>) {}
}

impl<A: Aggregate, L: EventList<A, By>, By, const N: usize> EventList<A, by::Each<By>> for [L; N] {
    fn list(self, out: &mut Vec<A::Event>) {
        for each in self {
            each.list(out);
        }
    }
}

impl<A: Aggregate, L: EventList<A, By>, By> EventList<A, by::Each<By>> for Vec<L> {
    fn list(self, out: &mut Vec<A::Event>) {
        for each in self {
            each.list(out);
        }
    }
}

impl<A: Aggregate, L: EventList<A, By>, By> EventList<A, by::Each<By>> for Option<L> {
    fn list(self, out: &mut Vec<A::Event>) {
        if let Some(each) = self {
            each.list(out);
        }
    }
}

macro_rules! tuples {
    ($($name:ident $by:ident)+) => {
        impl<A: Aggregate, $($name: EventList<A, $by>, $by),+> EventList<A, ($($by,)+)> for ($($name,)+) {
            fn list(self, out: &mut Vec<A::Event>) {
                #[allow(non_snake_case, reason = "one macro name serves as type and as binding")]
                let ($($name,)+) = self;
                $($name.list(out);)+
            }
        }
    };
}

tuples!(L1 B1);
tuples!(L1 B1 L2 B2);
tuples!(L1 B1 L2 B2 L3 B3);
tuples!(L1 B1 L2 B2 L3 B3 L4 B4);
tuples!(L1 B1 L2 B2 L3 B3 L4 B4 L5 B5);
tuples!(L1 B1 L2 B2 L3 B3 L4 B4 L5 B5 L6 B6);
tuples!(L1 B1 L2 B2 L3 B3 L4 B4 L5 B5 L6 B6 L7 B7);
tuples!(L1 B1 L2 B2 L3 B3 L4 B4 L5 B5 L6 B6 L7 B7 L8 B8);
