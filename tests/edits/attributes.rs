//! Edits of attributes: serde's, as far as they change what is written, and `#[schema(opaque)]`.

use super::{ANY, Begun, Program, SELF_DESCRIBING, Went, changed};

edit!(a_field_is_renamed_for_serde
    { before { a: u8, b: u8 } |n| { a: n, b: 1 } }
    { after { #[serde(rename = "b")] a: u8, #[serde(rename = "a")] b: u8 } |n| { a: n, b: 1 } });

edit!(all_fields_are_renamed
    { before { some_field: u8 } |n| { some_field: n } }
    { after #[serde(rename_all = "camelCase")] { some_field: u8 } |n| { some_field: n } });

edit!(all_variants_are_renamed
    { before { a: Kind } |_| { a: Kind::OneMore } with { enum Kind { OneMore } } }
    { after { a: Kind } |_| { a: Kind::OneMore } with { #[serde(rename_all = "kebab-case")] enum Kind { OneMore } } });

edit!(a_variant_is_renamed_for_serde
{ before { a: Kind } |_| { a: Kind::One } with { enum Kind { One, Two } } }
{
    after { a: Kind } |_| { a: Kind::One }
    with { enum Kind { #[serde(rename = "Two")] One, #[serde(rename = "One")] Two } }
});

edit!(the_fields_of_all_variants_are_renamed
{ before { a: Kind } |n| { a: Kind::One { some_field: n } } with { enum Kind { One { some_field: u8 } } } }
{
    after { a: Kind } |n| { a: Kind::One { some_field: n } }
    with { #[serde(rename_all_fields = "camelCase")] enum Kind { One { some_field: u8 } } }
});

edit!(a_name_is_read_as_another
    { before { a: u8 } |n| { a: n } }
    { after { #[serde(rename(serialize = "a", deserialize = "b"), alias = "a")] a: u8 } |n| { a: n } });

json_edit!(a_tag_is_added
    { before { a: Kind } |n| { a: Kind::One { b: n } } with { enum Kind { One { b: u8 } } } }
    { after { a: Kind } |n| { a: Kind::One { b: n } } with { #[serde(tag = "t")] enum Kind { One { b: u8 } } } });

json_edit!(a_tag_is_renamed
    { before { a: Kind } |_| { a: Kind::One } with { #[serde(tag = "t")] enum Kind { One } } }
    { after { a: Kind } |_| { a: Kind::One } with { #[serde(tag = "u")] enum Kind { One } } });

json_edit!(content_is_renamed
    { before { a: Kind } |n| { a: Kind::One(n) } with { #[serde(tag = "t", content = "c")] enum Kind { One(u8) } } }
    { after { a: Kind } |n| { a: Kind::One(n) } with { #[serde(tag = "t", content = "d")] enum Kind { One(u8) } } });

json_edit!(a_struct_gets_a_tag
    { before { a: Inner } |n| { a: Inner { a: n } } with { struct Inner { a: u8 } } }
    { after { a: Inner } |n| { a: Inner { a: n } } with { #[serde(tag = "t")] struct Inner { a: u8 } } });

json_edit!(a_tagged_struct_is_renamed_for_serde
{ before { a: Inner } |n| { a: Inner { a: n } } with { #[serde(tag = "t")] struct Inner { a: u8 } } }
{
    after { a: Inner } |n| { a: Inner { a: n } }
    with { #[serde(tag = "t", rename = "Other")] struct Inner { a: u8 } }
});

edit!(a_struct_becomes_transparent
    { before { a: Inner } |n| { a: Inner { a: n } } with { struct Inner { a: u8 } } }
    { after { a: Inner } |n| { a: Inner { a: n } } with { #[serde(transparent)] struct Inner { a: u8 } } });

edit!(what_is_transparent_is_retyped
    { before { a: Inner } |n| { a: Inner { a: n } } with { #[serde(transparent)] struct Inner { a: u8 } } }
    { after { a: Inner } |_| { a: Inner { a: -1 } } with { #[serde(transparent)] struct Inner { a: i8 } } });

edit!(a_type_is_written_as_another
    { before { a: Even } |n| { a: Even(n) } with { struct Even(u8); } }
    { after { a: Even } |n| { a: Even(n) } with { #[serde(into = "u8", from = "u8")] struct Even(u8); }
        and {
            impl From<Even> for u8 { fn from(even: Even) -> Self { even.0 } }
            impl From<u8> for Even { fn from(number: u8) -> Self { Self(number) } }
        } });

edit!(a_type_is_written_as_a_third
    { before { a: Even } |n| { a: Even(n) } with { #[serde(into = "u8", from = "u8")] struct Even(u8); }
        and {
            impl From<Even> for u8 { fn from(even: Even) -> Self { even.0 } }
            impl From<u8> for Even { fn from(number: u8) -> Self { Self(number) } }
        } }
    { after { a: Even } |n| { a: Even(n) } with { #[serde(into = "u16", try_from = "u16")] struct Even(u8); }
        and {
            impl From<Even> for u16 { fn from(even: Even) -> Self { even.0.into() } }
            impl TryFrom<u16> for Even {
                type Error = std::num::TryFromIntError;
                fn try_from(number: u16) -> Result<Self, Self::Error> { number.try_into().map(Self) }
            }
        } });

json_edit!(fields_are_flattened
    { before { a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } }
    { after { #[serde(flatten)] a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } });

json_edit!(what_is_flattened_is_edited
{ before { #[serde(flatten)] a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } }
{
    after { #[serde(flatten)] a: Inner } |n| { a: Inner { b: n, c: None } }
    with { struct Inner { b: u8, c: Option<u8> } }
});

json_edit!(a_field_is_left_out_if_it_is_none
    { before { a: Option<u8> } |_| { a: None } }
    { after { #[serde(skip_serializing_if = "Option::is_none")] a: Option<u8> } |_| { a: None } });

json_edit!(the_condition_changes
{ before { #[serde(default, skip_serializing_if = "Vec::is_empty")] a: Vec<u8> } |n| { a: vec![n] } }
{
    after { #[serde(default, skip_serializing_if = "Vec::<u8>::is_empty")] a: Vec<u8> }
    |n| { a: vec![n] }
});

// What was left out then was empty, and would be read as what the function gives.
json_edit!(what_is_left_out_is_read_as_another_value
{ before { #[serde(default, skip_serializing_if = "Vec::is_empty")] a: Vec<u8> } |_| { a: vec![] } }
{
    after {
        #[serde(default = "one", skip_serializing_if = "Vec::is_empty")]
        #[schema(trusted)]
        a: Vec<u8>
    }
    |n| { a: vec![n] }
});

edit!(a_function_writes_it
    { before { a: u8 } |n| { a: n } }
    { after { #[serde(with = "doubled")] #[schema(opaque = "doubled-v1")] a: u8 } |n| { a: n } });

edit!(the_functions_form_is_bumped
    { before { #[serde(with = "doubled")] #[schema(opaque = "doubled-v1")] a: u8 } |n| { a: n } }
    { after { #[serde(with = "doubled")] #[schema(opaque = "doubled-v2")] a: u8 } |n| { a: n } });

edit!(an_opaque_types_form_is_bumped
{
    before { #[schema(opaque(Foreign = "v1"))] a: Vec<Option<Foreign>> }
    |n| { a: vec![Some(Foreign(n))] }
}
{
    after { #[schema(opaque(Foreign = "v2"))] a: Vec<Option<Foreign>> }
    |n| { a: vec![Some(Foreign(n))] }
});

edit!(a_type_becomes_opaque
{ before { a: Inner } |n| { a: Inner { b: n } } with { struct Inner { b: u8 } } }
{
    after { a: Inner } |n| { a: Inner { b: n } }
    with { #[schema(opaque = "inner-v1")] struct Inner { b: u8 } }
});

fn one() -> Vec<u8> {
    vec![1]
}

/// Another crate's.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Foreign(u8);

mod doubled {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
    pub(super) fn serialize<S: Serializer>(value: &u8, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u16(u16::from(*value) * 2)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
        u16::deserialize(from).map(|value| (value / 2).to_le_bytes()[0])
    }
}
