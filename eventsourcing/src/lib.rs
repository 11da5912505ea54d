//! Event sourcing with snapshots that cannot be wrong.
//!
//! You write a plain struct (the state), plain event structs and one function per event. [`derive@Aggregate`] turns that
//! into an event enum, a mutator that the compiler checks for completeness, and a snapshot format. A [`Repository`] loads,
//! decides and saves; a store keeps events and snapshots.
//!
//! **Loading through a snapshot always gives exactly the state that replaying every event gives.** A snapshot is a cache:
//! whatever happens to it, a load is right, and a committed command stays committed.
//!
//! ```
//! use eventsourcing::prelude::*;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Event, Clone, Debug, Serialize, Deserialize)]
//! pub struct Planted { pub kind: String }
//! #[derive(Event, Clone, Debug, Serialize, Deserialize)]
//! pub struct Watered { pub millilitres: u32 }
//! #[derive(Event, Clone, Debug, Serialize, Deserialize)]
//! pub struct Composted;
//!
//! #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
//! #[aggregate(id = String, create(Planted), events(Watered), discard(Composted))]
//! pub struct Plant { kind: String, millilitres: u32 }
//!
//! impl PlantHandlers for Plant {
//!     fn planted(_id: &String, event: Planted) -> Self { Plant { kind: event.kind, millilitres: 0 } }
//!     fn watered(&mut self, event: Watered) { self.millilitres += event.millilitres; }
//! }
//!
//! #[derive(Debug, thiserror::Error)]
//! #[error("too wet")]
//! pub struct TooWet;
//!
//! impl Plant {
//!     fn water(&self, millilitres: u32) -> Result<Watered, TooWet> {
//!         if self.millilitres + millilitres > 500 { Err(TooWet) } else { Ok(Watered { millilitres }) }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plants = Repository::<Plant>::builder(MemoryStore::new())
//!     .snapshots(SnapshotPolicy::every(100))
//!     .build()?;
//! let id = String::from("windowsill");
//! let mut plant = plants.create(id.clone(), Planted { kind: "basil".into() });
//! plants.save(&mut plant).await?;
//! let committed = plants.execute(&id, |p| p.water(200)).await?;
//! assert_eq!(committed.version, 2);
//! assert!(plants.execute(&id, |p| p.water(400)).await.unwrap_err().rejection().is_some());
//! plants.discard(&mut plants.load(&id).await?, Composted).await?;
//! assert!(!plants.contains(&id).await?);
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! - [`aggregate`]: what aggregates, ids and commands are; [`Root`], the instance in memory
//! - [`event`]: what events and metadata are
//! - [`repository`]: loading, saving, commands, time travel
//! - [`application`]: several types over one store, subscribers, saving several roots at once
//! - [`snapshot`]: policies, modes, the stored row, the snapshot store
//! - [`store`]: the event store, and the stores that come with the crate
//! - [`codec`]: how events and states become bytes; compression and encryption
//! - [`mod@copy`]: one store into another, verified
//! - [`schema`]: the shapes of what is stored, so that no change of one goes unnoticed
//! - [`telemetry`]: spans and metrics
//!
//! A store of your own: `docs/writing-a-store.md` in the repository, and the conformance kit in `testing`.
//!
//! # Changing events
//!
//! What is stored stays as it is, and is read as what it is today:
//!
//! - another name: `alias = "Old"` on the event
//! - another shape: `version = 2, upcast(Old)` on the event, and `impl From<Old> for New`
//! - one event that became several: `legacy(Old)` on the aggregate, and `impl From<Old> for Vec<OrderEvent>`
//! - one that means nothing any more: `retired("Name")` on the aggregate
//!
//! [`derive@Event`] and [`derive@Aggregate`] have the details.
//!
//! # Runtime
//!
//! Futures run on tokio with its timer enabled. Nothing blocks it: `SqliteStore` does its work on threads of its own.
//!
//! # Features
//!
//! `derive`, `sqlite` and `bincode` are on by default; `postgres` adds a store, `postcard` a codec, `compression` and `encryption` a
//! [layer](codec::layer) each, `cache` a cache of states, `metrics` [metrics](telemetry), `testing` the module of that name. `chrono`, `time`, `rust_decimal`
//! and `serde_json` let the types of those crates stand in states and events; `chrono` also adds conversions of [`Timestamp`].

pub mod aggregate;
pub mod application;
pub mod codec;
pub mod copy;
mod error;
pub mod event;
mod position;
pub mod repository;
pub mod schema;
pub mod snapshot;
pub mod store;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
mod version;

#[cfg(feature = "derive")]
pub use eventsourcing_derive::{Aggregate, AggregateId, Event, Schema};

#[cfg(feature = "postgres")]
#[doc(inline)]
pub use crate::store::PostgresStore;
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
    repository::{Committed, Repository, RepositoryBuilder, Snapshot, Updated, Warm},
    schema::Schema,
    snapshot::{Retention, SnapshotMode, SnapshotPolicy},
    store::{EventStore, MemoryStore},
    timestamp::{Clock, ManualClock, SystemClock, Timestamp},
    version::Version,
};

/// What most programs need; without an `Error`, `Result`, `Json` or `Codec`, which clash with everybody's own.
pub mod prelude {
    #[cfg(feature = "derive")]
    pub use eventsourcing_derive::{Aggregate, AggregateId, Event, Schema};

    #[cfg(feature = "sqlite")]
    pub use crate::store::SqliteStore;
    pub use crate::{
        aggregate::{Aggregate, AggregateId, Events, Historical, IntoEvents, Root},
        application::{Application, Published},
        error::{CommandError, ErrorKind},
        event::{Event, Metadata},
        repository::{Committed, Repository, Updated},
        schema::Schema,
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

    #[cfg(feature = "derive")]
    pub use eventsourcing_derive::schema_lock_test;
    pub use serde;

    pub use crate::{
        aggregate::{Both, Broken, ByPartialEq, Unequalled},
        codec::{Codec, CodecError},
        event::{DecodeError, Decoded, EventType, EventVersion, Stage, derived::*},
        schema::{
            Describer, FieldMore, FieldSpec, Form, Shape, Tagging, TypeSpec, VariantMore,
            VariantSpec, keeps_nested_none, keeps_undeclared,
        },
    };

    pub type DefaultSnapshotCodec = crate::codec::DefaultSnapshotCodec;
}

/// The README's example is compiled and run.
#[cfg(all(doctest, feature = "sqlite", feature = "derive"))]
#[doc = include_str!("../../README.md")]
pub struct Readme;

#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../docs/writing-a-store.md")]
mod writing_a_store {}
