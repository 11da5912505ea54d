//! The named fields of a struct or variant: which of them a stored row has, and what reads it.

use std::collections::BTreeSet;

use super::{
    document::{DENIES, Field, Variant},
    walk::{At, FLATTENED, Finding, Mode, Titles, Walk, option},
};

impl<'a> Walk<'a> {
    pub(super) fn fields(
        &mut self,
        owner: &Titles,
        path: &str,
        old: &'a Variant,
        new: &'a Variant,
    ) {
        let is_flattened = |of: &Variant| of.fields.iter().any(|field| field.has("flattened"));
        if (is_flattened(old) || is_flattened(new)) && old != new {
            let what = "it differs, and `flatten` is in it: what was unknown to it could be read as a field";
            return self.find(owner, Finding::refused(what));
        }
        let mut unread = Vec::new();
        let mut readers: Vec<(&Field, &Field)> = Vec::new();
        for field in old.fields.iter().filter(|field| field.of.is_some()) {
            match reader(field, new) {
                Some(other) => {
                    let label = format!("`{path}{}`", field.name);
                    if let Some((first, _)) = readers.iter().find(|(_, reader)| *reader == other) {
                        let what = format!(
                            "{label} and `{path}{}` would both be read as `{}`, which is an error",
                            first.name, other.name
                        );
                        self.find(owner, Finding::refused(what));
                    }
                    readers.push((field, other));
                    let mode = if field.has("flattened") {
                        FLATTENED
                    } else {
                        Mode::ByName
                    };
                    self.field(
                        At {
                            owner,
                            label: &label,
                            mode,
                        },
                        field,
                        other,
                    );
                    self.new_names(owner, &label, old, field, other);
                }
                None => unread.push(field),
            }
        }
        for field in old.fields.iter().filter(|field| field.of.is_none()) {
            let reads = |other: &&Field| other.read_names().contains(field.name.as_str());
            if let Some(other) = new.fields.iter().find(reads)
                && (other.of.is_none() || other.may_be_absent())
            {
                let label = format!("`{path}{}`", field.name);
                self.absence(owner, &label, field, other);
            }
        }
        let stored: BTreeSet<&str> = (old.fields.iter())
            .filter(|field| field.of.is_some())
            .flat_map(Field::stored_names)
            .collect();
        let is_new = |field: &&&Field| field.is_read() && field.read_names().is_disjoint(&stored);
        let mut added: Vec<&Field> = new
            .fields
            .iter()
            .collect::<Vec<_>>()
            .iter()
            .filter(is_new)
            .copied()
            .collect();
        for field in unread {
            let place = added.iter().position(|other| is_renamed(field, other));
            let other = place.map(|place| added.remove(place));
            self.find(owner, gone(path, field, other));
        }
        for field in added {
            self.find(owner, is_added(path, field));
        }
        for field in &new.fields {
            if field.text("skipped if").is_some() && !field.may_be_absent() {
                let what = format!("`{path}{}` may be left out, and is required", field.name);
                let cure = "`#[serde(default)]` on it";
                self.find(owner, Finding::refused(what).cured(cure));
            }
        }
    }

    /// A field and the one that reads it.
    pub(super) fn field(&mut self, at: At<'_>, old: &'a Field, new: &'a Field) {
        let label = at.label;
        if !old.is_read() && !new.is_read() {
            self.absence(at.owner, label, old, new);
            return;
        }
        if !new.is_read() {
            let what = format!("{label} is no longer read: what is stored would be lost");
            return self.find(at.owner, Finding::refused(what));
        }
        if new.has_name {
            self.names(at, old, new);
        }
        self.code(at.owner, label, &old.notes, &new.notes);
        let was_absent = was_absent(old);
        if was_absent && !new.may_be_absent() {
            let what = format!("{label} can be absent from stored rows, and is required");
            let cure = "`#[serde(default)]` on it";
            self.find(at.owner, Finding::refused(what).cured(cure));
        } else if !(was_absent && self.absence(at.owner, label, old, new))
            && old.absent() != new.absent()
        {
            let what = format!("{label} reads stored rows with another default or none");
            self.find(at.owner, Finding::behind(what));
        }
        if old.text("skipped if") != new.text("skipped if")
            || old.has("not written") != new.has("not written")
        {
            let what = format!("{label} is left out on another condition; stored rows are read");
            self.find(at.owner, Finding::behind(what));
        }
        if let (Some(old), Some(new)) = (&old.of, &new.of) {
            self.types(at, old, new, false);
        }
    }

    fn names(&mut self, at: At<'_>, old: &Field, new: &Field) {
        let (stored, read) = (old.stored_names(), new.read_names());
        for lost in stored.difference(&read) {
            let what = format!(
                "{} is no longer read under the name `{lost}`, which stored rows may have",
                at.label
            );
            let cure = format!("`#[serde(alias = \"{lost}\")]` on it");
            self.find(at.owner, Finding::refused(what).cured(cure));
        }
        if old.name != new.name && stored.is_subset(&read) {
            let what = format!("{} is read as `{}`", at.label, new.name);
            self.find(at.owner, Finding::behind(what));
        }
    }

    /// Names that a field is read under from now on. Where rows may lack it, those that have such a name were replayed as
    /// if it were absent, into snapshots whose fingerprint has no names of events' fields.
    fn new_names(
        &mut self,
        owner: &Titles,
        label: &str,
        around: &Variant,
        old: &Field,
        new: &Field,
    ) {
        let written = (!old.has("not written")).then_some(old.name.as_str());
        let mut names = names_read(new);
        // No row has a name that is new, unless it is what was written and not read.
        if written != Some(new.name.as_str()) {
            names.remove(new.name.as_str());
        }
        let was_read = names_read(old);
        let late: Vec<&str> = names.difference(&was_read).copied().collect();
        let of_rows = late.iter().find(|name| written == Some(**name));
        let Some(name) = of_rows.or(late.first()) else {
            return;
        };
        let is_of_rows = of_rows.is_some();
        // A row with a name that is denied was an error of every load.
        if !was_absent(old) || around.has(DENIES) || self.of.is_some_and(|(_, [a, b])| b > a) {
            if old.name == new.name {
                let what = if is_of_rows {
                    format!("{label} is read from now on")
                } else {
                    format!("{label} is read under another name as well")
                };
                self.find(owner, Finding::behind(what));
            }
            return;
        }
        let what = if is_of_rows {
            format!(
                "{label} is read from now on: stored rows have it as `{name}`, which was not read so far, and snapshots hold what came of that"
            )
        } else {
            format!(
                "{label} is read under the name `{name}` as well: in stored rows that have it under that name it was absent so far, and snapshots hold what came of that"
            )
        };
        let raised = self
            .of
            .map_or_else(String::new, |(aggregate, [version, _])| {
                format!(
                    "`schema_version = {}` of {aggregate} in the same change, which rebuilds them",
                    version.saturating_add(1)
                )
            });
        self.find(
            owner,
            Finding {
                // A new version would read old rows as before, without that name.
                is_of_shape: false,
                ..Finding::refused(what).cured(raised)
            },
        );
    }
}

/// The names that it is read under, if it is read at all.
fn names_read(field: &Field) -> BTreeSet<&str> {
    let names = field.read_names();
    names.into_iter().filter(|_| field.is_read()).collect()
}

/// Whether stored rows may lack it.
fn was_absent(field: &Field) -> bool {
    let is_lacking = field.text("skipped if").is_some() || field.has("not written");
    field.may_be_absent() || is_lacking || !field.is_read()
}

/// What a row's field is read by: under the name that is written, or else under one that was.
fn reader<'a>(field: &Field, new: &'a Variant) -> Option<&'a Field> {
    let reads = |name: &str| {
        new.fields
            .iter()
            .find(|other| other.read_names().contains(name))
    };
    let stored = field.stored_names();
    let written = (!field.has("not written")).then_some(field.name.as_str());
    written.into_iter().chain(stored).find_map(reads)
}

/// Whether it looks as if one were the other's new name.
fn is_renamed(old: &Field, new: &Field) -> bool {
    old.of == new.of
        || matches!((&old.of, &new.of), (Some(old), Some(new)) if option(new) == Some(old))
}

fn gone(path: &str, field: &Field, other: Option<&Field>) -> Finding {
    let name = &field.name;
    let finding = Finding::refused(format!(
        "`{path}{name}` is gone: what stored rows have of it would be lost"
    ));
    match other {
        Some(other) => finding.cured(format!(
            "if `{}` is its new name, `#[serde(alias = \"{name}\")]` on that",
            other.name
        )),
        None => finding,
    }
}

fn is_added(path: &str, field: &Field) -> Finding {
    let name = &field.name;
    if field.may_be_absent() {
        let what = if field.absent().is_some() {
            "its default"
        } else {
            "none"
        };
        return Finding::behind(format!("`{path}{name}` is new, and {what} in stored rows"));
    }
    Finding::refused(format!(
        "`{path}{name}` is new and required: stored rows don't have it"
    ))
    .cured("`#[serde(default)]` on it, or an `Option`")
}
