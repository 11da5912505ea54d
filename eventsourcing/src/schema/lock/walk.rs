//! What stored rows of one shape need of another that reads them: two blocks, and the types in them pairwise. `fields`
//! compares what is in a struct or variant.
//!
//! A change passes only if it is known to be read; whatever isn't known is refused.

use std::collections::{BTreeMap, HashSet};

use super::{
    canonical::without_modules,
    conversions::conversion,
    document::{Block, Document, Field, Kind, Note, Type, Variant},
};

/// How a change is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Stored rows are read; the file is behind.
    Behind,
    /// It has to be recorded.
    Unrecorded,
    /// Stored rows wouldn't be read.
    Refused,
}

/// What is said about a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    pub(super) what: String,
    /// The cure that keeps the version.
    pub(super) cure: Option<String>,
    /// Whether a new version of the event would mend it as well.
    pub(super) is_of_shape: bool,
}

impl Finding {
    pub(super) fn behind(what: impl Into<String>) -> Self {
        Self::new(Severity::Behind, what)
    }

    pub(super) fn refused(what: impl Into<String>) -> Self {
        Self::new(Severity::Refused, what)
    }

    pub(super) fn new(severity: Severity, what: impl Into<String>) -> Self {
        Self {
            severity,
            what: what.into(),
            cure: None,
            is_of_shape: true,
        }
    }

    pub(super) fn cured(self, cure: impl Into<String>) -> Self {
        Self {
            cure: Some(cure.into()),
            ..self
        }
    }
}

/// How rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// As JSON is: fields and variants by name, unknown fields ignored.
    ByName,
    /// As bincode is: by place.
    Positional,
    /// Any other shape might be read as something else. The reason, and whether it holds for the types inside as well.
    Exact(&'static str, bool),
}

const UNTAGGED: Mode = Mode::Exact("`untagged` reads the first variant that fits", true);
pub(super) const FLATTENED: Mode = Mode::Exact("`flatten` mixes its fields with others", false);

/// The titles of both blocks.
pub(super) type Titles = (String, String);

/// Where in the two documents two types stand.
type Places = (*const Type, *const Type);

/// Two blocks of which the first is read as the second.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) old: &'a Block,
    pub(super) new: &'a Block,
    pub(super) findings: Vec<Finding>,
}

/// A pair of types, and under which titles and how it was met.
type Met = (Titles, Mode, [bool; 3], Places);

/// A comparison on its way through the types.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
    pub(super) pairs: BTreeMap<Titles, Pair<'a>>,
    /// Inside the keys of a map, or the elements of a set: two that become one are one.
    pub(super) in_key: bool,
    /// What of a converted type is looked at.
    pub(super) side: Side,
    /// The aggregate whose rows they are, with its `schema_version` before and now.
    pub(super) of: Option<(&'a str, [u32; 2])>,
    /// Blocks are met, to be shown, and nothing is said about them.
    pub(super) is_muted: bool,
    seen: HashSet<(Titles, Mode, [bool; 2])>,
    /// The types that transparent ones are written as, where they were met.
    resolved: HashSet<Met>,
}

/// Which form of a type of the old program, if it is converted (`into`, `from`), is read by the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What it was read as: whatever the old program read is to be read as the same.
    Read,
    /// What it was written as.
    Written,
}

/// Where a type stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'t> {
    pub(super) owner: &'t Titles,
    /// How a message names the place.
    pub(super) label: &'t str,
    pub(super) mode: Mode,
}

/// What a state or event consists of: a block, or a type that has none.
pub(super) enum Target<'a> {
    Block(&'a Block),
    Type(&'a Type),
}

fn target<'a>(document: &'a Document, block: &'a Block) -> Target<'a> {
    match &block.written_as {
        Some(of) if block.notes.is_empty() => {
            let of = document.resolve(of);
            let found = document.block(of);
            found.map_or(Target::Type(of), |(_, block)| Target::Block(block))
        }
        _ => Target::Block(block),
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(old: &'a Document, new: &'a Document, side: Side) -> Self {
        Self {
            old,
            new,
            pairs: BTreeMap::new(),
            in_key: false,
            side,
            of: None,
            is_muted: false,
            seen: HashSet::new(),
            resolved: HashSet::new(),
        }
    }

    /// The blocks of two states or events.
    pub(super) fn roots(&mut self, old: &'a Block, new: &'a Block, mode: Mode) {
        let owner = self.pair(old, new);
        match (target(self.old, old), target(self.new, new)) {
            (Target::Block(old), Target::Block(new)) => self.blocks(old, new, mode),
            (Target::Type(old), Target::Type(new)) => {
                let label = "it";
                let owner = &owner;
                self.types(At { owner, label, mode }, old, new, false);
            }
            _ => self.find(&owner, Finding::refused("it has another form than before")),
        }
    }

    pub(super) fn pair(&mut self, old: &'a Block, new: &'a Block) -> Titles {
        let titles = (old.title.clone(), new.title.clone());
        let pair = Pair {
            old,
            new,
            findings: Vec::new(),
        };
        self.pairs.entry(titles.clone()).or_insert(pair);
        titles
    }

    pub(super) fn find(&mut self, owner: &Titles, finding: Finding) {
        if let Some(pair) = self.pairs.get_mut(owner)
            && !self.is_muted
            && !pair.findings.contains(&finding)
        {
            pair.findings.push(finding);
        }
    }

    fn blocks(&mut self, old: &'a Block, new: &'a Block, mode: Mode) {
        let owner = self.pair(old, new);
        let flags = [self.in_key, self.is_muted];
        if !self.seen.insert((owner.clone(), mode, flags)) {
            return;
        }
        if old.is_converted() || new.is_converted() {
            self.converted(&owner, old, new, mode);
        } else {
            self.bodies(&owner, old, new, mode);
        }
    }

    /// The fields or variants of two blocks, whatever these are converted to or from.
    pub(super) fn bodies(&mut self, owner: &Titles, old: &'a Block, new: &'a Block, mode: Mode) {
        let is_untagged = |block: &Block| {
            block.has("untagged") || block.variants.iter().any(|variant| variant.has("untagged"))
        };
        let mode = if is_untagged(old) || is_untagged(new) {
            UNTAGGED
        } else {
            mode
        };
        let is_of_body = |note: &&Note| !conversion(note);
        let notes_differ =
            !(old.notes.iter().filter(is_of_body)).eq(new.notes.iter().filter(is_of_body));
        if notes_differ || old.is_enum != new.is_enum {
            let what = format!("it was {} and is {}", form(old), form(new));
            return self.find(owner, Finding::refused(what));
        }
        match (&old.written_as, &new.written_as) {
            (Some(old), Some(new)) => {
                let label = "it";
                return self.types(At { owner, label, mode }, old, new, false);
            }
            (None, None) => {}
            _ => return self.find(owner, Finding::refused("it has another form than before")),
        }
        match (mode, old.fields(), new.fields()) {
            (Mode::ByName, Some(old), Some(new)) => self.contents(owner, "", old, new),
            (Mode::ByName, ..) => self.variants(owner, old, new),
            _ => self.exactly(owner, old, new, mode),
        }
    }

    /// The fields of two structs or variants; `path` stands before their names in messages.
    pub(super) fn contents(
        &mut self,
        owner: &Titles,
        path: &str,
        old: &'a Variant,
        new: &'a Variant,
    ) {
        let label = if path.is_empty() {
            "it".to_owned()
        } else {
            format!("variant `{}`", path.trim_end_matches('.'))
        };
        self.unknown_fields(owner, &label, old, new);
        match (old.kind(), new.kind()) {
            (Kind::Named, Kind::Named) => self.fields(owner, path, old, new),
            (before, now) if before == now => {
                for (field, other) in old.fields.iter().zip(&new.fields) {
                    let label = format!("`{path}{}`", field.name);
                    let mode = Mode::ByName;
                    let at = At {
                        owner,
                        label: &label,
                        mode,
                    };
                    self.field(at, field, other);
                }
            }
            (before, now) => {
                let what = format!("{label} was {} and is {}", kind(before), kind(now));
                self.find(owner, Finding::refused(what));
            }
        }
    }

    pub(super) fn types(&mut self, at: At<'_>, old: &'a Type, new: &'a Type, is_key: bool) {
        let (before, now) = (self.old.resolve(old), self.new.resolve(new));
        // A transparent type may contain itself, and is no block that `seen` would know.
        if !(std::ptr::eq(before, old) && std::ptr::eq(now, new)) {
            let pair = (std::ptr::from_ref(before), std::ptr::from_ref(now));
            let flags = [is_key, self.in_key, self.is_muted];
            let met = (at.owner.clone(), at.mode, flags, pair);
            if !self.resolved.insert(met) {
                return;
            }
        }
        let retyped = || {
            let cause = if *old == *new {
                ", which is another type now"
            } else {
                ""
            };
            Finding::refused(format!("{} was `{old}` and is `{new}`{cause}", at.label))
        };
        let is_retyped = differ_in_what_is_not_written(before, now);
        if !is_retyped {
            self.renamed(at, old, new);
        }
        match (self.old.block(before), self.new.block(now)) {
            (Some((_, old)), Some((_, new))) => {
                if is_retyped {
                    self.find(at.owner, retyped());
                }
                return self.blocks(old, new, at.mode);
            }
            (None, None) => match (before, now) {
                (Type::Named(name, old), Type::Named(other, new))
                    if name == other && old.len() == new.len() =>
                {
                    let is_map = name == "HashMap" || name == "BTreeMap";
                    let is_set = name == "HashSet" || name == "BTreeSet";
                    let around = self.in_key;
                    for (place, (old, new)) in old.iter().zip(new).enumerate() {
                        self.in_key = around || ((is_map || is_set) && place == 0);
                        self.types(at, old, new, is_key || (is_map && place == 0));
                    }
                    self.in_key = around;
                    return;
                }
                (Type::Tuple(old), Type::Tuple(new)) if old.len() == new.len() => {
                    let types = old.iter().zip(new);
                    return types.for_each(|(old, new)| self.types(at, old, new, is_key));
                }
                (Type::Array(old, length), Type::Array(new, other)) if length == other => {
                    return self.types(at, old, new, is_key);
                }
                _ if before == now => return,
                _ => {}
            },
            _ => {}
        }
        match option(now) {
            Some(inner) if at.mode == Mode::ByName && !is_key && !self.may_be_null(before, 0) => {
                let what = format!("{} may be none: stored rows have it", at.label);
                self.find(at.owner, Finding::behind(what));
                self.types(at, old, inner, false);
            }
            _ => self.find(at.owner, retyped()),
        }
    }

    /// A type of the same form under another name, whatever it means.
    fn renamed(&mut self, at: At<'_>, old: &Type, new: &Type) {
        let is_declared = self.old.block(old).is_some() && self.new.block(new).is_some();
        let (before, now) = (without_modules(old), without_modules(new));
        if is_declared && before != now {
            let what = format!(
                "{} was `{before}` and is `{now}`: stored rows are read as that, whatever it means",
                at.label
            );
            self.find(at.owner, Finding::behind(what));
        }
    }

    /// Whether JSON may have null for it, which an `Option` around it reads as none. Unknown types may.
    fn may_be_null(&self, of: &Type, depth: usize) -> bool {
        let of = self.old.resolve(of);
        if let Some((_, block)) = self.old.block(of) {
            if block
                .notes
                .iter()
                .any(|note| matches!(note, Note::Type(..) | Note::Word("untagged")))
            {
                return true;
            }
            let Some(fields) = block.fields() else {
                return !block.is_enum
                    || block.variants.iter().any(|variant| variant.has("untagged"));
            };
            return match (fields.kind(), fields.fields.as_slice()) {
                (Kind::Unit, _) => true,
                (Kind::Tuple(_), [Field { of: Some(of), .. }]) => {
                    depth > 64 || self.may_be_null(of, depth + 1)
                }
                _ => false,
            };
        }
        match of {
            Type::Named(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("Option" | "PhantomData" | "serde_json::Value", _) => true,
                ("Reverse" | "Wrapping" | "Saturating", [of]) => self.may_be_null(of, depth + 1),
                _ => false,
            },
            Type::Tuple(types) => types.is_empty(),
            Type::Array(..) => false,
            Type::Opaque(..) | Type::Text(_) => true,
        }
    }
}

/// Whether two types differ in a const argument, or in one of which nothing is written: what is in them doesn't show it.
/// The others are looked at where they are written, and a long name has a number in place of these.
fn differ_in_what_is_not_written(old: &Type, new: &Type) -> bool {
    let (Type::Named(before, old), Type::Named(now, new)) = (old, new) else {
        return false;
    };
    let is_constant = |name: &str| {
        matches!(name, "true" | "false")
            || name.starts_with(|c: char| c == '-' || c.is_ascii_digit())
    };
    let is_unwritten = |of: &Type| match of {
        Type::Text(_) => true,
        Type::Named(name, _) => is_constant(name),
        _ => false,
    };
    let is_short = |name: &str| !name.contains('#');
    if is_short(before) && is_short(now) {
        let mut pairs = old.iter().zip(new);
        return pairs.any(|(old, new)| old != new && (is_unwritten(old) || is_unwritten(new)));
    }
    let of = |arguments: &'_ [Type]| -> Vec<Type> {
        let unwritten = arguments.iter().filter(|of| is_unwritten(of));
        unwritten.cloned().collect()
    };
    of(old) != of(new)
}

pub(super) fn option(of: &Type) -> Option<&Type> {
    match of {
        Type::Named(name, arguments) if name == "Option" => arguments.first(),
        _ => None,
    }
}

fn kind(of: Kind) -> String {
    match of {
        Kind::Unit => "without content".to_owned(),
        Kind::Named => "one with named fields".to_owned(),
        Kind::Tuple(1) => "a tuple of 1 field".to_owned(),
        Kind::Tuple(length) => format!("a tuple of {length} fields"),
    }
}

fn form(of: &Block) -> String {
    let what = if of.is_enum { "an enum" } else { "a struct" };
    let notes: Vec<String> = of
        .notes
        .iter()
        .map(|note| match note {
            Note::Word(word) => (*word).to_owned(),
            Note::Text(key, text) => format!("{key} \"{text}\""),
            Note::Type(key, of) => format!("{key} {of}"),
        })
        .collect();
    if notes.is_empty() {
        what.to_owned()
    } else {
        format!("{what} ({})", notes.join(", "))
    }
}
