//! For tests of applications and of stores. Feature `testing`.
//!
//! - [`Given`]: given these events, when this command, then these events; needs no store
//! - [`FaultyStore`]: a store that misbehaves as told, or at random by a seed
//! - [`CountingStore`]: what is read and written, events and snapshots apart

mod counting;
mod faulty;
mod given;

pub use self::{
    counting::{CountingStore, StoreCounts, Traffic},
    faulty::{Fault, FaultPlan, FaultyStore, Injected, Operation},
    given::{EventList, Given, Outcome, by},
};
