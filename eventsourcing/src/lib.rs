//! Event sourcing with snapshots that cannot be wrong.

pub mod aggregate;
pub mod codec;
mod error;
pub mod event;
mod position;
pub mod snapshot;
pub mod store;
mod timestamp;
mod version;

#[cfg(feature = "derive")]
pub use eventsourcing_derive::{Aggregate, AggregateId, Event};

#[doc(inline)]
pub use crate::{
    aggregate::{
        Aggregate, AggregateId, CreateOf, DiscardOf, EventOf, Events, IntoEvents, StreamId,
    },
    codec::Codec,
    error::{CommandError, Error, ErrorKind, Result},
    event::{Event, Metadata},
    position::{InvalidPosition, Position},
    store::EventStore,
    timestamp::{Clock, ManualClock, SystemClock, Timestamp},
    version::Version,
};

/// What most programs need; without an `Error`, `Result`, `Json` or `Codec`, which clash with everybody's own.
pub mod prelude {
    #[cfg(feature = "derive")]
    pub use eventsourcing_derive::{Aggregate, AggregateId, Event};

    pub use crate::{
        aggregate::{Aggregate, AggregateId, Events, IntoEvents},
        error::CommandError,
        event::{Event, Metadata},
        store::EventStore,
        timestamp::Timestamp,
        version::Version,
    };
}

/// For the code that the derive writes. May change in any release.
#[doc(hidden)]
pub mod __private {
    pub use std::{borrow::Cow, vec::Vec};

    pub use serde;

    pub use crate::{
        aggregate::Listed,
        codec::{Codec, CodecError},
        event::{DecodeError, EventType, Stage, derived::*},
    };

    pub type DefaultSnapshotCodec = crate::codec::DefaultSnapshotCodec;
}
