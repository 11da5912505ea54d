//! The variants of an enum: which of them a stored row has, and what reads it.

use std::collections::BTreeSet;

use super::{
    document::{Block, Variant},
    walk::{Finding, Titles, Walk},
};

impl<'a> Walk<'a> {
    pub(super) fn variants(&mut self, owner: &Titles, old: &'a Block, new: &'a Block) {
        let mut readers: Vec<(&Variant, &Variant)> = Vec::new();
        for variant in &old.variants {
            let name = variant.name.as_str();
            let reads = |other: &&Variant| other.is_read() && other.read_names().contains(name);
            let Some(other) = new.variants.iter().find(reads) else {
                // Rows of what wasn't read were an error of every load, or read as what stands for whatever isn't known.
                if variant.is_read() {
                    self.find(owner, gone(variant, old, new));
                }
                continue;
            };
            self.names_of_variant(owner, variant, other, new);
            if let Some((first, _)) = readers.iter().find(|(_, reader)| *reader == other)
                && self.in_key
            {
                let what = format!(
                    "variants `{}` and `{name}` would both be read as `{}`, and they are keys: of two entries one would be lost",
                    first.name, other.name
                );
                self.find(owner, Finding::refused(what).cured("keep both variants"));
            }
            readers.push((variant, other));
            let path = format!("{name}.");
            self.code(
                owner,
                &format!("variant `{name}`"),
                &variant.notes,
                &other.notes,
            );
            self.contents(owner, &path, variant, other);
        }
        self.discriminants(owner, old, new, &readers);
        self.new_variants(owner, old, new);
    }

    fn names_of_variant(
        &mut self,
        owner: &Titles,
        variant: &Variant,
        other: &Variant,
        new: &Block,
    ) {
        let name = variant.name.as_str();
        for lost in variant.stored_names().difference(&other.read_names()) {
            let what = format!(
                "variant `{}` is no longer read under the name `{lost}`, which stored rows may have",
                other.name
            );
            let cure = format!("`#[serde(alias = \"{lost}\")]` on it");
            self.find(owner, Finding::refused(what).cured(cure));
        }
        let is_stolen = other.name != variant.name
            && new.variants.iter().any(|other| other.name == variant.name);
        if is_stolen {
            let what = format!(
                "variant `{name}` would be read as `{}`, which has its name as an alias and comes first",
                other.name
            );
            let cure = format!("leave the alias `{name}` out of `{}`", other.name);
            self.find(owner, Finding::refused(what).cured(cure));
        } else if other.name != variant.name {
            let what = format!("variant `{name}` is read as `{}`", other.name);
            self.find(owner, Finding::behind(what));
        }
        if variant.has("other") && !other.has("other") {
            let what = format!("variant `{name}` no longer stands for whatever isn't known");
            self.find(owner, Finding::refused(what));
        }
    }

    fn new_variants(&mut self, owner: &Titles, old: &Block, new: &Block) {
        let all = old.variants.iter();
        let known: BTreeSet<&str> = all.clone().flat_map(Variant::stored_names).collect();
        let was_read = all.filter(|variant| variant.is_read());
        let was_read: BTreeSet<&str> = was_read.flat_map(Variant::read_names).collect();
        let unknown = old.variants.iter().find(|variant| variant.has("other"));
        for variant in &new.variants {
            if !variant.is_read() {
                continue;
            }
            let names = variant.read_names();
            let late = names.iter().find(|name| !was_read.contains(*name));
            if let (Some(name), Some(unknown)) = (late, unknown) {
                let what = format!(
                    "rows with `{name}`, if there are any, were read as `{}`, which stands for whatever isn't known, and would be read as `{}`",
                    unknown.name, variant.name
                );
                let cure = "a new version of the event, which has the variant";
                self.find(owner, Finding::refused(what).cured(cure));
            }
            if names.is_disjoint(&known) {
                let what = format!("variant `{}` is new: no stored row has it", variant.name);
                self.find(owner, Finding::behind(what));
            }
        }
    }

    /// A number that isn't given is that of the variant's place.
    fn discriminants(
        &mut self,
        owner: &Titles,
        old: &Block,
        new: &Block,
        readers: &[(&Variant, &Variant)],
    ) {
        let given = |variant: &&Variant| variant.text("discriminant").is_some();
        if !old
            .variants
            .iter()
            .chain(&new.variants)
            .any(|variant| given(&variant))
        {
            return;
        }
        let number = |of: &Block, variant: &Variant| {
            let place = of.variants.iter().position(|other| other == variant);
            let given = variant.text("discriminant").map(str::to_owned);
            given.unwrap_or_else(|| place.unwrap_or_default().to_string())
        };
        for (variant, other) in readers {
            let (before, now) = (number(old, variant), number(new, other));
            if before != now {
                let what = format!(
                    "the discriminant of variant `{}` was {before} and is {now}: what is computed from it changes",
                    variant.name
                );
                let cure = format!("`{} = {before}`", other.name);
                self.find(owner, Finding::refused(what).cured(cure));
            }
        }
    }
}

fn gone(variant: &Variant, old: &Block, new: &Block) -> Finding {
    let name = &variant.name;
    let what = format!("variant `{name}` is gone: rows that have it couldn't be read");
    let is_free = |other: &&Variant| {
        let names = other.read_names();
        other.kind() == variant.kind()
            && !old
                .variants
                .iter()
                .any(|old| names.contains(old.name.as_str()))
    };
    let renamed = new.variants.iter().find(is_free);
    let finding = Finding::refused(what);
    match renamed {
        Some(other) => finding.cured(format!(
            "if `{}` is its new name, `#[serde(alias = \"{name}\")]` on that",
            other.name
        )),
        None => finding.cured("keep the variant"),
    }
}
