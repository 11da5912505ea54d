//! `flatten`: fields that are read from among others, by their names or as all that is left.
//!
//! Serde reads flattened fields in their order. A struct takes the entries that have its names; everything else that is read
//! by what the bytes say (a map, an enum with a tag, a struct with `flatten` in it) looks at all that was not taken, and
//! takes nothing.

use std::collections::BTreeSet;

use super::{
    Unfaithful, Walk,
    forms::{Form, Way},
};
use crate::schema::description::{Body, Field, Shape, Tagging, Variant};

/// What a flattened type reads.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Reading<'a> {
    names: BTreeSet<&'a str>,
    /// Names that are read, and not always written.
    maybe: BTreeSet<&'a str>,
    /// Names that are written, and not read.
    unread: BTreeSet<&'a str>,
    /// Whether it leaves what it reads to others.
    leaves: bool,
    /// Whether it keeps entries of any name.
    collects: bool,
    /// Whether entries of others, if it sees any, are a mistake to it.
    denies: bool,
    /// Whether they are if it is read on its own.
    is_strict: bool,
}

impl<'a> Reading<'a> {
    /// Of something that isn't known.
    fn anything() -> Self {
        Self {
            leaves: true,
            collects: true,
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.maybe.extend(other.maybe);
        self.unread.extend(other.unread);
        self.leaves |= other.leaves;
        self.collects |= other.collects;
        self.denies |= other.denies;
    }

    /// Whether an entry of this name is written or read by it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name) || self.unread.contains(name)
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
        let is_alone = flattened.clone().count() < 2;
        for field in flattened.filter(|field| !field.is_trusted) {
            self.path.push(field.name.to_string());
            let reading = match &field.shape {
                Some(shape) => self.flattened_shape(shape)?,
                None => Reading::anything(),
            };
            if fields.denies_unknown && reading.leaves {
                return self.refuse(
                    "`deny_unknown_fields` around it refuses what it reads, since a flattened map or enum, or a struct with `flatten` in it, leaves that to others: leave out one of both, or accept that with `#[schema(trusted)]`",
                );
            }
            if reading.denies && !is_alone {
                return self.refuse(
                    "`deny_unknown_fields` in it refuses what the other flattened fields wrote: leave out one of both, or accept that with `#[schema(trusted)]`",
                );
            }
            self.beside(&around, &reading)?;
            around.add(reading);
            self.path.pop();
        }
        Ok(())
    }

    fn flattened_shape(&self, shape: &'a Shape) -> Result<Reading<'a>, Unfaithful> {
        if self.option_in(shape).is_some() {
            self.refuse(
                "a flattened `Option` reads as `None` whatever can't be read as what is in it, and as `Some` where nothing in it must be there: leave out the `Option` or the `flatten`, or accept that with `#[schema(trusted)]`",
            )?;
        }
        if !self.has_fields(shape) {
            self.refuse(
                "only what has fields can be flattened: a struct with named fields, a map, an enum: leave out the `flatten`",
            )?;
        }
        Ok(self.reading(shape, &mut Vec::new()))
    }

    /// What is in it, if it comes down to an `Option`.
    fn option_in<'s>(&self, shape: &'s Shape) -> Option<&'s Shape>
    where
        'a: 's,
    {
        let ways = [Way::Reading, Way::Writing].into_iter();
        let mut forms = ways.map(|way| self.form(shape, way));
        forms.find_map(|form| match form {
            Form::Shape(Shape::Known("Option", inner)) => inner.first(),
            _ => None,
        })
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

    pub(super) fn reading(&self, shape: &'a Shape, inside: &mut Vec<usize>) -> Reading<'a> {
        match shape {
            Shape::Known("()" | "PhantomData", _) => Reading::default(),
            // Its names are being read already.
            Shape::Defined(place) if inside.contains(place) => Reading::default(),
            Shape::Defined(place) => {
                inside.push(*place);
                let definition = self.definitions.get(*place);
                let reading = definition.map_or_else(Reading::anything, |definition| {
                    self.reading_of(&definition.body, inside)
                });
                inside.pop();
                reading
            }
            _ => Reading::anything(),
        }
    }

    fn reading_of(&self, body: &'a Body, inside: &mut Vec<usize>) -> Reading<'a> {
        match body {
            Body::Transparent(shape) => self.reading(shape, inside),
            Body::Struct(fields, None) if fields.newtype().is_some() => fields
                .newtype()
                .map_or_else(Reading::anything, |inner| self.reading(inner, inside)),
            Body::Struct(fields, tag) if fields.has_names || fields.is_unit => {
                let mut reading = self.reading_fields(fields, inside);
                reading.unread.extend(*tag);
                reading
            }
            Body::Enum(tagging, variants) => self.reading_variants(*tagging, variants, inside),
            // What is written is what is read: else it is refused.
            Body::Converted {
                from: Some(from), ..
            } => self.reading(from, inside),
            Body::Converted { own: Some(own), .. } => self.reading_of(own, inside),
            Body::Struct(..) | Body::Converted { .. } => Reading::anything(),
        }
    }

    pub(super) fn reading_fields(
        &self,
        fields: &'a Variant,
        inside: &mut Vec<usize>,
    ) -> Reading<'a> {
        let mut all = Reading::default();
        for field in &fields.fields {
            if !field.is_flattened {
                all.own(field);
                continue;
            }
            let option = field.shape.as_ref().and_then(|shape| self.option_in(shape));
            let shape = option.or(field.shape.as_ref());
            let mut inner =
                shape.map_or_else(Reading::anything, |shape| self.reading(shape, inside));
            if option.is_some() {
                inner.maybe.extend(inner.names.iter().copied());
            }
            inner.leaves = true;
            all.add(inner);
            all.denies |= fields.denies_unknown;
        }
        all.is_strict = fields.denies_unknown;
        all
    }

    fn reading_variants(
        &self,
        tagging: Tagging,
        variants: &'a [Variant],
        inside: &mut Vec<usize>,
    ) -> Reading<'a> {
        let mut all = Reading::default();
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
                    let mut inner = match variant.newtype() {
                        Some(content) => self.reading(content, inside),
                        None => self.reading_fields(variant, inside),
                    };
                    // It is read from all that is left; a unit passes over that.
                    inner.denies |= inner.is_strict && !variant.is_unit;
                    all.maybe.extend(inner.names.iter().copied());
                    all.add(inner);
                }
                all.leaves = true;
            }
        }
        all
    }
}
