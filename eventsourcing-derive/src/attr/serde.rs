//! The serde attributes that decide what is written. Wrong ones are serde's to report; which of them can't be stored
//! faithfully is decided in `shape`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Data, DeriveInput, Fields, LitStr, Token, Type, meta::ParseNestedMeta,
    spanned::Spanned,
};

use crate::names;

/// The names of a struct's fields as serde writes them, in order; none for an enum.
///
/// A field of a tuple struct is named by its place. Skipped and flattened fields are not written by name.
pub(crate) fn field_names(input: &DeriveInput) -> Vec<String> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let rule = SerdeAttr::read(&input.attrs).rename_all;
    let fields = data.fields.iter().enumerate();
    fields
        .filter_map(|(place, field)| {
            let attr = SerdeAttr::read(&field.attrs);
            let is_absent =
                attr.skip.is_some() || attr.skip_serializing.is_some() || attr.flatten.is_some();
            let own = match (&data.fields, &field.ident) {
                (Fields::Named(_), Some(ident)) => names::text(ident),
                _ => place.to_string(),
            };
            let name = || attr.rename.resolve(&rule, &own, names::renamed).written;
            (!is_absent).then(name)
        })
        .collect()
}

/// A value for writing and one for reading, which are mostly the same.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Both {
    pub(crate) written: Option<String>,
    pub(crate) read: Option<String>,
}

/// A name as it is written and as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) written: String,
    pub(crate) read: String,
}

impl Both {
    /// What this one doesn't say the other does, for writing and for reading apart.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let one = |own: &Option<String>, other: &Option<String>| own.clone().or(other.clone());
        Self {
            written: one(&self.written, &other.written),
            read: one(&self.read, &other.read),
        }
    }

    /// This name; where none is given, `own` by the rule.
    pub(crate) fn resolve(
        &self,
        rule: &Self,
        own: &str,
        apply: impl Fn(&str, &str) -> String,
    ) -> Names {
        let one = |given: &Option<String>, rule: &Option<String>| {
            let by_rule = || rule.as_deref().map(|rule| apply(own, rule));
            given
                .clone()
                .or_else(by_rule)
                .unwrap_or_else(|| own.to_owned())
        };
        Names {
            written: one(&self.written, &rule.written),
            read: one(&self.read, &rule.read),
        }
    }
}

/// `#[serde(default)]`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DefaultBy {
    #[default]
    None,
    /// The type's `Default`.
    Trait,
    /// A function.
    Path,
}

/// What `#[serde(…)]` says about one container, variant or field. A span says that something is there, and where.
#[derive(Debug, Default)]
pub(crate) struct SerdeAttr {
    pub(crate) rename: Both,
    pub(crate) rename_all: Both,
    pub(crate) rename_all_fields: Both,
    pub(crate) aliases: Vec<String>,
    pub(crate) tag: Option<String>,
    pub(crate) tag_span: Option<Span>,
    pub(crate) content: Option<String>,
    pub(crate) untagged: Option<Span>,
    pub(crate) transparent: bool,
    pub(crate) other: bool,
    pub(crate) into: Option<Type>,
    pub(crate) from: Option<Type>,
    pub(crate) default: DefaultBy,
    /// The function of `default = "…"`.
    pub(crate) default_path: Option<String>,
    pub(crate) flatten: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) skip_serializing: Option<Span>,
    pub(crate) skip_deserializing: Option<Span>,
    pub(crate) skip_serializing_if: Option<LitStr>,
    /// `with`, `serialize_with` or `deserialize_with`.
    pub(crate) with: Option<Span>,
    /// Keys whose values are part of the shape as they are written, and these: `with`, `remote`, …
    pub(crate) said: Vec<(&'static str, String)>,
    pub(crate) deny_unknown_fields: bool,
}

impl SerdeAttr {
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
            let _ = attribute.parse_nested_meta(|meta| found.read_meta(&meta));
        }
        found
    }

    fn read_meta(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.get_ident().map(names::text).unwrap_or_default();
        let span = Some(meta.path.span());
        match key.as_str() {
            "rename" => {
                let more = both(meta, &mut self.rename)?;
                self.aliases.extend(more);
            }
            "rename_all" => drop(both(meta, &mut self.rename_all)?),
            "rename_all_fields" => drop(both(meta, &mut self.rename_all_fields)?),
            "alias" => self.aliases.push(text(meta)?.value()),
            "tag" => {
                self.tag = Some(text(meta)?.value());
                self.tag_span = span;
            }
            "content" => self.content = Some(text(meta)?.value()),
            "into" => self.into = text(meta)?.parse().ok(),
            "from" | "try_from" => self.from = text(meta)?.parse().ok(),
            "skip_serializing_if" => self.skip_serializing_if = Some(text(meta)?),
            "untagged" => self.untagged = span,
            "transparent" => self.transparent = true,
            "other" => self.other = true,
            "flatten" => self.flatten = span,
            "skip" => self.skip = span,
            "skip_serializing" => self.skip_serializing = span,
            "skip_deserializing" => self.skip_deserializing = span,
            "deny_unknown_fields" => self.deny_unknown_fields = true,
            "with" => {
                self.with = span;
                self.say("with", meta)?;
            }
            "serialize_with" => {
                self.with = span;
                self.say("serialize with", meta)?;
            }
            "deserialize_with" => {
                self.with = span;
                self.say("deserialize with", meta)?;
            }
            "remote" => self.say("remote", meta)?,
            "getter" => self.say("getter", meta)?,
            "default" if meta.input.peek(Token![=]) => {
                self.default = DefaultBy::Path;
                self.default_path = Some(names::unspaced(&text(meta)?.value()));
            }
            "default" => self.default = DefaultBy::Trait,
            _ => pass_over(meta)?,
        }
        Ok(())
    }

    fn say(&mut self, key: &'static str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let value = names::unspaced(&text(meta)?.value());
        self.said.push((key, value));
        Ok(())
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

/// Whatever follows a key.
fn pass_over(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}

/// `key = "name"` or `key(serialize = "name", deserialize = "other")`, in one attribute or several. The first name for
/// reading is the one; the others, which come back, are read as well.
fn both(meta: &ParseNestedMeta<'_>, found: &mut Both) -> syn::Result<Vec<String>> {
    let mut more = Vec::new();
    let mut read = |found: &mut Both, name: String| match &found.read {
        None => found.read = Some(name),
        Some(first) if *first == name => {}
        Some(_) => more.push(name),
    };
    if meta.input.peek(Token![=]) {
        let text = text(meta)?.value();
        found.written.get_or_insert(text.clone());
        read(found, text);
    } else {
        meta.parse_nested_meta(|inner| {
            let name = text(&inner)?.value();
            if inner.path.is_ident("serialize") {
                found.written.get_or_insert(name);
            } else {
                read(found, name);
            }
            Ok(())
        })?;
    }
    Ok(more)
}
