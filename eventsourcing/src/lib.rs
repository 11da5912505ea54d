//! Event sourcing with snapshots that cannot be wrong.

pub mod aggregate;
pub mod application;
pub mod codec;
mod error;
pub mod event;
mod position;
pub mod repository;
pub mod snapshot;
pub mod store;
mod timestamp;
mod version;

#[cfg(feature = "derive")]
pub use eventsourcing_derive::{Aggregate, AggregateId, Event};

#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use crate::store::SqliteStore;
#[doc(inline)]
pub use crate::{
    aggregate::{
        Aggregate, AggregateId, CreateOf, DiscardOf, EventOf, Events, Historical, IntoEvents, Root,
        StreamId,
    },
    application::{Application, Published},
    codec::Codec,
    error::{CommandError, Error, ErrorKind, Result},
    event::{Event, Metadata},
    position::{InvalidPosition, Position},
    repository::{Committed, Repository, Updated},
    snapshot::{SnapshotMode, SnapshotPolicy},
    store::{EventStore, MemoryStore},
    timestamp::{Clock, ManualClock, SystemClock, Timestamp},
    version::Version,
};

/// What most programs need; without an `Error`, `Result`, `Json` or `Codec`, which clash with everybody's own.
pub mod prelude {
    #[cfg(feature = "derive")]
    pub use eventsourcing_derive::{Aggregate, AggregateId, Event};

    #[cfg(feature = "sqlite")]
    pub use crate::store::SqliteStore;
    pub use crate::{
        aggregate::{Aggregate, AggregateId, Events, Historical, IntoEvents, Root},
        application::{Application, Published},
        error::CommandError,
        event::{Event, Metadata},
        repository::{Committed, Repository, Updated},
        snapshot::{SnapshotMode, SnapshotPolicy},
        store::{EventStore, MemoryStore},
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
