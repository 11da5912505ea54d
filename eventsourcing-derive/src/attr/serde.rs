//! The serde attributes that decide under which names fields are written. Wrong ones are serde's to report.

use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Token, meta::ParseNestedMeta};

use crate::names;

/// The names of a struct's fields as serde writes them, in order; none for an enum.
///
/// A field of a tuple struct is named by its place. Skipped and flattened fields are not written by name.
pub(crate) fn field_names(input: &DeriveInput) -> Vec<String> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let rule = Written::read(&input.attrs).rename_all;
    let fields = data.fields.iter().enumerate();
    fields
        .filter_map(|(place, field)| {
            let written = Written::read(&field.attrs);
            let own = match (&data.fields, &field.ident) {
                (Fields::Named(_), Some(ident)) => names::text(ident),
                _ => place.to_string(),
            };
            let renamed = rule.as_deref().map(|rule| names::renamed(&own, rule));
            (!written.is_absent).then(|| written.rename.or(renamed).unwrap_or(own))
        })
        .collect()
}

/// What `#[serde(…)]` says about one container or field.
#[derive(Default)]
struct Written {
    rename: Option<String>,
    rename_all: Option<String>,
    is_absent: bool,
}

impl Written {
    fn read(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
            let _ = attribute.parse_nested_meta(|meta| found.read_meta(&meta));
        }
        found
    }

    fn read_meta(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("rename") {
            self.rename = serialized_name(meta)?.or(self.rename.take());
        } else if meta.path.is_ident("rename_all") {
            self.rename_all = serialized_name(meta)?.or(self.rename_all.take());
        } else if ["skip", "skip_serializing", "flatten"]
            .iter()
            .any(|word| meta.path.is_ident(word))
        {
            self.is_absent = true;
        } else if meta.input.peek(Token![=]) {
            meta.value()?.parse::<syn::Expr>()?;
        } else if meta.input.peek(syn::token::Paren) {
            meta.parse_nested_meta(|inner| {
                if inner.input.peek(Token![=]) {
                    inner.value()?.parse::<syn::Expr>()?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// `key = "name"` or `key(serialize = "name", deserialize = "other")`.
fn serialized_name(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    if meta.input.peek(Token![=]) {
        return Ok(Some(meta.value()?.parse::<LitStr>()?.value()));
    }
    let mut serialized = None;
    meta.parse_nested_meta(|inner| {
        let name = inner.value()?.parse::<LitStr>()?.value();
        if inner.path.is_ident("serialize") {
            serialized = Some(name);
        }
        Ok(())
    })?;
    Ok(serialized)
}
