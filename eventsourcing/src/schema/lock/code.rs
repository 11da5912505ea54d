//! What no row shows, and yet says what it is read as: functions, Rust names under stored ones, unknown fields.

use std::collections::BTreeSet;

use super::{
    document::{Absent, DENIES, Field, Note, Variant},
    walk::{Finding, Titles, Walk},
};

impl Walk<'_> {
    /// What is said of two fields or variants of which the first is read as the second.
    pub(super) fn code(
        &mut self,
        owner: &Titles,
        label: &str,
        old: &BTreeSet<Note>,
        new: &BTreeSet<Note>,
    ) {
        let said = |notes: &BTreeSet<Note>, key: &str| {
            notes.iter().find_map(|note| match note {
                Note::Text(other, text) if *other == key => Some(format!("`{text}`")),
                _ => None,
            })
        };
        for key in ["with", "deserialize with"] {
            let (before, now) = (said(old, key), said(new, key));
            if before != now {
                let none = || "serde's own way".to_owned();
                let what = format!(
                    "{label} was read by {} and is read by {}",
                    before.unwrap_or_else(none),
                    now.unwrap_or_else(none)
                );
                let cure = "the same function, under the same path";
                self.find(owner, Finding::refused(what).cured(cure));
            }
        }
        if said(old, "serialize with") != said(new, "serialize with") {
            let what = format!("{label} is written by another function; stored rows are read");
            self.find(owner, Finding::behind(what));
        }
        let (before, now) = (said(old, "in code"), said(new, "in code"));
        if before != now {
            let plain = || "as it is stored".to_owned();
            let what = format!(
                "{label} was called {} in the code and is called {}: rows would be read as what another one means",
                before.clone().unwrap_or_else(plain),
                now.unwrap_or_else(plain)
            );
            let cure = format!("call it {} again", before.unwrap_or_else(plain));
            self.find(owner, Finding::refused(what).cured(cure));
        }
    }

    pub(super) fn unknown_fields(
        &mut self,
        owner: &Titles,
        label: &str,
        old: &Variant,
        new: &Variant,
    ) {
        match (old.has(DENIES), new.has(DENIES)) {
            (false, true) => {
                let what = format!(
                    "{label} denies unknown fields from now on: rows from before a field was removed couldn't be read"
                );
                let cure = "leave out `deny_unknown_fields`";
                self.find(owner, Finding::refused(what).cured(cure));
            }
            (true, false) => {
                let what = format!("{label} no longer denies unknown fields; stored rows are read");
                self.find(owner, Finding::behind(what));
            }
            _ => {}
        }
    }

    /// Whether a row that hasn't got the field is read as another value than before.
    pub(super) fn absence(
        &mut self,
        owner: &Titles,
        label: &str,
        old: &Field,
        new: &Field,
    ) -> bool {
        let (before, now) = (if_absent(old), if_absent(new));
        let is_default = |of: If<'_>| of == If::None || of == If::Value(Absent::Default);
        // Of what was skipped the type isn't known: it may have been an option.
        let may_be_same = old.of.is_none() && is_default(before) && is_default(now);
        if before == now || may_be_same {
            return false;
        }
        let what = format!(
            "{label} is {now} where a row hasn't got it, and was {before}",
            before = shown(before),
            now = shown(now)
        );
        let cure = match before {
            If::Value(Absent::Default) => {
                "the default of its type, by `#[serde(default)]`".to_owned()
            }
            If::Value(Absent::Function(path)) => {
                format!("`#[serde(default = \"{path}\")]`, which gives the same")
            }
            If::Value(Absent::Container(_)) => "`#[serde(default)]` on the type again".to_owned(),
            If::None => "an `Option` without a default of its own".to_owned(),
        };
        self.find(owner, Finding::refused(what).cured(cure));
        true
    }
}

/// What an absent field is.
#[derive(Clone, Copy, PartialEq)]
enum If<'a> {
    None,
    Value(Absent<'a>),
}

fn if_absent(field: &Field) -> If<'_> {
    match field.absent() {
        None | Some(Absent::Default) if field.is_option() => If::None,
        Some(absent) => If::Value(absent),
        // Skipped: serde takes its type's default.
        None => If::Value(Absent::Default),
    }
}

fn shown(of: If<'_>) -> String {
    match of {
        If::None => "none".to_owned(),
        If::Value(Absent::Default) => "its type's default".to_owned(),
        If::Value(Absent::Function(path)) => format!("what `{path}` gives"),
        If::Value(Absent::Container(None)) => {
            "what the default of the type around it has".to_owned()
        }
        If::Value(Absent::Container(Some(path))) => format!("what `{path}` gives for it"),
    }
}
