//! What is written as one type and read as another.

use std::{collections::BTreeMap, fmt::Debug};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{KEPT, map, one, round_trip, row, shaped, text};
use crate::{
    codec::{Format, Json},
    schema::{Description, Schema, faithful::check},
};

shaped! {
    struct Ab { a: u8, b: u8 }
    struct Ba { b: u8, a: u8 }
    struct Defaults { a: u8, #[serde(default)] c: u8 }
    struct Wide { a: u16, b: u8 }
    struct Longer { a: u8, b: u8, #[serde(default)] c: u8 }
    struct Aliased { #[serde(alias = "a")] x: u8, b: u8 }
    struct Wrapped { a: Inner, b: u8 }
    struct Inner(u8);
    struct Pair(u8, u8);

    #[serde(into = "Ab", from = "Ab")]
    struct Same { b: u8, a: u8 }
    #[serde(into = "Ab", from = "Ba")]
    struct Swapped { a: u8, b: u8 }
    #[serde(from = "Ba")]
    struct FromSwapped { a: u8, b: u8 }
    #[serde(into = "Ba")]
    struct IntoSwapped { a: u8, b: u8 }
    #[serde(from = "Ab")]
    struct FromTwin { a: u8, b: u8 }
    #[serde(into = "Ab")]
    struct IntoTwin { a: u8, b: u8 }
    #[serde(from = "Wrapped")]
    struct FromWrapped { a: u8, b: Inner }
    #[serde(from = "Defaults")]
    struct FromDefaults { a: u8, b: u8 }
    #[serde(into = "Ab", from = "Defaults")]
    struct LosesOne { a: u8, b: u8 }
    #[serde(from = "Longer")]
    struct FromLonger { a: u8, b: u8 }
    #[serde(into = "Longer")]
    struct IntoLonger { a: u8, b: u8 }
    #[serde(from = "Aliased")]
    struct FromAliased { a: u8, b: u8 }
    #[serde(from = "Option<u8>")]
    struct FromOption { a: u8 }
    #[serde(from = "Pair")]
    struct FromPair(u8, u8);
    #[serde(try_from = "String")]
    struct Name(String);
    #[serde(try_from = "Box<str>", into = "String")]
    struct BoxedName(String);
    #[serde(try_from = "Wide")]
    struct FromWide { a: u8, b: u8 }
    #[serde(from = "Vec<Entry>")]
    struct FromList(BTreeMap<String, u8>);
    struct Entry { key: String, value: u8 }
    #[serde(into = "Vec<Entry>", from = "Vec<Entry>")]
    struct List(BTreeMap<String, u8>);

    #[serde(from = "Raw")]
    enum Read { One, Two(u8), Three { a: u8 } }
    enum Raw { One, Two(Inner), Three { a: u8 }, Gone }
    #[serde(from = "RawMoved")]
    enum ReadMoved { One, Two(u8) }
    enum RawMoved { Two(u8), One }
    #[serde(from = "RawFewer")]
    enum ReadFewer { One, Two }
    enum RawFewer { One, #[serde(other)] Other }
    #[serde(from = "RawTagged")]
    enum ReadTagged { One }
    #[serde(tag = "t")]
    enum RawTagged { One }

    #[serde(from = "RawTree")]
    struct Tree { children: Vec<Tree> }
    struct RawTree { children: Vec<RawTree> }

    struct Sometimes { #[serde(default, skip_serializing_if = "Vec::is_empty")] list: Vec<u8> }
    #[serde(into = "Sometimes", from = "OneByDefault")]
    struct ReadsOne { list: Vec<u8> }
    struct OneByDefault { #[serde(default = "one_item")] list: Vec<u8> }
    #[serde(into = "Sometimes", from = "NoneByDefault")]
    struct ReadsNone { list: Vec<u8> }
    struct NoneByDefault { #[serde(default)] list: Vec<u8> }

    struct Trusts { #[schema(trusted)] swapped: Vec<FromDefaults>, of: u8 }
}

fn one_item() -> Vec<u8> {
    vec![1]
}

/// Conversions that take all fields along.
macro_rules! convert {
    ($($from:ident => $to:ident { $($field:ident: $value:ident),* })*) => {$(
        impl From<$from> for $to {
            fn from(of: $from) -> Self {
                Self { $($field: of.$value.into()),* }
            }
        }
    )*};
}

convert! {
    Same => Ab { a: a, b: b }
    Ab => Same { a: a, b: b }
    Swapped => Ab { a: a, b: b }
    Ba => Swapped { a: a, b: b }
    Ba => FromSwapped { a: a, b: b }
    IntoSwapped => Ba { a: a, b: b }
    Ab => FromTwin { a: a, b: b }
    IntoTwin => Ab { a: a, b: b }
    Wrapped => FromWrapped { a: a, b: b }
    Defaults => FromDefaults { a: a, b: c }
    LosesOne => Ab { a: a, b: b }
    Defaults => LosesOne { a: a, b: c }
    Longer => FromLonger { a: a, b: b }
    Aliased => FromAliased { a: x, b: b }
    ReadsOne => Sometimes { list: list }
    OneByDefault => ReadsOne { list: list }
    ReadsNone => Sometimes { list: list }
    NoneByDefault => ReadsNone { list: list }
}

impl From<Inner> for u8 {
    fn from(of: Inner) -> Self {
        of.0
    }
}

impl From<u8> for Inner {
    fn from(of: u8) -> Self {
        Self(of)
    }
}

impl From<IntoLonger> for Longer {
    fn from(of: IntoLonger) -> Self {
        let (a, b) = (of.a, of.b);
        Self { a, b, c: 0 }
    }
}

impl From<Option<u8>> for FromOption {
    fn from(of: Option<u8>) -> Self {
        Self { a: of.unwrap_or(9) }
    }
}

impl From<Pair> for FromPair {
    fn from(of: Pair) -> Self {
        Self(of.0, of.1)
    }
}

impl From<String> for Name {
    fn from(of: String) -> Self {
        Self(of)
    }
}

impl From<Box<str>> for BoxedName {
    fn from(of: Box<str>) -> Self {
        Self(of.into())
    }
}

impl From<BoxedName> for String {
    fn from(of: BoxedName) -> Self {
        of.0
    }
}

impl TryFrom<Wide> for FromWide {
    type Error = std::num::TryFromIntError;
    fn try_from(of: Wide) -> Result<Self, Self::Error> {
        let (a, b) = (of.a.try_into()?, of.b);
        Ok(Self { a, b })
    }
}

fn entries(of: Vec<Entry>) -> BTreeMap<String, u8> {
    of.into_iter().map(|of| (of.key, of.value)).collect()
}

impl From<Vec<Entry>> for FromList {
    fn from(of: Vec<Entry>) -> Self {
        Self(entries(of))
    }
}

impl From<Vec<Entry>> for List {
    fn from(of: Vec<Entry>) -> Self {
        Self(entries(of))
    }
}

impl From<List> for Vec<Entry> {
    fn from(of: List) -> Self {
        let entries = of.0.into_iter();
        entries.map(|(key, value)| Entry { key, value }).collect()
    }
}

impl From<Raw> for Read {
    fn from(of: Raw) -> Self {
        match of {
            Raw::One | Raw::Gone => Self::One,
            Raw::Two(of) => Self::Two(of.0),
            Raw::Three { a } => Self::Three { a },
        }
    }
}

impl From<RawMoved> for ReadMoved {
    fn from(of: RawMoved) -> Self {
        match of {
            RawMoved::One => Self::One,
            RawMoved::Two(of) => Self::Two(of),
        }
    }
}

impl From<RawFewer> for ReadFewer {
    fn from(_: RawFewer) -> Self {
        Self::One
    }
}

impl From<RawTagged> for ReadTagged {
    fn from(_: RawTagged) -> Self {
        Self::One
    }
}

impl From<RawTree> for Tree {
    fn from(of: RawTree) -> Self {
        let children = of.children.into_iter().map(Self::from).collect();
        Self { children }
    }
}

const OTHER: &str = "in one form and read in another";

fn refuse<T: Schema>(format: Format) {
    let refused = check(&Description::of::<T>(), format).unwrap_err();
    assert!(refused.to_string().contains(OTHER), "{refused}");
}

/// A positional codec happens to keep it: that is refused by the names.
#[track_caller]
fn lost_in_json<T>(samples: &[T])
where
    T: Schema + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let keeps = |value: &T| round_trip(&Json, value);
    one(Format::SelfDescribing, Err(OTHER), keeps, samples);
    refuse::<T>(Format::Positional);
}

#[test]
fn structs() {
    let other = Err(OTHER);
    let (a, b) = (1, 2);
    row(KEPT, KEPT, &[Same { b, a }]);
    row(KEPT, KEPT, &[FromTwin { a, b }]);
    row(KEPT, KEPT, &[IntoTwin { a, b }]);
    row(KEPT, KEPT, &[FromWrapped { a, b: Inner(b) }]);
    row(KEPT, other, &[Swapped { a, b }]);
    row(KEPT, other, &[FromSwapped { a, b }]);
    row(KEPT, other, &[IntoSwapped { a, b }]);
    lost_in_json(&[FromDefaults { a, b }]);
    lost_in_json(&[LosesOne { a, b }]);
    row(KEPT, KEPT, &[FromAliased { a, b }]);
    row(other, other, &[FromOption { a }]);
    row(KEPT, KEPT, &[FromPair(1, 2)]);
    row(KEPT, KEPT, &[Name(text("x")), Name(text(""))]);
    row(KEPT, KEPT, &[BoxedName(text("x"))]);
    lost_in_json(&[FromList(map([text("x")]))]);
    row(KEPT, KEPT, &[List(map([text("x")]))]);
}

/// The rule asks for the same fields. Whether one more, or a wider type, would do is not seen from here.
#[test]
fn fields_that_differ_are_refused_even_where_nothing_is_lost() {
    for format in [Format::SelfDescribing, Format::Positional] {
        refuse::<FromLonger>(format);
        refuse::<IntoLonger>(format);
        refuse::<FromWide>(format);
    }
}

#[test]
fn enums() {
    let other = Err(OTHER);
    row(KEPT, KEPT, &[Read::One, Read::Two(1), Read::Three { a: 1 }]);
    row(KEPT, other, &[ReadMoved::One, ReadMoved::Two(1)]);
    row(other, other, &[ReadFewer::One, ReadFewer::Two]);
    row(other, other, &[ReadTagged::One]);
    let leaf = Tree { children: vec![] };
    let tree = Tree {
        children: vec![leaf],
    };
    let keeps = |value: &Tree| round_trip(&Json, value);
    one(Format::SelfDescribing, KEPT, keeps, &[tree]);
}

#[test]
fn what_is_left_out_reads_back() {
    let list = Vec::new();
    row(Err(OTHER), Err(OTHER), &[ReadsOne { list }]);
    let list = Vec::new();
    row(KEPT, Err("shifts"), &[ReadsNone { list }]);
}

#[test]
fn a_field_accepts_its_type() {
    let trusts = Description::of::<Trusts>();
    assert_eq!(check(&trusts, Format::SelfDescribing), Ok(()));
    assert_eq!(check(&trusts, Format::Positional), Ok(()));
}
