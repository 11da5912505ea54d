//! Every construct of serde that decides what is written or read, with each kind of codec: either it is refused, or
//! everything round trips. Where it is refused, a sample shows that it has to be.
#![allow(
    unreachable_patterns,
    reason = "what serde makes of names that are taken"
)]

use std::{
    any::type_name,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt::Debug,
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    num::{NonZeroU8, Wrapping},
    ops::{Bound, Range},
    time::Duration,
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

shaped! {
    #[derive(Default)]
    struct Optional { a: Option<u8>, #[serde(default)] b: u8 }
    struct Needed { c: u8 }
    #[serde(tag = "tag")]
    struct NamedStruct { d: u8 }
    enum Outside { A { x: u8 }, B(u8) }
    #[serde(tag = "kind")]
    enum Inside { A { x: u8 }, B, C(Needed) }
    #[serde(tag = "kind")]
    enum InsideMap { M(BTreeMap<String, u8>) }
    #[serde(tag = "kind", content = "of")]
    enum Beside { A(u8), B }

    struct Flat { one: u8, #[serde(flatten)] inner: Needed }
    struct FlatOption { #[serde(flatten)] inner: Option<Needed> }
    struct FlatAllOptional { #[serde(flatten)] inner: Option<Optional> }
    struct FlatOptionMap { #[serde(flatten)] inner: Option<BTreeMap<String, u8>> }
    struct FlatMap { one: u8, #[serde(flatten)] rest: BTreeMap<String, u8> }
    struct FlatMaps { #[serde(flatten)] a: BTreeMap<String, u8>, #[serde(flatten)] b: BTreeMap<String, u8> }
    struct StructThenMap { #[serde(flatten)] a: Needed, #[serde(flatten)] b: BTreeMap<String, u8> }
    struct MapThenStruct { #[serde(flatten)] a: BTreeMap<String, u8>, #[serde(flatten)] b: Needed }
    struct MapInside { #[serde(flatten)] a: FlatMap, #[serde(flatten)] b: Needed }
    struct TwoStructs { #[serde(flatten)] a: Needed, #[serde(flatten)] b: Optional }
    struct SameNames { #[serde(flatten)] a: Needed, #[serde(flatten)] b: Needed }
    struct SameNameAsOwn { c: u8, #[serde(flatten)] b: Needed }
    struct EnumThenMap { #[serde(flatten)] a: Inside, #[serde(flatten)] b: BTreeMap<String, u8> }
    struct OutsideThenMap { #[serde(flatten)] a: Outside, #[serde(flatten)] b: BTreeMap<String, u8> }
    struct BesideThenMap { #[serde(flatten)] a: Beside, #[serde(flatten)] b: BTreeMap<String, u8> }
    struct TwoEnums { #[serde(flatten)] a: Inside, #[serde(flatten)] b: Outside }
    struct FlatBeside { #[serde(flatten)] a: Beside, c: u8 }
    struct FlatUnit { #[serde(flatten)] a: (), one: u8 }
    struct OptionThenMap { #[serde(flatten)] a: Option<Needed>, #[serde(flatten)] b: BTreeMap<String, u8> }
    struct SkippedThenMap {
        #[serde(skip_serializing_if = "Option::is_none")] a: Option<u8>,
        #[serde(flatten)] b: BTreeMap<String, u8>,
    }
    #[serde(tag = "tag")]
    struct TaggedMap { #[serde(flatten)] b: BTreeMap<String, String> }
    struct NamedThenMap { #[serde(flatten)] a: NamedStruct, #[serde(flatten)] b: BTreeMap<String, serde_json::Value> }
    struct FlatNumbers { #[serde(flatten)] rest: BTreeMap<u8, u8> }
    struct FlatBools { #[serde(flatten)] rest: BTreeMap<bool, u8> }
    struct FlatChars { #[serde(flatten)] rest: BTreeMap<char, u8> }
    enum FlatInAVariant { A { #[serde(flatten)] a: BTreeMap<String, u8>, #[serde(flatten)] b: BTreeMap<String, u8> } }
    struct FlatNewtype { #[serde(flatten)] inner: Wrapper<Needed> }
    struct FlatOptionNewtype { #[serde(flatten)] inner: Option<Wrapper<Optional>> }
    struct Wrapper<T>(T);
    struct FlatMapTrusted {
        #[serde(flatten)] #[schema(trusted)] a: BTreeMap<String, u8>,
        #[serde(flatten)] #[schema(trusted)] b: BTreeMap<String, u8>,
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn flattened() {
    let flatten = Err("flatten");
    let needed = || Needed { c: 3 };
    let abc = || map([text("u"), text("v")]);
    let none = || BTreeMap::new();
    row(
        KEPT,
        flatten,
        &[Flat {
            one: 1,
            inner: needed(),
        }],
    );
    row(
        KEPT,
        flatten,
        &[
            FlatOption { inner: None },
            FlatOption {
                inner: Some(needed()),
            },
        ],
    );
    row(
        Err("reads back as `Some`"),
        flatten,
        &[FlatAllOptional { inner: None }],
    );
    row(
        Err("reads back as `Some`"),
        flatten,
        &[FlatOptionMap { inner: None }],
    );
    row(
        KEPT,
        flatten,
        &[
            FlatMap {
                one: 1,
                rest: abc(),
            },
            FlatMap {
                one: 1,
                rest: none(),
            },
        ],
    );
    row(
        Err("what the other wrote"),
        flatten,
        &[FlatMaps {
            a: abc(),
            b: none(),
        }],
    );
    row(
        KEPT,
        flatten,
        &[StructThenMap {
            a: needed(),
            b: abc(),
        }],
    );
    row(
        Err("put it before"),
        flatten,
        &[MapThenStruct {
            a: abc(),
            b: needed(),
        }],
    );
    let inner = FlatMap {
        one: 1,
        rest: abc(),
    };
    row(
        Err("put it before"),
        flatten,
        &[MapInside {
            a: inner,
            b: needed(),
        }],
    );
    row(
        KEPT,
        flatten,
        &[TwoStructs {
            a: needed(),
            b: Optional { a: None, b: 1 },
        }],
    );
    row(
        Err("also a name beside"),
        flatten,
        &[SameNames {
            a: needed(),
            b: needed(),
        }],
    );
    row(
        Err("also a name beside"),
        flatten,
        &[SameNameAsOwn { c: 1, b: needed() }],
    );
    row(
        Err("leaves there"),
        flatten,
        &[EnumThenMap {
            a: Inside::A { x: 1 },
            b: abc(),
        }],
    );
    row(
        KEPT,
        flatten,
        &[
            OutsideThenMap {
                a: Outside::A { x: 1 },
                b: map([text("B"), text("u")]),
            },
            OutsideThenMap {
                a: Outside::B(1),
                b: map([text("A"), text("u")]),
            },
        ],
    );
    let b = map([text("of")]);
    row(
        Err("isn't always written"),
        flatten,
        &[BesideThenMap { a: Beside::B, b }],
    );
    row(
        KEPT,
        flatten,
        &[
            TwoEnums {
                a: Inside::B,
                b: Outside::B(1),
            },
            TwoEnums {
                a: Inside::C(needed()),
                b: Outside::A { x: 2 },
            },
        ],
    );
    row(
        KEPT,
        flatten,
        &[
            FlatBeside {
                a: Beside::A(1),
                c: 2,
            },
            FlatBeside { a: Beside::B, c: 2 },
        ],
    );
    row(KEPT, flatten, &[FlatUnit { a: (), one: 1 }]);
    let b = map([text("c")]);
    row(
        Err("isn't always written"),
        flatten,
        &[OptionThenMap { a: None, b }],
    );
    let b = map([text("a")]);
    row(
        Err("isn't always written"),
        Err("shifts"),
        &[SkippedThenMap { a: None, b }],
    );
    row(
        Err("which nothing else reads"),
        Err("a tag"),
        &[TaggedMap { b: BTreeMap::new() }],
    );
    let (a, b) = (NamedStruct { d: 1 }, BTreeMap::new());
    row(
        Err("which nothing else reads"),
        flatten,
        &[NamedThenMap { a, b }],
    );
    row(
        Err("keys of a map"),
        flatten,
        &[FlatNumbers { rest: map([1, 2]) }],
    );
    row(
        Err("keys of a map"),
        flatten,
        &[FlatBools { rest: map([true]) }],
    );
    row(
        KEPT,
        flatten,
        &[FlatChars {
            rest: map(['a', 'ő']),
        }],
    );
    row(
        Err("what the other wrote"),
        flatten,
        &[FlatInAVariant::A {
            a: abc(),
            b: none(),
        }],
    );
    row(
        KEPT,
        flatten,
        &[FlatNewtype {
            inner: Wrapper(needed()),
        }],
    );
    row(
        Err("reads back as `Some`"),
        flatten,
        &[FlatOptionNewtype { inner: None }],
    );
    let trusted = Description::of::<FlatMapTrusted>();
    assert_eq!(check(&trusted, Format::SelfDescribing), Ok(()));
}

shaped! {
    #[serde(untagged)]
    enum Untagged { A(u8), B(u16), C }
    enum UntaggedVariant { A(u8), #[serde(untagged)] B { a: u8 }, #[serde(untagged)] C { a: u8 } }
    #[serde(untagged)]
    #[schema(trusted)]
    enum UntaggedTrusted { A(u8), B }
    #[serde(tag = "kind")]
    enum TaggedWide { A { wide: u128 } }
    #[serde(tag = "kind")]
    enum TaggedNumbers { A { map: BTreeMap<u32, u8> } }
    #[serde(tag = "kind")]
    enum TaggedDeep { A { deep: Deep } }
    struct Deep { map: BTreeMap<Wrapper<u32>, u8> }
    #[serde(tag = "kind")]
    enum TaggedRich { A { single: f32, double: f64, letter: char, text: String, bytes: Vec<u8>, none: Option<u8>,
        unit: (), by_name: BTreeMap<String, u8>, ip: IpAddr, time: Duration, big: u64, small: i64 } }
    #[serde(tag = "kind", content = "of")]
    enum BesideWide { A(u128), B { wide: i128, map: BTreeMap<u32, u8> }, C, D(()), E(Option<u8>), F(u8, u8) }
    enum OutsideWide { A(u128), B { wide: i128, map: BTreeMap<u32, u8> }, C, D(()), E(Option<u8>), F(u8, u8), G() }
    #[derive(Eq, PartialOrd, Ord)]
    enum Key { One, #[serde(rename = "2")] Two }
    #[derive(Eq, PartialOrd, Ord)]
    enum FullKey { One(u8), Two }
    #[derive(Eq, PartialOrd, Ord)]
    struct StructKey { a: u8 }
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

fn rich() -> TaggedRich {
    TaggedRich::A {
        single: 0.1,
        double: -0.1,
        letter: 'ő',
        text: text("\u{0}\"\u{10ffff}"),
        bytes: vec![0, 255],
        none: None,
        unit: (),
        by_name: map([text("kind"), text("")]),
        ip: Ipv6Addr::LOCALHOST.into(),
        time: Duration::new(1, 999_999_999),
        big: u64::MAX,
        small: i64::MIN,
    }
}

#[test]
fn tagged_and_untagged() {
    let tag = Err("a tag");
    row(
        Err("untagged"),
        Err("untagged"),
        &[Untagged::B(1), Untagged::A(1), Untagged::C],
    );
    row(
        Err("untagged"),
        Err("untagged"),
        &[UntaggedVariant::A(1), UntaggedVariant::C { a: 1 }],
    );
    row(
        KEPT,
        tag,
        &[Inside::A { x: 1 }, Inside::B, Inside::C(Needed { c: 1 })],
    );
    row(
        KEPT,
        tag,
        &[
            InsideMap::M(map([text("x")])),
            InsideMap::M(BTreeMap::new()),
        ],
    );
    row(KEPT, tag, &[Beside::A(1), Beside::B]);
    row(KEPT, tag, &[NamedStruct { d: 1 }]);
    row(
        Err("beyond 64 bits"),
        tag,
        &[TaggedWide::A { wide: u128::MAX }],
    );
    row(
        Err("keys of a map"),
        tag,
        &[TaggedNumbers::A { map: map([1]) }],
    );
    let deep = Deep {
        map: map([Wrapper(1)]),
    };
    row(
        Err("`TaggedDeep.A.deep.map`"),
        tag,
        &[TaggedDeep::A { deep }],
    );
    row(
        KEPT,
        KEPT,
        &[Deep {
            map: map([Wrapper(1)]),
        }],
    );
    row(KEPT, tag, &[rich()]);
    let map = || map([1, 2]);
    let wide = i128::MIN;
    row(
        KEPT,
        tag,
        &[
            BesideWide::A(u128::MAX),
            BesideWide::B { wide, map: map() },
            BesideWide::C,
            BesideWide::D(()),
            BesideWide::E(None),
            BesideWide::E(Some(1)),
            BesideWide::F(1, 2),
        ],
    );
    row(
        KEPT,
        KEPT,
        &[
            OutsideWide::A(u128::MAX),
            OutsideWide::B { wide, map: map() },
            OutsideWide::C,
            OutsideWide::D(()),
            OutsideWide::E(None),
            OutsideWide::E(Some(1)),
            OutsideWide::F(1, 2),
            OutsideWide::G(),
        ],
    );
}

shaped! {
    struct Unit;
    struct Empty();
    struct NoFields {}
    struct Twice { #[allow(clippy::option_option)] one: Option<Option<u8>> }
    struct Generic<T> { one: Option<T> }
    #[serde(into = "Option<u8>", from = "Option<u8>")]
    struct ConvertedNone(u8);
    #[serde(try_from = "u8", into = "u8")]
    struct Checked(u8);
}

impl From<ConvertedNone> for Option<u8> {
    fn from(of: ConvertedNone) -> Self {
        (of.0 > 0).then_some(of.0)
    }
}

impl From<Option<u8>> for ConvertedNone {
    fn from(of: Option<u8>) -> Self {
        Self(of.unwrap_or_default())
    }
}

impl From<Checked> for u8 {
    fn from(of: Checked) -> Self {
        of.0
    }
}

impl TryFrom<u8> for Checked {
    type Error = String;
    fn try_from(of: u8) -> Result<Self, String> {
        (of < 100)
            .then_some(Self(of))
            .ok_or_else(|| text("too much"))
    }
}

fn generic<T>(one: T) -> Generic<T> {
    Generic { one: Some(one) }
}

#[test]
fn none_inside_some() {
    let lost = Err("Some(None)");
    row(lost, KEPT, &[Twice { one: Some(None) }]);
    row(lost, KEPT, &[generic(None::<u8>)]);
    row(lost, KEPT, &[generic(())]);
    row(lost, KEPT, &[generic(Unit)]);
    row(lost, KEPT, &[generic(Wrapper(()))]);
    row(lost, KEPT, &[generic(Wrapper(Wrapper(None::<u8>)))]);
    row(lost, KEPT, &[generic(ThroughNone(None))]);
    row(lost, KEPT, &[generic(Box::new(None::<u8>))]);
    row(lost, KEPT, &[generic(PhantomData::<u8>)]);
    row(lost, KEPT, &[generic(Reverse(None::<u8>))]);
    row(lost, KEPT, &[generic(ConvertedNone(0))]);
    row(lost, Err("untagged"), &[generic(UntaggedTrusted::B)]);
    row(KEPT, KEPT, &[generic(Empty())]);
    row(KEPT, KEPT, &[generic(NoFields {})]);
    row(KEPT, KEPT, &[generic([None::<u8>; 1])]);
    row(
        KEPT,
        KEPT,
        &[generic(Some(1_u8))
            .one
            .map_or(Generic { one: None }, generic)]
        .map(|row| Generic {
            one: row.one.and_then(|one| one),
        }),
    );
    row(
        KEPT,
        KEPT,
        &[generic(OutsideWide::D(())), generic(OutsideWide::E(None))],
    );
    row(KEPT, KEPT, &[generic(Checked(7))]);
    row(KEPT, KEPT, &[generic(Wrapping(7_u8))]);
}

#[test]
fn values() {
    let v6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 7, 9);
    row(Err("IpAddr"), Err("IpAddr"), &[SocketAddr::V6(v6)]);
    row(Err("IpAddr"), Err("IpAddr"), &[v6]);
    row(KEPT, KEPT, &[(IpAddr::from(Ipv4Addr::LOCALHOST), 80_u16)]);
    row(
        KEPT,
        KEPT,
        &[0.1_f32, f32::MIN_POSITIVE, f32::MAX, -0.0, 1.0e-45],
    );
    row(
        KEPT,
        KEPT,
        &[0.1_f64, f64::MIN_POSITIVE, f64::MAX, -0.0, 5.0e-324],
    );
    row(KEPT, KEPT, &['a', '\u{0}', '\u{10ffff}']);
    row(KEPT, KEPT, &[(u128::MAX, i128::MIN, u64::MAX, i64::MIN)]);
    row(KEPT, KEPT, &[vec![(), (), ()]]);
    row(KEPT, KEPT, &[Ok::<(), ()>(()), Err(())]);
    row(KEPT, KEPT, &[Bound::Included(1_u8), Bound::Unbounded]);
    row(
        KEPT,
        KEPT,
        &[Range {
            start: 5_u8,
            end: 1,
        }],
    );
    row(KEPT, KEPT, &[NonZeroU8::MIN]);
    row(KEPT, KEPT, &[Duration::MAX, Duration::ZERO]);
    row(
        KEPT,
        KEPT,
        &[BTreeSet::from([(1_u8, Some(2_u8)), (1, None)])],
    );
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
}
