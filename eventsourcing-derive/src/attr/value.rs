//! Reads single values: names, numbers, types, paths. Each says what to write when something else stands there.

use proc_macro2::{Ident, Span, TokenTree};
use syn::{
    Lit, LitInt, LitStr, Path, Token, Type, Visibility, ext::IdentExt, parse::ParseStream,
    spanned::Spanned, token,
};

use crate::{
    names,
    validate::{self, Mistakes},
};

/// A quoted name that is stored: `name = "order"`.
pub(super) fn stored_name(
    input: ParseStream<'_>,
    key: &str,
    mistakes: &Mistakes,
) -> syn::Result<Option<LitStr>> {
    let literal = if input.peek(LitStr) {
        input.parse::<LitStr>()?
    } else if input.peek(syn::Ident::peek_any) && !input.peek2(Token![!]) {
        let path = input.call(Path::parse_mod_style)?;
        let last = path.segments.last().map(|s| names::text(&s.ident));
        let literal = LitStr::new(&last.unwrap_or_default(), Span::call_site());
        let message = format!("`{key}` is a text: write `{key} = \"{}\"`", literal.value());
        mistakes.on(&path, message);
        return Ok(Some(literal));
    } else {
        return Err(input.error(format_args!("`{key}` is a text: write `{key} = \"...\"`")));
    };
    Ok(checked_name(literal, &format!("`{key}`"), mistakes))
}

/// A quoted name of rows, in the list of this key: `retired("ItemSeen")`.
pub(super) fn listed_name(
    input: ParseStream<'_>,
    key: &str,
    mistakes: &Mistakes,
) -> syn::Result<Option<LitStr>> {
    if input.peek(LitStr) {
        let literal = input.parse()?;
        return Ok(checked_name(literal, "this name", mistakes));
    }
    let span = input.span();
    let path = input.call(Path::parse_mod_style).map_err(|_| {
        let error = format!("`{key}` lists names of rows, as texts: write `{key}(\"...\")`");
        syn::Error::new(span, error)
    })?;
    let last = path.segments.last().map(|s| names::text(&s.ident));
    let literal = LitStr::new(&last.unwrap_or_default(), path.span());
    let written = literal.value();
    mistakes.on(
        &path,
        format_args!("`{key}` lists names of rows, as texts: write `{key}({written:?})`"),
    );
    Ok(Some(literal))
}

fn checked_name(literal: LitStr, what: &str, mistakes: &Mistakes) -> Option<LitStr> {
    if let Err(why) = validate::stored_name(&literal.value()) {
        mistakes.on(
            &literal,
            format_args!(
                "{what} {why}: a stored name has 1 to 128 bytes, without `/` and control characters"
            ),
        );
        return None;
    }
    Some(literal)
}

/// A version: a whole number from 1 to the largest `u32`.
pub(super) fn version(
    input: ParseStream<'_>,
    key: &str,
    mistakes: &Mistakes,
) -> syn::Result<Option<u32>> {
    let rule = format!(
        "write a whole number from 1 to {}, as in `{key} = 2`",
        u32::MAX
    );
    if input.peek(Token![-]) {
        let minus: Token![-] = input.parse()?;
        let number = input.parse::<Lit>()?;
        let written = names::shown(&quote::quote!(#minus #number));
        let tokens = quote::quote!(#minus #number);
        mistakes.on(
            &tokens,
            format_args!("`{key} = {written}` is negative: {rule}"),
        );
        return Ok(None);
    }
    if !input.peek(Lit) {
        let written = match input.fork().parse::<TokenTree>() {
            Ok(token) => format!("`{}` is", names::shown(&token)),
            Err(_) => "this is".to_owned(),
        };
        let span = input.span();
        super::skip(input);
        mistakes.at(span, format_args!("{written} not a number: {rule}"));
        return Ok(None);
    }
    let literal: Lit = input.parse()?;
    match &literal {
        Lit::Int(number) => match checked_version(number) {
            Ok(number) => return Ok(Some(number)),
            Err(what) => mistakes.on(number, format_args!("`{key} = {number}` {what}: {rule}")),
        },
        Lit::Str(text) => {
            mistakes.on(text, format_args!("`{key}` takes no quotes: {rule}"));
            return Ok(text.value().parse().ok().filter(|&n| n > 0));
        }
        other => {
            let written = names::shown(other);
            mistakes.on(
                other,
                format_args!("`{written}` is not a whole number: {rule}"),
            );
        }
    }
    Ok(None)
}

fn checked_version(number: &LitInt) -> Result<u32, &'static str> {
    if !matches!(number.suffix(), "" | "u32") {
        return Err("is not a `u32`");
    }
    match number.base10_digits().parse::<u32>() {
        Ok(0) => Err("is zero"),
        Ok(number) => Ok(number),
        Err(_) => Err("is too large"),
    }
}

/// A type, written without quotes.
pub(super) fn type_of(
    input: ParseStream<'_>,
    key: &str,
    example: &str,
    mistakes: &Mistakes,
) -> syn::Result<Type> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let text = literal.value();
        let parsed = literal.parse::<Type>();
        let name = example.rsplit("::").next().unwrap_or(example);
        let written = if parsed.is_ok() && names::upper_camel(&text) != name {
            text.as_str()
        } else {
            example
        };
        let message = format!("`{key}` is a type, not a text: write `{key} = {written}`");
        return match parsed {
            Ok(parsed) => {
                mistakes.on(&literal, message);
                Ok(parsed)
            }
            Err(_) => Err(syn::Error::new_spanned(literal, message)),
        };
    }
    let span = input.span();
    input.parse().map_err(|_| {
        syn::Error::new(
            span,
            format_args!("`{key}` is a type: write `{key} = {example}`"),
        )
    })
}

/// A path of modules, as in `crate = ::path`.
pub(super) fn module_path(
    input: ParseStream<'_>,
    key: &str,
    mistakes: &Mistakes,
) -> syn::Result<Path> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let path = literal.parse_with(Path::parse_mod_style)?;
        let written = literal.value();
        mistakes.on(
            &literal,
            format_args!("`{key}` is a path, not a text: write `{key} = {written}`"),
        );
        return Ok(path);
    }
    let span = input.span();
    input.call(Path::parse_mod_style).map_err(|_| {
        syn::Error::new(
            span,
            format_args!("`{key}` is a path: write `{key} = ::path`"),
        )
    })
}

/// One plain name for something that is generated, as in `event = Happening`.
pub(super) fn new_name(
    input: ParseStream<'_>,
    key: &str,
    mistakes: &Mistakes,
) -> syn::Result<Option<Ident>> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let written = literal.value();
        mistakes.on(
            &literal,
            format_args!("`{key}` takes no quotes: write `{key} = {written}`"),
        );
        return Ok(literal.parse::<Ident>().ok());
    }
    let path = input.call(Path::parse_mod_style).map_err(|error| {
        syn::Error::new(
            error.span(),
            format_args!("`{key}` is one name: write `{key} = SomeName`"),
        )
    })?;
    if let Some(name) = path.get_ident() {
        return Ok(Some(name.clone()));
    }
    let last = path.segments.last().map(|s| s.ident.clone());
    let example = last.as_ref().map(names::text).unwrap_or_default();
    mistakes.on(
        &path,
        format_args!("`{key}` is one name, not a path: write `{key} = {example}`"),
    );
    Ok(last)
}

/// `pub`, `pub(crate)`, `pub(in path)`.
pub(super) fn visibility(
    input: ParseStream<'_>,
    mistakes: &Mistakes,
) -> syn::Result<Option<Visibility>> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let written = literal.value();
        mistakes.on(
            &literal,
            format_args!("`vis` takes no quotes: write `vis = {written}`"),
        );
        return Ok(literal.parse().ok());
    }
    let span = input.span();
    match input.parse::<Visibility>()? {
        Visibility::Inherited => {
            let error = "`vis` is a visibility: write `vis = pub(crate)`, or leave it out for a private trait";
            Err(syn::Error::new(span, error))
        }
        given => Ok(Some(given)),
    }
}

/// Whether a group or an item of a list in quotes stands next; for messages.
pub(super) fn is_group(input: ParseStream<'_>) -> bool {
    input.peek(token::Paren) || input.peek(token::Brace)
}
