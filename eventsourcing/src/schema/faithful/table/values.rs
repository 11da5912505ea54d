//! Values: nothing inside something, numbers, addresses, times.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    num::{NonZeroU8, Wrapping},
    ops::{Bound, Range},
    time::Duration,
};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{KEPT, OutsideWide, ThroughNone, UntaggedTrusted, Wrapper, row, shaped, text};

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

/// The offset is written to the minute.
#[cfg(feature = "chrono")]
#[test]
fn times() {
    use chrono::{DateTime, FixedOffset, Month, NaiveDate, TimeDelta, Utc, Weekday};

    let then = DateTime::<Utc>::from_timestamp(1_600_000_000, 1).unwrap();
    let offset = |seconds| then.with_timezone(&FixedOffset::east_opt(seconds).unwrap());
    let lost = Err("`DateTime<Utc>`");
    row(lost, lost, &[offset(3600), offset(1172)]);
    row(
        KEPT,
        KEPT,
        &[then, DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC],
    );
    row(KEPT, KEPT, &[TimeDelta::MAX, TimeDelta::MIN]);
    row(KEPT, KEPT, &[(Weekday::Mon, Month::May, NaiveDate::MAX)]);
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
    row(
        KEPT,
        Err("serde-str"),
        &[Decimal::new(1100, 2), Decimal::MAX],
    );
    row(
        KEPT,
        Err("store it as a text"),
        &[serde_json::json!({"a": [1, null]})],
    );
    row(KEPT, KEPT, &[Duration::MAX, Duration::ZERO]);
    row(
        KEPT,
        KEPT,
        &[BTreeSet::from([(1_u8, Some(2_u8)), (1, None)])],
    );
}
