//! What is read by what the bytes say.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    Beside, Inside, InsideMap, KEPT, NamedStruct, Needed, OutsideWide, Wrapper, map, row, shaped,
    text,
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
    enum TaggedRich { A { single: f32, double: f64, letter: char, text: String, bytes: Vec<u8>, none: Option<u8>,
        unit: (), by_name: BTreeMap<String, u8>, ip: IpAddr, time: Duration, big: u64, small: i64 } }
    #[serde(tag = "kind", content = "of")]
    enum BesideWide { A(u128), B { wide: i128, map: BTreeMap<u32, u8> }, C, D(()), E(Option<u8>), F(u8, u8) }
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
