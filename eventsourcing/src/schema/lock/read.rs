//! A lock file's text, read. Whatever a merge or an editor did to it is an error that names the line.

use std::collections::BTreeSet;

use super::{
    FORMAT,
    document::{Block, DENIES, Document, Event, Note, State, Variant, aliases},
    line::{Line, Read},
};

/// Why a text is no lock file: the line, from 1, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) line: usize,
    pub(super) what: String,
}

/// The lists that an event may stand in.
const LISTS: [&str; 3] = ["create", "events", "discard"];

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
            "events" => {
                line.expect("positional")?;
                line.end()?;
                if let Some((number, _)) = body.first() {
                    return Err(Wrong::At(*number, "nothing stands below it".into()));
                }
                Ok(!std::mem::replace(&mut self.is_positional, true))
            }
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
                    list: LISTS
                        .into_iter()
                        .find(|list| own.contains(&Note::Word(list))),
                    in_code: own.iter().find_map(|note| match note {
                        Note::Text("in code", variant) => Some(variant.clone()),
                        _ => None,
                    }),
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
    let is_event = |note: &Note| match note {
        Note::Text(key, _) => matches!(*key, "alias" | "in code"),
        Note::Word(word) => *word == "legacy" || LISTS.contains(word),
        Note::Type(..) => false,
    };
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
    matches!(note, Note::Word("no fields" | "empty tuple" | DENIES))
}
