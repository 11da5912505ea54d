//! Golden fingerprints: a change of what is hashed, or how, makes every stored snapshot stale, and must be meant.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    marker::PhantomData,
    time::Duration,
};

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
    enum Numbered { One = 1, Two = -2 }
    #[serde(deny_unknown_fields)]
    struct Crossed {
        #[serde(rename = "b", default)]
        a: u8,
        #[serde(rename = "a")]
        b: u8,
        #[serde(rename = "other")]
        c: u8,
    }
    struct Trusted {
        #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
        #[schema(trusted)]
        a: Vec<u8>,
        #[serde(with = "seconds")]
        #[schema(opaque = "seconds-v1")]
        b: Duration,
    }
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
struct Fixed<const N: u32>(u64);

#[derive(Schema, Serialize, Deserialize)]
struct Money<C>(u64, PhantomData<C>);

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
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
        row::<u64>("8d8252bf63c5b2b5e346e3a3a19c5478"),
        row::<i64>("d08252b425ba846111b6861ae709a8f9"),
        row::<String>("a1e35f8d074a16b10ac8f4158158a716"),
        row::<Option<u64>>("ea365814b998cbbaf8023b7f2bf87771"),
        row::<Vec<u64>>("4dcba0d21ce30589858ff06c2f589d12"),
        row::<HashSet<u64>>("e1811337b4292b51274f71b6265e574f"),
        row::<(u8, u16)>("a71fefd682b5227bb389f7ce611cb6f9"),
        row::<[u8; 4]>("e86be6870e72e9bcefafba4d702cf311"),
        row::<()>("f090f9c2080693bc939ec6fbd5c7a473"),
        row::<Uuid>("2efe88105eda06723a0acfabc5d50bfb"),
        row::<Item>("0534360df1ba6469317360137559e8e4"),
        row::<Swapped>("15e9c37c54ead3781e7e59891b72c857"),
        row::<Meters>("7721caa707e1474fa1ef2ced70617068"),
        row::<Clear>("b8656d53ce58b3e5f72cade19334e3d4"),
        row::<Kind>("80c313ee011a9ec50ec6cd4759869079"),
        row::<Internal>("b5f7d78977d503be586dc390a0680714"),
        row::<Adjacent>("585141cc2b68bb709fe630490c53b414"),
        row::<Tagged>("cc7e4e7fae7e2256907630d462e0c25f"),
        row::<Tree<u8>>("82dcf7c8f025fffc71b0fbea0e1e05c3"),
        row::<Tree<u16>>("9639f694564b8007bbce98b3bf53819e"),
        row::<Attributes>("ad550cd07f376644cd531fe6b2fd7c48"),
        row::<Numbered>("547a903bbdcf8d3abb74feca22c07e84"),
        row::<Crossed>("115463670a92b6a1208bb358e42b64b8"),
        row::<Trusted>("31a6eb4f4bdb879edf8b37fa568db88e"),
        row::<Fixed<2>>("f3613394c4e2db1a670ab50fe3861d61"),
        row::<Money<Item>>("ecd26049f480950cb29335276a404839"),
        row::<Email>("4a2644b17cdf3fb28c437e8ad8389b8b"),
        row::<Everything>("c740cafd81e1300eb384fc80355f2f10"),
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
