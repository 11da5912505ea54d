//! `derive(Schema)` where nothing is imported, with names of all kinds.

#![no_implicit_prelude]
#![deny(warnings)]

mod vendored {
    pub mod es {
        pub use ::eventsourcing::*;
    }
}

/// A trait that a bound and an associated type name.
pub trait Currency {
    type Amount: ::std::clone::Clone;
}

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
#[allow(non_camel_case_types)]
pub struct r#type {
    pub r#fn: ::std::string::String,
    #[cfg(any())]
    pub absent: NoSuchType,
    #[cfg(not(any()))]
    pub present: ::std::primitive::u8,
    #[serde(rename = "a \"quoted\" name")]
    pub named: ::std::option::Option<::std::boxed::Box<r#type>>,
}

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    r#Struct {
        r#type: ::std::primitive::u8,
    },
    Tuple(::std::primitive::u8, r#type),
    #[cfg(any())]
    Absent(NoSuchType),
    Unit,
}

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
#[schema(crate = crate::vendored::es)]
pub struct Elsewhere(pub ::std::primitive::u8);

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
pub struct Empty {}

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
#[serde(bound = "T: ::serde::Serialize + ::serde::de::DeserializeOwned")]
pub struct Page<T: ::std::clone::Clone, U, const N: ::std::primitive::usize>
where
    T: ::std::cmp::PartialEq,
{
    pub items: ::std::vec::Vec<T>,
    pub bytes: [::std::primitive::u8; 4],
    pub marker: ::std::marker::PhantomData<([U; N], T)>,
}

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
#[serde(
    bound = "C::Amount: ::serde::Serialize + ::serde::de::DeserializeOwned",
    transparent
)]
pub struct Money<C: Currency>(pub C::Amount, pub ::std::marker::PhantomData<C>);

#[derive(::std::clone::Clone, ::serde::Serialize, ::serde::Deserialize)]
pub struct Foreign;

#[derive(::eventsourcing::Schema, ::serde::Serialize, ::serde::Deserialize)]
#[serde(transparent)]
pub struct Opaque {
    pub marker: ::std::marker::PhantomData<Foreign>,
    #[schema(opaque = "foreign-v1")]
    pub foreign: Foreign,
}

/// Nothing of its own is written, so that what is inside needs no shape.
#[derive(
    ::std::clone::Clone,
    ::eventsourcing::Schema,
    ::serde::Serialize,
    ::serde::Deserialize,
)]
#[serde(into = "::std::primitive::u8", from = "::std::primitive::u8")]
pub struct Converted(pub Foreign);

impl ::std::convert::From<Converted> for ::std::primitive::u8 {
    fn from(_: Converted) -> Self {
        1
    }
}

impl ::std::convert::From<::std::primitive::u8> for Converted {
    fn from(_: ::std::primitive::u8) -> Self {
        Converted(Foreign)
    }
}

pub struct Euro;

impl Currency for Euro {
    type Amount = ::std::primitive::u64;
}

fn main() {
    use ::eventsourcing::schema::Description;
    use ::std::string::ToString as _;
    for (description, expected) in [
        (
            Description::of::<r#type>(),
            "struct type\n  fn: String\n  present: u8\n  \"a \\\"quoted\\\" name\": Option<type>\n",
        ),
        (Description::of::<Elsewhere>(), "struct Elsewhere\n  0: u8\n"),
        (Description::of::<Empty>(), "struct Empty (no fields)\n"),
        (
            Description::of::<Page<::std::primitive::u8, Foreign, 3>>(),
            "struct Page<u8, \"Foreign\", 3>\n  items: Vec<u8>\n  bytes: [u8; 4]\n  marker: PhantomData<\"([Foreign; 3], u8)\">\n",
        ),
        (Description::of::<Money<Euro>>(), "struct Money<\"Euro\"> = u64\n"),
        (Description::of::<Opaque>(), "struct Opaque = opaque \"foreign-v1\" for Foreign\n"),
        (
            Description::of::<Converted>(),
            "struct Converted (written as u8, read as u8)\n",
        ),
    ] {
        ::std::assert_eq!(description.to_string(), expected);
    }
    let kind = Description::of::<Kind>().to_string();
    ::std::assert!(kind.starts_with("enum Kind\n  struct\n    type: u8\n  tuple\n"), "{kind}");
}
