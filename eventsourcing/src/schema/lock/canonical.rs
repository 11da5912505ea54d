//! What of a block the fingerprint of a snapshot is made of: no aliases, no modules, defaults only where what is written
//! may lack a value.

use std::{collections::BTreeSet, fmt::Write as _};

use super::document::{Block, CONTAINER_DEFAULT, DEFAULT, DENIES, Document, Note, Type};

/// A state and the types in it: the same text, the same snapshots.
pub(super) fn canonical(document: &Document, block: &Block) -> String {
    let mut text = String::new();
    for block in blocks_in(document, block) {
        write(block, &mut text);
    }
    text
}

/// Whether a type that is in it, at any depth, is such a one.
pub(super) fn has_type(document: &Document, block: &Block, is_it: impl Fn(&Type) -> bool) -> bool {
    let mut found = false;
    for block in blocks_in(document, block) {
        each_type(block, &mut |of| found |= is_it(of));
    }
    found
}

/// Its block, and those of the types in it.
fn blocks_in<'a>(document: &'a Document, block: &'a Block) -> Vec<&'a Block> {
    let mut names: Vec<&str> = Vec::new();
    let shown = block.written_as.as_ref().filter(|_| block.notes.is_empty());
    let shown = shown.and_then(|of| document.block(document.resolve(of)));
    let mut blocks = vec![shown.map_or(block, |(_, block)| block)];
    let mut next = 0;
    while let Some(block) = blocks.get(next).copied() {
        next += 1;
        each_type(block, &mut |of| {
            if let Some((name, block)) = document.block(of)
                && !names.contains(&name.as_str())
            {
                names.push(name);
                blocks.push(block);
            }
        });
    }
    blocks
}

/// Visits every type in it, and those inside these.
fn each_type<'a>(block: &'a Block, visit: &mut impl FnMut(&'a Type)) {
    fn deeply<'a>(of: &'a Type, visit: &mut impl FnMut(&'a Type)) {
        visit(of);
        match of {
            Type::Tuple(types) | Type::Named(_, types) => {
                for of in types {
                    deeply(of, visit);
                }
            }
            Type::Array(of, _) => deeply(of, visit),
            Type::Opaque(..) | Type::Text(_) => {}
        }
    }
    for note in &block.notes {
        if let Note::Type(_, of) = note {
            deeply(of, visit);
        }
    }
    let fields = block.variants.iter().flat_map(|variant| &variant.fields);
    let types = fields.filter_map(|field| field.of.as_ref());
    types
        .chain(&block.written_as)
        .for_each(|of| deeply(of, visit));
}

fn write(block: &Block, text: &mut String) {
    let _ = write!(text, "block {} {:?}", block.is_enum, hashed(&block.notes));
    if let Some(of) = &block.written_as {
        let _ = write!(text, " = {}", without_modules(of));
    }
    for variant in &block.variants {
        let _ = write!(text, "\n{:?} {:?}", variant.name, hashed(&variant.notes));
        let _ = write!(text, " {:?}", variant.kind());
        for field in &variant.fields {
            let of = field.of.as_ref().map(without_modules);
            let mut notes = hashed(&field.notes);
            if field.may_lack_when_written() {
                notes.extend(field.absent().map(|absent| format!("{absent:?}")));
            }
            let _ = write!(text, "\n{:?} {of:?} {notes:?}", field.name);
        }
    }
    text.push('\n');
}

fn hashed(notes: &BTreeSet<Note>) -> Vec<String> {
    let notes = notes.iter().filter_map(|note| match note {
        Note::Text("alias" | DEFAULT | CONTAINER_DEFAULT, _)
        | Note::Word(DEFAULT | CONTAINER_DEFAULT | DENIES) => None,
        Note::Type(key, of) => Some(format!("{key} {}", without_modules(of))),
        other => Some(format!("{other:?}")),
    });
    notes.collect()
}

/// As the lines have it, each name without the modules before it.
pub(super) fn without_modules(of: &Type) -> String {
    fn bare(of: &Type) -> Type {
        let list = |types: &[Type]| types.iter().map(bare).collect();
        match of {
            Type::Named(name, arguments) => {
                let name = name.rsplit("::").next().unwrap_or(name);
                Type::Named(name.to_owned(), list(arguments))
            }
            Type::Tuple(types) => Type::Tuple(list(types)),
            Type::Array(of, length) => Type::Array(Box::new(bare(of)), length.clone()),
            other => other.clone(),
        }
    }
    bare(of).to_string()
}

impl Document {
    /// Whether it has the same blocks, comments and order aside.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let same_rows = self.is_positional == other.is_positional && self.retired == other.retired;
        same_rows && self.sorted() == other.sorted()
    }

    fn sorted(&self) -> Vec<&[String]> {
        let states = self.states.values().map(|state| &state.block);
        let events = self.events.iter().map(|event| &event.block);
        let blocks = states.chain(events).chain(self.types.values());
        let mut lines: Vec<&[String]> = blocks.map(|block| block.lines.as_slice()).collect();
        lines.sort();
        lines
    }
}
