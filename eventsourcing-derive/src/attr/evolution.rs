//! `upcast(…)` of events, `legacy(…)` and `retired(…)` of aggregates: what was written.

use proc_macro2::{Ident, Span};
use syn::{LitStr, Path, Token, parse::ParseStream};

use super::{Extent, aggregate::read_event_path, expect_comma, skip, value};
use crate::{names, validate::Mistakes};

/// `upcast(ItemAddedV1)`, or `upcast()` where no row of an older version was ever stored.
#[derive(Debug)]
pub(crate) struct Upcast {
    /// The key.
    pub(crate) place: Span,
    pub(crate) older: Option<Path>,
    /// It reads as it stands: anything else is a mistake already.
    pub(crate) is_sound: bool,
}

pub(super) fn read_upcast(
    key: &Ident,
    input: ParseStream<'_>,
    extent: Extent,
    mistakes: &Mistakes,
) -> Upcast {
    let mut upcast = Upcast {
        place: key.span(),
        older: None,
        is_sound: true,
    };
    each(input, extent, mistakes, |input| {
        let before = mistakes.count();
        let path = read_path("upcast", "an older version has no handler", input, mistakes);
        upcast.is_sound &= mistakes.count() == before;
        let path = path?;
        match &upcast.older {
            None => upcast.older = Some(path),
            Some(older) => {
                let (older, shown) = (names::shown(older), names::shown(&path));
                let error = format!(
                    "`upcast` names one event, that of the version before: if `{shown}` is older, write `upcast({shown})` on `{older}`"
                );
                mistakes.on(&path, error);
            }
        }
        Ok(())
    });
    upcast
}

pub(super) fn read_legacy(
    legacy: &mut Vec<Path>,
    input: ParseStream<'_>,
    extent: Extent,
    mistakes: &Mistakes,
) {
    each(input, extent, mistakes, |input| {
        let rule = "a legacy event has no handler, what it becomes has";
        legacy.push(read_path("legacy", rule, input, mistakes)?);
        Ok(())
    });
}

pub(super) fn read_retired(
    retired: &mut Vec<LitStr>,
    input: ParseStream<'_>,
    extent: Extent,
    mistakes: &Mistakes,
) {
    each(input, extent, mistakes, |input| {
        let Some(name) = value::listed_name(input, "retired", mistakes)? else {
            return Ok(());
        };
        if retired.iter().any(|other| other.value() == name.value()) {
            let error = format!("{:?} is retired twice: keep one", name.value());
            mistakes.on(&name, error);
        } else {
            retired.push(name);
        }
        Ok(())
    });
}

/// A path alone: `as name` is what `rule` says that it hasn't got.
fn read_path(
    key: &str,
    rule: &str,
    input: ParseStream<'_>,
    mistakes: &Mistakes,
) -> syn::Result<Path> {
    let path = read_event_path(key, input, mistakes)?;
    if let Some(token) = input.parse::<Option<Token![as]>>()? {
        let shown = names::shown(&path);
        mistakes.on(&token, format_args!("{rule}: write `{key}({shown})`"));
        skip(input);
    }
    Ok(path)
}

/// Reads a list, item by item, also after one that can't be read.
fn each(
    input: ParseStream<'_>,
    extent: Extent,
    mistakes: &Mistakes,
    mut read: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    while !input.is_empty() {
        if let Err(error) = read(input) {
            mistakes.add(error);
            skip(input);
        }
        if extent == Extent::One {
            return;
        }
        expect_comma(input, mistakes);
    }
}
