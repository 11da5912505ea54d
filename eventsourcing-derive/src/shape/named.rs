//! What is written under a name must be read under it, by the same field or variant and no other. Of a state it is known
//! here whether the codec writes names; the runtime's `schema::faithful::names` looks at everything else.

use proc_macro2::Span;
use syn::{DataEnum, Fields};

use super::{FieldShape, FieldsShape, Keeping, flag, read::Reader};

/// What a field or variant is written and read as.
struct Named<'a> {
    span: Span,
    what: String,
    written: Option<&'a str>,
    read_as: &'a str,
    /// All names that are read, this one too.
    read: Vec<&'a str>,
}

impl FieldShape {
    /// Whether it is not written, or not read, and nobody vouches for that.
    pub(super) fn is_lost(&self) -> bool {
        let skips = flag::SKIP_WRITING | flag::SKIP_READING;
        self.flags & skips != 0 && self.flags & flag::TRUSTED == 0
    }

    fn named<'a>(&'a self, field: &syn::Field) -> Option<Named<'a>> {
        let ident = field.ident.as_ref()?;
        let has = |flag| self.flags & flag != 0;
        let read_as = self.read_as.as_ref().unwrap_or(&self.name);
        let read = self.aliases.iter().chain([read_as]).map(String::as_str);
        let is_written = !has(flag::SKIP_WRITING | flag::TRUSTED);
        (!has(flag::FLATTENED)).then(|| Named {
            span: ident.span(),
            what: format!("the field `{ident}`"),
            written: is_written.then_some(self.name.as_str()),
            read_as,
            read: read.filter(|_| !has(flag::SKIP_READING)).collect(),
        })
    }
}

impl FieldsShape {
    fn named<'a>(&'a self, variant: &syn::Variant) -> Option<Named<'a>> {
        let has = |flag| self.flags & flag != 0;
        let read_as = self.read_as.as_ref().unwrap_or(&self.name);
        let read = self.aliases.iter().chain([read_as]).map(String::as_str);
        let is_written = !has(flag::SKIP_WRITING | flag::TRUSTED);
        let ident = &variant.ident;
        (!has(flag::UNTAGGED)).then(|| Named {
            span: ident.span(),
            what: format!("the variant `{ident}`"),
            written: is_written.then_some(self.name.as_str()),
            read_as,
            read: read.filter(|_| !has(flag::SKIP_READING)).collect(),
        })
    }
}

impl Reader<'_> {
    pub(super) fn check_field_names(&mut self, fields: &Fields, shapes: &[FieldShape]) {
        let named = fields.iter().zip(shapes);
        let named: Vec<Named<'_>> = named
            .filter_map(|(field, shape)| shape.named(field))
            .collect();
        self.check_names(&named);
    }

    pub(super) fn check_variant_names(&mut self, data: &DataEnum, shapes: &[FieldsShape]) {
        let named = data.variants.iter().zip(shapes);
        let named: Vec<Named<'_>> = named
            .filter_map(|(variant, shape)| shape.named(variant))
            .collect();
        self.check_names(&named);
    }

    fn check_names(&mut self, all: &[Named<'_>]) {
        for (place, one) in all.iter().enumerate() {
            let Some(written) = one.written else { continue };
            let what = &one.what;
            let mut others = all.iter().enumerate().filter(|(other, _)| *other != place);
            let message = if !one.read.is_empty() && !one.read.contains(&written) {
                let read = one.read_as;
                format!(
                    "{what} is written as `{written}` and read as `{read}`: give it one name, or an `alias` for the other"
                )
            } else if let Some((_, other)) = others.find(|(_, other)| other.read.contains(&written))
            {
                let other = &other.what;
                format!(
                    "{what} is written as `{written}`, which is read as {other} too: give each names of its own"
                )
            } else {
                continue;
            };
            self.demand(one.span, Keeping::NestedNone, &message);
        }
    }
}
