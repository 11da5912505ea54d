//! A description as text: readable, a line for each field, so that a change of one field is a change of one line.

use std::{
    collections::{HashMap, HashSet},
    fmt::{self, Write as _},
};

use twox_hash::XxHash3_64;

use super::description::{
    Absent, Body, Definition, Description, Field, Said, Shape, Tagging, Variant,
};

/// A name with arguments that is longer than this has a number in place of its types. A type that holds another one twice
/// has it twice in its name: nested, names would double with each level.
const LONGEST_NAME: usize = 120;

/// The type itself first, then the types in it by name, a block each.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Names::new(&self.definitions);
        let mut blocks: Vec<(bool, &str, String)> = (self.definitions.iter().enumerate())
            .map(|(place, definition)| {
                let is_root = self.root == Shape::Defined(place);
                (!is_root, names.of(place), names.block(place, definition))
            })
            .collect();
        blocks.sort();
        if !matches!(self.root, Shape::Defined(_)) {
            let root = names.shape(&self.root);
            blocks.insert(0, (false, "", format!("{root}\n")));
        }
        let blocks: Vec<String> = blocks.into_iter().map(|(_, _, block)| block).collect();
        f.write_str(&blocks.join("\n"))
    }
}

/// What the types of some definitions are called: as short as tells them apart.
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn new(definitions: &[Definition]) -> Self {
        let mut types = HashMap::new();
        let mut known = HashSet::new();
        for definition in definitions {
            let modules: &mut Vec<&str> = types.entry(definition.name).or_default();
            if !modules.contains(&definition.module) {
                modules.push(definition.module);
            }
            definition.body.each_shape(&mut |shape| {
                if let Shape::Known(name, _) = shape {
                    known.insert(*name);
                }
            });
        }
        let base = |definition: &Definition| {
            let is_one = types.get(definition.name).is_none_or(|m| m.len() == 1);
            if is_one && !known.contains(definition.name) {
                return definition.name.to_owned();
            }
            format!("{}::{}", definition.module, definition.name)
        };
        let bases: Vec<String> = definitions.iter().map(base).collect();
        let mut found = vec![None; definitions.len()];
        for place in 0..definitions.len() {
            with_arguments(place, &bases, definitions, &mut found);
        }
        let mut names: Vec<String> = found.into_iter().map(Option::unwrap_or_default).collect();
        // What is left: types of one function's body, or whose arguments have no shape.
        let mut seen = HashMap::new();
        for name in &mut names {
            let before = seen.entry(name.clone()).or_insert(0);
            *before += 1;
            if *before > 1 {
                let _ = write!(name, "#{before}");
            }
        }
        Self(names)
    }

    pub(super) fn of(&self, place: usize) -> &str {
        self.0.get(place).map_or("?", String::as_str)
    }

    pub(super) fn shape(&self, shape: &Shape) -> String {
        shape_text(shape, &|place| self.of(place).to_owned())
    }

    /// `struct Item` and a line for each field, with a line break at the end of each.
    pub(super) fn block(&self, place: usize, definition: &Definition) -> String {
        let keyword = if definition.body.is_enum() {
            "enum"
        } else {
            "struct"
        };
        let title = format!("{keyword} {}", self.of(place));
        self.titled(&title, Vec::new(), &definition.said, &definition.body)
    }

    /// The title with these notes, what is said and the body's notes, and a line for each field.
    pub(super) fn titled(
        &self,
        title: &str,
        mut notes: Vec<String>,
        said: &[Said],
        body: &Body,
    ) -> String {
        let mut text = String::new();
        let mut written_as = None;
        self.body(&mut text, &mut notes, &mut written_as, body);
        notes.extend(said.iter().map(said_text));
        let written_as = written_as.map_or_else(String::new, |shape| format!(" = {shape}"));
        format!("{title}{}{written_as}\n{text}", noted(&notes))
    }

    /// What follows a type's name: its notes, the type that it is written as, and the lines of its fields.
    fn body(
        &self,
        text: &mut String,
        notes: &mut Vec<String>,
        written_as: &mut Option<String>,
        body: &Body,
    ) {
        match body {
            Body::Struct(fields, tag) => {
                notes.extend(kind(fields).filter(|_| !fields.is_unit));
                notes.extend(tag.map(|tag| format!("tag {}", quoted(tag))));
                notes.extend(tag.map(|_| format!("named {}", quoted(fields.name))));
                notes.extend(fields.denies_unknown.then(|| DENIES.to_owned()));
                self.fields(text, fields, "  ");
            }
            Body::Enum(tagging, variants) => {
                match tagging {
                    Tagging::External => {}
                    Tagging::Internal(tag) => notes.push(format!("tag {}", quoted(tag))),
                    Tagging::Adjacent { tag, content } => {
                        notes.push(format!("tag {}", quoted(tag)));
                        notes.push(format!("content {}", quoted(content)));
                    }
                    Tagging::Untagged => notes.push("untagged".to_owned()),
                }
                for variant in variants {
                    let _ = writeln!(text, "  {}", variant_line(variant));
                    self.fields(text, variant, "    ");
                }
            }
            Body::Transparent(shape) => *written_as = Some(self.shape(shape)),
            Body::Converted { into, from, own } => {
                notes.extend(into.iter().map(|s| format!("written as {}", self.shape(s))));
                notes.extend(from.iter().map(|s| format!("read as {}", self.shape(s))));
                if let Some(own) = own {
                    self.body(text, notes, written_as, own);
                }
            }
        }
    }

    fn fields(&self, text: &mut String, variant: &Variant, indent: &str) {
        for field in &variant.fields {
            let _ = writeln!(text, "{indent}{}", self.field(field, variant.has_names));
        }
    }

    fn field(&self, field: &Field, is_named: bool) -> String {
        let shape = field.shape.as_ref().map(|shape| self.shape(shape));
        let shape = shape.unwrap_or_else(|| "(skipped)".to_owned());
        let mut notes = Vec::new();
        notes.extend(
            field
                .read_as
                .map(|name| format!("read as {}", quoted(name))),
        );
        notes.extend(field.aliases.iter().map(|a| format!("alias {}", quoted(a))));
        notes.extend(field.absent.map(absent_text));
        notes.extend(field.is_flattened.then(|| "flattened".to_owned()));
        notes.extend(
            field
                .skipped_if
                .map(|path| format!("skipped if {}", path_text(path))),
        );
        if field.shape.is_some() {
            notes.extend(field.skipped.writing.then(|| "not written".to_owned()));
            notes.extend(field.skipped.reading.then(|| "not read".to_owned()));
        }
        notes.extend(field.said.iter().map(said_text));
        let is_number = field.name.bytes().all(|byte| byte.is_ascii_digit());
        let own = if is_named && is_number {
            quoted(&field.name)
        } else {
            name(&field.name)
        };
        format!("{own}: {shape}{}", noted(&notes))
    }
}

fn variant_line(variant: &Variant) -> String {
    let mut notes = Vec::new();
    notes.extend(kind(variant));
    let read_as = variant.read_as;
    notes.extend(read_as.map(|name| format!("read as {}", quoted(name))));
    let aliases = variant.aliases.iter();
    notes.extend(aliases.map(|alias| format!("alias {}", quoted(alias))));
    notes.extend(variant.is_untagged.then(|| "untagged".to_owned()));
    notes.extend(variant.is_other.then(|| "other".to_owned()));
    notes.extend(variant.skipped.writing.then(|| "not written".to_owned()));
    notes.extend(variant.skipped.reading.then(|| "not read".to_owned()));
    let denies = variant.denies_unknown && variant.has_names;
    notes.extend(denies.then(|| DENIES.to_owned()));
    notes.extend(variant.said.iter().map(said_text));
    format!("{}{}", name(variant.name), noted(&notes))
}

const DENIES: &str = "denies unknown fields";

fn said_text(said: &Said) -> String {
    format!("{} {}", said.key, quoted(&said.text))
}

fn absent_text(absent: Absent) -> String {
    let by = |path: &str| format!(" {}", quoted(path));
    match absent {
        Absent::Default => "default".to_owned(),
        Absent::Function(path) => format!("default{}", by(path)),
        Absent::Container(path) => {
            format!("container default{}", path.map(by).unwrap_or_default())
        }
    }
}

/// The name of the definition at `place` with its arguments, which are named first.
fn with_arguments(
    place: usize,
    bases: &[String],
    definitions: &[Definition],
    found: &mut [Option<String>],
) -> String {
    if let Some(Some(name)) = found.get(place) {
        return name.clone();
    }
    let base = bases.get(place).cloned().unwrap_or_default();
    let arguments = definitions.get(place).map_or(&[][..], |d| &d.arguments);
    let inner: Vec<usize> = arguments.iter().flat_map(definitions_in).collect();
    let named = inner
        .into_iter()
        .map(|inner| (inner, with_arguments(inner, bases, definitions, found)));
    let named: HashMap<usize, String> = named.collect();
    let of_definition = |place| named.get(&place).cloned().unwrap_or_default();
    let shown = arguments
        .iter()
        .map(|shape| shape_text(shape, &of_definition));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let name = if shown.is_empty() {
        base
    } else if base.len() + shown.len() > LONGEST_NAME {
        format!("{base}#{}{}", number(&shown), unwritten(arguments))
    } else {
        format!("{base}<{shown}>")
    };
    if let Some(found) = found.get_mut(place) {
        *found = Some(name.clone());
    }
    name
}

/// Eight digits that stand for a text.
fn number(text: &str) -> String {
    let [a, b, c, d, ..] = XxHash3_64::oneshot(text.as_bytes()).to_be_bytes();
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}

/// Arguments that the lines of no block show: two names with the number of their types are compared by them.
fn unwritten(arguments: &[Shape]) -> String {
    let unwritten = arguments.iter().filter_map(|shape| match shape {
        Shape::Phantom(of) if of.len() > LONGEST_NAME => Some(quoted(&format!("#{}", number(of)))),
        Shape::Constant(_) | Shape::Phantom(_) => Some(shape_text(shape, &|_| String::new())),
        _ => None,
    });
    let unwritten: Vec<String> = unwritten.collect();
    if unwritten.is_empty() {
        String::new()
    } else {
        format!("<{}>", unwritten.join(", "))
    }
}

fn definitions_in(shape: &Shape) -> Vec<usize> {
    match shape {
        Shape::Defined(place) => vec![*place],
        shape => shape.inner().iter().flat_map(definitions_in).collect(),
    }
}

/// What the lines of the fields don't show.
fn kind(variant: &Variant) -> Option<String> {
    let kind = if variant.has_names {
        "no fields"
    } else {
        "empty tuple"
    };
    (variant.fields.is_empty() && !variant.is_unit).then(|| kind.to_owned())
}

fn noted(notes: &[String]) -> String {
    if notes.is_empty() {
        String::new()
    } else {
        format!(" ({})", notes.join(", "))
    }
}

fn shape_text(shape: &Shape, of_definition: &impl Fn(usize) -> String) -> String {
    let list = |shapes: &[Shape]| {
        let shapes = shapes.iter().map(|s| shape_text(s, of_definition));
        shapes.collect::<Vec<_>>().join(", ")
    };
    match shape {
        Shape::Known(name, arguments) if arguments.is_empty() => (*name).to_owned(),
        Shape::Known(name, arguments) => format!("{name}<{}>", list(arguments)),
        Shape::Tuple(shapes) => match shapes.as_slice() {
            [one] => format!("({},)", shape_text(one, of_definition)),
            shapes => format!("({})", list(shapes)),
        },
        Shape::Array(shape, length) => format!("[{}; {length}]", shape_text(shape, of_definition)),
        Shape::Defined(place) => of_definition(*place),
        Shape::Constant(value) => name(value),
        Shape::Phantom(of) => quoted(of),
        Shape::Opaque(tag, of) if of.is_empty() => format!("opaque {}", quoted(tag)),
        Shape::Opaque(tag, of) => format!("opaque {} for {}", quoted(tag), name(of)),
    }
}

/// A path as it is, in quotes where it has other characters than a plain one.
fn path_text(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        quoted(path)
    }
}

/// A name as it is, in quotes where it has other characters than names have.
pub(super) fn name(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// In quotes, on one line.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{escaped}\"")
}
