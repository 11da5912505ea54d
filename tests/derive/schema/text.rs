//! Descriptions as text.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    marker::PhantomData,
    rc::Rc,
    sync::Arc,
};

use eventsourcing::{
    prelude::*,
    schema::{Description, Shape},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

fn text<T: Schema>() -> String {
    Description::of::<T>().to_string()
}

#[test]
fn known_types() {
    for (text, expected) in [
        (text::<u32>(), "u32\n"),
        (text::<Option<Box<str>>>(), "Option<String>\n"),
        (
            text::<HashMap<Uuid, Vec<(u8, f64)>>>(),
            "HashMap<Uuid, Vec<(u8, f64)>>\n",
        ),
        (text::<[HashSet<i128>; 3]>(), "[HashSet<i128>; 3]\n"),
        (text::<(Cow<'static, str>,)>(), "(String,)\n"),
        (text::<Arc<[Rc<u8>]>>(), "Vec<u8>\n"),
        (text::<()>(), "()\n"),
        (
            text::<BTreeMap<String, Result<Timestamp, Version>>>(),
            "BTreeMap<String, Result<Timestamp, Version>>\n",
        ),
    ] {
        assert_eq!(text, expected);
    }
}

#[derive(Schema, Serialize, Deserialize)]
struct Tree<T> {
    value: T,
    children: Vec<Tree<T>>,
}

#[derive(Schema, Serialize, Deserialize)]
struct Page<T, const N: usize> {
    items: Vec<T>,
    marker: PhantomData<[u8; N]>,
}

/// Not described, and needn't be: nothing of it is written.
struct Euro;

#[derive(Schema, Serialize, Deserialize)]
struct Money<C> {
    cents: i64,
    currency: PhantomData<C>,
}

mod geo {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Point(pub(super) f64, pub(super) f64);

    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct Item {
        pub(super) at: u8,
    }
}

mod cents {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(*value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        u64::deserialize(from)
    }
}

#[derive(Schema, Serialize, Deserialize)]
struct Item {
    sku: String,
}

#[derive(Schema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Status {
    NewOne,
    #[serde(rename = "gone away", alias = "away")]
    Gone {
        #[serde(rename = "since:when")]
        since: u64,
    },
    #[serde(rename_all = "UPPERCASE")]
    Moved {
        some_where: Option<Item>,
    },
}

#[derive(Schema, Serialize, Deserialize)]
#[serde(transparent)]
struct Meters(f64);

#[derive(Schema, Serialize, Deserialize, Clone)]
#[serde(into = "String", try_from = "String")]
struct Email(String);

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.contains('@').then_some(Self(text)).ok_or("no @")
    }
}

#[derive(Schema, Serialize, Deserialize)]
#[schema(opaque = "hand-written-v1")]
struct ByHand;

#[derive(Schema, Serialize, Deserialize)]
struct Everything {
    tree: Tree<u8>,
    page: Page<Item, 3>,
    other: geo::Item,
    price: Money<Euro>,
    #[schema(opaque(geo::Point = "geo-0.28"))]
    path: Vec<Option<geo::Point>>,
    #[serde(with = "cents")]
    #[schema(opaque = "cents-v1")]
    fare: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "notes")]
    texts: Vec<String>,
    #[serde(flatten)]
    more: BTreeMap<String, String>,
    #[serde(skip)]
    #[allow(dead_code)]
    cache: Option<Euro>,
    status: Status,
    meters: Meters,
    email: Email,
    by_hand: ByHand,
    unit: Unit,
    pair: Pair,
}

#[derive(Schema, Serialize, Deserialize)]
struct Unit;

#[derive(Schema, Serialize, Deserialize)]
struct Pair(u8, Box<Unit>);

#[test]
fn a_description_is_readable() {
    let module = module_path!();
    let expected = "\
struct Everything
  tree: Tree<u8>
  page: Page<Item, 3>
  other: MODULE::geo::Item
  price: Money
  path: Vec<Option<opaque \"geo-0.28\">>
  fare: opaque \"cents-v1\"
  texts: Vec<String> (alias \"notes\", default, skipped if Vec::is_empty)
  more: BTreeMap<String, String> (flattened)
  cache: (skipped)
  status: Status
  meters: Meters
  email: Email
  by_hand: opaque \"hand-written-v1\"
  unit: Unit
  pair: Pair

struct Email (written as String, read as String)

struct Meters = f64

struct Money
  cents: i64
  currency: PhantomData

struct Page<MODULE::Item, 3>
  items: Vec<MODULE::Item>
  marker: PhantomData

struct Pair
  0: u8
  1: Unit

enum Status (tag \"kind\")
  newOne
  \"gone away\" (alias \"away\")
    \"since:when\": u64
  moved
    SOME_WHERE: Option<MODULE::Item>

struct Tree<u8>
  value: u8
  children: Vec<Tree<u8>>

struct Unit

struct MODULE::Item
  sku: String

struct MODULE::geo::Item
  at: u8
";
    let expected = expected
        .replace("MODULE", module)
        .replace("Page<Item", &format!("Page<{module}::Item"));
    assert_eq!(text::<Everything>(), expected);
}

#[test]
fn a_description_is_made_once() {
    assert!(Arc::ptr_eq(
        &Description::of::<Item>(),
        &Description::of::<Item>()
    ));
    let description = Description::of::<Tree<Item>>();
    assert_eq!(*description.root(), Shape::Defined(0));
    let names: Vec<&str> = description.definitions().iter().map(|d| d.name).collect();
    assert_eq!(names, ["Tree", "Item"]);
}
