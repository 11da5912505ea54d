//! What a lock file says: the model that two of them are compared in, and the types in its lines. `read` makes it of a
//! text.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::schema::text::{name, quoted};

/// A lock file, or what the program would write into one.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Whether rows of events may be written by a codec that has no names.
    pub(super) is_positional: bool,
    pub(super) states: BTreeMap<String, State>,
    pub(super) events: Vec<Event>,
    /// Aggregate and stored name.
    pub(super) retired: BTreeSet<(String, String)>,
    /// By the name that the lines have.
    pub(super) types: BTreeMap<String, Block>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) version: u32,
    pub(super) block: Block,
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) aggregate: String,
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) aliases: Vec<String>,
    /// Read as events of other types.
    pub(super) is_legacy: bool,
    /// The list it stands in, if that is said: of the version that is written.
    pub(super) list: Option<&'static str>,
    /// Its variant in the program, where that isn't its name.
    pub(super) in_code: Option<String>,
    pub(super) block: Block,
}

/// A block: its lines, and what they say.
#[derive(Debug)]
pub(super) struct Block {
    /// Without the line breaks; the first is the head.
    pub(super) lines: Vec<String>,
    /// The head up to its notes.
    pub(super) title: String,
    pub(super) is_enum: bool,
    /// What the head says about the body, in no order; what it says about an event aside.
    pub(super) notes: BTreeSet<Note>,
    /// `= Type`.
    pub(super) written_as: Option<Type>,
    /// A struct's own fields: one without a name. An enum's variants.
    pub(super) variants: Vec<Variant>,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) notes: BTreeSet<Note>,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    /// Not by its place.
    pub(super) has_name: bool,
    /// None: skipped.
    pub(super) of: Option<Type>,
    pub(super) notes: BTreeSet<Note>,
}

/// What stands in brackets at the end of a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    /// `default`, `flattened`, `not read`, …
    Word(&'static str),
    /// `alias "old"`, `tag "kind"`, `skipped if Vec::is_empty`, …
    Text(&'static str, String),
    /// `written as String`.
    Type(&'static str, Type),
}

/// A type as the lines have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    /// A form, and the name of the type that has it.
    Opaque(String, String),
    Tuple(Vec<Type>),
    Array(Box<Type>, String),
    Named(String, Vec<Type>),
    /// A const argument that isn't plain, or a type argument of which nothing is written.
    Text(String),
}

/// What an absent field is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent<'a> {
    /// Its type's default.
    Default,
    Function(&'a str),
    /// That of the type around it, or what its function gives.
    Container(Option<&'a str>),
}

pub(super) const DEFAULT: &str = "default";
pub(super) const CONTAINER_DEFAULT: &str = "container default";
pub(super) const DENIES: &str = "denies unknown fields";

/// Which form a struct or variant has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unit,
    Named,
    Tuple(usize),
}

impl Document {
    /// The block of a type that isn't the crate's, and the name of it.
    pub(super) fn block(&self, of: &Type) -> Option<(&String, &Block)> {
        match of {
            Type::Named(..) => self.types.get_key_value(&of.to_string()),
            _ => None,
        }
    }

    /// Through `= Type`: it is written in the same way.
    pub(super) fn resolve<'a>(&'a self, mut of: &'a Type) -> &'a Type {
        // A file may say that A is B and B is A.
        for _ in 0..self.types.len() {
            match self.block(of) {
                Some((_, block)) if block.notes.is_empty() => match &block.written_as {
                    Some(other) => of = other,
                    None => break,
                },
                _ => break,
            }
        }
        of
    }

    /// Every aggregate that anything is said about.
    pub(super) fn aggregates(&self) -> BTreeSet<&str> {
        let states = self.states.keys().map(String::as_str);
        let events = self.events.iter().map(|event| event.aggregate.as_str());
        let retired = self.retired.iter().map(|(aggregate, _)| aggregate.as_str());
        states.chain(events).chain(retired).collect()
    }

    /// The names that rows of this event may have: of its other versions as well, which are read as it.
    pub(super) fn names_of<'a>(&'a self, event: &'a Event) -> BTreeSet<&'a str> {
        let of_it = |other: &&Event| other.aggregate == event.aggregate && other.name == event.name;
        let versions = self.events.iter().filter(of_it);
        let aliases = versions.flat_map(|version| version.aliases.iter());
        aliases.chain([&event.name]).map(String::as_str).collect()
    }

    /// The version that is written of the event that rows of this name are read as.
    pub(super) fn written(&self, aggregate: &str, name: &str) -> Option<&Event> {
        let reads =
            |event: &&Event| event.aggregate == aggregate && self.names_of(event).contains(name);
        self.events
            .iter()
            .filter(reads)
            .max_by_key(|event| event.version)
    }

    /// What reads a row of this aggregate, name and version.
    pub(super) fn reader(&self, aggregate: &str, name: &str, version: u32) -> Option<&Event> {
        self.events.iter().find(|event| {
            event.aggregate == aggregate
                && event.version == version
                && self.names_of(event).contains(name)
        })
    }

    pub(super) fn is_retired(&self, aggregate: &str, name: &str) -> bool {
        let key = (aggregate.to_owned(), name.to_owned());
        self.retired.contains(&key)
    }
}

impl Event {
    /// What it is called in the program.
    pub(super) fn variant(&self) -> &str {
        self.in_code.as_deref().unwrap_or(&self.name)
    }
}

impl Block {
    pub(super) fn has(&self, word: &'static str) -> bool {
        self.notes.contains(&Note::Word(word))
    }

    pub(super) fn type_note(&self, key: &str) -> Option<&Type> {
        self.notes.iter().find_map(|note| match note {
            Note::Type(other, of) if *other == key => Some(of),
            _ => None,
        })
    }

    /// Whether it is written or read as another type (`into`, `from`).
    pub(super) fn is_converted(&self) -> bool {
        self.notes.iter().any(|note| matches!(note, Note::Type(..)))
    }

    /// The lines of the fields and variants.
    pub(super) fn body(&self) -> &[String] {
        self.lines.get(1..).unwrap_or_default()
    }

    /// A struct's fields.
    pub(super) fn fields(&self) -> Option<&Variant> {
        let is_struct = !self.is_enum && self.written_as.is_none();
        is_struct.then(|| self.variants.first()).flatten()
    }
}

impl Variant {
    pub(super) fn has(&self, word: &'static str) -> bool {
        self.notes.contains(&Note::Word(word))
    }

    pub(super) fn kind(&self) -> Kind {
        match self.fields.first() {
            Some(field) if field.has_name => Kind::Named,
            None if self.has("no fields") => Kind::Named,
            None if !self.has("empty tuple") => Kind::Unit,
            _ => Kind::Tuple(self.fields.len()),
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        text(&self.notes, key)
    }

    /// The names that are read as it.
    pub(super) fn read_names(&self) -> BTreeSet<&str> {
        let own = self.text("read as").unwrap_or(&self.name);
        aliases(&self.notes).chain([own]).collect()
    }

    /// The names that stored rows have it under: also from before the file.
    pub(super) fn stored_names(&self) -> BTreeSet<&str> {
        let mut names = self.read_names();
        names.insert(&self.name);
        names
    }

    pub(super) fn is_read(&self) -> bool {
        !self.has("not read")
    }
}

fn text<'a>(notes: &'a BTreeSet<Note>, key: &str) -> Option<&'a str> {
    notes.iter().find_map(|note| match note {
        Note::Text(other, text) if *other == key => Some(text.as_str()),
        _ => None,
    })
}

impl Field {
    pub(super) fn has(&self, word: &'static str) -> bool {
        self.notes.contains(&Note::Word(word))
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        text(&self.notes, key)
    }

    /// What its attributes say of its absence.
    pub(super) fn absent(&self) -> Option<Absent<'_>> {
        let container = || {
            let path = self.text(CONTAINER_DEFAULT);
            let is_there = path.is_some() || self.has(CONTAINER_DEFAULT);
            is_there.then_some(Absent::Container(path))
        };
        let function = self.text(DEFAULT).map(Absent::Function);
        let own = function.or_else(|| self.has(DEFAULT).then_some(Absent::Default));
        own.or_else(container)
    }

    /// Whether what is written may lack it, or lack it under the name that is read.
    pub(super) fn may_lack_when_written(&self) -> bool {
        self.of.is_none()
            || ["not written", "not read"]
                .iter()
                .any(|word| self.has(word))
            || ["skipped if", "read as"]
                .iter()
                .any(|key| self.text(key).is_some())
    }

    pub(super) fn is_option(&self) -> bool {
        matches!(&self.of, Some(Type::Named(name, of)) if name == "Option" && of.len() == 1)
    }

    pub(super) fn is_read(&self) -> bool {
        self.of.is_some() && !self.has("not read")
    }

    /// The names that are read as it.
    pub(super) fn read_names(&self) -> BTreeSet<&str> {
        let own = self.text("read as").unwrap_or(&self.name);
        aliases(&self.notes).chain([own]).collect()
    }

    /// The names that stored rows have it under: also from before the file.
    pub(super) fn stored_names(&self) -> BTreeSet<&str> {
        let mut names = self.read_names();
        if !self.has("not written") {
            names.insert(&self.name);
        }
        names
    }

    /// Whether a row without it is read. A custom deserialiser's field is opaque, so an `Option` is one to serde as well.
    pub(super) fn may_be_absent(&self) -> bool {
        self.absent().is_some() || self.is_option()
    }
}

pub(super) fn aliases(notes: &BTreeSet<Note>) -> impl Iterator<Item = &str> {
    notes.iter().filter_map(|note| match note {
        Note::Text("alias", text) => Some(text.as_str()),
        _ => None,
    })
}

/// As the lines have it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[Self]| {
            let types = types.iter().map(ToString::to_string);
            types.collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Opaque(tag, of) if of.is_empty() => write!(f, "opaque {}", quoted(tag)),
            Self::Opaque(tag, of) => write!(f, "opaque {} for {}", quoted(tag), name(of)),
            Self::Tuple(types) => match types.as_slice() {
                [one] => write!(f, "({one},)"),
                types => write!(f, "({})", list(types)),
            },
            Self::Array(of, length) => write!(f, "[{of}; {length}]"),
            Self::Named(name, arguments) if arguments.is_empty() => f.write_str(name),
            Self::Named(name, arguments) => write!(f, "{name}<{}>", list(arguments)),
            Self::Text(text) => f.write_str(&quoted(text)),
        }
    }
}
