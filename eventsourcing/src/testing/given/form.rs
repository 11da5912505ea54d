//! How events and states are compared and shown: as JSON, a line for each field.

use std::fmt;

use serde_json::Value;

use super::diff::{self, Labelled, Shape};
use crate::{
    aggregate::Aggregate,
    codec::{Codec as _, Json},
    event::Decoded,
};

/// So often a value is decoded again to find out whether it has collections without an order.
const DECODINGS: usize = 64;

const NO_STATE: &str = "no state: never created, or discarded";

/// Of so many events each is shown when it is said what was given, and so much of each.
const GIVEN: usize = 10;
const GIVEN_CHARS: usize = 100;

/// "1 event", "2 events".
pub(super) fn count(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// One event after the other, each with its stored name.
pub(super) fn events<A: Aggregate>(events: &[A::Event]) -> String {
    diff::list(&labelled::<A>(events))
}

fn labelled<A: Aggregate>(events: &[A::Event]) -> Vec<Labelled> {
    let shown = events.iter().map(|event| Labelled {
        label: name::<A>(event),
        value: payload::<A>(event).map_or_else(|| Shape::Text(format!("{event:#?}")), Shape::Json),
    });
    shown.collect()
}

fn name<A: Aggregate>(event: &A::Event) -> String {
    let of = A::EVENTS[A::__index(event)];
    match of.version {
        1 => of.name.to_owned(),
        version => format!("{} (version {version})", of.name),
    }
}

/// What was given, a line for each event; of many the first and the last.
pub(super) fn given<A: Aggregate>(events: &[A::Event]) -> String {
    let left_out = events.len().saturating_sub(GIVEN);
    let half = GIVEN / 2;
    let mut lines = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match index {
            _ if left_out == 0 || index < half || index >= half + left_out => {
                lines.push(format!("    {}. {}", index + 1, short::<A>(event)));
            }
            _ if index == half => lines.push(format!("    … {}", count(left_out, "other event"))),
            _ => {}
        }
    }
    lines.join("\n")
}

/// An event in one line, perhaps cut.
pub(super) fn short<A: Aggregate>(event: &A::Event) -> String {
    let text = match payload::<A>(event) {
        Some(Value::Null) => name::<A>(event),
        Some(data) => format!("{} {data}", name::<A>(event)),
        None => format!("{event:?}"),
    };
    match text.char_indices().nth(GIVEN_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

pub(super) fn state<A: Aggregate>(state: Option<&A>) -> String {
    match state {
        None => NO_STATE.to_owned(),
        Some(state) => serde_json::to_value(state).map_or_else(
            |_| format!("{state:#?}"),
            |value| diff::list(&[Labelled::plain(value)]),
        ),
    }
}

/// A diff, if these events differ.
pub(super) fn events_differ<A: Aggregate>(
    expected: &[A::Event],
    happened: &[A::Event],
) -> Option<String> {
    let same = |(one, other): (&A::Event, &A::Event)| {
        let (of_one, of_other) = (A::__index(one), A::__index(other));
        let again = || {
            let of = A::EVENTS[of_other];
            let mut bytes = Vec::new();
            A::__encode(other, &Json, &mut bytes).ok()?;
            match A::__decode(&Json, of.name, of.version, &bytes).ok()? {
                Decoded::One(decoded) => payload::<A>(&decoded),
                Decoded::Many(_) => None,
            }
        };
        of_one == of_other
            && match (payload::<A>(one), payload::<A>(other)) {
                (Some(one), Some(other)) => is_same(&one, &other, again),
                // JSON can't hold it (a map with keys that are no text).
                _ => shown_lines(one) == shown_lines(other),
            }
    };
    if expected.len() == happened.len() && expected.iter().zip(happened).all(same) {
        return None;
    }
    Some(diff::lists(
        &labelled::<A>(expected),
        &labelled::<A>(happened),
    ))
}

/// A diff, if these states differ: in their stored form, or by `==` where they have it.
pub(super) fn states_differ<A: Aggregate>(
    expected: Option<&A>,
    happened: Option<&A>,
) -> Option<String> {
    let (one, other) = match (expected, happened) {
        (None, None) => return None,
        (Some(expected), Some(happened)) => (expected, happened),
        _ => return Some(diff_of_texts(&state(expected), &state(happened))),
    };
    if let (Ok(expected), Ok(happened)) = (serde_json::to_value(one), serde_json::to_value(other)) {
        let again = || {
            let codec = A::SnapshotCodec::default();
            let mut bytes = Vec::new();
            codec.encode(other, &mut bytes).ok()?;
            serde_json::to_value(codec.decode::<A>(&bytes).ok()?).ok()
        };
        if !is_same(&expected, &happened, again) {
            let (expected, happened) = (Labelled::plain(expected), Labelled::plain(happened));
            return Some(diff::lists(&[expected], &[happened]));
        }
    } else if shown_lines(one) != shown_lines(other) {
        return Some(diff_of_texts(&format!("{one:#?}"), &format!("{other:#?}")));
    }
    (one.__equals(other) == Some(false)).then(|| unstored(one, other))
}

/// What to say of states that differ although their stored forms don't.
fn unstored<A: Aggregate>(expected: &A, happened: &A) -> String {
    let mut lines = diff::only_in_one(&format!("{expected:#?}"), &format!("{happened:#?}"));
    lines.push(
        "their stored forms are equal, but `==` says no: a field that is not stored differs, such as one with \
         `#[serde(skip)]`"
            .to_owned(),
    );
    lines.join("\n")
}

/// What the `Debug` forms of a state differ in before and after a snapshot, if it can be seen.
pub(super) fn lost<A: Aggregate>(before: &A, after: &A) -> Option<String> {
    if shown_lines(before) == shown_lines(after) {
        return None;
    }
    let lines = diff::only_in_one(&format!("{before:#?}"), &format!("{after:#?}"));
    Some(lines.join("\n"))
}

/// The lines of the `Debug` form, sorted: a hash map shows its entries in any order.
fn shown_lines(shown: &impl fmt::Debug) -> Vec<String> {
    let text = format!("{shown:#?}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// The one marked as expected, the other as what happened.
pub(super) fn diff_of_texts(expected: &str, happened: &str) -> String {
    let mark = |mark: char, text: &str| {
        // Lists come with the room for a mark.
        let marked = text.lines().all(|line| line.starts_with("    "));
        let lines = text.lines().map(|line| {
            let line = line.strip_prefix("    ").filter(|_| marked).unwrap_or(line);
            format!("  {mark} {line}")
        });
        lines.collect::<Vec<_>>()
    };
    let mut lines = mark('-', expected);
    lines.extend(mark('+', happened));
    lines.join("\n")
}

fn payload<A: Aggregate>(event: &A::Event) -> Option<Value> {
    let mut bytes = Vec::new();
    A::__encode(event, &Json, &mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Equal, or equal but for the order within collections that have none: the elements of a hash set come in another order
/// each time it is decoded.
fn is_same(one: &Value, other: &Value, again: impl Fn() -> Option<Value>) -> bool {
    if one == other {
        return true;
    }
    sorted(one) == sorted(other)
        && (0..DECODINGS).any(|_| again().is_some_and(|decoded| decoded != *other))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            Value::Object(
                fields
                    .map(|(name, of)| (name.clone(), sorted(of)))
                    .collect(),
            )
        }
        value => value.clone(),
    }
}
