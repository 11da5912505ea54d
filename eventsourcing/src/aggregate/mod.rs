//! What an aggregate is: the trait that the derive implements, its id, its life cycle, what commands return.
//!
//! [`Aggregate`] is the contract with `eventsourcing-derive`: a change here is a change there.

mod decision;
mod equality;
mod historical;
mod id;
mod lifecycle;
mod root;
mod stream;

use std::{any::Any, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};

#[doc(hidden)]
pub use self::equality::{Both, ByPartialEq, Unequalled};
pub use self::{
    decision::{Events, IntoEvents},
    historical::Historical,
    id::{AggregateId, Broken, InvalidId},
    lifecycle::{CreateOf, DiscardOf, EventOf},
    root::Root,
    stream::StreamId,
};
pub(crate) use self::{
    root::{Batch, Capture, Folded},
    stream::check_name,
};
use crate::{
    codec::{Codec, CodecError},
    event::{DecodeError, Decoded, EventType, EventVersion},
    schema::Schema,
};

/// A type whose state follows from its events. Implemented by `#[derive(Aggregate)]` only.
///
/// The methods that begin with `__` are the mutator and the event codec that the derive writes;
/// they may change in any release.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "derive it: `#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]` with `#[aggregate(id = …, create(…), events(…))]`"
)]
pub trait Aggregate: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + Schema {
    /// What tells its instances apart.
    type Id: AggregateId;
    /// The generated enum of all its events.
    type Event: Clone + Debug + Send + Sync + 'static;
    /// The codec of its snapshots, unless a repository overrides it.
    type SnapshotCodec: Codec + Default;

    /// The stream category: streams are named `NAME/id`.
    const NAME: &'static str;
    /// Bumping it makes every stored snapshot stale.
    const SCHEMA_VERSION: u32;
    /// The names of the state's fields in declaration order, as serde writes them; empty for an enum.
    const FIELDS: &'static [&'static str];
    /// Every event it has, in the order of `create(…)`, `events(…)`, `discard(…)`.
    const EVENTS: &'static [EventType];
    /// Events of earlier programs, a row of which is read as any number of events: `legacy(…)`.
    const LEGACY: &'static [EventVersion];
    /// The names of rows that are read as no event: `retired(…)`.
    const RETIRED: &'static [&'static str];

    /// Begins a life; gives the event back if it isn't a creation.
    #[doc(hidden)]
    fn __begin(id: &Self::Id, event: Self::Event) -> Result<Self, Self::Event>;

    /// Applies a change; gives the event back if it isn't one.
    #[doc(hidden)]
    fn __apply(&mut self, event: Self::Event) -> Result<(), Self::Event>;

    /// What `==` says of the two; `None` if it isn't `PartialEq`.
    #[doc(hidden)]
    fn __equals(&self, other: &Self) -> Option<bool>;

    /// Where in [`Aggregate::EVENTS`] this event's type stands.
    #[doc(hidden)]
    fn __index(event: &Self::Event) -> usize;

    /// The event struct inside the enum.
    #[doc(hidden)]
    fn __payload(event: &Self::Event) -> &(dyn Any + Send + Sync);

    /// Appends the event struct's bytes to `out`.
    #[doc(hidden)]
    fn __encode<C: Codec>(
        event: &Self::Event,
        codec: &C,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError>;

    /// Reads a row by its stored name and version.
    #[doc(hidden)]
    fn __decode<C: Codec>(
        codec: &C,
        name: &str,
        version: u32,
        payload: &[u8],
    ) -> Result<Decoded<Self::Event>, DecodeError>;
}
