//! `flatten`: fields that are read from among others, by their names or as all that is left.
//!
//! Serde reads flattened fields in their order. A struct takes the entries that have its names; everything else that is read
//! by what the bytes say (a map, an enum with a tag, a struct with `flatten` in it) looks at all that was not taken, and
//! takes nothing.

use std::collections::BTreeSet;

use super::{Unfaithful, Walk};
use crate::schema::description::{Body, Field, Shape, Tagging, Variant};

/// What a flattened type reads.
#[derive(Default)]
struct Reading<'a> {
    names: BTreeSet<&'a str>,
    /// Names that are read, and not always written.
    maybe: BTreeSet<&'a str>,
    /// Names that are written, and not read.
    unread: BTreeSet<&'a str>,
    /// Whether it can't be read from nothing.
    is_required: bool,
    /// Whether it leaves what it reads to others.
    leaves: bool,
    /// Whether it keeps entries of any name.
    collects: bool,
}

impl<'a> Reading<'a> {
    /// Of something that isn't known.
    fn anything() -> Self {
        Self {
            is_required: true,
            leaves: true,
            collects: true,
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.maybe.extend(other.maybe);
        self.unread.extend(other.unread);
        self.is_required |= other.is_required;
        self.leaves |= other.leaves;
        self.collects |= other.collects;
    }

    fn own(&mut self, field: &'a Field) {
        if field.skipped.reading {
            let written = (!field.skipped.writing).then_some(&*field.name);
            self.unread.extend(written);
            return;
        }
        let names = || {
            let read = field.read_as.unwrap_or(&field.name);
            field.aliases.iter().copied().chain([read, &*field.name])
        };
        self.names.extend(names());
        if field.skipped_if.is_some() || field.skipped.writing {
            self.maybe.extend(names());
        }
    }
}

impl<'a> Walk<'a> {
    /// Whether each of these fields reads back what it wrote.
    pub(super) fn flattened(
        &mut self,
        fields: &'a Variant,
        tag: Option<&'static str>,
    ) -> Result<(), Unfaithful> {
        let mut around = Reading::default();
        around.unread.extend(tag);
        for field in fields.fields.iter().filter(|field| !field.is_flattened) {
            around.own(field);
        }
        let flattened = fields.fields.iter().filter(|field| field.is_flattened);
        for field in flattened.filter(|field| !field.is_trusted) {
            self.path.push(field.name.to_string());
            let mut reading = Reading::anything();
            if let Some(shape) = &field.shape {
                let (inner, is_option) = match shape {
                    Shape::Known("Option", inner) => (inner.first().unwrap_or(shape), true),
                    shape => (shape, false),
                };
                reading = self.reading(inner, 0);
                if is_option && !reading.is_required {
                    return self.refuse(
                        "a flattened `None` reads back as `Some`, since nothing in it must be there: leave out the `Option` or the `flatten`, or accept that with `#[schema(trusted)]`",
                    );
                }
                if is_option {
                    reading.maybe.extend(reading.names.iter().copied());
                }
            }
            self.beside(&around, &reading)?;
            around.add(reading);
            self.path.pop();
        }
        Ok(())
    }

    /// Whether a flattened field can stand behind these.
    fn beside(&self, before: &Reading<'_>, own: &Reading<'_>) -> Result<(), Unfaithful> {
        if let Some(name) = before.names.intersection(&own.names).next() {
            return self.refuse(format!(
                "`{name}` in it is also a name beside it: rename one of both, or leave out `flatten`"
            ));
        }
        if before.collects {
            let rule = if own.collects {
                "both this and a flattened field before it read all that is left, so that each reads back what the other wrote: leave out one `flatten`"
            } else {
                "a flattened field before it reads all that is left, so that it reads back what this one wrote: put it before that one"
            };
            return self.refuse(format!("{rule}, or accept that with `#[schema(trusted)]`"));
        }
        if !own.collects {
            return Ok(());
        }
        let cure = "leave out one `flatten`, or accept that with `#[schema(trusted)]`";
        if before.leaves {
            return self.refuse(format!(
                "it reads all that is left, and an enum, or a struct with `flatten` in it, before it leaves there what it wrote: {cure}"
            ));
        }
        if let Some(name) = before.unread.iter().next() {
            return self.refuse(format!(
                "it reads all that is left, and with it `{name}`, which nothing else reads: leave that out, or the `flatten`, or accept that with `#[schema(trusted)]`"
            ));
        }
        if let Some(name) = before.maybe.iter().next() {
            return self.refuse(format!(
                "`{name}` beside it isn't always written, and would be read from a key of that name: leave out `skip_serializing_if` (or the `Option`) there, or accept that with `#[schema(trusted)]`"
            ));
        }
        Ok(())
    }

    fn reading(&self, shape: &'a Shape, depth: usize) -> Reading<'a> {
        match shape {
            Shape::Known("BTreeMap" | "HashMap" | "serde_json::Map", _) => Reading {
                is_required: false,
                ..Reading::anything()
            },
            Shape::Known("()" | "PhantomData", _) => Reading::default(),
            Shape::Defined(place) if depth <= self.definitions.len() => {
                let definition = self.definitions.get(*place);
                definition.map_or_else(Reading::anything, |definition| {
                    self.reading_of(&definition.body, depth + 1)
                })
            }
            _ => Reading::anything(),
        }
    }

    fn reading_of(&self, body: &'a Body, depth: usize) -> Reading<'a> {
        match body {
            Body::Transparent(shape) => self.reading(shape, depth),
            Body::Struct(fields, None) if fields.newtype().is_some() => fields
                .newtype()
                .map_or_else(Reading::anything, |inner| self.reading(inner, depth)),
            Body::Struct(fields, tag) if fields.has_names || fields.is_unit => {
                let mut reading = self.reading_fields(fields, depth);
                reading.unread.extend(*tag);
                reading
            }
            Body::Enum(tagging, variants) => self.reading_variants(*tagging, variants, depth),
            Body::Converted {
                into: Some(into),
                from: Some(from),
                ..
            } if into == from => self.reading(into, depth),
            Body::Struct(..) | Body::Converted { .. } => Reading::anything(),
        }
    }

    fn reading_fields(&self, fields: &'a Variant, depth: usize) -> Reading<'a> {
        let mut all = Reading::default();
        for field in &fields.fields {
            if !field.is_flattened {
                all.own(field);
                all.is_required |= !self.may_be_absent(field);
                continue;
            }
            let (shape, is_option) = match &field.shape {
                Some(Shape::Known("Option", inner)) => (inner.first(), true),
                shape => (shape.as_ref(), false),
            };
            let mut inner =
                shape.map_or_else(Reading::anything, |shape| self.reading(shape, depth));
            if is_option {
                inner.maybe.extend(inner.names.iter().copied());
                inner.is_required = false;
            }
            inner.leaves = true;
            all.add(inner);
        }
        all
    }

    /// Whether a struct can be read without the field.
    fn may_be_absent(&self, field: &Field) -> bool {
        field.absent.is_some()
            || field.skipped.reading
            || field
                .shape
                .as_ref()
                .is_some_and(|shape| self.is_option(shape, 0))
    }

    fn is_option(&self, shape: &Shape, depth: usize) -> bool {
        match shape {
            // Of what is opaque nothing is known.
            Shape::Known("Option", _) | Shape::Opaque(..) => true,
            Shape::Defined(place) if depth < self.definitions.len() => {
                match self
                    .definitions
                    .get(*place)
                    .map(|definition| &definition.body)
                {
                    Some(Body::Transparent(inner)) => self.is_option(inner, depth + 1),
                    Some(Body::Converted {
                        from: Some(from), ..
                    }) => self.is_option(from, depth + 1),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn reading_variants(
        &self,
        tagging: Tagging,
        variants: &'a [Variant],
        depth: usize,
    ) -> Reading<'a> {
        let mut all = Reading {
            is_required: true,
            ..Reading::default()
        };
        if variants.iter().any(|variant| variant.is_untagged) {
            return Reading::anything();
        }
        match tagging {
            Tagging::Untagged => return Reading::anything(),
            Tagging::External => {
                for variant in variants {
                    let read = variant.read_as.unwrap_or(variant.name);
                    all.names.extend([variant.name, read]);
                    all.names.extend(variant.aliases.iter().copied());
                }
            }
            Tagging::Adjacent { tag, content } => {
                all.names.extend([tag, content]);
                all.maybe.insert(content);
            }
            Tagging::Internal(tag) => {
                all.names.insert(tag);
                for variant in variants {
                    let inner = match variant.newtype() {
                        Some(inner) => self.reading(inner, depth),
                        None => self.reading_fields(variant, depth),
                    };
                    all.maybe.extend(inner.names.iter().copied());
                    all.add(inner);
                }
                all.leaves = true;
            }
        }
        all
    }
}
