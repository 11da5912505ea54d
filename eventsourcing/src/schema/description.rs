//! What a description says. Everything in here is hashed (`fingerprint`) and shown (`text`).

use std::borrow::Cow;

/// The shape of a type, and of every type in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub(super) root: Shape,
    pub(super) definitions: Vec<Definition>,
}

impl Description {
    /// The type itself.
    pub fn root(&self) -> &Shape {
        &self.root
    }

    /// The types that describe themselves, in the order in which they are met; [`Shape::Defined`] counts them from 0.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The definition of the type itself, if it is a type that describes itself.
    pub fn root_definition(&self) -> Option<&Definition> {
        match self.root {
            Shape::Defined(index) => self.definitions.get(index),
            _ => None,
        }
    }
}

/// How a type is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A type that comes with the crate, with its type arguments: `u32`, `Vec<u32>`.
    Known(&'static str, Vec<Shape>),
    /// A tuple.
    Tuple(Vec<Shape>),
    /// An array of this many.
    Array(Box<Shape>, usize),
    /// A type that describes itself: its place in [`Description::definitions`].
    Defined(usize),
    /// A type that the user named the form of, and its own name, without modules.
    Opaque(&'static str, String),
    /// A const argument of a type, as code has it.
    Constant(String),
    /// A type argument of which nothing is written, by its name without modules.
    Phantom(String),
}

impl Shape {
    /// Whether it is an `Option`.
    pub fn is_option(&self) -> bool {
        matches!(self, Self::Known("Option", _))
    }

    /// The shapes directly inside it, those of a definition's body aside.
    pub fn inner(&self) -> &[Shape] {
        match self {
            Self::Known(_, shapes) | Self::Tuple(shapes) => shapes,
            Self::Array(shape, _) => std::slice::from_ref(shape),
            Self::Defined(_) | Self::Opaque(..) | Self::Constant(_) | Self::Phantom(_) => &[],
        }
    }
}

/// What a declaration says that isn't a shape: `with`, `remote`, `discriminant`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it is about.
    pub key: &'static str,
    /// As it was written, without spaces.
    pub text: Cow<'static, str>,
}

/// A type that describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its identifier.
    pub name: &'static str,
    /// The module that it stands in. Not hashed: a type may move.
    pub module: &'static str,
    /// Its type arguments and const arguments.
    pub arguments: Vec<Shape>,
    /// What it says of itself as a whole.
    pub said: Vec<Said>,
    /// What is in it.
    pub body: Body,
}

/// What a type consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A struct; with a tag if serde writes its name.
    Struct(Variant, Option<&'static str>),
    /// An enum.
    Enum(Tagging, Vec<Variant>),
    /// Written as its only field (`#[serde(transparent)]`).
    Transparent(Shape),
    /// Written and read as other types (`#[serde(into, from)]`); none: as itself.
    Converted {
        /// What is written.
        into: Option<Shape>,
        /// What is read.
        from: Option<Shape>,
        /// The type itself, if one of both is none.
        own: Option<Box<Body>>,
    },
}

impl Body {
    /// Whether it is an enum's.
    pub(super) fn is_enum(&self) -> bool {
        match self {
            Self::Enum(..) => true,
            Self::Converted { own, .. } => own.as_deref().is_some_and(Self::is_enum),
            Self::Struct(..) | Self::Transparent(_) => false,
        }
    }

    /// Visits every shape in it, and those inside these.
    pub(super) fn each_shape<'a>(&'a self, visit: &mut impl FnMut(&'a Shape)) {
        fn deeply<'a>(shape: &'a Shape, visit: &mut impl FnMut(&'a Shape)) {
            visit(shape);
            shape.inner().iter().for_each(|inner| deeply(inner, visit));
        }
        let variants = match self {
            Self::Struct(fields, _) => std::slice::from_ref(fields),
            Self::Enum(_, variants) => variants,
            Self::Transparent(shape) => return deeply(shape, visit),
            Self::Converted { into, from, own } => {
                into.iter()
                    .chain(from)
                    .for_each(|shape| deeply(shape, visit));
                if let Some(own) = own {
                    own.each_shape(visit);
                }
                return;
            }
        };
        let fields = variants.iter().flat_map(|variant| &variant.fields);
        let shapes = fields.filter_map(|field| field.shape.as_ref());
        shapes.for_each(|shape| deeply(shape, visit));
    }
}

/// How the variants of an enum are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagging {
    /// By name (or number) around the content: serde's default.
    External,
    /// By a field of this name in the content.
    Internal(&'static str),
    /// By a field of this name beside the content.
    Adjacent {
        /// The name of the variant's field.
        tag: &'static str,
        /// The name of the content's field.
        content: &'static str,
    },
    /// Not at all: the first that fits is read.
    Untagged,
}

/// The fields of a struct or of an enum's variant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Variant {
    /// The name as it is written; empty for a struct without a tag.
    pub name: &'static str,
    /// The name as it is read, where that is another.
    pub read_as: Option<&'static str>,
    /// Other names that are read as it. Not hashed.
    pub aliases: Vec<&'static str>,
    /// Whether the fields have names.
    pub has_names: bool,
    /// Whether it is written without any content: `struct Unit;`.
    pub is_unit: bool,
    /// The fields.
    pub fields: Vec<Field>,
    /// Whether the variant is skipped.
    pub skipped: Skipped,
    /// `#[serde(untagged)]` on the variant.
    pub is_untagged: bool,
    /// `#[serde(other)]`: whatever isn't known is read as it.
    pub is_other: bool,
    /// `#[schema(trusted)]`: faithful at the user's word.
    pub is_trusted: bool,
    /// `#[serde(deny_unknown_fields)]` on the type. Not hashed.
    pub denies_unknown: bool,
    /// What it says besides.
    pub said: Vec<Said>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Field {
    /// The name as it is written; that of a tuple's field is its place.
    pub name: Cow<'static, str>,
    /// The name as it is read, where that is another.
    pub read_as: Option<&'static str>,
    /// Other names that are read as it. Not hashed.
    pub aliases: Vec<&'static str>,
    /// Its type; none if it is skipped.
    pub shape: Option<Shape>,
    /// What is read if it is absent, by `#[serde(default)]`. Hashed only where what is written may lack it.
    pub absent: Option<Absent>,
    /// Whether it is neither written nor read, or not one of both.
    pub skipped: Skipped,
    /// Whether its fields are written among those around it.
    pub is_flattened: bool,
    /// The condition of `skip_serializing_if`.
    pub skipped_if: Option<&'static str>,
    /// Whether what is left out by that condition reads back as the same value.
    pub is_skipped_faithfully: bool,
    /// `#[schema(trusted)]`: faithful at the user's word.
    pub is_trusted: bool,
    /// What it says besides.
    pub said: Vec<Said>,
}

impl Field {
    /// Whether what is written may lack it, or lack it under the name that is read.
    pub fn may_be_absent(&self) -> bool {
        self.skipped.at_all() || self.skipped_if.is_some() || self.read_as.is_some()
    }
}

/// What an absent field is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Its type's default.
    Default,
    /// What this function gives.
    Function(&'static str),
    /// The field of the default of the type around it, or of what this function gives.
    Container(Option<&'static str>),
}

/// Which way serde leaves something out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    /// It is not written.
    pub writing: bool,
    /// It is not read.
    pub reading: bool,
}

impl Skipped {
    /// One way or both.
    pub fn at_all(self) -> bool {
        self.writing || self.reading
    }
}
