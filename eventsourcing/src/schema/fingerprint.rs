//! The hash of a description. A change here makes every stored snapshot stale: then the algorithm's version is raised.

use std::fmt;

use twox_hash::XxHash3_128;

use super::{
    description::{Absent, Body, Description, Field, Said, Shape, Skipped, Tagging, Variant},
    history_names,
};
use crate::aggregate::Aggregate;

/// Raised with every change of what is hashed, or how.
const ALGORITHM: u8 = 2;

/// A hash of the shape of an aggregate's state, 128 bits: part of a snapshot's key.
///
/// It is the same for every compiler, platform and process. It changes when a field is added, removed, renamed, retyped
/// or moved, when a variant or its discriminant changes, when a serde attribute changes what is written, when a type
/// argument changes, when Rust names trade places under stored ones, at any depth. Functions and types that are named in
/// attributes (`with`, `remote`, `into`; `default` where a value may be absent) are part of it by their names. Where a type
/// is declared, what else stands there, and attributes that only tell what else is read (`alias`, `default`) play no part.
///
/// It doesn't see what functions do (handlers, conversions, `with`): such a change needs a bump of `schema_version`. Nor does
/// it have the list that an event stands in: a load looks whether a snapshot says what its event says, discarded or alive,
/// and `schema_lock!` refuses a change.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// That of `A`, which is in the keys of its snapshots: of its state's shape, of the names of `retired`, `legacy` and
    /// `upcast`, of the events' aliases with their variants, and of events that are stored under each other's names:
    /// these change what a replay yields.
    pub fn of_state<A: Aggregate>() -> Self {
        Self::of(&Description::of::<A>(), &history_names::<A>())
    }

    /// With these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// XXH3-128 over the description and the names that `history` lists, each text with its length before it.
    pub(super) fn of(description: &Description, history: &[String]) -> Self {
        let mut input = Input(vec![ALGORITHM]);
        // The name of the type itself plays no part: its stored name is in the key.
        let root = &description.root;
        match root {
            Shape::Opaque(tag, _) => input.shape(&Shape::Opaque(tag, String::new())),
            root => input.shape(root),
        }
        input.number(description.definitions.len());
        for (place, definition) in description.definitions.iter().enumerate() {
            let is_root = *root == Shape::Defined(place);
            input.text(if is_root { "" } else { definition.name });
            input.shapes(&definition.arguments);
            input.said(&definition.said);
            input.body(&definition.body);
        }
        input.number(history.len());
        for name in history {
            input.text(name);
        }
        Self(XxHash3_128::oneshot(&input.0).to_be_bytes())
    }
}

/// In lower-case hexadecimal, 32 digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is hashed: each choice a byte, each count and length 8 bytes, so that no two descriptions are written the same.
struct Input(Vec<u8>);

impl Input {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    fn number(&mut self, number: usize) {
        self.0.extend((number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend(text.as_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.tag(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn shapes(&mut self, shapes: &[Shape]) {
        self.number(shapes.len());
        for shape in shapes {
            self.shape(shape);
        }
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Known(name, arguments) => {
                self.tag(1);
                self.text(name);
                self.shapes(arguments);
            }
            Shape::Tuple(shapes) => {
                self.tag(2);
                self.shapes(shapes);
            }
            Shape::Array(shape, length) => {
                self.tag(3);
                self.shape(shape);
                self.number(*length);
            }
            Shape::Defined(place) => {
                self.tag(4);
                self.number(*place);
            }
            Shape::Opaque(tag, name) => {
                self.tag(5);
                self.text(tag);
                self.text(name);
            }
            Shape::Constant(value) => {
                self.tag(6);
                self.text(value);
            }
            Shape::Phantom(name) => {
                self.tag(7);
                self.text(name);
            }
        }
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Struct(fields, tag) => {
                self.tag(1);
                self.variant(fields);
                self.maybe(*tag, Self::text);
            }
            Body::Enum(tagging, variants) => {
                self.tag(2);
                self.tagging(*tagging);
                self.number(variants.len());
                for variant in variants {
                    self.variant(variant);
                }
            }
            Body::Transparent(shape) => {
                self.tag(3);
                self.shape(shape);
            }
            Body::Converted { into, from, own } => {
                self.tag(4);
                self.maybe(into.as_ref(), Self::shape);
                self.maybe(from.as_ref(), Self::shape);
                self.maybe(own.as_deref(), Self::body);
            }
        }
    }

    fn tagging(&mut self, tagging: Tagging) {
        match tagging {
            Tagging::External => self.tag(1),
            Tagging::Internal(tag) => {
                self.tag(2);
                self.text(tag);
            }
            Tagging::Adjacent { tag, content } => {
                self.tag(3);
                self.text(tag);
                self.text(content);
            }
            Tagging::Untagged => self.tag(4),
        }
    }

    fn variant(&mut self, variant: &Variant) {
        self.text(variant.name);
        self.maybe(variant.read_as, Self::text);
        self.tag(u8::from(variant.has_names));
        self.tag(u8::from(variant.is_unit));
        self.tag(u8::from(variant.is_untagged));
        self.tag(u8::from(variant.is_other));
        self.skipped(variant.skipped);
        self.said(&variant.said);
        self.number(variant.fields.len());
        for field in &variant.fields {
            self.field(field);
        }
    }

    fn field(&mut self, field: &Field) {
        self.text(&field.name);
        self.maybe(field.read_as, Self::text);
        self.skipped(field.skipped);
        self.tag(u8::from(field.is_flattened));
        self.maybe(field.skipped_if, Self::text);
        self.tag(u8::from(field.is_skipped_faithfully));
        self.said(&field.said);
        self.maybe(field.shape.as_ref(), Self::shape);
        let absent = field.absent.filter(|_| field.may_be_absent());
        self.maybe(absent, Self::absent);
    }

    fn absent(&mut self, absent: Absent) {
        match absent {
            Absent::Default => self.tag(1),
            Absent::Function(path) => {
                self.tag(2);
                self.text(path);
            }
            Absent::Container(path) => {
                self.tag(3);
                self.maybe(path, Self::text);
            }
        }
    }

    fn said(&mut self, said: &[Said]) {
        self.number(said.len());
        for said in said {
            self.text(said.key);
            self.text(&said.text);
        }
    }

    fn skipped(&mut self, skipped: Skipped) {
        self.tag(u8::from(skipped.writing));
        self.tag(u8::from(skipped.reading));
    }
}
