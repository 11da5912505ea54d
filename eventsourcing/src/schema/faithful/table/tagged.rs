//! What is read by what the bytes say.

use std::{
    collections::BTreeMap,
    marker::PhantomData,
    net::{IpAddr, Ipv6Addr},
    ops::Bound,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{
    Beside, Inside, InsideMap, KEPT, NamedStruct, Needed, OutsideUnit, OutsideWide, Wrapper, map,
    row, shaped, text, walked,
};

shaped! {
    #[serde(untagged)]
    enum Untagged { A(u8), B(u16), C }
    enum UntaggedVariant { A(u8), #[serde(untagged)] B { a: u8 }, #[serde(untagged)] C { a: u8 } }
    #[serde(tag = "kind")]
    enum TaggedWide { A { wide: u128 } }
    #[serde(tag = "kind")]
    enum TaggedNumbers { A { map: BTreeMap<u32, u8> } }
    #[serde(tag = "kind")]
    enum TaggedDeep { A { deep: Deep } }
    struct Deep { map: BTreeMap<Wrapper<u32>, u8> }
    #[serde(tag = "kind")]
    enum TaggedRich { A { double: f64, letter: char, text: String, bytes: Vec<u8>, none: Option<u8>,
        unit: (), by_name: BTreeMap<String, u8>, ip: IpAddr, time: Duration, big: u64, small: i64 } }
    #[serde(tag = "kind")]
    enum TaggedSingle { A { single: f32 }, B { some: Vec<Option<f32>> } }
    #[serde(tag = "kind")]
    enum TaggedOf<T> { A(T), B }
    struct HasKind { kind: u8 }
    #[serde(tag = "kind")]
    struct NamedKind { d: u8 }
    struct AroundKind { #[serde(flatten)] inner: HasKind }
    #[serde(tag = "kind")]
    enum FlattensKind { A { #[serde(flatten)] inner: HasKind } }
    #[serde(tag = "kind")]
    struct NamedAroundKind { #[serde(flatten)] inner: HasKind }
    #[serde(tag = "kind")]
    struct NamedOwnKind { kind: u8 }
    #[serde(tag = "kind", deny_unknown_fields)]
    struct NamedStrict { d: u8 }
    struct Two(u8, u8);
    #[serde(deny_unknown_fields)]
    struct StrictOther { d: u8 }
    struct NoField();
    struct Unit;
    enum KindVariant { #[serde(rename = "kind")] A { x: u8 }, B }
    #[serde(tag = "of", content = "kind")]
    enum KindContent { A(u8), B }
    #[serde(untagged)]
    #[schema(trusted)]
    enum BareStruct { A { x: u8 }, B(Needed) }
    #[serde(untagged)]
    #[schema(trusted)]
    enum BareNumber { A { x: u8 }, B(u8) }
    #[serde(tag = "kind", content = "of")]
    enum BesideWide { A(u128), B { wide: i128, map: BTreeMap<u32, u8> }, C, D(()), E(Option<u8>), F(u8, u8) }
}

fn rich() -> TaggedRich {
    TaggedRich::A {
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

/// A tag stands among the fields of what it is a tag of.
#[test]
fn what_a_tag_stands_in() {
    let (tag, fields) = (Err("a tag"), Err("what has no fields"));
    row(fields, tag, &[TaggedOf::A(1_u8)]);
    row(fields, tag, &[TaggedOf::A(None::<Needed>)]);
    row(fields, tag, &[TaggedOf::A(Some(Needed { c: 1 }))]);
    row(fields, tag, &[TaggedOf::A(vec![1_u8])]);
    row(fields, tag, &[TaggedOf::A(text("x"))]);
    row(fields, tag, &[TaggedOf::A((1_u8, 2_u8))]);
    row(fields, tag, &[TaggedOf::A([1_u8])]);
    row(fields, tag, &[TaggedOf::A(Two(1, 2))]);
    row(fields, tag, &[TaggedOf::A(NoField())]);
    row(fields, tag, &[TaggedOf::A(Wrapper(1_u8))]);
    row(fields, tag, &[TaggedOf::A(uuid::Uuid::nil())]);
    row(fields, tag, &[TaggedOf::A(serde_json::Value::Null)]);
    row(fields, tag, &[TaggedOf::A(BareNumber::B(1))]);
    row(KEPT, tag, &[TaggedOf::A(Needed { c: 1 }), TaggedOf::B]);
    row(KEPT, tag, &[TaggedOf::A(Wrapper(Needed { c: 1 }))]);
    row(KEPT, tag, &[TaggedOf::A(())]);
    row(KEPT, tag, &[TaggedOf::A(Unit)]);
    row(KEPT, tag, &[TaggedOf::A(PhantomData::<u8>)]);
    row(KEPT, tag, &[TaggedOf::A(serde_json::Map::new())]);
    row(KEPT, tag, &[TaggedOf::A(Duration::new(1, 2))]);
    row(KEPT, tag, &[TaggedOf::A(SystemTime::UNIX_EPOCH)]);
    row(KEPT, tag, &[TaggedOf::A(1..2_u8)]);
    row(Err("walked to its end"), tag, &[TaggedOf::A(walked())]);
    row(KEPT, tag, &[TaggedOf::A(1_u8..)]);
    row(KEPT, tag, &[TaggedOf::A(..2_u8)]);
    row(
        KEPT,
        tag,
        &[TaggedOf::A(Ok::<u8, u8>(1)), TaggedOf::A(Err(1))],
    );
    row(
        KEPT,
        tag,
        &[
            TaggedOf::A(Bound::Included(1_u8)),
            TaggedOf::A(Bound::Unbounded),
        ],
    );
    row(
        KEPT,
        tag,
        &[
            TaggedOf::A(OutsideUnit::A),
            TaggedOf::A(OutsideUnit::B(1, 2)),
        ],
    );
    row(KEPT, tag, &[TaggedOf::A(NamedStruct { d: 1 })]);
    row(KEPT, tag, &[TaggedOf::A(StrictOther { d: 1 })]);
    row(
        KEPT,
        tag,
        &[
            TaggedOf::A(BareStruct::A { x: 1 }),
            TaggedOf::A(BareStruct::B(Needed { c: 1 })),
        ],
    );
}

#[test]
fn names_of_tags() {
    let (tag, taken) = (Err("a tag"), Err("is the name of the tag"));
    let inner = || HasKind { kind: 1 };
    row(taken, tag, &[TaggedOf::A(inner())]);
    row(taken, tag, &[TaggedOf::A(NamedKind { d: 1 })]);
    row(taken, tag, &[TaggedOf::A(Inside::B)]);
    row(taken, tag, &[TaggedOf::A(Beside::B)]);
    row(taken, tag, &[TaggedOf::A(AroundKind { inner: inner() })]);
    row(taken, tag, &[TaggedOf::A(KindVariant::A { x: 1 })]);
    row(taken, tag, &[TaggedOf::A(KindContent::A(1))]);
    row(taken, tag, &[FlattensKind::A { inner: inner() }]);
    row(taken, tag, &[NamedAroundKind { inner: inner() }]);
    row(taken, tag, &[NamedOwnKind { kind: 1 }]);
    row(Err("deny_unknown_fields"), tag, &[NamedStrict { d: 1 }]);
    row(
        Err("rounded twice"),
        tag,
        &[TaggedSingle::A {
            single: 7.038_531e-26,
        }],
    );
}
