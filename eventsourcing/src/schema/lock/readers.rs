//! The names of rows, and the events that they are read as: what moved, and to where.

use super::{
    document::{Document, Event},
    walk::Finding,
};

/// What has become of the names that an event was read under, and of its list. Each name is looked at once, with the version
/// of the event that is written.
pub(super) fn readers(
    event: &Event,
    reader: &Event,
    old: &Document,
    new: &Document,
) -> Vec<Finding> {
    let aggregate = event.aggregate.as_str();
    let is_written = |of: &Document, event: &Event| {
        let written = of.written(aggregate, &event.name);
        written.is_some_and(|written| written.version == event.version)
    };
    if !is_written(old, event) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if event.is_legacy != reader.is_legacy {
        let how = |is_legacy| {
            if is_legacy {
                "events of other types"
            } else {
                "itself"
            }
        };
        findings.push(Finding::behind(format!(
            "rows named {} were read as {} and are read as {}",
            event.name,
            how(event.is_legacy),
            how(reader.is_legacy)
        )));
    }
    for name in old.names_of(event) {
        let (before, now) = (old.written(aggregate, name), new.written(aggregate, name));
        if let (Some(before), Some(now)) = (before, now) {
            findings.extend(moved(name, before, now, new));
        }
    }
    let is_kept = event.name == reader.name;
    for name in new.names_of(reader).into_iter().filter(|_| is_kept) {
        if old.written(aggregate, name).is_none() {
            findings.push(Finding::behind(format!(
                "rows named {name} are read as {}, and were not read before",
                called(reader)
            )));
        }
    }
    if let Some(now) = new.written(aggregate, &event.name) {
        findings.extend(other_list(event, now));
    }
    findings
}

/// Rows that another event reads now: in the program, whatever it is stored as.
fn moved(name: &str, before: &Event, now: &Event, new: &Document) -> Option<Finding> {
    let is_same = before.name == now.name && before.variant() == now.variant();
    if is_same || before.is_legacy || now.is_legacy {
        return None;
    }
    let is_there_still = before.variant() != now.variant()
        && new.events.iter().any(|other| {
            other.aggregate == now.aggregate
                && other.list.is_some()
                && other.variant() == before.variant()
        });
    let what = format!(
        "rows named {name} are read as {}, and were read as {}",
        called(now),
        called(before)
    );
    if !is_there_still {
        return Some(Finding::behind(what));
    }
    let variant = before.variant();
    let cure = format!(
        "`#[event(name = \"{name}\")]` on `{variant}` again, or `alias = \"{name}\"` if it has another name by now"
    );
    Some(refused(what, cure))
}

fn other_list(event: &Event, now: &Event) -> Option<Finding> {
    let (before, list) = (event.list?, now.list?);
    if before == list {
        return None;
    }
    let does = |list: &str| match list {
        "create" => "begins a life",
        "discard" => "ends a life",
        _ => "changes one",
    };
    let what = format!(
        "it stood in `{before}(...)` and stands in `{list}(...)`: what {} in stored streams {}",
        does(before),
        match list {
            "create" => "would begin one",
            "discard" => "would end one",
            _ => "would change one",
        }
    );
    let variant = now.variant();
    let cure = format!(
        "leave `{variant}` in `{before}(...)`, and give what stands in `{list}(...)` from now on a type and a name of its own"
    );
    Some(refused(what, cure))
}

/// A new version would be read as the same event.
fn refused(what: String, cure: String) -> Finding {
    Finding {
        is_of_shape: false,
        ..Finding::refused(what).cured(cure)
    }
}

/// An event by its stored name, and its name in the program if that is another.
fn called(event: &Event) -> String {
    match &event.in_code {
        Some(variant) => format!("{} (`{variant}`)", event.name),
        None => event.name.clone(),
    }
}
