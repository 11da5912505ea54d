//! For tests of applications and of stores. Feature `testing`.
//!
//! - [`Given`]: given these events, when this command, then these events; needs no store
//! - [`assert_faithful`]: whether an event or a state comes back from its codec as it was
//! - [`FaultyStore`]: a store that misbehaves as told, or at random by a seed
//! - [`CountingStore`]: what is read and written, events and snapshots apart
//! - [`conformance`]: a check for every rule of the store traits
//! - `postgres`: a PostgreSQL server for tests (feature `postgres`)
//!
//! # How to test your store
//!
//! [`conformance`] has a check for every rule in the docs of [`EventStore`](crate::EventStore) and
//! [`SnapshotStore`](crate::snapshot::SnapshotStore). You say how a fresh store is made; one macro makes each check a
//! test of its own, named `my_store::event_store::append::…`:
//!
//! ```
//! use eventsourcing::{
//!     MemoryStore,
//!     store::Capabilities,
//!     testing::conformance::{Kit, Subject},
//! };
//!
//! fn kit() -> Kit {
//!     Kit::new(|| async { Subject::new(MemoryStore::new()) }, Capabilities::full())
//! }
//!
//! eventsourcing::conformance_tests! { my_store => kit() }
//! # fn main() {}
//! ```
//!
//! Offer a second handle, a way to reopen and a clock if your store has them ([`Subject`](conformance::Subject)): without them
//! the checks that need them say that they were not made.
//!
//! Or run all of them from a test of yours, and read the report:
//!
//! ```
//! use eventsourcing::{MemoryStore, store::Capabilities, testing::conformance::{self, Subject}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let quick = conformance::Kit::new(|| async { Subject::new(MemoryStore::new()) }, Capabilities::full()).rounds(10);
//! # if false {
//! let report = conformance::run(
//!     || async { Subject::new(MemoryStore::new()) },
//!     Capabilities::full(),
//! )
//! .await;
//! # report.assert();
//! # }
//! # let report = quick.run().await;
//! report.assert();
//! // No second handle, no way to reopen, no clock was given: the checks that need them are listed.
//! assert!(report.not_applicable().count() > 0);
//! # }
//! ```

pub mod conformance;
mod counting;
mod faithful;
mod faulty;
mod given;
mod lines;
mod panics;
#[cfg(all(feature = "postgres", unix))]
pub mod postgres;

pub use self::{
    counting::{CountingStore, StoreCounts, Traffic},
    faithful::{AState, AnEvent, StoredAs, assert_faithful, assert_faithful_in},
    faulty::{Fault, FaultPlan, FaultyStore, Injected, Operation},
    given::{EventList, Given, Outcome, by},
};
