//! Reads attributes, keeping spans. Here: the form `key = value, key(list)` that all of them share.
//!
//! What a mistake leaves readable is read all the same, so that nothing else in the program fails because of it.

mod aggregate;
mod event;
mod evolution;
mod schema;
mod serde;
mod value;

use proc_macro2::{Ident, Span, TokenTree};
use syn::{
    Attribute, Meta, Path, Token, braced, bracketed,
    ext::IdentExt,
    parenthesized,
    parse::{ParseStream, Parser},
    spanned::Spanned,
    token,
};

pub(crate) use self::{
    aggregate::{AggregateAttr, Listing, Stage},
    event::{EventAttr, IdAttr},
    evolution::Upcast,
    schema::{Place, SchemaAttr},
    serde::{Both, DefaultBy, SerdeAttr, field_names},
};
use crate::{names, validate::Mistakes};

/// How a key's value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `key = value`
    Value,
    /// `key(item, item)`
    List,
}

/// A key that an attribute knows, with an example of its use.
struct Key {
    name: &'static str,
    form: Form,
    example: &'static str,
    repeatable: bool,
}

impl Key {
    const fn new(name: &'static str, form: Form, example: &'static str) -> Self {
        Self {
            name,
            form,
            example,
            repeatable: false,
        }
    }

    const fn repeatable(self) -> Self {
        Self {
            repeatable: true,
            ..self
        }
    }
}

/// How much of the stream belongs to a key's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Everything that is left.
    All,
    /// One item: others keys follow.
    One,
}

/// Finds `#[name(…)]` among the attributes and reads it; says where it stands.
fn read_attribute(
    attributes: &[Attribute],
    name: &str,
    mistakes: &Mistakes,
    mut read: impl FnMut(ParseStream<'_>),
) -> Option<Span> {
    let mut found = None;
    for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
        if found.is_some() {
            mistakes.at(
                attribute.path().span(),
                format_args!(
                    "`#[{name}(...)]` is written once: move what stands here into the first one"
                ),
            );
        }
        match &attribute.meta {
            Meta::List(list) => {
                let outcome = (|input: ParseStream<'_>| {
                    read(input);
                    Ok(())
                })
                .parse2(list.tokens.clone());
                if let Err(error) = outcome {
                    mistakes.add(error);
                }
                if !list.tokens.is_empty() || found.is_some() {
                    found = found.or(Some(list.path.span()));
                }
            }
            Meta::NameValue(meta) => {
                mistakes.on(
                    meta,
                    format_args!(
                        "`#[{name} = ...]` says nothing: write `#[{name}(key = value, ...)]`"
                    ),
                );
                found = Some(attribute.path().span());
            }
            Meta::Path(_) => {}
        }
    }
    found
}

/// Reads `key = value, key(list), …`, giving each known key's value to `read`; returns the keys there are.
fn read_keys(
    input: ParseStream<'_>,
    known: &[Key],
    mistakes: &Mistakes,
    mut read: impl FnMut(&'static str, &Ident, ParseStream<'_>, Extent) -> syn::Result<()>,
) -> Vec<&'static str> {
    let mut seen: Vec<&str> = Vec::new();
    while !input.is_empty() {
        if let Some(written) = read_key(input, known, mistakes) {
            let key = written.key;
            let doubled = !key.repeatable && seen.contains(&key.name);
            if doubled && !written.is_misspelt {
                let error = format!("`{}` is written twice: keep one", key.name);
                mistakes.at(written.ident.span(), error);
            }
            seen.push(key.name);
            let outcome = read_value(input, &written, mistakes, |stream, extent| {
                if doubled && key.form == Form::Value {
                    skip(stream);
                    return Ok(());
                }
                read(key.name, &written.ident, stream, extent)
            });
            if let Err(error) = outcome {
                mistakes.add(error);
                skip(input);
            }
        }
        expect_comma(input, mistakes);
    }
    seen
}

/// A key as it was written.
struct Written<'k> {
    key: &'k Key,
    ident: Ident,
    /// That is a mistake already: the form of its value isn't another.
    is_misspelt: bool,
}

/// Reads a key; `None`, with the mistake noted and the entry skipped, if it is no key of this attribute.
fn read_key<'k>(
    input: ParseStream<'_>,
    known: &'k [Key],
    mistakes: &Mistakes,
) -> Option<Written<'k>> {
    let keys = || {
        let names: Vec<_> = known.iter().map(|k| format!("`{}`", k.name)).collect();
        names.join(", ")
    };
    let Ok(ident) = input.call(Ident::parse_any) else {
        mistakes.at(
            input.span(),
            format_args!("a key is expected here: one of {}", keys()),
        );
        skip(input);
        return None;
    };
    let written = names::text(&ident);
    let is_list = input.peek(token::Paren) || input.peek(token::Bracket);
    let exact = known.iter().find(|k| k.name == written);
    // `event(ItemAdded)` is a misspelt `events`, although there is a key `event`.
    let plural = format!("{written}s");
    let misspelt = |key: &&Key| key.form == Form::List && is_list && key.name == plural;
    if let Some(key) = exact.filter(|_| !known.iter().any(|k| misspelt(&k))) {
        return Some(Written {
            key,
            ident,
            is_misspelt: false,
        });
    }
    let fitting = |key: &&Key| (key.form == Form::List) == is_list;
    let candidates = || known.iter().filter(fitting).map(|k| k.name);
    let nearest = known
        .iter()
        .find(misspelt)
        .map(|k| k.name)
        .or_else(|| names::nearest(&written, candidates()))
        .or_else(|| names::nearest(&written, known.iter().map(|k| k.name)));
    if let Some(key) = nearest.and_then(|name| known.iter().find(|k| k.name == name)) {
        mistakes.at(
            ident.span(),
            format_args!(
                "unknown key `{written}`: did you mean `{}`, as in `{}`?",
                key.name, key.example
            ),
        );
        return Some(Written {
            key,
            ident,
            is_misspelt: true,
        });
    }
    mistakes.at(
        ident.span(),
        format_args!("unknown key `{written}`: the keys are {}", keys()),
    );
    skip(input);
    None
}

/// Hands the value to `read`, also where it is written in the other form.
fn read_value(
    input: ParseStream<'_>,
    written: &Written<'_>,
    mistakes: &Mistakes,
    read: impl FnOnce(ParseStream<'_>, Extent) -> syn::Result<()>,
) -> syn::Result<()> {
    let Key {
        name,
        example,
        form,
        ..
    } = written.key;
    let wrong_form = |what: &str| {
        if !written.is_misspelt {
            let error = format!("`{name}` {what}: write `{example}`");
            mistakes.at(written.ident.span(), error);
        }
    };
    let mut equals = input.parse::<Option<Token![=]>>()?.is_some();
    if !equals && input.peek(Token![:]) && !input.peek(Token![::]) {
        input.parse::<Token![:]>()?;
        wrong_form("takes no `:`");
        equals = true;
    }
    let is_bare = input.is_empty() || input.peek(Token![,]);
    if equals && !is_bare && *form == Form::Value {
        return read(input, Extent::One);
    }
    let content;
    if input.peek(token::Paren) {
        parenthesized!(content in input);
        match form {
            Form::Value => wrong_form("takes one value after `=`"),
            Form::List if equals => wrong_form("is a list without `=`"),
            Form::List => {}
        }
    } else if input.peek(token::Bracket) || input.peek(token::Brace) {
        if input.peek(token::Bracket) {
            bracketed!(content in input);
        } else {
            braced!(content in input);
        }
        wrong_form(match form {
            Form::Value => "takes one value after `=`",
            Form::List => "is a list in parentheses",
        });
    } else {
        wrong_form(match form {
            Form::List if is_bare => "has no list",
            Form::List => "is a list in parentheses",
            Form::Value => "has no value",
        });
        return if is_bare {
            Ok(())
        } else {
            read(input, Extent::One)
        };
    }
    read(&content, Extent::All)
}

/// Between two entries. A missing comma is noted and read as if it were there.
fn expect_comma(input: ParseStream<'_>, mistakes: &Mistakes) {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return;
    }
    if input.peek(Token![;]) {
        mistakes.at(input.span(), "entries are separated by `,`, not by `;`");
        let _ = input.parse::<Token![;]>();
        return;
    }
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Ident(next)) => {
            mistakes.at(
                next.span(),
                format_args!("a `,` is missing before `{next}`"),
            );
        }
        Ok(next) => {
            let shown = names::shown(&next);
            mistakes.at(
                next.span(),
                format_args!("`{shown}` is not expected here: write `,` or nothing"),
            );
            skip(input);
            let _ = input.parse::<Token![,]>();
        }
        Err(error) => mistakes.add(error),
    }
}

/// Up to the next comma.
fn skip(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// The path of the runtime crate, where no `crate = …` says otherwise.
fn default_crate() -> Path {
    let span = Span::call_site();
    let mut path = Path::from(Ident::new("eventsourcing", span));
    path.leading_colon = Some(token::PathSep {
        spans: [span, span],
    });
    path
}
