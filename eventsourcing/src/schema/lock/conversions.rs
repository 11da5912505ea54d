//! Types that are written or read as other ones (`into`, `from`, `try_from`).
//!
//! A row of the old program was read by it, or it wouldn't have been stored. So what reads whatever was read, as the same,
//! reads stored rows ([`Side::Read`]). Fields that were written and not read aren't seen in this way: [`unlike`] looks
//! what the two programs make of what is written ([`Side::Written`]).

use std::collections::BTreeSet;

use super::{
    canonical::without_modules,
    document::{Block, Document, Note},
    walk::{At, Finding, Mode, Severity, Side, Target, Titles, Walk},
};

/// Whether it says what a type is converted to or from.
pub(super) fn conversion(note: &Note) -> bool {
    matches!(note, Note::Type(..) | Note::Text("into" | "from", _))
}

impl<'a> Walk<'a> {
    pub(super) fn converted(&mut self, owner: &Titles, old: &'a Block, new: &'a Block, mode: Mode) {
        if self.side == Side::Written {
            return self.written(owner, old, new, mode);
        }
        let at = |label| At { owner, label, mode };
        self.shown(at("it"), old, new);
        let (before, now) = (through(old, "from"), through(new, "from"));
        if before != now {
            let how = |of: &Option<String>| match of {
                Some(of) => format!("read through `{of}`"),
                None => "read as itself".to_owned(),
            };
            let what = format!(
                "it was {} and is {}: another conversion",
                how(&before),
                how(&now)
            );
            let cure = match before {
                Some(of) => format!("the same conversion, from `{of}`"),
                None => "no `from` or `try_from` on it".to_owned(),
            };
            return self.find(owner, Finding::refused(what).cured(cure));
        }
        if through(old, "into") != through(new, "into") {
            let what = "it is written through another type; stored rows are read";
            self.find(owner, Finding::behind(what));
        }
        match (old.type_note("read as"), new.type_note("read as")) {
            (Some(old), Some(new)) => self.types(at("what is read"), old, new, false),
            _ => self.bodies(owner, old, new, mode),
        }
    }

    /// What no stored row is read as: its lines are shown where they differ.
    fn shown(&mut self, at: At<'_>, old: &'a Block, new: &'a Block) {
        let was_muted = std::mem::replace(&mut self.is_muted, true);
        if let (Some(old), Some(new)) = (old.type_note("written as"), new.type_note("written as")) {
            self.types(at, old, new, false);
        }
        self.bodies(at.owner, old, new, at.mode);
        self.is_muted = was_muted;
    }

    fn written(&mut self, owner: &Titles, old: &'a Block, new: &'a Block, mode: Mode) {
        let written = reached(self.old, old, "written as");
        match (written, reached(self.new, new, "read as")) {
            (Target::Block(old), Target::Block(new)) => {
                let owner = self.pair(old, new);
                self.bodies(&owner, old, new, mode);
            }
            (Target::Type(old), Target::Type(new)) => {
                let label = "it";
                self.types(At { owner, label, mode }, old, new, false);
            }
            _ => self.find(owner, Finding::refused("it has another form")),
        }
    }

    /// What is refused, by the old block that it is about.
    fn refused(self) -> BTreeSet<(String, String)> {
        let mut refused = BTreeSet::new();
        for ((title, _), pair) in self.pairs {
            let of_it = pair.findings.into_iter();
            let of_it = of_it.filter(|found| found.severity == Severity::Refused);
            refused.extend(of_it.map(|found| (title.clone(), found.what)));
        }
        refused
    }
}

/// The type that it is converted to (`into`) or from, as the program calls it.
fn through(block: &Block, key: &str) -> Option<String> {
    let said = block.notes.iter().find_map(|note| match note {
        Note::Text(other, text) if *other == key => Some(text.clone()),
        _ => None,
    });
    let form = if key == "from" {
        "read as"
    } else {
        "written as"
    };
    said.or_else(|| block.type_note(form).map(without_modules))
}

/// The block whose own body is written or read in the end, or a type that has none.
fn reached<'a>(document: &'a Document, mut block: &'a Block, key: &str) -> Target<'a> {
    // A file may say that A is written as B and B as A.
    for _ in 0..=document.types.len() {
        let Some(of) = block.type_note(key) else {
            break;
        };
        let of = document.resolve(of);
        match document.block(of) {
            Some((_, other)) => block = other,
            None => return Target::Type(of),
        }
    }
    Target::Block(block)
}

/// What the new program makes of what the old one wrote, and the old one did not, or the other way round.
pub(super) fn unlike(
    event: &Block,
    reader: &Block,
    old: &Document,
    new: &Document,
    mode: Mode,
    of: Option<(&str, [u32; 2])>,
) -> Vec<Finding> {
    let has_conversions = |of: &Document| {
        let events = of.events.iter().map(|event| &event.block);
        events.chain(of.types.values()).any(Block::is_converted)
    };
    if !has_conversions(old) {
        return Vec::new();
    }
    let mut same = Walk::new(old, old, Side::Read);
    same.roots(event, event, mode);
    let mut before = Walk::new(old, old, Side::Written);
    before.roots(event, event, mode);
    let mut now = Walk::new(old, new, Side::Written);
    now.of = of;
    now.roots(event, reader, mode);
    let (same, before, now) = (same.refused(), before.refused(), now.refused());
    let added = now.difference(&before).map(|(title, what)| {
        Finding::refused(format!(
            "what is written of {title} would be read otherwise: {what}"
        ))
    });
    let is_of_conversion = |found: &&(String, String)| !same.contains(*found);
    let ended = before.difference(&now).filter(is_of_conversion);
    let ended = ended.map(|(title, what)| {
        Finding::refused(format!(
            "what is written of {title} would be read otherwise: so far, {what}"
        ))
    });
    added.chain(ended).collect()
}
