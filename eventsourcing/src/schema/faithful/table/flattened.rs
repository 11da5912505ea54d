//! What is read from among other fields.

use std::{
    collections::BTreeMap,
    marker::PhantomData,
    ops::Bound,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{
    Beside, Inside, KEPT, NamedStruct, Needed, Optional, Outside, OutsideUnit, Verdict, Wrapper,
    check, map, row, shaped, text, walked,
};
use crate::{Timestamp, codec::Format, schema::Description};

shaped! {
    struct Flat { one: u8, #[serde(flatten)] inner: Needed }
    struct FlatOption { #[serde(flatten)] inner: Option<Needed> }
    struct FlatOptionTrusted { #[serde(flatten)] #[schema(trusted)] inner: Option<Needed> }
    struct Keyed<K: Ord> { map: BTreeMap<K, u8> }
    struct FlatOptionOf<T> { #[serde(flatten)] inner: Option<T>, beside: u8 }
    struct FlatOf<T> { #[serde(flatten)] inner: T, beside: u8 }
    #[serde(transparent)]
    struct Through<T>(T);
    #[serde(into = "Option<Optional>", from = "Option<Optional>")]
    struct Turned(Option<Optional>);
    #[serde(try_from = "u8")]
    struct Small(u8);
    struct HasSmall { small: Small }
    #[serde(tag = "k", deny_unknown_fields)]
    enum Strict { A { x: u8 }, B }
    #[serde(tag = "k", deny_unknown_fields)]
    enum StrictUnits { A, B }
    #[serde(tag = "k")]
    enum StrictInside { A(StrictStruct) }
    #[serde(deny_unknown_fields)]
    struct StrictStruct { x: u8 }
    #[serde(deny_unknown_fields)]
    struct StrictNest { x: u8, #[serde(flatten)] y: Optional }
    #[serde(deny_unknown_fields)]
    struct StrictAround { x: u8, #[serde(flatten)] y: Needed }
    #[serde(deny_unknown_fields)]
    struct StrictAroundMap { x: u8, #[serde(flatten)] y: BTreeMap<String, u8> }
    #[serde(deny_unknown_fields)]
    struct StrictAroundEnum { x: u8, #[serde(flatten)] y: Inside }
    #[serde(deny_unknown_fields)]
    struct StrictAroundNest { x: u8, #[serde(flatten)] y: Flat }
    #[serde(tag = "k", content = "of", deny_unknown_fields)]
    enum StrictBeside { A(u8), B }
    struct TwoFlat<A, B> { #[serde(flatten)] a: A, #[serde(flatten)] b: B }
    struct Middle { m: u8, #[serde(flatten)] inner: Strict }
    struct Single { x: f32 }
    struct Double { x: f64 }
    struct TupleOfTwo(u8, u8);
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
    struct FlatMapTrusted {
        #[serde(flatten)] #[schema(trusted)] a: BTreeMap<String, u8>,
        #[serde(flatten)] #[schema(trusted)] b: BTreeMap<String, u8>,
    }
}

impl From<Turned> for Option<Optional> {
    fn from(of: Turned) -> Self {
        of.0
    }
}

impl From<Option<Optional>> for Turned {
    fn from(of: Option<Optional>) -> Self {
        Self(of)
    }
}

impl TryFrom<u8> for Small {
    type Error = String;
    fn try_from(of: u8) -> Result<Self, String> {
        (of < 10)
            .then_some(Self(of))
            .ok_or_else(|| text("too much"))
    }
}

const OPTION: Verdict = Err("a flattened `Option`");

fn option_of<T>(inner: T) -> FlatOptionOf<T> {
    FlatOptionOf {
        inner: Some(inner),
        beside: 1,
    }
}

fn with_needed<A>(a: A) -> TwoFlat<A, Needed> {
    let b = Needed { c: 1 };
    TwoFlat { a, b }
}

fn flat_of<T>(inner: T) -> FlatOf<T> {
    FlatOf { inner, beside: 1 }
}

/// What can't be read is `None`, and what can be read from nothing is `Some`.
#[test]
fn flattened_options() {
    let flatten = Err("flatten");
    // The first mistake that is met is named.
    let keyed = |map| option_of(Keyed { map });
    let keys = Err("the keys of a map");
    row(
        keys,
        flatten,
        &[keyed(map([Timestamp::from_unix_micros(5)]))],
    );
    row(OPTION, flatten, &[option_of(HasSmall { small: Small(11) })]);
    let strict = || Strict::A { x: 1 };
    let a = Some(strict());
    row(
        OPTION,
        flatten,
        &[TwoFlat {
            a,
            b: Needed { c: 1 },
        }],
    );
    let nest = StrictNest {
        x: 1,
        y: Optional::default(),
    };
    let b = Needed { c: 1 };
    row(OPTION, flatten, &[TwoFlat { a: Some(nest), b }]);
    let (none, beside) = (|| None::<Optional>, 1);
    row(OPTION, flatten, &[flat_of(Wrapper(none()))]);
    row(OPTION, flatten, &[flat_of(Through(none()))]);
    row(OPTION, flatten, &[flat_of(Wrapper(Through(none())))]);
    row(OPTION, flatten, &[flat_of(Box::new(none()))]);
    row(OPTION, flatten, &[flat_of(Turned(none()))]);
    row(
        OPTION,
        flatten,
        &[FlatOptionOf {
            inner: none(),
            beside,
        }],
    );
    // Nothing of this one is lost; the rule asks nothing about what is inside, down to every type there.
    let plain = check(&Description::of::<FlatOption>(), Format::SelfDescribing);
    assert!(
        plain
            .unwrap_err()
            .to_string()
            .contains("a flattened `Option`")
    );
    let inner = Some(Needed { c: 3 });
    let samples = [
        FlatOptionTrusted { inner },
        FlatOptionTrusted { inner: None },
    ];
    row(KEPT, flatten, &samples);
}

#[test]
fn unknown_fields_are_denied() {
    let flatten = Err("flatten");
    let (needed, x) = (|| Needed { c: 1 }, 1);
    let denied = Err("deny_unknown_fields");
    let (a, b) = (Strict::A { x }, needed());
    row(denied, flatten, &[TwoFlat { a, b }, with_needed(Strict::B)]);
    row(
        KEPT,
        flatten,
        &[flat_of(Strict::A { x }), flat_of(Strict::B)],
    );
    let a = StrictUnits::A;
    row(KEPT, flatten, &[TwoFlat { a, b: needed() }]);
    let inside = || StrictInside::A(StrictStruct { x });
    row(KEPT, flatten, &[flat_of(inside())]);
    row(denied, flatten, &[with_needed(inside())]);
    let a = StrictStruct { x };
    row(KEPT, flatten, &[TwoFlat { a, b: needed() }]);
    let rest = Optional::default;
    row(KEPT, flatten, &[flat_of(StrictNest { x, y: rest() })]);
    let nest = |b| TwoFlat {
        a: StrictNest { x, y: rest() },
        b,
    };
    row(denied, flatten, &[nest(needed())]);
    row(KEPT, flatten, &[StrictAround { x, y: needed() }]);
    let y = map([text("u")]);
    row(denied, flatten, &[StrictAroundMap { x, y }]);
    row(denied, flatten, &[StrictAroundEnum { x, y: Inside::B }]);
    let y = Flat {
        one: 1,
        inner: needed(),
    };
    row(denied, flatten, &[StrictAroundNest { x, y }]);
    let (a, b) = (StrictBeside::A(1), needed());
    row(
        KEPT,
        flatten,
        &[TwoFlat { a, b }, with_needed(StrictBeside::B)],
    );
    let middle = || Middle {
        m: 1,
        inner: Strict::A { x },
    };
    row(KEPT, flatten, &[flat_of(middle())]);
    row(denied, flatten, &[with_needed(middle())]);
}

#[test]
fn what_has_no_fields() {
    let flatten = Err("flatten");
    let fields = Err("only what has fields");
    row(fields, flatten, &[flat_of(1_u8)]);
    row(fields, flatten, &[flat_of(vec![1_u8])]);
    row(fields, flatten, &[flat_of((1_u8, 2_u8))]);
    row(fields, flatten, &[flat_of(TupleOfTwo(1, 2))]);
    row(fields, flatten, &[flat_of(text("x"))]);
    row(fields, flatten, &[flat_of(serde_json::Value::Null)]);
    row(KEPT, flatten, &[flat_of(serde_json::Map::new())]);
    row(KEPT, flatten, &[flat_of(Duration::new(1, 2))]);
    row(KEPT, flatten, &[flat_of(SystemTime::UNIX_EPOCH)]);
    row(KEPT, flatten, &[flat_of(1..2_u8)]);
    row(Err("walked to its end"), flatten, &[flat_of(walked())]);
    row(KEPT, flatten, &[flat_of(1_u8..)]);
    row(KEPT, flatten, &[flat_of(..2_u8)]);
    row(KEPT, flatten, &[flat_of(Ok::<u8, u8>(1)), flat_of(Err(1))]);
    row(
        KEPT,
        flatten,
        &[flat_of(Bound::Included(1_u8)), flat_of(Bound::Unbounded)],
    );
    row(KEPT, flatten, &[flat_of(PhantomData::<u8>)]);
    row(
        KEPT,
        flatten,
        &[flat_of(OutsideUnit::A), flat_of(OutsideUnit::B(1, 2))],
    );
}

/// What serde reads into a buffer before it knows its type.
#[test]
fn values_in_a_buffer() {
    let flatten = Err("flatten");
    let lost = 7.038_531e-26;
    row(
        Err("rounded twice"),
        flatten,
        &[flat_of(Single { x: lost })],
    );
    row(KEPT, flatten, &[flat_of(Double { x: lost.into() })]);
    row(KEPT, KEPT, &[Single { x: lost }]);
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
    row(OPTION, flatten, &[FlatAllOptional { inner: None }]);
    row(OPTION, flatten, &[FlatOptionMap { inner: None }]);
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
    row(OPTION, flatten, &[OptionThenMap { a: None, b }]);
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
    row(OPTION, flatten, &[FlatOptionNewtype { inner: None }]);
    let trusted = Description::of::<FlatMapTrusted>();
    assert_eq!(check(&trusted, Format::SelfDescribing), Ok(()));
}
