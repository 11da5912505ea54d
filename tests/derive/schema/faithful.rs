//! What a codec can't keep is refused when a repository is built, with the path to it and the cure.
#![allow(
    unreachable_patterns,
    reason = "what serde makes of names that are taken"
)]

use std::{
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
    ops::Range,
};

use eventsourcing::{codec::Bincode, prelude::*};
use serde::{Deserialize, Serialize};

use super::holder::{ALL, Began, check, state};

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Plain {
    one: u8,
    none: Option<String>,
    of: PhantomData<u8>,
    map: HashMap<String, Vec<Option<u8>>>,
}

#[derive(Schema, Clone, Debug, Default, Serialize, Deserialize)]
struct Leaves {
    #[serde(skip)]
    #[allow(dead_code)]
    out: u8,
}

#[derive(Schema, Clone, Debug, Default, Serialize, Deserialize)]
struct LeavesTrusted {
    #[serde(skip)]
    #[schema(trusted)]
    #[allow(dead_code)]
    out: u8,
    #[serde(skip)]
    nothing: PhantomData<u8>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Deep {
    list: BTreeMap<String, Vec<Leaves>>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct OnlyRead {
    #[serde(skip_serializing, default)]
    #[schema(trusted)]
    #[allow(dead_code)]
    out: u8,
}

#[derive(Schema, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct ThroughBut {
    one: u8,
    #[serde(skip)]
    #[allow(dead_code)]
    out: u8,
}

#[test]
fn what_is_left_out() {
    check(state!(ThroughBut), &[], "Holder.inner.out", "skipped");
    check(state!(Plain), ALL, "", "");
    check(state!(LeavesTrusted), ALL, "", "");
    check(
        state!(Leaves),
        &[],
        "Holder.inner.out",
        "#[schema(trusted)]",
    );
    check(state!(Deep), &[], "Holder.inner.list.out", "skip");
    // Nobody's word makes the bytes after it fit.
    check(state!(OnlyRead), &["json"], "Holder.inner.out", "shifts");
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct If {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    list: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<u8>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

fn seven() -> u8 {
    7
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct IfZero {
    #[serde(default = "seven", skip_serializing_if = "is_zero")]
    number: u8,
}

#[derive(Schema, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct IfNone {
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<u8>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct IfTrusted {
    #[serde(default = "seven", skip_serializing_if = "is_zero")]
    #[schema(trusted)]
    number: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct IfEmptyRange {
    #[serde(default, skip_serializing_if = "Range::is_empty")]
    days: Range<u8>,
}

#[test]
fn what_is_left_out_sometimes() {
    check(
        state!(IfEmptyRange),
        &[],
        "Holder.inner.days",
        "skip_serializing_if",
    );
    check(
        state!(If),
        &["json"],
        "Holder.inner.list",
        "skip_serializing_if",
    );
    check(
        state!(IfTrusted),
        &["json"],
        "Holder.inner.number",
        "skip_serializing_if",
    );
    check(
        state!(IfZero),
        &[],
        "Holder.inner.number",
        "skip_serializing_if",
    );
    check(
        state!(IfNone),
        &[],
        "Holder.inner.option",
        "skip_serializing_if",
    );
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[schema(trusted)]
enum UntaggedTrusted {
    Number(u8),
    Text(String),
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    One { of: u8 },
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum Beside {
    One(u8),
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
struct Named {
    of: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
enum Fewer {
    #[serde(skip)]
    #[schema(trusted)]
    #[allow(dead_code)]
    Gone,
    There,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    all: BTreeMap<String, u8>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct AllOptional {
    one: Option<u8>,
    #[serde(default)]
    two: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct FlatOption {
    #[serde(flatten)]
    maybe: Option<AllOptional>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct NewOption(Option<AllOptional>);

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct FlatNewOption {
    #[serde(flatten)]
    maybe: NewOption,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct FlatTwice {
    #[serde(flatten)]
    one: BTreeMap<String, u8>,
    #[serde(flatten)]
    two: BTreeMap<String, u8>,
}

#[test]
fn what_is_read_from_among_others() {
    check(state!(FlatOption), &[], "Holder.inner.maybe", "flatten");
    check(state!(FlatNewOption), &[], "Holder.inner.maybe", "flatten");
    // A positional codec loses the first one already.
    let twice = state!(FlatTwice);
    for (codec, field) in [("json", "two"), ("bincode", "one")] {
        let error = twice(codec).unwrap_err();
        let path = format!("`Holder.inner.{field}`: ");
        let is_named = error.contains(&path) && error.contains("flatten");
        assert!(is_named, "{codec}: {error}");
    }
    twice("silent").unwrap_err();
}

#[test]
fn what_is_read_by_what_the_bytes_say() {
    check(state!(Untagged), &[], "Holder.inner", "untagged");
    check(
        state!(UntaggedTrusted),
        &["json"],
        "Holder.inner",
        "untagged",
    );
    check(state!(Tagged), &["json"], "Holder.inner", "tag");
    check(state!(Beside), &["json"], "Holder.inner", "tag");
    check(state!(Named), &["json"], "Holder.inner", "tag");
    check(
        state!(Fewer),
        &["json"],
        "Holder.inner.Gone",
        "counts the variants",
    );
    check(state!(Flat), &["json"], "Holder.inner.all", "flatten");
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Wrapped(Option<u8>);

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Unit;

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Nested<T> {
    deep: Vec<(u8, Option<T>)>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct NestedTrusted {
    #[schema(trusted)]
    #[allow(clippy::option_option)]
    deep: Option<Option<u8>>,
}

#[test]
fn none_inside_some() {
    check(
        state!(Nested<Option<u8>>),
        &["bincode"],
        "Holder.inner.deep",
        "Some(None)",
    );
    check(
        state!(Nested<()>),
        &["bincode"],
        "Holder.inner.deep",
        "Some(())",
    );
    check(
        state!(Nested<Wrapped>),
        &["bincode"],
        "Holder.inner.deep",
        "Some(None)",
    );
    check(
        state!(Nested<Unit>),
        &["bincode"],
        "Holder.inner.deep",
        "Some(())",
    );
    check(
        state!(Nested<Box<Option<u8>>>),
        &["bincode"],
        "Holder.inner.deep",
        "Some(None)",
    );
    check(state!(Nested<Vec<Option<u8>>>), ALL, "", "");
    check(state!(NestedTrusted), ALL, "", "");
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Folder {
    entries: BTreeMap<String, Entry>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
enum Entry {
    File(u8),
    Folder(Box<Folder>),
}

#[test]
fn types_that_contain_themselves() {
    check(
        state!(Tree),
        &["json"],
        "Holder.inner.children",
        "contains itself",
    );
    check(
        state!(Folder),
        &["json"],
        "Holder.inner.entries.Folder.0",
        "contains itself",
    );
    check(state!((Plain, Plain)), ALL, "", "");
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct TwoNames {
    #[serde(rename(serialize = "out", deserialize = "in"))]
    field: u8,
    #[serde(rename(serialize = "out2", deserialize = "in2"), alias = "out2")]
    other: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
enum TwoNamesOfAVariant {
    #[serde(rename(serialize = "out", deserialize = "in"))]
    One,
    #[serde(rename(serialize = "out2", deserialize = "in2"), alias = "out2")]
    Two,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
enum OneNameTwice {
    #[serde(alias = "Two")]
    One,
    Two,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum TaggedOf<T> {
    One(T),
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct HasKind {
    kind: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Single {
    number: f32,
}

#[test]
fn what_stands_in_a_tag() {
    let refused = |build: fn(&str) -> Result<(), String>, words: &str| {
        let error = build("json").unwrap_err();
        let is_named = error.contains("`Holder.inner.One") && error.contains(words);
        assert!(is_named, "{error}");
    };
    refused(state!(TaggedOf<u8>), "what has no fields");
    refused(state!(TaggedOf<Option<HasKind>>), "what has no fields");
    refused(state!(TaggedOf<HasKind>), "the name of the tag");
    refused(state!(TaggedOf<Single>), "rounded twice");
    check(state!(TaggedOf<Unit>), &["json"], "Holder.inner", "tag");
}

#[test]
fn names_that_are_not_read() {
    check(
        state!(TwoNamesOfAVariant),
        &["bincode"],
        "Holder.inner.out",
        "written as `out` and read as `in`",
    );
    check(
        state!(OneNameTwice),
        &["bincode"],
        "Holder.inner.Two",
        "read as `One` too",
    );
    check(
        state!(TwoNames),
        &["bincode"],
        "Holder.inner.out",
        "written as `out` and read as `in`",
    );
}

/// Events are asked the same, by their own codec.
#[test]
fn events_are_checked_by_their_codec() {
    #[derive(Event, Clone, Debug, Serialize, Deserialize)]
    struct Grown {
        by: Tree,
    }

    #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
    #[aggregate(id = u32, create(Began), events(Grown))]
    struct Garden;

    impl GardenHandlers for Garden {
        fn began(_: &u32, _: Began) -> Self {
            Self
        }
        fn grown(&mut self, _: Grown) {}
    }

    let builder = || Repository::<Garden>::builder(MemoryStore::new());
    assert!(builder().build().is_ok());
    let error = builder()
        .event_codec(Bincode)
        .build()
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the event \"Grown\"") && error.contains("`Grown.by.children`"),
        "{error}"
    );
}
