//! The life cycle as types: which event may begin, change and end which aggregate.
//!
//! Markers that the derive implements; the messages are what a user reads after mixing them up.

use super::Aggregate;

/// An event of `create(…)`: it brings an `A` into being.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not bring `{A}` into being",
    label = "not in `create(...)` of `{A}`",
    note = "create it with an event listed in `#[aggregate(create(...))]`, or list this one there: `create(..., {Self})`"
)]
pub trait CreateOf<A: Aggregate>: Into<A::Event> {}

/// An event of `events(…)`: it changes an `A`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event that changes `{A}`",
    label = "not in `events(...)` of `{A}`",
    note = "list it: `#[aggregate(events(..., {Self}))]`"
)]
pub trait EventOf<A: Aggregate>: Into<A::Event> {}

/// An event of `discard(…)`: it ends the life of an `A`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not end the life of `{A}`",
    label = "not in `discard(...)` of `{A}`",
    note = "discard it with an event listed in `#[aggregate(discard(...))]`, or list this one there: `discard(..., {Self})`"
)]
pub trait DiscardOf<A: Aggregate>: Into<A::Event> {}
