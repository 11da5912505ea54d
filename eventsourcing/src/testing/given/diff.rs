//! Two lists of events, or two states, side by side: what is equal once, what differs marked with `-` and `+`.
//!
//! Values are compared as trees and not as lines, so that the one side's brace never closes what the other side opened.

use serde_json::Value;

/// A value with what stands before it: the name of an event or field, or nothing.
pub(super) struct Labelled {
    pub(super) label: String,
    pub(super) value: Shape,
}

/// What is known of a value.
pub(super) enum Shape {
    Json(Value),
    /// JSON can't hold it: its `Debug` form.
    Text(String),
}

#[derive(Clone, Copy)]
enum Side {
    Both,
    Expected,
    Happened,
}

/// Each of them, as it is.
pub(super) fn list(values: &[Labelled]) -> String {
    let mut lines = Lines::default();
    for each in values {
        lines.whole(Side::Both, each, 0);
    }
    lines.0.join("\n")
}

/// Both lists in one; what is of the same label is compared field by field.
pub(super) fn lists(expected: &[Labelled], happened: &[Labelled]) -> String {
    let mut lines = Lines::default();
    lines.aligned(expected, happened, 0);
    lines.0.join("\n")
}

/// The lines that only one of two texts has, in their order.
pub(super) fn only_in_one(expected: &str, happened: &str) -> Vec<String> {
    let without = |text: &str, other: &str, mark: char| {
        let mut others: Vec<String> = other.lines().map(str::to_owned).collect();
        let mut only = Vec::new();
        for line in text.lines() {
            match others.iter().position(|other| other == line) {
                Some(at) => drop(others.swap_remove(at)),
                None => only.push(format!("  {mark} {}", line.trim_start())),
            }
        }
        only
    };
    let mut lines = without(expected, happened, '-');
    lines.extend(without(happened, expected, '+'));
    lines
}

impl Labelled {
    /// Without anything before it.
    pub(super) fn plain(value: Value) -> Self {
        Self {
            label: String::new(),
            value: Shape::Json(value),
        }
    }

    fn field((name, value): (&String, &Value)) -> Self {
        Self {
            label: format!("{name:?}:"),
            value: Shape::Json(value.clone()),
        }
    }

    fn before(&self, value: &str) -> String {
        match &*self.label {
            "" => value.to_owned(),
            label => format!("{label} {value}"),
        }
    }

    /// What is in it, if it is shown over several lines.
    fn parts(&self) -> Option<(char, char, Vec<Self>)> {
        match &self.value {
            Shape::Json(Value::Object(fields)) if !fields.is_empty() => {
                Some(('{', '}', fields.iter().map(Self::field).collect()))
            }
            Shape::Json(Value::Array(items)) if !items.is_empty() => {
                let items = items.iter().cloned();
                Some(('[', ']', items.map(Self::plain).collect()))
            }
            _ => None,
        }
    }

    /// 0: nothing in common; 1: the same name or form, so that they are shown together; 2: equal.
    fn likeness(&self, other: &Self) -> u32 {
        let same = self.label == other.label;
        match (&self.value, &other.value) {
            (Shape::Json(one), Shape::Json(other)) if same && one == other => 2,
            (Shape::Text(one), Shape::Text(other)) if same && one == other => 2,
            _ if same && !self.label.is_empty() => 1,
            (Shape::Json(Value::Object(_)), Shape::Json(Value::Object(_)))
            | (Shape::Json(Value::Array(_)), Shape::Json(Value::Array(_))) => 1,
            _ => 0,
        }
    }
}

/// Of an event, and not of a field.
fn is_name(label: &str) -> bool {
    !label.is_empty() && !label.ends_with(':')
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn push(&mut self, side: Side, depth: usize, line: &str) {
        let mark = match side {
            Side::Both => ' ',
            Side::Expected => '-',
            Side::Happened => '+',
        };
        self.0.push(format!("  {mark} {:1$}{line}", "", depth * 2));
    }

    fn whole(&mut self, side: Side, of: &Labelled, depth: usize) {
        if let Some((open, close, parts)) = of.parts() {
            self.push(side, depth, &of.before(&open.to_string()));
            for part in &parts {
                self.whole(side, part, depth + 1);
            }
            self.push(side, depth, &close.to_string());
            return;
        }
        match &of.value {
            // A struct without fields is its name.
            Shape::Json(Value::Null) if is_name(&of.label) => self.push(side, depth, &of.label),
            Shape::Json(value) => self.push(side, depth, &of.before(&value.to_string())),
            Shape::Text(text) => {
                for line in of.before(text).lines() {
                    self.push(side, depth, line);
                }
            }
        }
    }

    fn compared(&mut self, expected: &Labelled, happened: &Labelled, depth: usize) {
        let likeness = expected.likeness(happened);
        match (expected.parts(), happened.parts()) {
            _ if likeness == 2 => self.whole(Side::Both, expected, depth),
            (Some((open, close, old)), Some((.., new))) if likeness == 1 => {
                self.push(Side::Both, depth, &expected.before(&open.to_string()));
                self.aligned(&old, &new, depth + 1);
                self.push(Side::Both, depth, &close.to_string());
            }
            _ => {
                self.whole(Side::Expected, expected, depth);
                self.whole(Side::Happened, happened, depth);
            }
        }
    }

    /// As many as possible are equal, then as many as possible alike; the others are on one side only.
    fn aligned(&mut self, old: &[Labelled], new: &[Labelled], depth: usize) {
        let width = new.len() + 1;
        // best[i * width + j]: how much old[i..] and new[j..] have in common. An equal pair beats any number of alike ones.
        let equal = u32::try_from(old.len().min(new.len()) + 1).unwrap_or(u32::MAX);
        let worth = |i: usize, j: usize| match old[i].likeness(&new[j]) {
            2 => equal,
            likeness => likeness,
        };
        let mut best = vec![0_u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                let paired = match worth(i, j) {
                    0 => 0,
                    worth => best[(i + 1) * width + j + 1].saturating_add(worth),
                };
                let skipped = best[(i + 1) * width + j].max(best[i * width + j + 1]);
                best[i * width + j] = paired.max(skipped);
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < old.len() && j < new.len() {
            let here = best[i * width + j];
            let worth = worth(i, j);
            if worth > 0 && here == best[(i + 1) * width + j + 1].saturating_add(worth) {
                self.compared(&old[i], &new[j], depth);
                (i, j) = (i + 1, j + 1);
            } else if here == best[(i + 1) * width + j] {
                self.whole(Side::Expected, &old[i], depth);
                i += 1;
            } else {
                self.whole(Side::Happened, &new[j], depth);
                j += 1;
            }
        }
        for each in &old[i..] {
            self.whole(Side::Expected, each, depth);
        }
        for each in &new[j..] {
            self.whole(Side::Happened, each, depth);
        }
    }
}
