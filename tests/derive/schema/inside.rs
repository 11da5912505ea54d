//! Types with arguments, as fields of a state: what stands in an argument needn't stand in the value.

use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData};

use eventsourcing::{prelude::*, schema::Description};
use serde::{Deserialize, Serialize};

use super::holder::{Began, built};

/// An id that says whose it is.
#[derive(Schema, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(bound = "")]
struct Id<T: 'static>(u64, PhantomData<fn() -> T>);

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

/// With the default codec, which keeps no types that contain themselves.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, create(Began))]
struct Order {
    id: Id<Order>,
    others: Vec<Id<Order>>,
    of: PhantomData<Order>,
    by_id: BTreeMap<String, (Id<Self>, u8)>,
}

impl OrderHandlers for Order {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!("the test runs no handler")
    }
}

/// What it is in, and what a macro can't see.
#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Folder<T>(Vec<T>);

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u32, create(Began))]
struct Files {
    inside: Folder<Files>,
}

impl FilesHandlers for Files {
    fn began(_: &u32, _: Began) -> Self {
        unreachable!("the test runs no handler")
    }
}

#[test]
fn a_typed_id_of_the_state_is_no_state() {
    for codec in ["json", "bincode"] {
        assert_eq!(built::<Order>(codec), Ok(()), "{codec}");
    }
    // One that really is inside is found when the repository is built.
    assert_eq!(built::<Files>("json"), Ok(()));
    let error = built::<Files>("bincode").unwrap_err();
    assert!(error.contains("contains itself"), "{error}");
}

macro_rules! noted {
    ($name:ident, $note:ty) => {
        #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
        #[aggregate(id = u32, snapshot_codec = eventsourcing::codec::Json, create(Began as begun))]
        struct $name {
            note: $note,
            notes: Vec<$note>,
        }
    };
}

noted!(Noted, Option<u8>);

impl NotedHandlers for Noted {
    fn begun(_: &u32, _: Began) -> Self {
        unreachable!("the test runs no handler")
    }
}

#[test]
fn a_type_out_of_a_macro_is_itself() {
    assert_eq!(built::<Noted>("json"), Ok(()));
}

mod geo {
    #[derive(
        Clone,
        Debug,
        Default,
        PartialEq,
        Eq,
        PartialOrd,
        Ord,
        Hash,
        serde::Serialize,
        serde::Deserialize,
    )]
    pub(super) struct Point(pub(super) i32);
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Priced<T: Clone + Ord + std::hash::Hash + Default + std::fmt::Debug>(T);

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Trip {
    #[schema(opaque(geo::Point = "geo-v1"))]
    path: Cow<'static, [geo::Point]>,
    #[schema(opaque(geo::Point = "geo-v1"))]
    end: Priced<geo::Point>,
}

#[test]
fn an_opaque_type_stands_where_bounds_are() {
    let text = Description::of::<Trip>().to_string();
    let expected = "\
struct Trip
  path: Vec<opaque \"geo-v1\" for Point>
  end: Priced<opaque \"geo-v1\" for Point>

struct Priced<opaque \"geo-v1\" for Point>
  0: opaque \"geo-v1\" for Point
";
    assert_eq!(text, expected);
}
