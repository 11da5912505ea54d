//! Changes of an event. Each row is really written by the old type and read by the new one.

use serde::{Serialize, de::DeserializeOwned};

use super::changed;

fn reread<New: DeserializeOwned + std::fmt::Debug>(old: &impl Serialize) -> Result<String, String> {
    let row = serde_json::to_string(old).expect("the old type is written");
    let new = serde_json::from_str::<New>(&row);
    new.map(|new| format!("{new:?}"))
        .map_err(|error| error.to_string())
}

/// An event before and after, each the first item of its block, and a value of the old one.
///
/// `reads "…"`: it passes, and the row reads as that. `breaks "…"`: refused, with this in the message, and rightly, as the
/// row can't be read. `loses "…"`: refused, though the row can be read. `exact "…"`: the same for the whole message.
macro_rules! edit {
    ($name:ident { $old:item $($old_inner:item)* } $value:block => { $new:item $($new_inner:item)* } $verdict:ident $text:expr) => {
        mod $name {
            #![allow(dead_code, unreachable_patterns)]

            edit!(@side before $old $($old_inner)*);
            edit!(@side after $new $($new_inner)*);

            #[test]
            fn is_judged() {
                let row = {
                    #[allow(unused_imports, clippy::wildcard_imports)]
                    use {before::*, std::collections::{BTreeMap, HashMap}};
                    $value
                };
                let read = super::reread::<after::Happened>(&row);
                let report = super::changed::<before::Thing, after::Thing>();
                super::$verdict($text, &report, read);
            }
        }
    };
    (@side $side:ident $event:item $($inner:item)*) => {
        mod $side {
            #[allow(unused_imports)]
            use std::collections::{BTreeMap, HashMap};
            use eventsourcing::prelude::*;
            use serde::{Deserialize, Serialize};

            fn seven() -> u8 { 7 }
            fn eight() -> u8 { 8 }
            fn some() -> Option<u8> { Some(7) }

            #[derive(Event, Clone, Debug, Serialize, Deserialize)]
            $event
            $(#[derive(Schema, Clone, Debug, Serialize, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)] $inner)*

            #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
            #[aggregate(id = String, create(Happened))]
            pub(super) struct Thing;

            impl ThingHandlers for Thing {
                fn happened(_: &String, _: Happened) -> Self {
                    Self
                }
            }
        }
    };
}

use eventsourcing::schema::lock::Report;

#[allow(clippy::needless_pass_by_value)]
fn reads(expected: &str, report: &Report, read: Result<String, String>) {
    assert!(report.passes(), "{report}");
    assert!(!report.is_empty(), "the file isn't behind");
    assert_eq!(read.as_deref(), Ok(expected), "{report}");
}

#[allow(clippy::needless_pass_by_value)]
fn same(expected: &str, report: &Report, read: Result<String, String>) {
    assert!(report.is_empty(), "{report}");
    assert_eq!(read.as_deref(), Ok(expected));
}

#[allow(clippy::needless_pass_by_value)]
fn breaks(message: &str, report: &Report, read: Result<String, String>) {
    assert!(!report.passes() && report.refused() > 0, "{report}");
    assert!(report.to_string().contains(message), "{report}");
    assert!(read.is_err(), "it is read as {read:?}");
}

#[allow(clippy::needless_pass_by_value)]
fn loses(message: &str, report: &Report, read: Result<String, String>) {
    assert!(!report.passes() && report.refused() > 0, "{report}");
    assert!(report.to_string().contains(message), "{report}");
    assert!(read.is_ok(), "{read:?}");
}

#[allow(clippy::needless_pass_by_value)]
fn exact(message: &str, report: &Report, _: Result<String, String>) {
    assert_eq!(report.to_string(), message);
}

// ---- read -------------------------------------------------------------------------------------

edit! { nothing { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { pub(super) a: u8 } } same "Happened { a: 1 }" }

edit! { new_option { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, b: Option<u8> } } reads "Happened { a: 1, b: None }" }

edit! { new_boxed_option { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, b: Box<Option<u8>> } } reads "Happened { a: 1, b: None }" }

edit! { new_option_of_a_parameter { pub(super) struct Happened { pub(super) p: P<Option<u8>> } pub(super) struct P<T> { pub(super) a: T } }
{ Happened { p: P { a: None } } }
=> { pub(super) struct Happened { p: P<Option<u8>> } pub(super) struct P<T> { a: T, b: T } }
reads "Happened { p: P { a: None, b: None } }" }

edit! { new_option_that_is_left_out { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, #[serde(skip_serializing_if = "Option::is_none")] b: Option<u8> } }
reads "Happened { a: 1, b: None }" }

edit! { new_field_with_default { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, #[serde(default)] b: Vec<u8> } } reads "Happened { a: 1, b: [] }" }

edit! { new_field_in_a_struct_with_default { pub(super) struct Happened { pub(super) i: I } #[derive(Default)] pub(super) struct I { pub(super) a: u8 } }
{ Happened { i: I { a: 1 } } }
=> { pub(super) struct Happened { i: I } #[derive(Default)] #[serde(default)] pub(super) struct I { a: u8, b: u8 } }
reads "Happened { i: I { a: 1, b: 0 } }" }

edit! { first_field_of_a_struct_without { pub(super) struct Happened {} } { Happened {} }
=> { pub(super) struct Happened { a: Option<u8> } } reads "Happened { a: None }" }

edit! { new_variant { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B { x: u8 } } }
{ Happened { k: K::B { x: 2 } } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { C, A, B { x: u8 } } } reads "Happened { k: B { x: 2 } }" }

edit! { field_becomes_an_option { pub(super) struct Happened { pub(super) a: Vec<u8> } } { Happened { a: vec![1] } }
=> { pub(super) struct Happened { a: Option<Vec<u8>> } } reads "Happened { a: Some([1]) }" }

edit! { values_become_options { pub(super) struct Happened { pub(super) a: BTreeMap<String, u8> } } { Happened { a: BTreeMap::from([("x".into(), 1)]) } }
=> { pub(super) struct Happened { a: BTreeMap<String, Option<u8>> } } reads "Happened { a: {\"x\": Some(1)} }" }

edit! { new_order { pub(super) struct Happened { pub(super) a: u8, pub(super) b: u8 } } { Happened { a: 1, b: 2 } }
=> { pub(super) struct Happened { b: u8, a: u8 } } reads "Happened { b: 2, a: 1 }" }

edit! { new_alias { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { #[serde(alias = "z")] a: u8 } } reads "Happened { a: 1 }" }

edit! { rename_with_alias { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { #[serde(alias = "a")] b: u8 } } reads "Happened { b: 1 }" }

edit! { renamed_variant_with_alias { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B(u8) } } { Happened { k: K::B(1) } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { A, #[serde(alias = "B")] C(u8) } } reads "Happened { k: C(1) }" }

edit! { transparent_type { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: Level } #[serde(transparent)] pub(super) struct Level(u8); } reads "Happened { a: Level(1) }" }

edit! { renamed_type { pub(super) struct Happened { pub(super) a: Vec<I> } pub(super) struct I { pub(super) x: u8 } } { Happened { a: vec![I { x: 1 }] } }
=> { pub(super) struct Happened { a: Vec<J> } pub(super) struct J { x: u8 } } reads "Happened { a: [J { x: 1 }] }" }

edit! { default_for_what_every_row_has { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { #[serde(default = "seven")] a: u8 } } reads "Happened { a: 1 }" }

edit! { unknown_fields_allowed_again { #[serde(deny_unknown_fields)] pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8 } } reads "Happened { a: 1 }" }

edit! { renamed_in_the_code_only { pub(super) struct Happened { pub(super) a: u8, pub(super) k: K } pub(super) enum K { A, B } } { Happened { a: 1, k: K::B } }
=> { pub(super) struct Happened { #[serde(rename = "a")] z: u8, k: K } pub(super) enum K { A, #[serde(rename = "B")] Z } } same "Happened { z: 1, k: Z }" }

edit! { merged_variants { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B } } { Happened { k: K::B } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { #[serde(alias = "B")] A } } reads "Happened { k: A }" }

edit! { deep_in_generics { pub(super) struct Happened { pub(super) a: HashMap<String, Vec<Tree<I>>> } pub(super) struct Tree<T> { pub(super) v: T, pub(super) c: Vec<Tree<T>> } pub(super) struct I { pub(super) x: u8 } }
{ Happened { a: HashMap::from([("k".into(), vec![Tree { v: I { x: 1 }, c: vec![Tree { v: I { x: 2 }, c: vec![] }] }])]) } }
=> { pub(super) struct Happened { a: HashMap<String, Vec<Tree<I>>> } pub(super) struct Tree<T> { v: T, c: Vec<Tree<T>> } pub(super) struct I { x: u8, y: Option<Box<I>> } }
reads "Happened { a: {\"k\": [Tree { v: I { x: 1, y: None }, c: [Tree { v: I { x: 2, y: None }, c: [] }] }]} }" }

edit! { recursive { pub(super) struct Happened { pub(super) a: Option<u8>, pub(super) next: Option<Box<Happened>> } }
{ Happened { a: None, next: Some(Box::new(Happened { a: Some(1), next: None })) } }
=> { pub(super) struct Happened { a: Option<u8>, b: Option<u8>, next: Option<Box<Happened>> } }
reads "Happened { a: None, b: None, next: Some(Happened { a: Some(1), b: None, next: None }) }" }

// ---- refused ----------------------------------------------------------------------------------

edit! { removed { pub(super) struct Happened { pub(super) a: u8, pub(super) b: String } } { Happened { a: 1, b: String::new() } }
=> { pub(super) struct Happened { a: u8 } } loses "`b` is gone: what stored rows have of it would be lost" }

edit! { removed_with_unknown_fields_denied { pub(super) struct Happened { pub(super) a: u8, pub(super) b: String } } { Happened { a: 1, b: String::new() } }
=> { #[serde(deny_unknown_fields)] pub(super) struct Happened { a: u8 } } breaks "`b` is gone" }

edit! { renamed { pub(super) struct Happened { pub(super) quantity: u32 } } { Happened { quantity: 1 } }
    => { pub(super) struct Happened { amount: u32 } } exact "\
event thing/Happened version 1
  -   quantity: u32
  +   amount: u32
  refused: `quantity` is gone: what stored rows have of it would be lost
    cure: if `amount` is its new name, `#[serde(alias = \"quantity\")]` on that
  Or a new version. Keep the old shape as `HappenedV1` with `#[event(name = \"Happened\", version = 1)]`, give `Happened` `version = 2, upcast(HappenedV1)`, and write `impl From<HappenedV1> for Happened`.
" }

edit! { renamed_to_an_option { pub(super) struct Happened { pub(super) a: u32 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { b: Option<u32> } } loses "`#[serde(alias = \"a\")]`" }

edit! { retyped { pub(super) struct Happened { pub(super) a: u32 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: String } } breaks "`a` was `u32` and is `String`" }

edit! { widened { pub(super) struct Happened { pub(super) a: u32 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u64 } } loses "`a` was `u32` and is `u64`" }

edit! { narrowed { pub(super) struct Happened { pub(super) a: u64 } } { Happened { a: u64::MAX } }
=> { pub(super) struct Happened { a: u32 } } breaks "`a` was `u64` and is `u32`" }

edit! { new_and_required { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, b: String } } breaks "`b` is new and required: stored rows don't have it\n    cure: `#[serde(default)]` on it, or an `Option`" }

edit! { new_option_with_a_deserialiser_of_its_own { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, #[serde(deserialize_with = "Option::deserialize")] #[schema(opaque = "own")] b: Option<u8> } }
breaks "`b` is new and required" }

edit! { new_newtype_of_an_option { pub(super) struct Happened { pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { a: u8, b: New } pub(super) struct New(Option<u8>); } breaks "`b` is new and required" }

edit! { no_longer_an_option { pub(super) struct Happened { pub(super) a: Option<u8> } } { Happened { a: None } }
=> { pub(super) struct Happened { a: u8 } } breaks "`a` can be absent from stored rows, and is required" }

edit! { a_default_instead_of_an_option { pub(super) struct Happened { pub(super) a: Option<u8> } } { Happened { a: None } }
=> { pub(super) struct Happened { #[serde(default)] a: u8 } } breaks "`a` was `Option<u8>` and is `u8`" }

edit! { no_default_any_more { pub(super) struct Happened { #[serde(default, skip_serializing_if = "Vec::is_empty")] pub(super) a: Vec<u8> } } { Happened { a: vec![] } }
=> { pub(super) struct Happened { a: Vec<u8> } } breaks "`a` can be absent from stored rows, and is required\n    cure: `#[serde(default)]` on it" }

edit! { alias_gone { pub(super) struct Happened { #[serde(alias = "z")] pub(super) a: u8 } } { BTreeMap::from([("z", 1)]) }
=> { pub(super) struct Happened { a: u8 } } breaks "`a` is no longer read under the name `z`, which stored rows may have\n    cure: `#[serde(alias = \"z\")]` on it" }

edit! { two_fields_read_as_one { pub(super) struct Happened { pub(super) a: u8, pub(super) b: u8 } } { Happened { a: 1, b: 2 } }
=> { pub(super) struct Happened { #[serde(alias = "b")] a: u8 } } breaks "`b` and `a` would both be read as `a`, which is an error" }

edit! { rename_all { pub(super) struct Happened { pub(super) an_item: u8 } } { Happened { an_item: 1 } }
=> { #[serde(rename_all = "camelCase")] pub(super) struct Happened { an_item: u8 } } breaks "`#[serde(alias = \"an_item\")]`" }

edit! { variant_removed { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B(u8) } } { Happened { k: K::A } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { B(u8) } } breaks "variant `A` is gone" }

edit! { variant_renamed { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B(u8) } } { Happened { k: K::B(1) } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { A, C(u8) } } breaks "if `C` is its new name, `#[serde(alias = \"B\")]` on that" }

edit! { variant_of_another_form { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A } } { Happened { k: K::A } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { A(u8) } } breaks "variant `A` was without content and is a tuple of 1 field" }

edit! { field_in_a_variant_renamed { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A { x: u8 } } } { Happened { k: K::A { x: 1 } } }
    => { pub(super) struct Happened { k: K } pub(super) enum K { A { y: u8 } } } exact "\
enum K
  in event thing/Happened version 1
      A
  -     x: u8
  +     y: u8
  refused: `A.x` is gone: what stored rows have of it would be lost
    cure: if `y` is its new name, `#[serde(alias = \"x\")]` on that
  Or a new version. Keep the old shape as `HappenedV1` with `#[event(name = \"Happened\", version = 1)]`, give `Happened` `version = 2, upcast(HappenedV1)`, and write `impl From<HappenedV1> for Happened`.
  The old shape has a copy of this type as it was.
" }

edit! { tagging { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A { x: u8 } } } { Happened { k: K::A { x: 1 } } }
=> { pub(super) struct Happened { k: K } #[serde(tag = "t")] pub(super) enum K { A { x: u8 } } } breaks "it was an enum and is an enum (tag \"t\")" }

edit! { name_of_the_tag { pub(super) struct Happened { pub(super) k: K } #[serde(tag = "kind")] pub(super) enum K { A { x: u8 } } } { Happened { k: K::A { x: 1 } } }
=> { pub(super) struct Happened { k: K } #[serde(tag = "t")] pub(super) enum K { A { x: u8 } } } breaks "it was an enum (tag \"kind\") and is an enum (tag \"t\")" }

edit! { struct_to_tuple { pub(super) struct Happened { pub(super) x: u8 } } { Happened { x: 1 } }
=> { pub(super) struct Happened(u8, u8); } breaks "it was one with named fields and is a tuple of 2 fields" }

edit! { newtype_to_struct { pub(super) struct Happened(pub(super) u8); } { Happened(1) }
=> { pub(super) struct Happened { x: u8 } } breaks "it was a tuple of 1 field and is one with named fields" }

edit! { unit_to_empty { pub(super) struct Happened; } { Happened }
=> { pub(super) struct Happened {} } breaks "it was without content and is one with named fields" }

edit! { tuple_reordered { pub(super) struct Happened(pub(super) u8, pub(super) String); } { Happened(1, String::new()) }
=> { pub(super) struct Happened(String, u8); } breaks "`0` was `u8` and is `String`" }

edit! { tuple_grown { pub(super) struct Happened(pub(super) u8, pub(super) u8); } { Happened(1, 2) }
=> { pub(super) struct Happened(u8, u8, u8); } breaks "it was a tuple of 2 fields and is a tuple of 3 fields" }

edit! { key_becomes_an_option { pub(super) struct Happened { pub(super) a: BTreeMap<u8, u8> } } { Happened { a: BTreeMap::from([(1, 1)]) } }
=> { pub(super) struct Happened { a: BTreeMap<Option<u8>, u8> } } loses "`a` was `u8` and is `Option<u8>`" }

edit! { unit_becomes_an_option { pub(super) struct Happened { pub(super) a: Unit } pub(super) struct Unit; } { Happened { a: Unit } }
=> { pub(super) struct Happened { a: Option<Unit> } pub(super) struct Unit; } loses "`a` was `Unit` and is `Option<Unit>`" }

edit! { untagged { pub(super) struct Happened { pub(super) a: U } #[serde(untagged)] #[schema(trusted)] pub(super) enum U { A { x: u8 }, B { y: u8 } } } { Happened { a: U::B { y: 1 } } }
=> { pub(super) struct Happened { a: U } #[serde(untagged)] #[schema(trusted)] pub(super) enum U { A { x: Option<u8> }, B { y: u8 } } }
loses "it differs, and `untagged` reads the first variant that fits: stored rows might be read as something else" }

edit! { below_untagged { pub(super) struct Happened { pub(super) a: U } #[serde(untagged)] #[schema(trusted)] pub(super) enum U { A(I), B { y: u8 } } pub(super) struct I { x: u8 } } { Happened { a: U::B { y: 1 } } }
=> { pub(super) struct Happened { a: U } #[serde(untagged)] #[schema(trusted)] pub(super) enum U { A(I), B { y: u8 } } pub(super) struct I { x: Option<u8> } }
loses "it differs, and `untagged`" }

edit! { beside_a_flattened_map { pub(super) struct Happened { #[serde(flatten)] pub(super) more: BTreeMap<String, String> } } { Happened { more: BTreeMap::from([("b".into(), "x".into())]) } }
=> { pub(super) struct Happened { b: Option<u8>, #[serde(flatten)] more: BTreeMap<String, String> } }
breaks "it differs, and `flatten` is in it" }

edit! { flattened_struct { pub(super) struct Happened { #[serde(flatten)] pub(super) i: I, pub(super) x: u8 } pub(super) struct I { pub(super) a: u8 } } { Happened { i: I { a: 1 }, x: 2 } }
=> { pub(super) struct Happened { #[serde(flatten)] i: I, x: u8 } pub(super) struct I { a: u8, b: Option<u8> } }
loses "it differs, and `flatten` mixes its fields with others" }

edit! { skipped { pub(super) struct Happened { pub(super) a: I } pub(super) struct I { pub(super) x: u8 } } { Happened { a: I { x: 1 } } }
=> { pub(super) struct Happened { a: I } pub(super) struct I { #[serde(skip)] x: u8 } } loses "`x` is no longer read: what is stored would be lost" }

edit! { deep_and_recursive { pub(super) struct Happened { pub(super) a: Vec<Tree<I>> } pub(super) struct Tree<T> { pub(super) v: T, pub(super) c: Vec<Tree<T>> } pub(super) struct I { pub(super) x: u8 } }
{ Happened { a: vec![Tree { v: I { x: 1 }, c: vec![] }] } }
=> { pub(super) struct Happened { a: Vec<Tree<I>> } pub(super) struct Tree<T> { v: T, c: Vec<Tree<T>> } pub(super) struct I { x: String } }
breaks "struct I\n  in event thing/Happened version 1\n  -   x: u8\n  +   x: String\n  refused: `x` was `u8` and is `String`" }

edit! { same_name_of_another_type { pub(super) struct Happened { pub(super) a: Duration } pub(super) struct Duration { pub(super) x: u8 } } { Happened { a: Duration { x: 1 } } }
=> { pub(super) struct Happened { a: std::time::Duration } } breaks "`a` was `Duration` and is `Duration`, which is another type now" }

edit! { opaque_form { pub(super) struct Happened { #[schema(opaque = "v1")] pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { #[schema(opaque = "v2")] a: u8 } } loses "`a` was `opaque \"v1\" for u8` and is `opaque \"v2\" for u8`" }

// ---- refused, for what isn't in the row ----------------------------------------------------------

edit! { default_for_an_option { pub(super) struct Happened { #[serde(default)] pub(super) a: u8 } } { BTreeMap::<String, u8>::new() }
=> { pub(super) struct Happened { a: Option<u8> } } loses "`a` is none where a row hasn't got it, and was its type's default" }

edit! { another_default { pub(super) struct Happened { #[serde(default = "seven")] pub(super) a: u8 } } { BTreeMap::<String, u8>::new() }
=> { pub(super) struct Happened { #[serde(default = "eight")] a: u8 } }
loses "`a` is what `eight` gives where a row hasn't got it, and was what `seven` gives\n    cure: `#[serde(default = \"seven\")]`, which gives the same" }

edit! { an_option_that_is_left_out_gets_a_default { pub(super) struct Happened { #[serde(skip_serializing_if = "Option::is_none")] pub(super) a: Option<u8> } } { Happened { a: None } }
=> { pub(super) struct Happened { #[serde(default = "some", skip_serializing_if = "Option::is_none")] #[schema(trusted)] a: Option<u8> } }
loses "`a` is what `some` gives where a row hasn't got it, and was none" }

edit! { another_default_of_what_is_skipped { pub(super) struct Happened { #[serde(skip, default = "seven")] #[schema(trusted)] pub(super) a: u8 } } { Happened { a: 7 } }
=> { pub(super) struct Happened { #[serde(skip, default = "eight")] #[schema(trusted)] a: u8 } } loses "`a` is what `eight` gives" }

edit! { a_variant_read_under_another_name { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B } } { Happened { k: K::B } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { A, #[serde(rename(deserialize = "C"))] B } } breaks "variant `B` is gone" }

edit! { variants_that_trade_names { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B } } { Happened { k: K::B } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { #[serde(rename = "B")] A, #[serde(rename = "A")] B } }
loses "variant `B` was called as it is stored in the code and is called `A`" }

edit! { fields_that_trade_names { pub(super) struct Happened { pub(super) a: u8, pub(super) b: u8 } } { Happened { a: 1, b: 2 } }
=> { pub(super) struct Happened { #[serde(rename = "a")] b: u8, #[serde(rename = "b")] a: u8 } }
loses "`a` was called as it is stored in the code and is called `b`" }

edit! { an_alias_that_is_another_variants_name { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, B } } { Happened { k: K::B } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { #[serde(alias = "B")] A, B } }
loses "variant `B` would be read as `A`, which has its name as an alias and comes first" }

edit! { a_newtype_that_is_flattened { pub(super) struct Happened { #[serde(flatten)] pub(super) n: N, pub(super) b: u8 } pub(super) struct N(pub(super) I); pub(super) struct I { pub(super) a: u8 } } { Happened { n: N(I { a: 1 }), b: 2 } }
=> { pub(super) struct Happened { #[serde(flatten)] n: N, b: u8 } pub(super) struct N(I); pub(super) struct I { a: u8, b: Option<u8> } }
loses "it differs, and `flatten` mixes its fields with others" }

edit! { keys_that_become_one { pub(super) struct Happened { pub(super) m: BTreeMap<K, u8> } pub(super) enum K { A, B } } { Happened { m: BTreeMap::from([(K::A, 1), (K::B, 2)]) } }
=> { pub(super) struct Happened { m: BTreeMap<K, u8> } pub(super) enum K { #[serde(alias = "B")] A } }
loses "variants `A` and `B` would both be read as `A`, and they are keys" }

edit! { elements_that_become_one { pub(super) struct Happened { pub(super) m: std::collections::BTreeSet<Key> } pub(super) struct Key { pub(super) k: K } pub(super) enum K { A, B } }
{ Happened { m: [Key { k: K::A }, Key { k: K::B }].into() } }
=> { pub(super) struct Happened { m: std::collections::BTreeSet<Key> } pub(super) struct Key { k: K } pub(super) enum K { #[serde(alias = "B")] A } }
loses "they are keys: of two entries one would be lost" }

edit! { a_variant_beside_one_for_all_others { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A, #[serde(other)] Other } } { BTreeMap::from([("k", "B")]) }
=> { pub(super) struct Happened { k: K } pub(super) enum K { A, B, #[serde(other)] Other } }
loses "rows with `B`, if there are any, were read as `Other`" }

edit! { unknown_fields_denied { pub(super) struct Happened { pub(super) a: u8 } } { BTreeMap::from([("a", 1), ("removed", 2)]) }
=> { #[serde(deny_unknown_fields)] pub(super) struct Happened { a: u8 } } breaks "it denies unknown fields from now on" }

edit! { unknown_fields_denied_in_a_variant { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A { x: u8 } } } { BTreeMap::from([("k", BTreeMap::from([("A", BTreeMap::from([("x", 1), ("removed", 2)]))]))]) }
=> { pub(super) struct Happened { k: K } #[serde(deny_unknown_fields)] pub(super) enum K { A { x: u8 } } } breaks "variant `A` denies unknown fields from now on" }

edit! { another_function { pub(super) struct Happened { #[serde(deserialize_with = "u8::deserialize")] #[schema(opaque = "v1")] pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { #[serde(deserialize_with = "super::super::doubled")] #[schema(opaque = "v1")] a: u8 } }
loses "`a` was read by `u8::deserialize` and is read by `super::super::doubled`" }

edit! { another_type_of_one_form { pub(super) struct Happened { #[schema(opaque = "v1")] pub(super) a: u8 } } { Happened { a: 1 } }
=> { pub(super) struct Happened { #[schema(opaque = "v1")] a: i8 } } loses "`a` was `opaque \"v1\" for u8` and is `opaque \"v1\" for i8`" }

edit! { fields_that_trade_places { #[serde(rename_all = "camelCase")] pub(super) struct Happened { pub(super) paid_in: u8, pub(super) paid_out: u8 } } { Happened { paid_in: 1, paid_out: 2 } }
=> { pub(super) struct Happened { #[serde(rename = "paidIn")] paid_out: u8, #[serde(rename = "paidOut")] paid_in: u8 } }
loses "`paidIn` was called as it is stored in the code and is called `paid_out`" }

edit! { variants_that_trade_places { pub(super) struct Happened { pub(super) k: K } #[serde(rename_all = "snake_case")] pub(super) enum K { WellPaid, NotPaid } } { Happened { k: K::WellPaid } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { #[serde(rename = "well_paid")] NotPaid, #[serde(rename = "not_paid")] WellPaid } }
loses "variant `well_paid` was called as it is stored in the code and is called `NotPaid`" }

edit! { a_field_beside_a_map_in_a_flattened_variant { pub(super) struct Happened { #[serde(flatten)] pub(super) k: K, #[serde(flatten)] #[schema(trusted)] pub(super) rest: BTreeMap<String, serde_json::Value> } #[serde(tag = "t")] pub(super) enum K { A(I) } pub(super) struct I { pub(super) n: u8 } }
{ Happened { k: K::A(I { n: 1 }), rest: [("note".to_owned(), 5.into())].into() } }
=> { pub(super) struct Happened { #[serde(flatten)] k: K, #[serde(flatten)] #[schema(trusted)] rest: BTreeMap<String, serde_json::Value> } #[serde(tag = "t")] pub(super) enum K { A(I) } pub(super) struct I { n: u8, note: Option<u8> } }
loses "`flatten` mixes its fields with others" }

edit! { a_field_in_a_flattened_variant_with_a_name { pub(super) struct Happened { #[serde(flatten)] pub(super) k: K, #[serde(flatten)] #[schema(trusted)] pub(super) rest: BTreeMap<String, u8> } #[serde(tag = "t", content = "c")] pub(super) enum K { A(I) } pub(super) struct I { pub(super) n: u8 } }
{ Happened { k: K::A(I { n: 1 }), rest: [("note".to_owned(), 5)].into() } }
=> { pub(super) struct Happened { #[serde(flatten)] k: K, #[serde(flatten)] #[schema(trusted)] rest: BTreeMap<String, u8> } #[serde(tag = "t", content = "c")] pub(super) enum K { A(I) } pub(super) struct I { n: u8, note: Option<u8> } }
reads r#"Happened { k: A(I { n: 1, note: None }), rest: {"note": 5} }"# }

edit! { another_const_argument { pub(super) struct Happened { pub(super) a: Fixed<2> } pub(super) struct Fixed<const N: u32>(pub(super) u32); } { Happened { a: Fixed(200) } }
=> { pub(super) struct Happened { a: Fixed<4> } pub(super) struct Fixed<const N: u32>(u32); } loses "`a` was `Fixed<2>` and is `Fixed<4>`" }

edit! { another_letter_as_an_argument { pub(super) struct Happened { pub(super) a: Coin<'a'> } pub(super) struct Coin<const C: char>(pub(super) u32); } { Happened { a: Coin(200) } }
=> { pub(super) struct Happened { a: Coin<'b'> } pub(super) struct Coin<const C: char>(u32); } loses "`a` was `Coin<\"'a'\">` and is `Coin<\"'b'\">`" }

edit! { a_letter_as_an_argument_becomes_a_number { pub(super) struct Happened { pub(super) a: Coin<'1'> } pub(super) struct Coin<const C: char>(pub(super) u32); } { Happened { a: Coin(200) } }
=> { pub(super) struct Happened { a: Coin<1> } pub(super) struct Coin<const C: u8>(u32); } loses "`a` was `Coin<\"'1'\">` and is `Coin<1>`" }

edit! { another_phantom_argument { pub(super) struct Happened { pub(super) a: Money<u8> } pub(super) struct Money<C>(pub(super) u32, pub(super) std::marker::PhantomData<C>); } { Happened { a: Money(200, std::marker::PhantomData) } }
=> { pub(super) struct Happened { a: Money<i8> } pub(super) struct Money<C>(u32, std::marker::PhantomData<C>); } loses "`a` was `Money<\"u8\">` and is `Money<\"i8\">`" }

edit! { another_discriminant { pub(super) struct Happened { pub(super) k: K } pub(super) enum K { A = 1, B = 2 } } { Happened { k: K::B } }
=> { pub(super) struct Happened { k: K } pub(super) enum K { A = 1, B = 4 } }
loses "the discriminant of variant `B` was 2 and is 4: what is computed from it changes\n    cure: `B = 2`" }

fn doubled<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    <u8 as serde::Deserialize>::deserialize(from).map(|number| number * 2)
}
