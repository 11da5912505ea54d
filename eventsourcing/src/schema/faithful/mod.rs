//! Faithful or refused: what can be written must read back the same.
//!
//! On a state's and an event's own fields the derive refuses what it can see. Here is the same for the types inside, which
//! are at hand when a repository is built, and for what depends on the codec.
//!
//! `names`: which name is read as what; `flattened`: what is read from among other fields; `tagged`: what a tag can stand
//! in; `null`: what is written as an absent value is; `forms`: what is written as one thing and read as another; `values`:
//! what of a type's values a codec loses, and keys of maps.

mod flattened;
mod forms;
mod names;
mod null;
#[cfg(all(
    test,
    feature = "bincode",
    feature = "derive",
    feature = "postcard",
    feature = "rust_decimal",
    feature = "serde_json"
))]
mod table;
mod tagged;
mod values;

use std::fmt;

use super::description::{Body, Definition, Description, Field, Shape, Tagging, Variant};
use crate::codec::Format;

/// A part of a type that a codec can't keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfaithful {
    /// The names of the fields that lead to it.
    path: String,
    /// What it is, and the cure.
    detail: String,
}

impl fmt::Display for Unfaithful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.detail)
    }
}

/// Looks through all of a description for what a codec of this format can't keep.
pub(crate) fn check(description: &Description, format: Format) -> Result<(), Unfaithful> {
    let mut walk = Walk {
        definitions: &description.definitions,
        format,
        path: Vec::new(),
        inside: Vec::new(),
        is_buffered: false,
        checked: vec![[false; 2]; description.definitions.len()],
    };
    if let Some(root) = description.root_definition() {
        walk.path.push(root.name.to_owned());
    }
    walk.shape(&description.root)
}

struct Walk<'a> {
    definitions: &'a [Definition],
    format: Format,
    path: Vec<String>,
    /// The definitions around the one that is looked at.
    inside: Vec<usize>,
    /// Whether serde keeps what it reads in a buffer before it knows its type: inside `flatten` and `tag`.
    is_buffered: bool,
    /// Each definition, outside of a buffer and inside.
    checked: Vec<[bool; 2]>,
}

/// What is empty by default, and has an `is_empty` that means it.
const COLLECTIONS: [&str; 11] = [
    "String",
    "Vec",
    "VecDeque",
    "LinkedList",
    "BinaryHeap",
    "BTreeSet",
    "HashSet",
    "BTreeMap",
    "HashMap",
    "OsString",
    "serde_json::Map",
];

impl<'a> Walk<'a> {
    /// Whether the bytes don't say what they are, as far as is known.
    fn is_positional(&self) -> bool {
        self.format != Format::SelfDescribing
    }

    /// Whether an absent value is a null, as far as is known.
    fn has_null(&self) -> bool {
        self.format != Format::Positional
    }

    fn refuse(&self, detail: impl Into<String>) -> Result<(), Unfaithful> {
        Err(Unfaithful {
            path: self.path.join("."),
            detail: detail.into(),
        })
    }

    fn shape(&mut self, shape: &Shape) -> Result<(), Unfaithful> {
        match shape {
            Shape::Defined(place) => {
                self.conversion(*place)?;
                self.definition(*place)
            }
            Shape::Known(name, arguments) => {
                if *name == "Option"
                    && self.has_null()
                    && arguments
                        .first()
                        .is_some_and(|inner| self.is_null(inner, 0))
                {
                    return self.refuse(
                        "a self-describing codec writes `Some(None)` and `Some(())` as it writes `None`: use an enum with a name for each case, or a positional codec such as `Postcard`, or accept that with `#[schema(trusted)]`",
                    );
                }
                self.known(name, arguments)?;
                arguments.iter().try_for_each(|inner| self.shape(inner))
            }
            Shape::Tuple(_) | Shape::Array(..) => {
                shape.inner().iter().try_for_each(|inner| self.shape(inner))
            }
            Shape::Opaque(..) | Shape::Constant(_) | Shape::Phantom(_) => Ok(()),
        }
    }

    fn definition(&mut self, place: usize) -> Result<(), Unfaithful> {
        if self.inside.contains(&place) && self.is_positional() {
            let name = self.definitions.get(place).map_or("it", |d| d.name);
            return self.refuse(format!(
                "`{name}` contains itself, and deep values overflow the stack of a positional codec: use `snapshot_codec = eventsourcing::codec::Json` (or `event_codec(Json)`), which stops at 128 levels"
            ));
        }
        let checked = self.checked.get_mut(place);
        match checked.map(|checked| &mut checked[usize::from(self.is_buffered)]) {
            Some(checked) if !*checked => *checked = true,
            // What is inside was looked at; a type that is met again may still be met inside itself.
            _ => return Ok(()),
        }
        let definitions = self.definitions;
        let Some(definition) = definitions.get(place) else {
            return Ok(());
        };
        self.inside.push(place);
        let checked = self.body(&definition.body);
        self.inside.pop();
        checked
    }

    fn body(&mut self, body: &'a Body) -> Result<(), Unfaithful> {
        match body {
            Body::Struct(fields, tag) => {
                if tag.is_some() && self.is_positional() {
                    return self.refuse_tag();
                }
                if let Some(tag) = tag {
                    self.tagged_struct(fields, tag)?;
                }
                self.fields(fields, *tag)
            }
            Body::Enum(tagging, variants) => self.variants(*tagging, variants),
            Body::Transparent(shape) => self.shape(shape),
            Body::Converted { into, from, own } => {
                into.iter()
                    .chain(from)
                    .try_for_each(|shape| self.shape(shape))?;
                own.iter().try_for_each(|body| self.body(body))
            }
        }
    }

    fn refuse_tag(&self) -> Result<(), Unfaithful> {
        self.refuse(
            "a tag is read by what the bytes say, which a positional codec's don't: leave out `tag`, or use `Json`",
        )
    }

    fn variants(&mut self, tagging: Tagging, variants: &'a [Variant]) -> Result<(), Unfaithful> {
        let is_untagged = |variant: &Variant| tagging == Tagging::Untagged || variant.is_untagged;
        if self.is_positional() {
            if matches!(tagging, Tagging::Internal(_) | Tagging::Adjacent { .. }) {
                return self.refuse_tag();
            }
            if variants.iter().any(is_untagged) {
                return self.refuse(
                    "`untagged` is read by what the bytes say, which a positional codec's don't: leave it out, or use `Json`",
                );
            }
        }
        let untrusted = variants.iter().find(|v| is_untagged(v) && !v.is_trusted);
        if let Some(variant) = untrusted {
            if variant.is_untagged {
                self.path.push(variant.name.to_owned());
            }
            return self.refuse(
                "`untagged` reads the first variant that fits, which may be another than was written: use `tag = \"...\"`, or accept that with `#[schema(trusted)]`",
            );
        }
        if tagging != Tagging::Untagged && self.has_null() {
            self.variant_names(variants)?;
        }
        let is_buffered = matches!(tagging, Tagging::Internal(_) | Tagging::Untagged);
        let is_buffered = is_buffered || variants.iter().any(|variant| variant.is_untagged);
        let around = self.is_buffered;
        self.is_buffered |= is_buffered;
        for variant in variants {
            self.path.push(variant.name.to_owned());
            if variant.skipped.at_all() && self.is_positional() {
                return self.refuse(
                    "with a skipped variant, a positional codec counts the variants differently when it writes and when it reads: remove the `skip`, or use `Json`",
                );
            }
            if variant.skipped.at_all() && !variant.is_trusted {
                return self.refuse(
                    "a skipped variant is written but can't be read, or the other way round: remove the `skip`, or accept that with `#[schema(trusted)]`",
                );
            }
            if let Tagging::Internal(tag) = tagging {
                self.tagged_variant(variant, tag)?;
            }
            self.fields(variant, None)?;
            self.path.pop();
        }
        self.is_buffered = around;
        Ok(())
    }

    fn fields(&mut self, fields: &'a Variant, tag: Option<&'static str>) -> Result<(), Unfaithful> {
        if self.has_null() && fields.has_names {
            self.field_names(fields)?;
        }
        for field in &fields.fields {
            self.path.push(field.name.to_string());
            self.field(field)?;
            self.path.pop();
        }
        if self.has_null() {
            self.flattened(fields, tag)?;
        }
        Ok(())
    }

    fn field(&mut self, field: &Field) -> Result<(), Unfaithful> {
        if self.is_positional() {
            self.positional_field(field)?;
        }
        if !field.is_trusted {
            self.trustworthy(field)?;
        }
        let around = self.is_buffered;
        self.is_buffered |= field.is_flattened;
        let checked = match &field.shape {
            // The word is for this field's type as it stands there; types inside have their own fields.
            Some(shape) if field.is_trusted => self.definitions_in(shape),
            Some(shape) => self.shape(shape),
            None => Ok(()),
        };
        self.is_buffered = around;
        checked
    }

    fn definitions_in(&mut self, shape: &Shape) -> Result<(), Unfaithful> {
        match shape {
            Shape::Defined(place) => self.definition(*place),
            shape => shape
                .inner()
                .iter()
                .try_for_each(|inner| self.definitions_in(inner)),
        }
    }

    /// What can't be trusted to work: the bytes after the field would be read as something else.
    fn positional_field(&self, field: &Field) -> Result<(), Unfaithful> {
        if field.is_flattened {
            return self.refuse(
                "`flatten` is read by what the bytes say, which a positional codec's don't: leave it out, or use `Json`",
            );
        }
        if field.skipped_if.is_some() || field.skipped.writing != field.skipped.reading {
            return self.refuse(
                "a field that is written only sometimes, or only read, shifts what a positional codec reads after it: leave out `skip_serializing_if` (or skip both ways), or use `Json`",
            );
        }
        Ok(())
    }

    fn trustworthy(&self, field: &Field) -> Result<(), Unfaithful> {
        if field.skipped.at_all() {
            return self.refuse(
                "a skipped field is not stored, and reads back as its default: remove the `skip`, or accept that with `#[schema(trusted)]`",
            );
        }
        if let (Some(condition), false) = (field.skipped_if, Self::is_skipped_faithfully(field)) {
            return self.refuse(format!(
                "`skip_serializing_if = \"{condition}\"` may leave out a value that doesn't read back: only `Option::is_none` on an `Option`, and `is_empty` of the standard library's collections with a bare `default` on the field, are known to; remove it, or accept that with `#[schema(trusted)]`"
            ));
        }
        Ok(())
    }

    /// What the derive takes from the names it sees, the type must be.
    fn is_skipped_faithfully(field: &Field) -> bool {
        let is_it = match &field.shape {
            Some(Shape::Known(name, _)) => *name == "Option" || COLLECTIONS.contains(name),
            // Its form is at the user's word.
            Some(Shape::Opaque(..)) => true,
            _ => false,
        };
        field.is_skipped_faithfully && is_it
    }
}
