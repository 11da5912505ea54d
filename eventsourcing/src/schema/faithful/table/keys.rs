//! Keys of maps, also of those that stand in a buffer.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr},
    num::Wrapping,
    path::PathBuf,
    time::Duration,
};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{KEPT, Wrapper, map, row, shaped, text};
use crate::{Timestamp, Version};

shaped! {
    #[derive(Eq, PartialOrd, Ord)]
    enum Key { One, #[serde(rename = "2")] Two }
    #[derive(Eq, PartialOrd, Ord)]
    enum FullKey { One(u8), Two }
    #[derive(Eq, PartialOrd, Ord)]
    struct StructKey { a: u8 }
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(tag = "t")]
    enum TaggedKey { One, Two }
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(tag = "t", content = "c")]
    enum BesideKey { One, Two }
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(untagged)]
    #[schema(trusted)]
    enum UntaggedKey { One, Two }
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(from = "u32", into = "u32")]
    struct NumberKey(u32);
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(from = "u32")]
    struct ReadKey(u32);
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(try_from = "String", into = "String")]
    struct TextKey(String);
    #[derive(Eq, PartialOrd, Ord)]
    #[serde(transparent)]
    #[schema(opaque = "number")]
    struct OpaqueKey(u32);
    struct Held<K: Ord> { map: BTreeMap<K, u8> }
    struct Flat<K: Ord> { #[serde(flatten)] inner: Held<K> }
    #[serde(tag = "t")]
    enum Tagged<K: Ord> { A { map: BTreeMap<K, u8> } }
}

impl From<u32> for NumberKey {
    fn from(of: u32) -> Self {
        Self(of)
    }
}

impl From<NumberKey> for u32 {
    fn from(of: NumberKey) -> Self {
        of.0
    }
}

impl From<u32> for ReadKey {
    fn from(of: u32) -> Self {
        Self(of)
    }
}

impl From<String> for TextKey {
    fn from(of: String) -> Self {
        Self(of)
    }
}

impl From<TextKey> for String {
    fn from(of: TextKey) -> Self {
        of.0
    }
}

fn flat<K: Ord, const N: usize>(keys: [K; N]) -> Flat<K> {
    let inner = Held { map: map(keys) };
    Flat { inner }
}

fn tagged<K: Ord, const N: usize>(keys: [K; N]) -> Tagged<K> {
    Tagged::A { map: map(keys) }
}

#[test]
fn keys() {
    let key = Err("a key of a map");
    row(KEPT, KEPT, &[map([text(""), text("\"")])]);
    row(KEPT, KEPT, &[map([u128::MAX]).clone()]);
    row(KEPT, KEPT, &[map([i8::MIN, 1])]);
    row(KEPT, KEPT, &[map([true, false])]);
    row(KEPT, KEPT, &[map(['x', '\u{0}'])]);
    row(KEPT, KEPT, &[map([Key::One, Key::Two])]);
    row(KEPT, KEPT, &[map([Wrapper(1_u32)])]);
    row(KEPT, KEPT, &[map([uuid::Uuid::max()])]);
    row(
        KEPT,
        KEPT,
        &[HashMap::from([(IpAddr::from(Ipv4Addr::LOCALHOST), 1_u8)])],
    );
    row(key, KEPT, &[map([(1_u8, 2_u8)])]);
    row(key, KEPT, &[map([[1_u8]])]);
    row(key, KEPT, &[map([vec![1_u8]])]);
    row(key, KEPT, &[map([()])]);
    row(key, KEPT, &[map([None, Some(1_u8)])]);
    row(key, KEPT, &[map([StructKey { a: 1 }])]);
    row(key, KEPT, &[map([FullKey::Two, FullKey::One(1)])]);
    row(key, KEPT, &[map([Duration::ZERO])]);
    row(key, KEPT, &[map([BTreeSet::from([1_u8])])]);
    row(key, Err("a tag"), &[map([TaggedKey::One])]);
    row(key, Err("a tag"), &[map([BesideKey::One])]);
    row(key, Err("untagged"), &[map([UntaggedKey::Two])]);
    row(KEPT, KEPT, &[map([Timestamp::from_unix_micros(5)])]);
    row(KEPT, KEPT, &[map([Version::from(7_u64)])]);
    row(KEPT, KEPT, &[map([NumberKey(7)])]);
    row(KEPT, KEPT, &[map([ReadKey(7)])]);
    row(KEPT, KEPT, &[map([OpaqueKey(7)])]);
    row(KEPT, Err("`Decimal`"), &[map([Decimal::new(110, 1)])]);
}

#[test]
fn keys_in_a_buffer() {
    let (key, flatten, tag) = (Err("the keys of a map"), Err("flatten"), Err("a tag"));
    row(key, flatten, &[flat([Timestamp::from_unix_micros(5)])]);
    row(key, flatten, &[flat([Version::from(7_u64)])]);
    row(key, flatten, &[flat([Wrapping(7_u8)])]);
    row(key, flatten, &[flat([Reverse(7_u8)])]);
    row(key, flatten, &[flat([NumberKey(7)])]);
    row(key, flatten, &[flat([ReadKey(7)])]);
    row(key, flatten, &[flat([OpaqueKey(7)])]);
    row(key, flatten, &[flat([i128::MIN])]);
    row(key, tag, &[tagged([Timestamp::from_unix_micros(5)])]);
    row(key, tag, &[tagged([Reverse(Wrapper(7_u32))])]);
    row(key, tag, &[tagged([OpaqueKey(7)])]);
    row(KEPT, flatten, &[flat([text("a"), text("")])]);
    row(KEPT, flatten, &[flat([Key::One, Key::Two])]);
    row(KEPT, flatten, &[flat([Reverse(text("a"))])]);
    row(KEPT, flatten, &[flat([TextKey(text("a"))])]);
    row(KEPT, flatten, &[flat([uuid::Uuid::max()])]);
    row(KEPT, flatten, &[flat([PathBuf::from("a")])]);
    row(KEPT, tag, &[tagged([Key::One, Key::Two])]);
    row(KEPT, tag, &[tagged(['x', '\u{0}'])]);
    row(KEPT, tag, &[tagged([IpAddr::from(Ipv4Addr::LOCALHOST)])]);
}

#[cfg(feature = "chrono")]
#[test]
fn times_as_keys() {
    use chrono::{NaiveDate, TimeDelta};

    row(Err("a key of a map"), KEPT, &[map([TimeDelta::seconds(1)])]);
    row(KEPT, KEPT, &[map([NaiveDate::MAX, NaiveDate::MIN])]);
    row(KEPT, Err("flatten"), &[flat([NaiveDate::MAX])]);
}
