//! Values of known types that their serialization loses, or that nobody can keep apart.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    ops::{Range, RangeInclusive},
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64},
    },
};

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

use super::holder::{ALL, Began, check, state};

/// What a key of a map, and an address, would lose.
#[test]
fn values_that_are_not_read() {
    check(
        state!(BTreeMap<(u8, u8), u8>),
        &["bincode", "silent"],
        "Holder.inner",
        "a key of a map",
    );
    check(state!(SocketAddr), &[], "Holder.inner", "IpAddr");
    check(
        state!(chrono::DateTime<chrono::FixedOffset>),
        &[],
        "Holder.inner",
        "`DateTime<Utc>`",
    );
}

/// One that was walked to its end is written as one with a value left.
#[test]
fn ranges_that_are_walked() {
    check(state!(RangeInclusive<u32>), &[], "Holder.inner", "`Range`");
    check(state!(Range<u32>), ALL, "", "");
}

/// As an `Arc` of it would (`serde/rc`): its clones are to share what it holds.
#[derive(Schema, Debug, Serialize, Deserialize)]
struct Shared<T>(T);

impl<T: Default> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(T::default())
    }
}

#[derive(Schema, Debug, Serialize, Deserialize)]
struct Trusted {
    #[schema(trusted)]
    shared: Mutex<u8>,
    #[schema(trusted)]
    all: RangeInclusive<u8>,
}

impl Clone for Trusted {
    fn clone(&self) -> Self {
        let shared = self.shared.lock().map_or(0, |shared| *shared);
        Self {
            shared: shared.into(),
            all: self.all.clone(),
        }
    }
}

/// A snapshot is taken of a copy, which must not change with the state.
#[test]
fn values_that_copies_share() {
    let cure = "the value itself";
    check(state!(Shared<Mutex<u8>>), &[], "Holder.inner.0", cure);
    check(state!(Shared<RwLock<String>>), &[], "Holder.inner.0", cure);
    check(state!(Shared<AtomicU64>), &[], "Holder.inner.0", cure);
    check(state!(Shared<AtomicBool>), &[], "Holder.inner.0", cure);
    check(state!(Trusted), ALL, "", "");
    check(state!(Shared<u64>), ALL, "", "");
}
