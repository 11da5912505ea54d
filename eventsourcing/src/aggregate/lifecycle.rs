//! The life cycle as types: which event may begin, change and end which aggregate.
//!
//! Markers that the derive implements; the messages are what a user reads after mixing them up.

use super::Aggregate;
use crate::event::Event;

/// An event that the generated enum `A` carries, whatever list it stands in.
///
/// The only place where a listed type must be an [`Event`], so that one that isn't is one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of `{A}`",
    label = "listed by no aggregate whose event enum is `{A}`"
)]
pub trait Listed<A>: Event + Into<A> {}

/// An event of `create(…)`: it brings an `A` into being.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not bring `{A}` into being",
    label = "not in `create(...)` of `{A}`",
    note = "create it with an event listed in `#[aggregate(create(...))]`, or list this one there: `create(..., {Self})`"
)]
pub trait CreateOf<A: Aggregate>: Listed<A::Event> {}

/// An event of `events(…)`: it changes an `A`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event that changes `{A}`",
    label = "not in `events(...)` of `{A}`",
    note = "list it: `#[aggregate(events(..., {Self}))]`"
)]
pub trait EventOf<A: Aggregate>: Listed<A::Event> {}

/// An event of `discard(…)`: it ends the life of an `A`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not end the life of `{A}`",
    label = "not in `discard(...)` of `{A}`",
    note = "discard it with an event listed in `#[aggregate(discard(...))]`, or list this one there: `discard(..., {Self})`"
)]
pub trait DiscardOf<A: Aggregate>: Listed<A::Event> {}
