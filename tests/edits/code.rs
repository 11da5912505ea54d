//! Edits that no stored byte shows: type arguments, discriminants, Rust names under stored ones, functions and types that
//! attributes name.

use std::marker::PhantomData;

use super::{ANY, Begun, Program, SELF_DESCRIBING, Went, changed, unchanged};

macro_rules! derived {
    ($item:item) => {
        #[derive(
            eventsourcing::Schema,
            Clone,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
        )]
        $item
    };
}

derived! { pub(crate) struct Fixed<const SCALE: u32> { raw: u32 } }

impl<const SCALE: u32> Fixed<SCALE> {
    fn of(units: u8) -> Self {
        let raw = u32::from(units) * 10_u32.pow(SCALE);
        Self { raw }
    }
}

derived! { pub(crate) struct Money<C: Currency> { minor: u32, currency: PhantomData<C> } }

pub(crate) trait Currency {
    const MINOR: u32;
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Euro;

impl Currency for Euro {
    const MINOR: u32 = 100;
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Yen;

impl Currency for Yen {
    const MINOR: u32 = 1;
}

impl<C: Currency> Money<C> {
    fn of(units: u8) -> Self {
        Self {
            minor: u32::from(units) * C::MINOR,
            currency: PhantomData,
        }
    }
}

edit!(a_const_argument
    { before { a: Fixed<2> } |n| { a: Fixed::of(n) } }
    { after { a: Fixed<4> } |n| { a: Fixed::of(n) } });

edit!(a_phantom_argument
    { before { a: Vec<Money<Euro>> } |n| { a: vec![Money::of(n)] } }
    { after { a: Vec<Money<Yen>> } |n| { a: vec![Money::of(n)] } });

edit!(a_phantom_field
    { before { a: u8, b: PhantomData<Euro> } |n| { a: n, b: PhantomData } }
    { after { a: u8, b: PhantomData<Yen> } |n| { a: n + 1, b: PhantomData } });

edit!(discriminants
    { before { a: Kind, b: u8 } |_| { a: Kind::Two, b: Kind::Two as u8 } with { enum Kind { One = 1, Two = 2 } } }
    { after { a: Kind, b: u8 } |_| { a: Kind::Two, b: Kind::Two as u8 } with { enum Kind { One = 1, Two = 4 } } });

edit!(discriminants_that_are_computed
    { before { a: Kind, b: u8 } |_| { a: Kind::Two, b: Kind::Two as u8 } with { enum Kind { One = FIVE, Two } } and { const FIVE: isize = 5; } }
    { after { a: Kind, b: u8 } |_| { a: Kind::Two, b: Kind::Two as u8 } with { enum Kind { One = FIVE, Two } } and { const FIVE: isize = 6; } });

edit!(two_fields_trade_names
{ before { a: u8, b: u8 } |n| { a: n, b: 1 } }
{
    after { #[serde(rename = "a")] b: u8, #[serde(rename = "b")] a: u8 }
    |n| { a: n, b: 1 }
});

edit!(two_variants_trade_names
{ before { a: Kind } |_| { a: Kind::One } with { enum Kind { One, Two } } }
{
    after { a: Kind } |_| { a: Kind::One }
    with { enum Kind { #[serde(rename = "One")] Two, #[serde(rename = "Two")] One } }
});

edit!(another_function_writes_it
{
    before { #[serde(with = "halves")] #[schema(opaque = "v1")] a: u8 }
    |n| { a: n * 2 }
}
{
    after { #[serde(with = "thirds")] #[schema(opaque = "v1")] a: u8 }
    |n| { a: n * 2 }
});

edit!(another_function_writes_a_newtype
{
    before { a: Inner } |n| { a: Inner(n * 2) }
    with { #[serde(transparent)] struct Inner(#[serde(with = "halves")] #[schema(opaque = "v1")] u8); }
}
{
    after { a: Inner } |n| { a: Inner(n * 2) }
    with { #[serde(transparent)] struct Inner(#[serde(with = "thirds")] #[schema(opaque = "v1")] u8); }
});

json_edit!(another_function_writes_a_variant
{
    before { a: Kind } |n| { a: Kind::One(n * 2) }
    with { enum Kind { #[serde(with = "halves")] #[schema(trusted)] One(u8) } }
}
{
    after { a: Kind } |n| { a: Kind::One(n * 2) }
    with { enum Kind { #[serde(with = "thirds")] #[schema(trusted)] One(u8) } }
});

edit!(what_is_opaque_is_another_type
    { before { #[schema(opaque = "v1")] a: Scaled<2> } |n| { a: Scaled::of(n) } }
    { after { #[schema(opaque = "v1")] a: Scaled<4> } |n| { a: Scaled::of(n) } });

edit!(a_type_that_is_opaque_in_it_is_another
    { before { #[schema(opaque(Scaled<2> = "v1"))] a: Option<Scaled<2>> } |n| { a: Some(Scaled::of(n)) } }
    { after { #[schema(opaque(Scaled<4> = "v1"))] a: Option<Scaled<4>> } |n| { a: Some(Scaled::of(n)) } });

edit!(the_argument_of_a_type_that_is_opaque
    { before { a: ByHand<Euro> } |n| { a: ByHand::of(n) } }
    { after { a: ByHand<Yen> } |n| { a: ByHand::of(n) } });

edit!(it_is_written_as_the_same_by_another_conversion
{
    before { a: Even } |n| { a: Even(n) } with { #[serde(into = "u8", from = "u8")] struct Even(u8); }
    and {
        impl From<Even> for u8 { fn from(even: Even) -> Self { even.0 } }
        impl From<u8> for Even { fn from(number: u8) -> Self { Self(number) } }
    }
}
{
    after { a: Even } |n| { a: Even(n) } with { #[serde(into = "Box<u8>", from = "Box<u8>")] struct Even(u8); }
    and {
        impl From<Even> for Box<u8> { fn from(even: Even) -> Self { Box::new(even.0 ^ 1) } }
        impl From<Box<u8>> for Even { fn from(number: Box<u8>) -> Self { Self(*number ^ 1) } }
    }
});

edit!(what_is_skipped_has_another_default
{
    before { a: u8, #[serde(skip, default = "one")] #[schema(trusted)] b: u8 }
    |n| { a: n, b: 1 }
}
{
    after { a: u8, #[serde(skip, default = "two")] #[schema(trusted)] b: u8 }
    |n| { a: n, b: 2 }
});

json_edit!(what_is_left_out_has_another_default
{
    before { #[serde(default = "one", skip_serializing_if = "is_one")] #[schema(trusted)] a: u8 }
    |_| { a: 1 }
}
{
    after { #[serde(default = "two", skip_serializing_if = "is_one")] #[schema(trusted)] a: u8 }
    |_| { a: 3 }
});

json_edit!(what_is_left_out_inside_has_another_default
{
    before { a: Inner } |_| { a: Inner { b: 1 } }
    and {
        #[derive(eventsourcing::Schema, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default = "inner")]
        pub(crate) struct Inner { #[serde(skip_serializing_if = "is_one")] #[schema(trusted)] b: u8 }
        fn inner() -> Inner { Inner { b: 1 } }
    }
}
{
    after { a: Inner } |_| { a: Inner { b: 3 } }
    and {
        #[derive(eventsourcing::Schema, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default = "inner_too")]
        pub(crate) struct Inner { #[serde(skip_serializing_if = "is_one")] #[schema(trusted)] b: u8 }
        fn inner_too() -> Inner { Inner { b: 2 } }
    }
});

// ---- that change nothing ----------------------------------------------------------------------

no_edit!(what_is_named_moves_to_another_module
{
    before { a: Vec<Money<Euro>>, b: PhantomData<Euro>, #[schema(opaque = "v1")] c: Scaled<2> }
    |n| { a: vec![Money::of(n)], b: PhantomData, c: Scaled::of(n) }
}
{
    after { a: Vec<here::Money<here::Euro>>, b: PhantomData<here::Euro>, #[schema(opaque = "v1")] c: here::Scaled<{ 1 + 1 }> }
    |n| { a: vec![here::Money { minor: u32::from(n) * 100, currency: PhantomData }], b: PhantomData, c: here::Scaled::of(n) }
    and {
        mod here {
            use std::marker::PhantomData;

            derived! { pub(crate) struct Money<C> { pub(crate) minor: u32, pub(crate) currency: PhantomData<C> } }

            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub(crate) struct Euro;

            #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
            pub(crate) struct Scaled<const N: u32>(u32);

            impl<const N: u32> Scaled<N> {
                pub(crate) fn of(units: u8) -> Self { Self(u32::from(units) * 10_u32.pow(N)) }
            }
        }
    }
});

no_edit!(discriminants_that_are_those_of_the_places
    { before { a: Kind } |_| { a: Kind::Two } with { enum Kind { One, Two } } }
    { after { a: Kind } |_| { a: Kind::Two } with { enum Kind { One = 0, Two = 1 } } });

no_edit!(functions_with_other_spaces
{ before { #[serde(with = "super::super::halves")] #[schema(opaque = "v1")] a: u8 } |n| { a: n * 2 } }
{ after { #[serde(with = " super :: super::halves ")] #[schema(opaque = "v1")] a: u8 } |n| { a: n * 2 } });

no_edit!(the_default_of_what_is_always_there
    { before { #[serde(default = "one")] a: u8 } |n| { a: n } }
    { after { #[serde(default = "two")] a: u8 } |n| { a: n } });

/// Another crate's.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Scaled<const N: u32>(u32);

impl<const N: u32> Scaled<N> {
    fn of(units: u8) -> Self {
        Self(u32::from(units) * 10_u32.pow(N))
    }
}

#[derive(eventsourcing::Schema, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[schema(opaque = "by-hand-v1")]
pub(crate) struct ByHand<C: Currency>(u32, PhantomData<C>);

impl<C: Currency> ByHand<C> {
    fn of(units: u8) -> Self {
        Self(u32::from(units) * C::MINOR, PhantomData)
    }
}

fn one() -> u8 {
    1
}

fn two() -> u8 {
    2
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_one(number: &u8) -> bool {
    *number == 1
}

macro_rules! shares {
    ($module:ident, $share:literal) => {
        mod $module {
            use serde::{Deserialize as _, Deserializer, Serializer};

            #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
            pub(super) fn serialize<S: Serializer>(value: &u8, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_u16(u16::from(*value) * $share)
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
                u16::deserialize(from).map(|value| (value / $share).to_le_bytes()[0])
            }
        }
    };
}

shares!(halves, 2);
shares!(thirds, 3);
