//! From what the derive writes down to a description. The specs are plain tables, so that they compile fast.

use std::{
    any::{Any, TypeId},
    borrow::Cow,
    collections::HashMap,
};

use super::{
    Schema,
    bare::bare,
    description::{
        Absent, Body, Definition, Description, Field, Said, Shape, Skipped, Tagging, Variant,
    },
};

/// Collects the types that describe themselves, each once: recursive types end here.
#[derive(Debug)]
pub struct Describer {
    places: HashMap<TypeId, usize>,
    definitions: Vec<Definition>,
}

/// Describes a field's type.
pub(crate) type ShapeOf = fn(&mut Describer) -> Shape;

/// A type as the derive sees it.
#[doc(hidden)]
#[derive(Debug)]
pub struct TypeSpec<'a> {
    pub name: &'static str,
    pub module: &'static str,
    pub arguments: &'a [ShapeOf],
    pub form: Form<'a>,
    /// `into` and `from` of `#[serde(…)]`.
    pub into: Option<Converted>,
    pub from: Option<Converted>,
    pub said: Says,
}

/// The shape and the full name of a type that another is converted into or from.
type Converted = (ShapeOf, fn() -> &'static str);

/// Keys, and what they say as it was written.
type Says = &'static [(&'static str, &'static str)];

#[doc(hidden)]
#[derive(Debug)]
pub enum Form<'a> {
    Struct(VariantSpec<'a>, Option<&'static str>),
    Enum(Tagging, &'a [VariantSpec<'a>]),
    Transparent(ShapeOf),
}

/// A struct's or variant's fields as the derive sees them.
#[doc(hidden)]
#[derive(Debug)]
pub struct VariantSpec<'a> {
    pub name: &'static str,
    /// Bits of this module's constants.
    pub flags: u16,
    pub fields: &'a [FieldSpec],
    pub more: Option<&'static VariantMore>,
    /// If one of the enum's is given.
    pub discriminant: Option<i128>,
}

/// What few variants have.
#[doc(hidden)]
#[derive(Debug)]
pub struct VariantMore {
    pub read_as: Option<&'static str>,
    pub aliases: &'static [&'static str],
    pub said: Says,
}

/// A field as the derive sees it.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldSpec {
    pub name: &'static str,
    /// Bits of this module's constants.
    pub flags: u16,
    pub shape: ShapeOf,
    pub more: Option<&'static FieldMore>,
}

/// What few fields have.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldMore {
    pub read_as: Option<&'static str>,
    pub aliases: &'static [&'static str],
    pub skipped_if: Option<&'static str>,
    /// The function of `default`: the field's, or that of the type around it.
    pub default: Option<&'static str>,
    pub said: Says,
}

const SKIP_WRITING: u16 = 1;
const SKIP_READING: u16 = 2;
const TRUSTED: u16 = 4;
const DEFAULT: u16 = 8;
const FLATTENED: u16 = 16;
const NAMED: u16 = 32;
const UNIT: u16 = 64;
const UNTAGGED: u16 = 128;
const OTHER: u16 = 256;
const SKIPPED_FAITHFULLY: u16 = 512;
const CONTAINER_DEFAULT: u16 = 1024;
const DENIES_UNKNOWN: u16 = 2048;

impl Describer {
    pub(super) fn new() -> Self {
        Self {
            places: HashMap::new(),
            definitions: Vec::new(),
        }
    }

    /// All that a type's function describes.
    pub(crate) fn describe(shape: ShapeOf) -> Description {
        let mut types = Self::new();
        let root = shape(&mut types);
        Description {
            root,
            definitions: types.into_definitions(),
        }
    }

    /// The types that were met, in that order.
    pub(super) fn into_definitions(self) -> Vec<Definition> {
        self.definitions
    }

    /// The shape of `T`.
    pub fn shape<T: Schema>(&mut self) -> Shape {
        T::__shape(self)
    }

    /// A type that comes with the crate.
    #[doc(hidden)]
    pub fn known(&mut self, name: &'static str, arguments: &[ShapeOf]) -> Shape {
        let arguments = arguments.iter().map(|shape| shape(self)).collect();
        Shape::Known(name, arguments)
    }

    /// A type by the name that the user gives its form, and its own.
    #[doc(hidden)]
    pub fn opaque(tag: &'static str, name: &str) -> Shape {
        Shape::Opaque(tag, bare(name))
    }

    /// A type argument of which nothing is written.
    #[doc(hidden)]
    pub fn phantom(name: &str) -> Shape {
        Shape::Phantom(bare(name))
    }

    /// A const argument as code has it: `'1'` is another one than `1`. Of numbers the type is left out: they mean the same
    /// in each.
    #[doc(hidden)]
    pub fn argument<T: ToString + Any>(value: &T) -> Shape {
        let letter = (value as &dyn Any).downcast_ref::<char>();
        let letter = letter.map(|letter| format!("'{letter}'"));
        Shape::Constant(letter.unwrap_or_else(|| value.to_string()))
    }

    /// The type `T` by its spec, unless it was met before.
    #[doc(hidden)]
    pub fn define<T: 'static>(&mut self, spec: &TypeSpec<'_>) -> Shape {
        let id = TypeId::of::<T>();
        if let Some(&place) = self.places.get(&id) {
            return Shape::Defined(place);
        }
        let place = self.definitions.len();
        self.places.insert(id, place);
        // Holds the place: the types inside come after it.
        self.definitions.push(Definition {
            name: spec.name,
            module: spec.module,
            arguments: Vec::new(),
            said: Vec::new(),
            body: Body::Enum(Tagging::External, Vec::new()),
        });
        let mut said = says(spec.said);
        let body = self.body(spec, &mut said);
        let arguments = spec.arguments.iter().map(|shape| shape(self)).collect();
        if let Some(definition) = self.definitions.get_mut(place) {
            definition.arguments = arguments;
            definition.said = said;
            definition.body = body;
        }
        Shape::Defined(place)
    }

    fn body(&mut self, spec: &TypeSpec<'_>, said: &mut Vec<Said>) -> Body {
        let mut converted = |key, of: Option<Converted>| {
            let (shape, name) = of?;
            let (shape, name) = (shape(self), bare(name()));
            // `Arc<str>` and `String` are written the same, and converted by functions of their own.
            if self.plain(&shape).as_ref() != Some(&name) {
                said.push(Said {
                    key,
                    text: name.into(),
                });
            }
            Some(shape)
        };
        let (into, from) = (converted("into", spec.into), converted("from", spec.from));
        if into.is_none() && from.is_none() {
            return self.form(&spec.form);
        }
        let is_own = into.is_none() || from.is_none();
        let own = is_own.then(|| Box::new(self.form(&spec.form)));
        Body::Converted { into, from, own }
    }

    /// A shape as a type is named, unless that can't be told.
    fn plain(&self, shape: &Shape) -> Option<String> {
        match shape {
            Shape::Known(name, arguments) if arguments.is_empty() => Some((*name).to_owned()),
            Shape::Defined(place) => {
                let definition = self.definitions.get(*place)?;
                let is_plain = definition.arguments.is_empty();
                is_plain.then(|| definition.name.to_owned())
            }
            _ => None,
        }
    }

    fn form(&mut self, form: &Form<'_>) -> Body {
        match form {
            Form::Struct(fields, tag) => Body::Struct(self.variant(fields), *tag),
            Form::Enum(tagging, variants) => {
                let numbers = variants.iter().map(|variant| variant.discriminant);
                let is_natural = |(place, number): (i128, Option<i128>)| number == Some(place);
                let are_natural = (0..).zip(numbers).all(is_natural);
                let variants = variants.iter().map(|spec| {
                    let mut variant = self.variant(spec);
                    let number = spec.discriminant.filter(|_| !are_natural);
                    variant.said.extend(number.map(|number| Said {
                        key: "discriminant",
                        text: number.to_string().into(),
                    }));
                    variant
                });
                Body::Enum(*tagging, variants.collect())
            }
            Form::Transparent(shape) => Body::Transparent(shape(self)),
        }
    }

    fn variant(&mut self, spec: &VariantSpec<'_>) -> Variant {
        let has = |flag| spec.flags & flag != 0;
        Variant {
            name: spec.name,
            read_as: spec.more.and_then(|more| more.read_as),
            aliases: spec.more.map_or(&[][..], |more| more.aliases).to_vec(),
            has_names: has(NAMED),
            is_unit: has(UNIT),
            fields: spec.fields.iter().map(|field| self.field(field)).collect(),
            skipped: skipped(spec.flags),
            is_untagged: has(UNTAGGED),
            is_other: has(OTHER),
            is_trusted: has(TRUSTED),
            denies_unknown: has(DENIES_UNKNOWN),
            said: says(spec.more.map_or(&[], |more| more.said)),
        }
    }

    fn field(&mut self, spec: &FieldSpec) -> Field {
        let has = |flag| spec.flags & flag != 0;
        let skipped = skipped(spec.flags);
        let is_absent = skipped.writing && skipped.reading;
        Field {
            name: Cow::Borrowed(spec.name),
            read_as: spec.more.and_then(|more| more.read_as),
            aliases: spec.more.map_or(&[][..], |more| more.aliases).to_vec(),
            shape: (!is_absent).then(|| (spec.shape)(self)),
            absent: absent(spec),
            skipped,
            is_flattened: has(FLATTENED),
            skipped_if: spec.more.and_then(|more| more.skipped_if),
            is_skipped_faithfully: has(SKIPPED_FAITHFULLY),
            is_trusted: has(TRUSTED),
            said: says(spec.more.map_or(&[], |more| more.said)),
        }
    }
}

fn absent(spec: &FieldSpec) -> Option<Absent> {
    let path = spec.more.and_then(|more| more.default);
    if spec.flags & CONTAINER_DEFAULT != 0 {
        return Some(Absent::Container(path));
    }
    let own = path.map_or(Absent::Default, Absent::Function);
    (spec.flags & DEFAULT != 0).then_some(own)
}

fn says(said: Says) -> Vec<Said> {
    let each = said.iter().map(|&(key, text)| Said {
        key,
        text: text.into(),
    });
    each.collect()
}

fn skipped(flags: u16) -> Skipped {
    Skipped {
        writing: flags & SKIP_WRITING != 0,
        reading: flags & SKIP_READING != 0,
    }
}
