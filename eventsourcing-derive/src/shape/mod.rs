//! The validated picture of a type's shape, and the rule "faithful or refused" as far as a macro can see it.
//!
//! `read` makes it of an input, `inside` looks into types, `named` at names, `flattened` at what is flattened, `crossed` at
//! names that trade places, `discriminants` at numbers; `rules` refuses.
//!
//! On an aggregate's and an event's own fields a violation is a mistake here; on the types inside it is noted in the
//! description, and refused when a repository is built (the runtime's `schema::faithful`).

mod crossed;
mod discriminants;
mod flattened;
mod inside;
mod named;
mod read;
mod rules;

use proc_macro2::{Ident, Span};
use syn::{Generics, LitStr, Path, Type};

use proc_macro2::TokenStream;

pub(crate) use self::inside::{asked_of_parameters, mentions};

/// The bits of a variant's and a field's flags: those of the runtime's `schema::describe`.
pub(crate) mod flag {
    pub(crate) const SKIP_WRITING: u16 = 1;
    pub(crate) const SKIP_READING: u16 = 2;
    pub(crate) const TRUSTED: u16 = 4;
    pub(crate) const DEFAULT: u16 = 8;
    pub(crate) const FLATTENED: u16 = 16;
    pub(crate) const NAMED: u16 = 32;
    pub(crate) const UNIT: u16 = 64;
    pub(crate) const UNTAGGED: u16 = 128;
    pub(crate) const OTHER: u16 = 256;
    pub(crate) const SKIPPED_FAITHFULLY: u16 = 512;
    pub(crate) const CONTAINER_DEFAULT: u16 = 1024;
    pub(crate) const DENIES_UNKNOWN: u16 = 2048;
}

/// What is described, and whose mistakes are reported here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    State,
    Event,
    /// A type inside one: `derive(Schema)`.
    Inner,
}

/// A type's shape.
#[derive(Debug)]
pub(crate) struct TypeShape {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) name: String,
    pub(crate) into: Option<Type>,
    pub(crate) from: Option<Type>,
    pub(crate) form: Form,
    /// The types that are opaque somewhere in it, by the number that stands for each.
    pub(crate) opaque: Vec<(Type, LitStr)>,
    pub(crate) said: Vec<Said>,
    /// What only some codecs can keep, of a state: the codec is known when the program is compiled.
    pub(crate) demands: Vec<Demand>,
}

/// A key, and what it says as it is written: of that no more can be seen.
pub(crate) type Said = (&'static str, String);

/// Something in a state that the codec of its snapshots must be able to keep.
#[derive(Debug)]
pub(crate) struct Demand {
    /// The token to blame.
    pub(crate) span: Span,
    pub(crate) of: Keeping,
    pub(crate) message: String,
}

/// What a codec may be unable to keep: see the runtime's `Format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// The difference between `None` and `Some(None)`, and fields whatever their names are.
    NestedNone,
    /// What is read by what the bytes say, or nests without end.
    Undeclared,
}

#[derive(Debug)]
pub(crate) enum Form {
    /// By the name that the user gives it.
    Opaque(LitStr),
    Struct(FieldsShape, Option<String>),
    Enum(Tagging, Vec<FieldsShape>),
    Transparent(FieldType),
}

#[derive(Debug)]
pub(crate) enum Tagging {
    External,
    Internal(String),
    Adjacent(String, String),
    Untagged,
}

/// The fields of a struct or variant.
#[derive(Debug)]
pub(crate) struct FieldsShape {
    pub(crate) name: String,
    pub(crate) read_as: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) flags: u16,
    pub(crate) fields: Vec<FieldShape>,
    pub(crate) said: Vec<Said>,
    /// An expression of type `i128`.
    pub(crate) discriminant: Option<TokenStream>,
}

#[derive(Debug)]
pub(crate) struct FieldShape {
    pub(crate) name: String,
    pub(crate) read_as: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) flags: u16,
    pub(crate) skipped_if: Option<String>,
    /// The function that gives it if it is absent: its own, or that of the type around it.
    pub(crate) default: Option<String>,
    pub(crate) said: Vec<Said>,
    pub(crate) of: FieldType,
}

#[derive(Debug)]
pub(crate) enum FieldType {
    /// With the opaque types in it replaced: see [`marker`].
    Type(Box<Type>),
    /// By the name that the user gives its form.
    Opaque(Box<Type>, LitStr),
    /// Neither written nor read: its type needs no shape.
    Absent,
}

/// The name of the type that stands for an opaque one.
pub(crate) fn marker(number: usize) -> Ident {
    Ident::new(&format!("__Opaque{number}"), Span::call_site())
}

impl TypeShape {
    /// Every type that is asked for its shape.
    pub(crate) fn types(&self) -> Vec<&Type> {
        let lists = match &self.form {
            Form::Struct(fields, _) => std::slice::from_ref(fields),
            Form::Enum(_, variants) => variants,
            Form::Transparent(_) | Form::Opaque(_) => &[],
        };
        let fields = lists.iter().flat_map(|list| &list.fields);
        let transparent = match &self.form {
            Form::Transparent(of) => Some(of),
            _ => None,
        };
        let asked = transparent.into_iter().chain(fields.map(|field| &field.of));
        let asked = asked.filter_map(|of| match of {
            FieldType::Type(of) => Some(&**of),
            FieldType::Opaque(..) | FieldType::Absent => None,
        });
        self.into.iter().chain(&self.from).chain(asked).collect()
    }
}
