//! A lock file's text, read. Whatever a merge or an editor did to it is an error that names the line.

use std::{collections::BTreeSet, iter::Peekable, str::Chars};

use super::{
    FORMAT,
    document::{Block, Document, Event, Field, Note, State, Type, Variant, aliases},
};

/// Why a text is no lock file: the line, from 1, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) line: usize,
    pub(super) what: String,
}

type Read<T> = Result<T, String>;

/// More nested than any type is.
const MAX_DEPTH: usize = 128;

impl Document {
    /// Line breaks may be those of Windows.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().map(str::trim_end).enumerate();
        let lines = lines.map(|(place, line)| (place + 1, line));
        let mut document = Self::default();
        let mut block: Vec<(usize, &str)> = Vec::new();
        let mut is_formatted = false;
        for (number, line) in lines {
            let at = |what| Unreadable { line: number, what };
            if is_merge_marker(line) {
                let what = "a merge left its marker here: keep the lines of either side, then see what the test says";
                return Err(at(what.to_owned()));
            }
            if line.starts_with('#') {
                continue;
            }
            if !is_formatted && !line.is_empty() {
                check_format(line).map_err(at)?;
                is_formatted = true;
                continue;
            }
            if !line.starts_with(' ') {
                document.add_block(&block)?;
                block.clear();
            }
            if !line.is_empty() {
                block.push((number, line));
            }
        }
        document.add_block(&block)?;
        if is_formatted {
            Ok(document)
        } else {
            Err(Unreadable {
                line: 1,
                what: "this is no schema lock: it has no line `format 1`".to_owned(),
            })
        }
    }

    fn add_block(&mut self, lines: &[(usize, &str)]) -> Result<(), Unreadable> {
        let Some(((number, head), body)) = lines.split_first() else {
            return Ok(());
        };
        let is_new = self.add_head(head, body).map_err(|what| match what {
            Wrong::Here(what) => Unreadable {
                line: *number,
                what,
            },
            Wrong::At(line, what) => Unreadable { line, what },
        })?;
        if is_new {
            return Ok(());
        }
        Err(Unreadable {
            line: *number,
            what: format!("`{head}` is there already: delete one of both blocks"),
        })
    }

    /// Whether it wasn't there before.
    fn add_head(&mut self, head: &str, body: &[(usize, &str)]) -> Result<bool, Wrong> {
        let mut line = Line::new(head);
        let what = line.word();
        match what.as_str() {
            "state" => {
                let name = line.head_name()?;
                let version = line.version()?;
                let (block, _) = read_block(&mut line, head, body, false)?;
                let state = State { version, block };
                Ok(self.states.insert(name, state).is_none())
            }
            "event" => {
                let aggregate = line.head_name()?;
                line.expect("/")?;
                let name = line.head_name()?;
                let version = line.version()?;
                let (block, own) = read_block(&mut line, head, body, false)?;
                let is_new = !self.events.iter().any(|event| {
                    event.aggregate == aggregate && event.name == name && event.version == version
                });
                self.events.push(Event {
                    aggregate,
                    name,
                    version,
                    aliases: aliases(&own).map(str::to_owned).collect(),
                    is_legacy: own.contains(&Note::Word("legacy")),
                    block,
                });
                Ok(is_new)
            }
            "retired" => {
                let aggregate = line.head_name()?;
                line.expect("/")?;
                let name = line.head_name()?;
                line.end()?;
                if let Some((number, _)) = body.first() {
                    return Err(Wrong::At(*number, "a retired event has no fields".into()));
                }
                Ok(self.retired.insert((aggregate, name)))
            }
            "struct" | "enum" => {
                let name = line.of(0)?.to_string();
                let (block, _) = read_block(&mut line, head, body, what == "enum")?;
                Ok(self.types.insert(name, block).is_none())
            }
            _ => Err(Wrong::Here(format!(
                "a block begins with `state`, `event`, `retired`, `struct` or `enum`, and not with `{head}`"
            ))),
        }
    }
}

enum Wrong {
    Here(String),
    At(usize, String),
}

impl From<String> for Wrong {
    fn from(what: String) -> Self {
        Self::Here(what)
    }
}

fn is_merge_marker(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
        .iter()
        .any(|marker| line.starts_with(marker))
}

fn check_format(line: &str) -> Read<()> {
    let Some(number) = line.strip_prefix("format ") else {
        return Err("this is no schema lock: it doesn't begin with `format 1`".to_owned());
    };
    match number.trim().parse::<u32>() {
        Ok(FORMAT) => Ok(()),
        Ok(other) if other > FORMAT => Err(format!(
            "it has format {other}, and this version of eventsourcing reads format {FORMAT}: update eventsourcing"
        )),
        _ => Err(format!("`{line}` is no format: `format {FORMAT}`")),
    }
}

/// What follows the name of a head, and the lines below it; and the notes that are about an event.
fn read_block(
    line: &mut Line<'_>,
    head: &str,
    body: &[(usize, &str)],
    mut is_enum: bool,
) -> Result<(Block, BTreeSet<Note>), Wrong> {
    if line.eat(": enum") {
        is_enum = true;
    }
    let title = head.get(..head.len() - line.rest().len()).unwrap_or(head);
    let title = title.trim_end_matches(": enum").to_owned();
    let notes = line.notes()?;
    let written_as = line.eat(" = ").then(|| line.of(0)).transpose()?;
    line.end()?;
    let mut variants = Vec::new();
    if !is_enum {
        let kinds = notes.iter().filter(|note| is_kind(note)).cloned();
        variants.push(Variant {
            notes: kinds.collect(),
            ..Variant::default()
        });
    }
    for (number, text) in body {
        let at = |what| Wrong::At(*number, what);
        let indent = text.len() - text.trim_start().len();
        let mut line = Line::new(text.trim_start());
        match (indent, is_enum) {
            (2, true) => variants.push(line.variant().map_err(at)?),
            (2, false) | (4, true) => {
                let field = line.field().map_err(at)?;
                match variants.last_mut() {
                    Some(variant) => variant.fields.push(field),
                    None => return Err(at("a field stands below its variant".to_owned())),
                }
            }
            _ => return Err(at("a field is indented by 2, one of a variant by 4".into())),
        }
    }
    let is_event = |note: &Note| matches!(note, Note::Text("alias", _) | Note::Word("legacy"));
    let (own, notes): (BTreeSet<Note>, BTreeSet<Note>) = notes.into_iter().partition(is_event);
    let block = Block {
        lines: [head]
            .into_iter()
            .chain(body.iter().map(|(_, line)| *line))
            .map(str::to_owned)
            .collect(),
        title,
        is_enum,
        notes: notes.into_iter().filter(|note| !is_kind(note)).collect(),
        written_as,
        variants,
    };
    Ok((block, own))
}

fn is_kind(note: &Note) -> bool {
    matches!(note, Note::Word("no fields" | "empty tuple"))
}

/// Reads a line from left to right.
struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        Self(text)
    }

    fn rest(&self) -> &'a str {
        self.0
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, text: &str) -> Read<()> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(format!("`{text}` is expected before `{}`", self.0))
        }
    }

    fn end(&self) -> Read<()> {
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
    fn word(&mut self) -> String {
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

    fn head_name(&mut self) -> Read<String> {
        self.name_of(&['.'])
    }

    fn version(&mut self) -> Read<u32> {
        self.expect(" version ")?;
        let number = self.taken(|c| c.is_ascii_digit());
        number
            .parse()
            .map_err(|_| format!("`{number}` is no version"))
    }

    fn variant(&mut self) -> Read<Variant> {
        let name = self.name_of(&[])?;
        let notes = self.notes()?;
        self.end()?;
        Ok(Variant {
            name,
            notes,
            fields: Vec::new(),
        })
    }

    fn field(&mut self) -> Read<Field> {
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
    fn notes(&mut self) -> Read<BTreeSet<Note>> {
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
        for key in ["alias", "read as", "tag", "named", "content"] {
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
            "default",
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

    fn of(&mut self, depth: usize) -> Read<Type> {
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
            return Ok(Type::Opaque(self.quoted()?.unwrap_or_default()));
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
