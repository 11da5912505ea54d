//! Values: nothing inside something, numbers, addresses, keys of maps.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    num::{NonZeroU8, Wrapping},
    ops::{Bound, Range},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{KEPT, OutsideWide, ThroughNone, UntaggedTrusted, Wrapper, map, row, shaped, text};

shaped! {
    #[derive(Eq, PartialOrd, Ord)]
    enum Key { One, #[serde(rename = "2")] Two }
    #[derive(Eq, PartialOrd, Ord)]
    enum FullKey { One(u8), Two }
    #[derive(Eq, PartialOrd, Ord)]
    struct StructKey { a: u8 }
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
