//! One line of a lock file, read from left to right: names, types, notes.

use std::{collections::BTreeSet, iter::Peekable, str::Chars};

use super::document::{CONTAINER_DEFAULT, DEFAULT, DENIES, Field, Note, Type, Variant};

pub(super) type Read<T> = Result<T, String>;

/// More nested than any type is.
const MAX_DEPTH: usize = 128;

/// The notes that have a text in quotes.
const TEXTS: [&str; 17] = [
    "alias",
    "read as",
    "tag",
    "named",
    "content",
    DEFAULT,
    CONTAINER_DEFAULT,
    "with",
    "serialize with",
    "deserialize with",
    "remote",
    "getter",
    "into",
    "from",
    "in code",
    "discriminant",
    "skipped if",
];

/// Reads a line from left to right.
pub(super) struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    pub(super) fn rest(&self) -> &'a str {
        self.0
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    pub(super) fn expect(&mut self, text: &str) -> Read<()> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(format!("`{text}` is expected before `{}`", self.0))
        }
    }

    pub(super) fn end(&self) -> Read<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(format!("`{}` isn't known here", self.0))
        }
    }

    fn taken(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// Up to the next space, which is taken as well.
    pub(super) fn word(&mut self) -> String {
        let word = self.taken(|c| c != ' ').to_owned();
        self.eat(" ");
        word
    }

    fn quoted(&mut self) -> Read<Option<String>> {
        if !self.0.starts_with('"') {
            return Ok(None);
        }
        let mut text = String::new();
        let mut rest: Peekable<Chars<'_>> = self.0.chars().peekable();
        let mut length = 1;
        rest.next();
        while let Some(c) = rest.next() {
            length += c.len_utf8();
            match c {
                '"' => {
                    self.0 = self.0.get(length..).unwrap_or_default();
                    return Ok(Some(text));
                }
                '\\' => {
                    let escaped = rest.next().unwrap_or('\\');
                    length += escaped.len_utf8();
                    text.push(match escaped {
                        'n' => '\n',
                        'r' => '\r',
                        other => other,
                    });
                }
                other => text.push(other),
            }
        }
        Err(format!("`{}` has no closing quote", self.0))
    }

    fn name_of(&mut self, more: &[char]) -> Read<String> {
        if let Some(name) = self.quoted()? {
            return Ok(name);
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || more.contains(&c);
        match self.taken(is_part) {
            "" => Err(format!("a name is expected before `{}`", self.0)),
            name => Ok(name.to_owned()),
        }
    }

    pub(super) fn head_name(&mut self) -> Read<String> {
        self.name_of(&['.'])
    }

    pub(super) fn version(&mut self) -> Read<u32> {
        self.expect(" version ")?;
        let number = self.taken(|c| c.is_ascii_digit());
        number
            .parse()
            .map_err(|_| format!("`{number}` is no version"))
    }

    pub(super) fn variant(&mut self) -> Read<Variant> {
        let name = self.name_of(&[])?;
        let notes = self.notes()?;
        self.end()?;
        Ok(Variant {
            name,
            notes,
            fields: Vec::new(),
        })
    }

    pub(super) fn field(&mut self) -> Read<Field> {
        let is_quoted = self.0.starts_with('"');
        let name = self.name_of(&[])?;
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        self.expect(": ")?;
        let is_skipped = self.eat("(skipped)");
        let of = (!is_skipped).then(|| self.of(0)).transpose()?;
        let notes = self.notes()?;
        self.end()?;
        Ok(Field {
            has_name: is_quoted || !is_number,
            name,
            of,
            notes,
        })
    }

    /// ` (…, …)`, or nothing.
    pub(super) fn notes(&mut self) -> Read<BTreeSet<Note>> {
        let mut notes = BTreeSet::new();
        if !self.eat(" (") {
            return Ok(notes);
        }
        loop {
            notes.insert(self.note()?);
            if !self.eat(", ") {
                break;
            }
        }
        self.expect(")")?;
        Ok(notes)
    }

    fn note(&mut self) -> Read<Note> {
        for key in TEXTS {
            if self
                .0
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(" \""))
            {
                self.0 = self.0.get(key.len() + 1..).unwrap_or_default();
                return Ok(Note::Text(key, self.quoted()?.unwrap_or_default()));
            }
        }
        for key in ["written as", "read as"] {
            if self.eat(key) {
                self.expect(" ")?;
                return Ok(Note::Type(key, self.of(0)?));
            }
        }
        if self.eat("skipped if ") {
            return Ok(Note::Text("skipped if", self.name_of(&[':'])?));
        }
        let words = [
            "create",
            "events",
            "discard",
            DEFAULT,
            CONTAINER_DEFAULT,
            DENIES,
            "flattened",
            "not written",
            "not read",
            "untagged",
            "other",
            "no fields",
            "empty tuple",
            "legacy",
        ];
        let word = words.into_iter().find(|word| self.eat(word));
        word.map(Note::Word)
            .ok_or_else(|| format!("`{}` isn't known here", self.0))
    }

    pub(super) fn of(&mut self, depth: usize) -> Read<Type> {
        if depth > MAX_DEPTH {
            return Err("a type is too deep".to_owned());
        }
        if let Some(text) = self.quoted()? {
            return Ok(Type::Text(text));
        }
        if self.eat("(") {
            return Ok(Type::Tuple(self.list(")", depth)?));
        }
        if self.eat("[") {
            let of = Box::new(self.of(depth + 1)?);
            self.expect("; ")?;
            let length = self.taken(|c| c != ']').to_owned();
            self.expect("]")?;
            return Ok(Type::Array(of, length));
        }
        if self.0.starts_with("opaque \"") {
            self.eat("opaque ");
            let form = self.quoted()?.unwrap_or_default();
            let of = self.eat(" for ").then(|| self.name_of(&[])).transpose()?;
            return Ok(Type::Opaque(form, of.unwrap_or_default()));
        }
        let name = self.name_of(&[':', '#'])?;
        let arguments = if self.eat("<") {
            self.list(">", depth)?
        } else {
            Vec::new()
        };
        // `Money#2` may stand after its arguments.
        let number = self.taken(|c| c == '#' || c.is_ascii_digit());
        if number.is_empty() || arguments.is_empty() {
            return Ok(Type::Named(name, arguments));
        }
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let name = format!("{name}<{}>{number}", arguments.join(", "));
        Ok(Type::Named(name, Vec::new()))
    }

    fn list(&mut self, end: &str, depth: usize) -> Read<Vec<Type>> {
        let mut types = Vec::new();
        while !self.eat(end) {
            types.push(self.of(depth + 1)?);
            if !self.eat(", ") && !self.eat(",") {
                self.expect(end)?;
                break;
            }
        }
        Ok(types)
    }
}
