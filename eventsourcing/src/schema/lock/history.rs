//! What of its events is part of a state's fingerprint, beside its shape: as `schema::history_names` has it of a program.

use std::collections::BTreeSet;

use super::document::{Document, Event};
use crate::schema::is_called;

/// What a replay of the same rows depends on, apart from shapes and code.
pub(super) fn history(document: &Document, aggregate: &str) -> BTreeSet<String> {
    let events = document.events.iter();
    let events: Vec<&Event> = events.filter(|e| e.aggregate == aggregate).collect();
    let newest = |event: &Event| {
        let versions = events.iter().filter(|other| is_version(event, other));
        versions.max_by_key(|other| other.version).copied()
    };
    let mut names = BTreeSet::new();
    for event in events.iter().copied() {
        let written = newest(event).unwrap_or(event);
        if event.version < written.version {
            names.insert(format!("upcast {} {}", event.version, event.name));
        }
        let read_as = if event.is_legacy {
            names.insert(format!("legacy {}", event.name));
            format!("legacy {}", event.name)
        } else {
            written.variant().to_owned()
        };
        let aliases = event.aliases.iter();
        names.extend(aliases.map(|alias| format!("alias {alias} {read_as}")));
        let is_crossed = !event.is_legacy
            && !is_called(written.variant(), &event.name)
            && (events.iter()).any(|other| {
                other.list.is_some()
                    && other.variant() != written.variant()
                    && is_called(other.variant(), &event.name)
            });
        if is_crossed {
            names.insert(format!("named {} {}", event.name, written.variant()));
        }
    }
    let retired = document.retired.iter();
    let retired = retired.filter(|(other, _)| other == aggregate);
    names.extend(retired.map(|(_, name)| format!("retired {name}")));
    names
}

fn is_version(event: &Event, other: &Event) -> bool {
    other.name == event.name && other.is_legacy == event.is_legacy
}
