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

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
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
  price: Money<\"Euro\">
  path: Vec<Option<opaque \"geo-0.28\" for Point>>
  fare: opaque \"cents-v1\" for u64 (with \"cents\")
  texts: Vec<String> (alias \"notes\", default, skipped if Vec::is_empty)
  more: BTreeMap<String, String> (flattened)
  cache: (skipped)
  status: Status
  meters: Meters
  email: Email
  by_hand: opaque \"hand-written-v1\" for ByHand
  unit: Unit
  pair: Pair

struct Email (written as String, read as String)

struct Meters = f64

struct Money<\"Euro\">
  cents: i64
  currency: PhantomData<\"Euro\">

struct Page<MODULE::Item, 3>
  items: Vec<MODULE::Item>
  marker: PhantomData<\"[u8; 3]\">

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

#[derive(Schema, Serialize, Deserialize)]
struct Empty {}

#[derive(Schema, Serialize, Deserialize)]
struct EmptyTuple();

/// Named as a type of the crate that stands beside it.
#[derive(Schema, Serialize, Deserialize)]
struct Duration {
    #[serde(rename = "0")]
    first: std::time::Duration,
}

#[test]
fn what_is_written_differently_looks_different() {
    assert_eq!(text::<Unit>(), "struct Unit\n");
    assert_eq!(text::<Empty>(), "struct Empty (no fields)\n");
    assert_eq!(text::<EmptyTuple>(), "struct EmptyTuple (empty tuple)\n");
    let module = module_path!();
    let expected = format!("struct {module}::Duration\n  \"0\": Duration\n");
    assert_eq!(text::<Duration>(), expected);
}

mod nested {
    use super::{Deserialize, Schema, Serialize};

    #[derive(Schema, Serialize, Deserialize)]
    pub(super) struct Pair<A, B> {
        a: A,
        b: B,
    }

    type Twice<T> = Pair<T, T>;
    type Four<T> = Twice<Twice<T>>;
    type Sixteen<T> = Four<Four<T>>;
    pub(super) type Deep<T> = Sixteen<Sixteen<Sixteen<Four<T>>>>;
}

/// Each level has the one below twice in its name.
#[test]
fn a_description_grows_by_a_block_for_each_level() {
    let text = text::<nested::Deep<u8>>();
    assert_eq!(text.matches("struct Pair").count(), 14);
    assert!(
        text.contains("struct Pair<Pair<u8, u8>, Pair<u8, u8>>\n  a: Pair<u8, u8>\n"),
        "{text}"
    );
    assert!(text.len() < 14 * 300, "{} bytes", text.len());
    let names: HashSet<&str> = text
        .lines()
        .filter(|line| line.starts_with("struct"))
        .collect();
    assert_eq!(names.len(), 14, "each has a name of its own");
    // The names are those of the types, not of the places where they stand.
    let other = self::text::<(u8, nested::Deep<u8>)>();
    assert!(names.iter().all(|name| other.contains(name)), "{other}");
    assert_ne!(text, self::text::<nested::Deep<u16>>());
}

#[derive(Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    #[serde(rename = "second", default = "Vec::new")]
    first: Vec<u8>,
    #[serde(rename = "first", default)]
    second: u8,
    third: Numbered,
}

impl Default for Said {
    fn default() -> Self {
        unreachable!("the test reads none")
    }
}

#[derive(Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum Numbered {
    #[serde(rename(deserialize = "Two"))]
    One = 1,
    Three = -3,
}

#[test]
fn what_is_said_besides_is_shown() {
    let expected = "\
struct Said (denies unknown fields)
  second: Vec<u8> (default \"Vec::new\", in code \"first\")
  first: u8 (default, in code \"second\")
  third: Numbered (container default)

enum Numbered
  One (read as \"Two\", discriminant \"1\")
  Three (discriminant \"-3\")
";
    assert_eq!(text::<Said>(), expected);
}

mod by_letter {
    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct Coin<const OF: char>(u32);

    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct Purse(Coin<'1'>, Coin<'a'>, Coin<'"'>);
}

mod by_number {
    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct Coin<const OF: i8>(u32);

    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct Purse(Coin<1>, Coin<-2>, Coin<3>);
}

mod one {
    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct ByLetter(super::by_letter::Coin<'1'>);

    #[derive(eventsourcing::Schema, serde::Serialize, serde::Deserialize)]
    pub(super) struct ByNumber(super::by_number::Coin<1>);
}

#[test]
fn const_arguments_are_shown_as_code_has_them() {
    let text = text::<by_letter::Purse>();
    assert!(
        text.starts_with(
            "struct Purse\n  0: Coin<\"'1'\">\n  1: Coin<\"'a'\">\n  2: Coin<\"'\\\"'\">\n"
        ),
        "{text}"
    );
    let text = self::text::<by_number::Purse>();
    assert!(
        text.starts_with("struct Purse\n  0: Coin<1>\n  1: Coin<-2>\n  2: Coin<3>\n"),
        "{text}"
    );
    let fingerprints = [
        Description::of::<one::ByLetter>().fingerprint(),
        Description::of::<one::ByNumber>().fingerprint(),
    ];
    assert_ne!(fingerprints[0], fingerprints[1]);
}
