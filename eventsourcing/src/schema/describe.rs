//! From what the derive writes down to a description. The specs are plain tables, so that they compile fast.

use std::{any::TypeId, borrow::Cow, collections::HashMap};

use super::{
    Schema,
    description::{Body, Definition, Description, Field, Shape, Skipped, Tagging, Variant},
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
    pub into: Option<ShapeOf>,
    pub from: Option<ShapeOf>,
}

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
    /// The first is the name as it is read, if the flags say so.
    pub aliases: &'static [&'static str],
    /// Bits of this module's constants.
    pub flags: u16,
    pub fields: &'a [FieldSpec],
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
const READ_AS: u16 = 1024;

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

    /// A type by the name that the user gives its form.
    #[doc(hidden)]
    pub fn opaque(tag: &'static str) -> Shape {
        Shape::Opaque(tag)
    }

    /// A const argument, shown as it is.
    #[doc(hidden)]
    pub fn argument(value: &dyn ToString) -> Shape {
        Shape::Constant(value.to_string())
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
            body: Body::Enum(Tagging::External, Vec::new()),
        });
        let body = self.body(spec);
        let arguments = spec.arguments.iter().map(|shape| shape(self)).collect();
        if let Some(definition) = self.definitions.get_mut(place) {
            definition.arguments = arguments;
            definition.body = body;
        }
        Shape::Defined(place)
    }

    fn body(&mut self, spec: &TypeSpec<'_>) -> Body {
        let into = spec.into.map(|shape| shape(self));
        let from = spec.from.map(|shape| shape(self));
        if into.is_none() && from.is_none() {
            return self.form(&spec.form);
        }
        let is_own = into.is_none() || from.is_none();
        let own = is_own.then(|| Box::new(self.form(&spec.form)));
        Body::Converted { into, from, own }
    }

    fn form(&mut self, form: &Form<'_>) -> Body {
        match form {
            Form::Struct(fields, tag) => Body::Struct(self.variant(fields), *tag),
            Form::Enum(tagging, variants) => {
                let variants = variants.iter().map(|variant| self.variant(variant));
                Body::Enum(*tagging, variants.collect())
            }
            Form::Transparent(shape) => Body::Transparent(shape(self)),
        }
    }

    fn variant(&mut self, spec: &VariantSpec<'_>) -> Variant {
        let has = |flag| spec.flags & flag != 0;
        let (read_as, aliases) = match spec.aliases {
            [first, rest @ ..] if has(READ_AS) => (Some(*first), rest),
            all => (None, all),
        };
        Variant {
            name: spec.name,
            read_as,
            aliases: aliases.to_vec(),
            has_names: has(NAMED),
            is_unit: has(UNIT),
            fields: spec.fields.iter().map(|field| self.field(field)).collect(),
            skipped: skipped(spec.flags),
            is_untagged: has(UNTAGGED),
            is_other: has(OTHER),
            is_trusted: has(TRUSTED),
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
            has_default: has(DEFAULT),
            skipped,
            is_flattened: has(FLATTENED),
            skipped_if: spec.more.and_then(|more| more.skipped_if),
            is_skipped_faithfully: has(SKIPPED_FAITHFULLY),
            is_trusted: has(TRUSTED),
        }
    }
}

fn skipped(flags: u16) -> Skipped {
    Skipped {
        writing: flags & SKIP_WRITING != 0,
        reading: flags & SKIP_READING != 0,
    }
}
