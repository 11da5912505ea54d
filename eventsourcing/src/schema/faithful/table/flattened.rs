//! What is read from among other fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Beside, Inside, KEPT, NamedStruct, Needed, Optional, Outside, Wrapper, check, map, row, shaped,
    text,
};
use crate::{codec::Format, schema::Description};

shaped! {
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
