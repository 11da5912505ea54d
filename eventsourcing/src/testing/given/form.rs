//! How events and states are compared and shown: as JSON, line by line.

use std::fmt;

use serde_json::Value;

use crate::{
    aggregate::Aggregate,
    codec::{Codec as _, Json},
};

/// So often a value is decoded again to find out whether it has collections without an order.
const DECODINGS: usize = 64;

pub(super) fn error<X: fmt::Debug>(error: &X) -> String {
    format!("error: {error:#?}")
}

/// One event after the other, each with its stored name.
pub(super) fn events<A: Aggregate>(events: &[A::Event]) -> String {
    if events.is_empty() {
        return "no events".to_owned();
    }
    let shown = events.iter().map(|event| {
        let of = A::EVENTS[A::__index(event)];
        let version = match of.version {
            1 => String::new(),
            version => format!(" (version {version})"),
        };
        let data = payload::<A>(event).map_or_else(|| format!("{event:#?}"), |data| pretty(&data));
        format!("{}{version} {data}", of.name)
    });
    shown.collect::<Vec<_>>().join("\n")
}

pub(super) fn state<A: Aggregate>(state: Option<&A>) -> String {
    match state {
        None => "no state: never created, or discarded".to_owned(),
        Some(state) => serde_json::to_value(state)
            .map_or_else(|_| format!("{state:#?}"), |value| pretty(&value)),
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
            let decoded = A::__decode(&Json, of.name, of.version, &bytes).ok()?;
            payload::<A>(&decoded)
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
    Some(lines(&events::<A>(expected), &events::<A>(happened)))
}

/// A diff, if these states differ.
pub(super) fn states_differ<A: Aggregate>(
    expected: Option<&A>,
    happened: Option<&A>,
) -> Option<String> {
    if let (Some(one), Some(other)) = (expected, happened)
        && let (Ok(one), Ok(value)) = (serde_json::to_value(one), serde_json::to_value(other))
    {
        let again = || {
            let codec = A::SnapshotCodec::default();
            let mut bytes = Vec::new();
            codec.encode(other, &mut bytes).ok()?;
            serde_json::to_value(codec.decode::<A>(&bytes).ok()?).ok()
        };
        if is_same(&one, &value, again) {
            return None;
        }
        return Some(lines(&pretty(&one), &pretty(&value)));
    }
    if let (Some(one), Some(other)) = (expected, happened)
        && shown_lines(one) == shown_lines(other)
    {
        return None;
    }
    diff(&state(expected), &state(happened))
}

/// The lines of the `Debug` form, sorted: a hash map shows its entries in any order.
fn shown_lines(shown: &impl fmt::Debug) -> Vec<String> {
    let text = format!("{shown:#?}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// A diff, if these texts differ.
pub(in crate::testing) fn diff(expected: &str, happened: &str) -> Option<String> {
    (expected != happened).then(|| lines(expected, happened))
}

fn payload<A: Aggregate>(event: &A::Event) -> Option<Value> {
    let mut bytes = Vec::new();
    A::__encode(event, &Json, &mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
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

/// The longest common subsequence of lines stays, the others are marked.
fn lines(expected: &str, happened: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), happened.lines().collect());
    let width = new.len() + 1;
    // common[i * width + j]: how many lines old[i..] and new[j..] have in common.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(format!("    {}", old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            out.push(format!("  - {}", old[i]));
            i += 1;
        } else {
            out.push(format!("  + {}", new[j]));
            j += 1;
        }
    }
    out.join("\n")
}
