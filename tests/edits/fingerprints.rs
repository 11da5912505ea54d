//! Golden fingerprints: a change of what is hashed, or how, makes every stored snapshot stale, and must be meant.

use std::collections::{BTreeMap, HashMap, HashSet};

use eventsourcing::{
    prelude::*,
    schema::{Description, Fingerprint},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

data! {
    struct Item { sku: String, quantity: u32 }
    struct Swapped { quantity: u32, sku: String }
    struct Meters(u64);
    #[serde(transparent)]
    struct Clear(u64);
    enum Kind { Unit, Newtype(u8), Tuple(u8, Item), Struct { item: Item } }
    #[serde(tag = "t")]
    enum Internal { Unit, Struct { item: Option<Box<Internal>> } }
    #[serde(tag = "t", content = "c", rename_all = "snake_case")]
    enum Adjacent { OneMore(u8) }
    #[serde(tag = "t")]
    struct Tagged { a: u8 }
    struct Tree<T> { value: T, children: Vec<Tree<T>> }
    struct Attributes {
        #[serde(rename(serialize = "b", deserialize = "c"), alias = "d")]
        a: u8,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<u8>,
        #[schema(opaque = "form-v1")]
        opaque: u8,
        #[serde(skip)]
        skipped: u8,
    }
}

#[derive(Schema, Serialize, Deserialize)]
struct Everything {
    item: Item,
    map: BTreeMap<String, Vec<Option<(Meters, Clear)>>>,
    kinds: [Kind; 3],
    #[serde(flatten)]
    flat: HashMap<String, Adjacent>,
    tree: Tree<Internal>,
    tagged: Tagged,
    attributes: Attributes,
    id: Uuid,
}

#[derive(Schema, Clone, Serialize, Deserialize)]
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

type Row = (&'static str, std::sync::Arc<Description>, &'static str);

fn row<T: Schema>(expected: &'static str) -> Row {
    (std::any::type_name::<T>(), Description::of::<T>(), expected)
}

fn table() -> Vec<Row> {
    vec![
        row::<u64>("f6bd1831b6ea30f12fe16e98507de284"),
        row::<i64>("700c9a042b99b810ca13862138ad455b"),
        row::<String>("ebb5c53c5f1a7e6a25db06d670e50607"),
        row::<Option<u64>>("ec46f1fdae01334d0256d79abccb4b82"),
        row::<Vec<u64>>("7bd8df69f5271024f07dcf6e88a60b4f"),
        row::<HashSet<u64>>("a36edb3db88c535e400648016ced81a7"),
        row::<(u8, u16)>("3cf0b83a22336b3c180011058fb62d59"),
        row::<[u8; 4]>("a98349bd094db35dadcfa4c315f747ac"),
        row::<()>("2df9213718befd69ad56d154dece3c45"),
        row::<Uuid>("5606ad7c2d99246535e250e40d403a6e"),
        row::<Item>("ef8e8c1197212a3a136f7ac84eb5a7d5"),
        row::<Swapped>("c17e65dcb9bba61ff7d46f5ee6930f02"),
        row::<Meters>("ee69593239c4a90b55d2f59d64ca21dd"),
        row::<Clear>("8e17415059a104b0182bbe2f42ba7289"),
        row::<Kind>("0bba115df998e9ad4506bcbe4c3f07d8"),
        row::<Internal>("4e0a40277fc3c019e440cb5c813a8a3e"),
        row::<Adjacent>("cfd96cc531a22e7ab8e7ae6690976a12"),
        row::<Tagged>("78e30d41fcfd872ee3fd287de402a7a0"),
        row::<Tree<u8>>("5d4f1a01d8ba386d065b760300def140"),
        row::<Tree<u16>>("d138443ad03227bfe81e1642c1db423d"),
        row::<Attributes>("7a599fdaca19ea314674833a1599f50e"),
        row::<Email>("e32bc6fbaf6f16858a34868f79de8451"),
        row::<Everything>("b03c3ecca9078c8f992c899fe15465de"),
    ]
}

#[test]
fn the_algorithm_is_what_it_was() {
    let found: Vec<(&str, String)> = table()
        .iter()
        .map(|(name, description, _)| (*name, description.fingerprint().to_string()))
        .collect();
    let expected: Vec<(&str, String)> = table()
        .iter()
        .map(|(name, _, expected)| (*name, (*expected).to_owned()))
        .collect();
    assert_eq!(
        found, expected,
        "stored snapshots would become stale: if that is meant, raise `ALGORITHM` and say so in the changelog"
    );
}

#[test]
fn two_shapes_never_have_one_fingerprint() {
    let mut met: HashMap<Fingerprint, Description> = HashMap::new();
    for (name, description, _) in table() {
        let before = met.insert(description.fingerprint(), (*description).clone());
        assert_eq!(before, None, "{name} has the fingerprint of another");
    }
    assert!(met.len() >= 12);
}
