//! Older versions of an event, and the events of earlier programs: the rules of `upcast` and `legacy`.

use proc_macro2::{Ident, Span};
use syn::Path;

use super::{Event, is_same};
use crate::{
    attr::{EventAttr, Upcast},
    names,
    validate::Mistakes,
};

/// An event of an earlier program, read as any number of an aggregate's events.
#[derive(Debug)]
pub(crate) struct Legacy {
    pub(crate) path: Path,
    /// An alias of the type, with the span of the path's last segment.
    pub(crate) alias: Ident,
    /// A function that returns what can be done with the type.
    pub(crate) stored: Ident,
}

impl Legacy {
    /// The token to blame for whatever is wrong with the event.
    pub(crate) fn span(&self) -> Span {
        self.alias.span()
    }
}

/// The event of the version before, if there is to be one.
pub(super) fn older(
    attr: &EventAttr,
    ident: &Ident,
    name: &str,
    mistakes: &Mistakes,
) -> Option<Path> {
    let version = attr.version.unwrap_or(1);
    let Some(Upcast {
        place,
        older,
        is_sound,
    }) = &attr.upcast
    else {
        let is_told = attr.has_upcast || !attr.is_version_sound;
        if let (Some(place), 2.., false) = (attr.version_place, version, is_told) {
            let before = version - 1;
            let older = format!("{ident}V{before}");
            let error = format!(
                "rows of version {before} could not be read: add `upcast({older})`, an event with `#[event(name = {name:?}, version = {before})]`, and `impl From<{older}> for {ident}`; or `upcast()` if no such row was ever stored"
            );
            mistakes.at(place, error);
        }
        return None;
    };
    let shown = older.as_ref().map(names::shown).unwrap_or_default();
    if version == 1 {
        if *is_sound && attr.is_version_sound {
            let error = match older {
                Some(_) => format!(
                    "`{ident}` is version 1, which `{shown}` can't come before: write `version = 2` beside `upcast({shown})`"
                ),
                None => format!(
                    "`{ident}` is version 1, which nothing comes before: leave `upcast()` out"
                ),
            };
            mistakes.at(*place, error);
        }
        return None;
    }
    let older = older.as_ref()?;
    if older.is_ident(ident) || older.is_ident("Self") {
        let before = version - 1;
        let error = format!(
            "`{shown}` can't be its own older version: name the event that has `version = {before}`"
        );
        mistakes.on(older, error);
        return None;
    }
    Some(older.clone())
}

/// Gives each listing its names, and leaves out what is listed twice.
pub(super) fn legacy(
    paths: &[Path],
    aggregate: &Ident,
    events: &[Event],
    mistakes: &Mistakes,
) -> Vec<Legacy> {
    let mut legacy: Vec<Legacy> = Vec::new();
    for path in paths {
        let shown = names::shown(path);
        let Some(last) = path.segments.last() else {
            continue;
        };
        if path.is_ident(aggregate) || path.is_ident("Self") {
            let error = format!(
                "`{shown}` is the aggregate itself, which can't be its own event: list the events' types"
            );
            mistakes.on(path, error);
        } else if let Some(event) = events.iter().find(|event| is_same(&event.path, path)) {
            let key = event.stage.key();
            let error = format!(
                "`{shown}` is listed in both `{key}(...)` and `legacy(...)`: leave it out here, it is read as itself"
            );
            mistakes.on(path, error);
        } else if legacy.iter().any(|other| is_same(&other.path, path)) {
            let error = format!("`{shown}` is listed twice in `legacy(...)`: keep one");
            mistakes.on(path, error);
        } else {
            let place = legacy.len();
            legacy.push(Legacy {
                path: path.clone(),
                alias: Ident::new(&format!("__L{place}"), last.ident.span()),
                stored: Ident::new(&format!("__l{place}"), last.ident.span()),
            });
        }
    }
    legacy
}
