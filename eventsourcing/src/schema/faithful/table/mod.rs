//! Every construct of serde that decides what is written or read, with each kind of codec: either it is refused, or
//! everything round trips. Where it is refused, a sample shows that it has to be.
#![allow(
    unreachable_patterns,
    reason = "what serde makes of names that are taken"
)]

mod conversions;
mod flattened;
mod keys;
mod tagged;
mod values;

use std::{
    any::type_name,
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
    marker::PhantomData,
    ops::{Range, RangeInclusive},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::check;
use crate::{
    codec::{Bincode, Codec, Format, Json, Postcard},
    schema::{Description, Schema},
};

/// What a codec of one kind makes of a type: it keeps all samples, or the type is refused with these words.
type Verdict = Result<(), &'static str>;

const KEPT: Verdict = Ok(());

fn round_trip<T: Serialize + DeserializeOwned + PartialEq>(codec: &impl Codec, value: &T) -> bool {
    let mut bytes = Vec::new();
    codec.encode(value, &mut bytes).is_ok()
        && codec.decode::<T>(&bytes).is_ok_and(|read| read == *value)
}

#[track_caller]
fn one<T>(format: Format, verdict: Verdict, keeps: impl Fn(&T) -> bool, samples: &[T])
where
    T: Schema + Debug,
{
    let name = type_name::<T>();
    let lost: Vec<&T> = samples.iter().filter(|sample| !keeps(sample)).collect();
    match (check(&Description::of::<T>(), format), verdict) {
        (Ok(()), Ok(())) => assert!(lost.is_empty(), "{name}, {format:?}: lost {lost:?}"),
        (Err(refused), Err(words)) => {
            let refused = refused.to_string();
            assert!(refused.contains(words), "{name}, {format:?}: {refused}");
            assert!(!lost.is_empty(), "{name}, {format:?}: nothing is lost");
        }
        (Ok(()), Err(words)) => panic!("{name}, {format:?}: not refused, {words:?}, lost {lost:?}"),
        (Err(refused), Ok(())) => panic!("{name}, {format:?}: {refused}"),
    }
}

/// A type, what becomes of it in JSON and in positional codecs, and values of it.
#[track_caller]
fn row<T>(json: Verdict, positional: Verdict, samples: &[T])
where
    T: Schema + Serialize + DeserializeOwned + PartialEq + Debug,
{
    one(
        Format::SelfDescribing,
        json,
        |value| round_trip(&Json, value),
        samples,
    );
    one(
        Format::Positional,
        positional,
        |value| round_trip(&Bincode, value) && round_trip(&Postcard, value),
        samples,
    );
}

macro_rules! shaped {
    ($($item:item)*) => {$(
        #[derive(crate::Schema, Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[schema(crate = crate)]
        $item
    )*};
}
use shaped;

fn map<K: Ord, const N: usize>(keys: [K; N]) -> BTreeMap<K, u8> {
    keys.into_iter().zip(1..).collect()
}

fn text(of: &str) -> String {
    of.to_owned()
}

shaped! {
    #[derive(Default)]
    #[serde(rename_all = "camelCase")]
    struct Plain { first_one: u8, second: Option<String> }

    #[serde(rename_all(serialize = "camelCase", deserialize = "snake_case"))]
    struct RenamedApart { first_one: u8 }

    #[serde(rename_all(serialize = "camelCase"))]
    struct RenamedOnOneSide { first_one: u8 }

    struct FieldApart { #[serde(rename(serialize = "out", deserialize = "in"))] one: u8 }

    struct FieldAliased {
        #[serde(rename(serialize = "out", deserialize = "in"), alias = "out")]
        one: u8,
    }

    /// `b` is read as `a`.
    struct AliasTaken {
        #[serde(alias = "b", skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
        other: Option<u8>,
    }

    struct NameTaken {
        #[serde(rename(serialize = "a", deserialize = "b"), alias = "a")]
        one: u8,
        #[serde(rename = "b")]
        two: u8,
    }

    enum VariantApart { #[serde(rename(serialize = "out", deserialize = "in"))] One, Two }

    enum VariantAliased {
        #[serde(rename(serialize = "out", deserialize = "in"), alias = "out")]
        One,
    }

    #[serde(rename_all(serialize = "UPPERCASE", deserialize = "lowercase"))]
    enum VariantsApart { One, Two(u8) }

    enum VariantTaken { #[serde(alias = "Two")] One, Two }

    enum VariantsAlike { #[serde(rename = "x")] One, #[serde(rename = "x")] Two }

    #[serde(rename_all_fields(serialize = "camelCase", deserialize = "snake_case"))]
    enum FieldsApart { One { first_one: u8 } }

    #[serde(tag = "kind")]
    enum TaggedApart { #[serde(rename(serialize = "a", deserialize = "b"))] One, #[serde(other)] Other }

    enum WithOther { One, #[serde(rename = "rest")] Two }
}

#[test]
fn names() {
    let apart = "written as `";
    row(
        KEPT,
        KEPT,
        &[
            Plain::default(),
            Plain {
                first_one: 1,
                second: Some(text("x")),
            },
        ],
    );
    row(Err(apart), KEPT, &[RenamedApart { first_one: 1 }]);
    row(Err(apart), KEPT, &[RenamedOnOneSide { first_one: 1 }]);
    row(Err(apart), KEPT, &[FieldApart { one: 1 }]);
    row(KEPT, KEPT, &[FieldAliased { one: 1 }]);
    row(
        Err("read as `a` too"),
        Err("shifts"),
        &[AliasTaken {
            a: None,
            other: Some(1),
        }],
    );
    row(Err("too"), KEPT, &[NameTaken { one: 1, two: 2 }]);
    row(Err(apart), KEPT, &[VariantApart::One, VariantApart::Two]);
    row(KEPT, KEPT, &[VariantAliased::One]);
    row(
        Err(apart),
        KEPT,
        &[VariantsApart::One, VariantsApart::Two(1)],
    );
    row(
        Err("read as `One` too"),
        KEPT,
        &[VariantTaken::One, VariantTaken::Two],
    );
    row(Err("too"), KEPT, &[VariantsAlike::One, VariantsAlike::Two]);
    row(Err(apart), KEPT, &[FieldsApart::One { first_one: 1 }]);
    row(
        Err(apart),
        Err("a tag"),
        &[TaggedApart::One, TaggedApart::Other],
    );
    row(KEPT, KEPT, &[WithOther::One, WithOther::Two]);
}

shaped! {
    #[serde(transparent)]
    struct Through { one: u8 }

    #[serde(transparent)]
    struct ThroughBut { one: u8, #[serde(skip)] lost: u8 }

    #[serde(transparent)]
    struct ThroughOne { one: u8, #[serde(skip)] nothing: PhantomData<u8> }

    #[serde(transparent)]
    struct ThroughNone(Option<u8>);

    struct Skipped { one: u8, #[serde(skip)] lost: u8 }
    struct NotWritten { one: u8, #[serde(skip_serializing, default)] lost: u8 }
    struct NotRead { one: u8, #[serde(skip_deserializing)] lost: u8 }
    enum SkippedVariant { #[serde(skip)] Lost, There }
    enum NotReadVariant { #[serde(skip_deserializing)] Lost, There }
    struct SkippedInATuple(u8, #[serde(skip)] u8);
    enum SkippedInAVariant { One { one: u8, #[serde(skip)] lost: u8 }, Two(u8, #[serde(skip)] u8) }
    #[serde(default)]
    #[derive(Default)]
    struct AllDefault { one: u8, two: Option<u8> }
    #[serde(deny_unknown_fields)]
    struct Strict { one: u8, #[serde(default)] two: Vec<u8> }
}

#[test]
fn what_is_left_out() {
    row(KEPT, KEPT, &[Through { one: 1 }]);
    row(
        Err("`ThroughBut.lost`"),
        Err("skipped"),
        &[ThroughBut { one: 1, lost: 2 }],
    );
    row(
        KEPT,
        KEPT,
        &[ThroughOne {
            one: 1,
            nothing: PhantomData,
        }],
    );
    row(KEPT, KEPT, &[ThroughNone(None), ThroughNone(Some(1))]);
    let skipped = Err("skipped");
    row(skipped, skipped, &[Skipped { one: 1, lost: 2 }]);
    row(skipped, Err("shifts"), &[NotWritten { one: 1, lost: 2 }]);
    row(skipped, Err("shifts"), &[NotRead { one: 1, lost: 2 }]);
    row(
        skipped,
        Err("counts the variants"),
        &[SkippedVariant::Lost, SkippedVariant::There],
    );
    row(
        skipped,
        Err("counts the variants"),
        &[NotReadVariant::Lost, NotReadVariant::There],
    );
    row(skipped, skipped, &[SkippedInATuple(1, 2)]);
    row(
        skipped,
        skipped,
        &[
            SkippedInAVariant::One { one: 1, lost: 2 },
            SkippedInAVariant::Two(1, 2),
        ],
    );
    row(
        KEPT,
        KEPT,
        &[
            AllDefault::default(),
            AllDefault {
                one: 1,
                two: Some(0),
            },
        ],
    );
    row(
        KEPT,
        KEPT,
        &[Strict {
            one: 1,
            two: vec![2],
        }],
    );
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, crate::Schema)]
#[schema(crate = crate)]
#[serde(transparent)]
struct Stocked(Vec<u8>);

impl Stocked {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Stocked {
    fn default() -> Self {
        Self(vec![1])
    }
}

fn is_empty(list: &[u8]) -> bool {
    list.len() < 2
}

fn one_item() -> Vec<u8> {
    vec![1]
}

shaped! {
    struct IfNone { #[serde(skip_serializing_if = "Option::is_none")] one: Option<u8> }
    struct IfEmpty {
        #[serde(default, skip_serializing_if = "Vec::is_empty")] list: Vec<u8>,
        #[serde(default, skip_serializing_if = "str::is_empty")] text: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] map: BTreeMap<String, u8>,
        #[serde(default, skip_serializing_if = "std::collections::VecDeque::is_empty")] queue: VecDeque<u8>,
    }
    struct IfEmptyWithout { #[serde(skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    struct IfEmptyRange { #[serde(default, skip_serializing_if = "Range::is_empty")] range: Range<u8> }
    struct IfEmptyStock { #[serde(default, skip_serializing_if = "Stocked::is_empty")] stock: Stocked }
    struct IfEmptyByOwn { #[serde(default, skip_serializing_if = "is_empty")] list: Vec<u8> }
    struct IfEmptyElse { #[serde(default = "one_item", skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    #[serde(default)]
    struct IfEmptyAround { #[serde(skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    struct IfSome { #[serde(default, skip_serializing_if = "Option::is_some")] one: Option<u8> }
}

impl Default for IfEmptyAround {
    fn default() -> Self {
        Self { list: vec![1] }
    }
}

#[test]
fn what_is_left_out_sometimes() {
    let shifts = Err("shifts");
    let condition = Err("skip_serializing_if");
    let list = Vec::new;
    row(
        KEPT,
        shifts,
        &[IfNone { one: None }, IfNone { one: Some(1) }],
    );
    let (text, map, queue) = (String::new(), BTreeMap::new(), VecDeque::new());
    row(
        KEPT,
        shifts,
        &[IfEmpty {
            list: list(),
            text,
            map,
            queue,
        }],
    );
    row(condition, shifts, &[IfEmptyWithout { list: list() }]);
    row(condition, shifts, &[IfEmptyRange { range: 5..5 }]);
    row(
        condition,
        shifts,
        &[IfEmptyStock {
            stock: Stocked(list()),
        }],
    );
    row(condition, shifts, &[IfEmptyByOwn { list: vec![7] }]);
    row(condition, shifts, &[IfEmptyElse { list: list() }]);
    row(condition, shifts, &[IfEmptyAround { list: list() }]);
    row(condition, shifts, &[IfSome { one: Some(1) }]);
}

// What stands in others.
shaped! {
    #[derive(Default)]
    struct Optional { a: Option<u8>, #[serde(default)] b: u8 }
    struct Needed { c: u8 }
    #[serde(tag = "tag")]
    struct NamedStruct { d: u8 }
    enum Outside { A { x: u8 }, B(u8) }
    enum OutsideUnit { A, B(u8, u8) }
    #[serde(tag = "kind")]
    enum Inside { A { x: u8 }, B, C(Needed) }
    #[serde(tag = "kind")]
    enum InsideMap { M(BTreeMap<String, u8>) }
    #[serde(tag = "kind", content = "of")]
    enum Beside { A(u8), B }
    struct Wrapper<T>(T);
    #[serde(untagged)]
    #[schema(trusted)]
    enum UntaggedTrusted { A(u8), B }
    enum OutsideWide { A(u128), B { wide: i128, map: BTreeMap<u32, u8> }, C, D(()), E(Option<u8>), F(u8, u8), G() }
}

impl Eq for Wrapper<u32> {}
impl PartialOrd for Wrapper<u32> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Wrapper<u32> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// What is written as a range that has a value left.
fn walked() -> RangeInclusive<u8> {
    let mut range = 1..=2;
    range.by_ref().for_each(drop);
    range
}
