//! `#[schema(…)]`: what was written on a type, a variant or a field.

use proc_macro2::{Ident, Span};
use syn::{
    Attribute, LitStr, Path, Token, Type, ext::IdentExt, parse::ParseStream, spanned::Spanned,
};

use super::{default_crate, expect_comma, read_attribute, skip, value};
use crate::{names, validate::Mistakes};

/// Where an attribute stands; says which keys it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Type,
    Variant,
    Field,
}

impl Place {
    fn keys(self) -> &'static str {
        match self {
            Self::Type => "`opaque = \"form-and-version\"`, `trusted` and `crate = path`",
            Self::Variant => "`trusted`",
            Self::Field => {
                "`opaque = \"form-and-version\"`, `opaque(Type = \"crate-and-version\")` and `trusted`"
            }
        }
    }
}

/// What `#[schema(…)]` says.
#[derive(Debug)]
pub(crate) struct SchemaAttr {
    /// The form of the whole field or type.
    pub(crate) opaque: Option<LitStr>,
    /// The forms of types wherever they stand in the field's type.
    pub(crate) opaque_types: Vec<(Type, LitStr)>,
    pub(crate) trusted: bool,
    pub(crate) krate: Option<Path>,
}

impl SchemaAttr {
    pub(crate) fn read(attributes: &[Attribute], place: Place, mistakes: &Mistakes) -> Self {
        let mut attr = Self {
            opaque: None,
            opaque_types: Vec::new(),
            trusted: false,
            krate: None,
        };
        // May be written more than once: on a field there is often one attribute a concern.
        for attribute in attributes {
            let one = std::slice::from_ref(attribute);
            read_attribute(one, "schema", mistakes, |input| {
                while !input.is_empty() {
                    if let Err(error) = attr.read_entry(input, place, mistakes) {
                        mistakes.add(error);
                        skip(input);
                    }
                    expect_comma(input, mistakes);
                }
            });
        }
        attr
    }

    /// Where the runtime crate is.
    pub(crate) fn krate(&self) -> Path {
        self.krate.clone().unwrap_or_else(default_crate)
    }

    fn read_entry(
        &mut self,
        input: ParseStream<'_>,
        place: Place,
        mistakes: &Mistakes,
    ) -> syn::Result<()> {
        let key = input.call(Ident::parse_any)?;
        match (names::text(&key).as_str(), place) {
            ("trusted", _) => self.trusted = true,
            ("crate", Place::Type) => {
                input.parse::<Token![=]>()?;
                self.krate = Some(value::module_path(input, "crate", mistakes)?);
            }
            ("opaque", Place::Type | Place::Field) => {
                if input.peek(syn::token::Paren) && place == Place::Field {
                    let content;
                    syn::parenthesized!(content in input);
                    self.read_types(&content, mistakes)?;
                } else {
                    self.opaque = Some(read_form(input, key.span())?);
                }
            }
            (written, _) => {
                let what = match place {
                    Place::Type => "a type",
                    Place::Variant => "a variant",
                    Place::Field => "a field",
                };
                let keys = place.keys();
                let error =
                    format!("unknown key `{written}`: on {what} `#[schema(...)]` takes {keys}");
                mistakes.at(key.span(), error);
                skip(input);
            }
        }
        Ok(())
    }

    fn read_types(&mut self, input: ParseStream<'_>, mistakes: &Mistakes) -> syn::Result<()> {
        if input.is_empty() {
            let error = "no type is named here: write `opaque(Type = \"crate-and-version\")`, or `opaque = \"form-and-version\"` for the whole field";
            return Err(syn::Error::new(input.span(), error));
        }
        while !input.is_empty() {
            let of: Type = input.parse()?;
            let form = read_form(input, of.span())?;
            self.opaque_types.push((of, form));
            expect_comma(input, mistakes);
        }
        Ok(())
    }
}

/// `= "form-and-version"`.
fn read_form(input: ParseStream<'_>, key: Span) -> syn::Result<LitStr> {
    let rule = "name the form in which it is written, as in `= \"geo-0.28\"`, and change the name whenever the form changes";
    if input.parse::<Option<Token![=]>>()?.is_none() || !input.peek(LitStr) {
        return Err(syn::Error::new(key, rule));
    }
    let form: LitStr = input.parse()?;
    if form.value().trim().is_empty() {
        return Err(syn::Error::new(form.span(), rule));
    }
    Ok(form)
}
