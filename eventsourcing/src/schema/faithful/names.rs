//! What is written under a name must be read under it, by the same field or variant and no other. Positional codecs write
//! no names.

use super::{Unfaithful, Walk};
use crate::schema::description::Variant;

/// What a field or variant is written and read as.
struct Named<'a> {
    /// None: it isn't written under a name.
    written: Option<&'a str>,
    read_as: Option<&'a str>,
    aliases: &'a [&'static str],
    is_read: bool,
    is_trusted: bool,
    own: &'a str,
}

impl Named<'_> {
    fn reads(&self, name: &str) -> bool {
        self.is_read && (self.read_as.unwrap_or(self.own) == name || self.aliases.contains(&name))
    }
}

impl Walk<'_> {
    pub(super) fn field_names(&mut self, fields: &Variant) -> Result<(), Unfaithful> {
        let named = fields.fields.iter().filter(|field| !field.is_flattened);
        let named = named.map(|field| Named {
            written: (!field.skipped.writing).then_some(&*field.name),
            read_as: field.read_as,
            aliases: &field.aliases,
            is_read: !field.skipped.reading,
            is_trusted: field.is_trusted,
            own: &field.name,
        });
        self.names(&named.collect::<Vec<_>>())
    }

    pub(super) fn variant_names(&mut self, variants: &[Variant]) -> Result<(), Unfaithful> {
        let named = variants.iter().filter(|variant| !variant.is_untagged);
        let named = named.map(|variant| Named {
            written: (!variant.skipped.writing).then_some(variant.name),
            read_as: variant.read_as,
            aliases: &variant.aliases,
            is_read: !variant.skipped.reading,
            is_trusted: variant.is_trusted,
            own: variant.name,
        });
        self.names(&named.collect::<Vec<_>>())
    }

    fn names(&mut self, all: &[Named<'_>]) -> Result<(), Unfaithful> {
        for (place, one) in all.iter().enumerate() {
            let Some(written) = one.written.filter(|_| !one.is_trusted) else {
                continue;
            };
            let mut others = all.iter().enumerate().filter(|(other, _)| *other != place);
            let detail = if one.is_read && !one.reads(written) {
                let read = one.read_as.unwrap_or(one.own);
                format!(
                    "it is written as `{written}` and read as `{read}`: give it one name, or an `alias` for the other"
                )
            } else if let Some((_, other)) = others.find(|(_, other)| other.reads(written)) {
                let other = other.own;
                format!(
                    "it is written as `{written}`, which is read as `{other}` too: give each names of its own"
                )
            } else {
                continue;
            };
            self.path.push(written.to_owned());
            return self.refuse(detail);
        }
        Ok(())
    }
}
