//! Two lock files: for each state and event what has become of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    canonical::canonical,
    conversions::unlike,
    document::{Block, Document, Event, State},
    history::history,
    readers::readers,
    report::{Item, Report},
    untyped::is_untyped,
    walk::{Finding, Mode, Severity, Side, Titles, Walk},
};

/// What has been found so far, by the blocks that it is shown at.
#[derive(Debug, Default)]
pub(super) struct Comparison<'a> {
    blocks: BTreeMap<Titles, Changed<'a>>,
    items: Vec<Item>,
}

#[derive(Debug)]
struct Changed<'a> {
    old: &'a Block,
    new: &'a Block,
    states: BTreeSet<String>,
    events: BTreeMap<String, &'a Event>,
    findings: Vec<Finding>,
}

pub(super) fn compare(old: &Document, new: &Document) -> Report {
    let mut found = Comparison::default();
    found.items.extend(positional(old, new));
    let recorded = old.aggregates();
    let listed = new.aggregates();
    for name in recorded.difference(&listed) {
        found.items.push(unlisted(name));
    }
    for name in listed.difference(&recorded) {
        let what = format!("aggregate {name} isn't recorded yet");
        found
            .items
            .push(Item::new(&what, Severity::Unrecorded, &[]));
    }
    for name in recorded.intersection(&listed) {
        found.state(name, old, new);
        for event in old.events.iter().filter(|event| event.aggregate == *name) {
            found.event(event, old, new);
        }
        found.retired(name, old, new);
        found.unrecorded(name, old, new);
    }
    let mut report = found.report(new);
    if report.items.is_empty() && !old.says_the_same(new) {
        let what = "nothing changed but names of types and comments";
        report.items.push(Item::new(what, Severity::Behind, &[]));
    }
    report
}

/// What is said of the codec of events. It is recorded: rows that were written by place stay.
fn positional(old: &Document, new: &Document) -> Option<Item> {
    match (old.is_positional, new.is_positional) {
        (false, true) => {
            let what = "that events are positional isn't recorded yet";
            Some(Item::new(what, Severity::Unrecorded, &[]))
        }
        (true, false) => {
            let cure = "`events = positional` in this file's `schema_lock!` again, for as long as such rows are stored, whatever new ones are written by.";
            let what = "it is no longer said that events are positional: rows that were written by place are read by place, and nothing would compare the places";
            let item = Item::new("events positional", Severity::Refused, &[cure.to_owned()]);
            Some(item.saying(what))
        }
        _ => None,
    }
}

fn unlisted(name: &str) -> Item {
    let cures = [
        format!("List {name} in this file's `schema_lock!`: one file belongs to one of these."),
        "If it is gone for good, with all its streams, delete its blocks from the file.".to_owned(),
    ];
    let title = format!("aggregate {name}");
    let what = "it is no longer listed: its events would go unchecked";
    Item::new(&title, Severity::Refused, &cures).saying(what)
}

impl<'a> Comparison<'a> {
    fn state(&mut self, name: &str, old: &'a Document, new: &'a Document) {
        let (Some(before), Some(now)) = (old.states.get(name), new.states.get(name)) else {
            let what = format!("state {name} isn't recorded yet");
            return self.items.push(Item::new(&what, Severity::Unrecorded, &[]));
        };
        let is_same = canonical(old, &before.block) == canonical(new, &now.block);
        if before.version != now.version || !is_same {
            self.items.push(rebuilt(name, before, now, is_same));
        } else if history(old, name) != history(new, name) {
            let what = "what its events are read as changed (`alias`, `retired`, `legacy`, `upcast`): its snapshots are rebuilt by the next loads";
            let title = format!("state {name}");
            let item = Item::new(&title, Severity::Behind, &[]);
            self.items.push(item.saying(what));
        }
        let mut walk = Walk::new(old, new, Side::Read);
        walk.roots(&before.block, &now.block, Mode::ByName);
        for (titles, pair) in walk.pairs {
            let changed = self.changed(titles, pair.old, pair.new);
            changed.states.insert(name.to_owned());
        }
    }

    fn changed(&mut self, titles: Titles, old: &'a Block, new: &'a Block) -> &mut Changed<'a> {
        self.blocks.entry(titles).or_insert_with(|| Changed {
            old,
            new,
            states: BTreeSet::new(),
            events: BTreeMap::new(),
            findings: Vec::new(),
        })
    }

    fn event(&mut self, event: &'a Event, old: &'a Document, new: &'a Document) {
        let aggregate = event.aggregate.as_str();
        let title = event.block.title.as_str();
        let is_written = |event: &Event| {
            let written = old.written(aggregate, &event.name);
            written.is_none_or(|written| written.version == event.version)
        };
        for name in old.names_of(event) {
            match new.reader(aggregate, name, event.version) {
                Some(reader) => self.read_as(event, reader, old, new),
                None if name == event.name || new.is_retired(aggregate, name) => {}
                // Lost to all versions: said at the one that is written.
                None if new.written(aggregate, name).is_none() && !is_written(event) => {}
                None => {
                    let cure =
                        format!("`#[event(alias = \"{name}\")]` on the event that such rows are.");
                    let what = format!("rows named {name} are no longer read");
                    let item = Item::new(title, Severity::Refused, &[cure]);
                    self.items.push(item.saying(&what));
                }
            }
        }
        let Some(reader) = new.reader(aggregate, &event.name, event.version) else {
            let item = unread(event, new);
            return self.items.push(item);
        };
        let findings = readers(event, reader, old, new);
        if findings.is_empty() {
            return;
        }
        let titles = (event.block.title.clone(), reader.block.title.clone());
        let changed = self.changed(titles, &event.block, &reader.block);
        let is_refused = |found: &Finding| found.severity == Severity::Refused;
        let was_refused = changed.findings.iter().any(is_refused);
        let told = findings
            .into_iter()
            .filter(|found| !was_refused || is_refused(found));
        changed.findings.extend(told);
    }

    fn read_as(
        &mut self,
        event: &'a Event,
        reader: &'a Event,
        old: &'a Document,
        new: &'a Document,
    ) {
        let is_positional = old.is_positional || new.is_positional;
        let mut walk = Walk::new(old, new, Side::Read);
        let states = (old.states.get(&event.aggregate)).zip(new.states.get(&event.aggregate));
        let versions = states.map(|(before, now)| [before.version, now.version]);
        walk.of = versions.map(|versions| (event.aggregate.as_str(), versions));
        // Rows by name may be stored as well, from before another codec was set.
        let modes = [Mode::ByName, Mode::Positional];
        let modes = modes.get(..=usize::from(is_positional)).unwrap_or_default();
        for mode in modes {
            walk.roots(&event.block, &reader.block, *mode);
        }
        let is_refused = |found: &Finding| found.severity == Severity::Refused;
        let mut findings = walk.pairs.values().flat_map(|pair| &pair.findings);
        if !findings.any(is_refused) {
            let titles = walk.pair(&event.block, &reader.block);
            for mode in modes {
                for finding in unlike(&event.block, &reader.block, old, new, *mode, walk.of) {
                    walk.find(&titles, finding);
                }
            }
        } else if is_untyped(event, reader, old, new) {
            walk = Walk::new(old, new, Side::Read);
            let titles = walk.pair(&event.block, &reader.block);
            let what = "its rows are read as whatever JSON they have: what of that counts is up to the conversion";
            walk.find(&titles, Finding::behind(what));
        }
        for (titles, mut pair) in walk.pairs {
            // What would be read by name isn't read by place.
            if is_positional && pair.findings.iter().any(is_refused) {
                pair.findings.retain(is_refused);
            }
            let changed = self.changed(titles, pair.old, pair.new);
            for finding in pair.findings {
                if !changed.findings.contains(&finding) {
                    changed.findings.push(finding);
                }
            }
            changed.events.insert(event.block.title.clone(), event);
        }
    }

    fn retired(&mut self, aggregate: &str, old: &Document, new: &Document) {
        let of_it = |(other, _): &&(String, String)| other == aggregate;
        for (_, name) in old.retired.iter().filter(of_it) {
            if new.is_retired(aggregate, name) {
                continue;
            }
            let cure = format!("Keep `retired(\"{name}\")` on the aggregate.");
            let title = format!("retired {aggregate}/{name}");
            let what = "it is no longer retired: rows of it are an error of every load, or read as what they may not be";
            self.items
                .push(Item::new(&title, Severity::Refused, &[cure]).saying(what));
        }
        for (_, name) in new.retired.iter().filter(of_it) {
            let was_event = old.events.iter().any(|event| {
                event.aggregate == aggregate && old.names_of(event).contains(name.as_str())
            });
            if !was_event && !old.is_retired(aggregate, name) {
                let what = format!("retired {aggregate}/{name} isn't recorded yet");
                self.items.push(Item::new(&what, Severity::Behind, &[]));
            }
        }
    }

    fn unrecorded(&mut self, aggregate: &str, old: &Document, new: &Document) {
        for event in new
            .events
            .iter()
            .filter(|event| event.aggregate == aggregate)
        {
            let names = new.names_of(event);
            let was_read = names
                .iter()
                .any(|name| old.reader(aggregate, name, event.version).is_some());
            if !was_read {
                let what = format!("{} isn't recorded yet", event.block.title);
                self.items.push(Item::new(&what, Severity::Unrecorded, &[]));
            }
        }
    }

    fn report(self, new: &Document) -> Report {
        let mut items = Vec::new();
        for ((before, now), changed) in self.blocks {
            // An event that a type of other blocks is now, or was, has lines of its own there.
            let is_head = |title: &str| title.starts_with("event ") || title.starts_with("state ");
            let (old, new_lines) = if is_head(&before) == is_head(&now) {
                (changed.old.lines.as_slice(), changed.new.lines.as_slice())
            } else {
                (changed.old.body(), changed.new.body())
            };
            // What moved to another event is told where it was, and where it is now.
            let is_event = |title: &str| title.starts_with("event ");
            let is_told = is_event(&before) && is_event(&now) && before != now;
            if (old == new_lines || is_told) && changed.findings.is_empty() {
                continue;
            }
            let events: Vec<&Event> = changed.events.values().copied().collect();
            let cures = if changed
                .findings
                .iter()
                .any(|found| found.severity == Severity::Refused && found.is_of_shape)
            {
                version_cures(&events, new, is_head(&before))
            } else {
                Vec::new()
            };
            items.push(Item {
                title: if is_head(&now) { before } else { now },
                found_in: if is_head(&changed.new.title) {
                    Vec::new()
                } else {
                    found_in(&changed.states, &events)
                },
                diff: super::diff::diff(old, new_lines),
                findings: changed.findings,
                cures,
            });
        }
        items.extend(self.items);
        Report { items }
    }
}

fn found_in(states: &BTreeSet<String>, events: &[&Event]) -> Vec<String> {
    let states = states.iter().map(|state| format!("state {state}"));
    states
        .chain(events.iter().map(|event| event.block.title.clone()))
        .collect()
}

/// A state whose snapshots aren't used any more, or are used again.
fn rebuilt(name: &str, before: &State, now: &State, is_same: bool) -> Item {
    let title = format!("state {name}");
    let (old, new) = (before.version, now.version);
    if new < old {
        let what = format!(
            "schema_version went down from {old} to {new}: snapshots that a program with {new} and this shape stored come into use again, whatever their values meant to it"
        );
        let cures = [format!(
            "`schema_version = {}`, a number that no program had.",
            old.saturating_add(1)
        )];
        return Item::new(&title, Severity::Refused, &cures).saying(&what);
    }
    if new > old {
        let what = if is_same {
            format!(
                "schema_version went up from {old} to {new}: its snapshots are rebuilt by the next loads"
            )
        } else {
            format!(
                "its shape changed, and schema_version went up from {old} to {new}: its snapshots are rebuilt by the next loads"
            )
        };
        return Item::new(&title, Severity::Unrecorded, &[]).saying(&what);
    }
    let what = format!(
        "its shape changed, and schema_version is still {old}: its snapshots are rebuilt by the next loads, as if it had been raised (the fingerprint in their key keeps them apart, so that none is misread)"
    );
    let cures = [format!(
        "Say that it is on purpose: `schema_version = {}`.",
        old.saturating_add(1)
    )];
    Item::new(&title, Severity::Unrecorded, &cures).saying(&what)
}

/// An event that no row is read as any more.
fn unread(event: &Event, new: &Document) -> Item {
    let title = event.block.title.as_str();
    let (aggregate, name) = (event.aggregate.as_str(), event.name.as_str());
    if new.is_retired(aggregate, name) {
        let item = Item::new(title, Severity::Behind, &[]);
        return item.saying("it is retired: its rows are read as no event");
    }
    let is_it = |other: &&Event| other.aggregate == aggregate && new.names_of(other).contains(name);
    if new.events.iter().any(|other| is_it(&other)) {
        let what = format!("rows of version {} are no longer read", event.version);
        return Item::new(title, Severity::Refused, &[keep_old(event)]).saying(&what);
    }
    let cures = [
        format!("If it has a new name: `#[event(alias = \"{name}\")]` on the event."),
        format!(
            "If other events stand for it: `legacy({})` on the aggregate, and `impl From<{0}> for Vec<…Event>`.",
            type_name(name)
        ),
        format!("If its rows mean nothing any more: `retired(\"{name}\")` on the aggregate."),
    ];
    Item::new(title, Severity::Refused, &cures)
        .saying("it is gone: its rows are an error of every load")
}

fn keep_old(event: &Event) -> String {
    let (name, version) = (event.name.as_str(), event.version);
    let of = type_name(name);
    let next = version.saturating_add(1);
    format!(
        "Keep the old shape as `{of}V{version}` with `#[event(name = \"{name}\", version = {version})]`, give `{of}` `version = {next}, upcast({of}V{version})`, and write `impl From<{of}V{version}> for {of}`."
    )
}

fn version_cures(events: &[&Event], new: &Document, is_own: bool) -> Vec<String> {
    let (read, written): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|event| {
        new.events.iter().any(|other| {
            other.aggregate == event.aggregate
                && other.name == event.name
                && other.version > event.version
        })
    });
    let mut cures: Vec<String> = written
        .iter()
        .map(|event| format!("Or a new version. {}", keep_old(event)))
        .collect();
    if !is_own && !cures.is_empty() {
        cures.push("The old shape has a copy of this type as it was.".to_owned());
    }
    cures.extend(read.iter().map(|event| {
        format!(
            "{} is only read by now: leave its shape as it was{}.",
            event.block.title,
            if new.is_positional {
                ""
            } else {
                ", or make it a newtype of `serde_json::Value`"
            }
        )
    }));
    cures
}

/// What a type of this stored name may be called.
fn type_name(stored: &str) -> String {
    let words = stored.split(|c: char| !c.is_alphanumeric());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(char::to_uppercase);
            first
                .into_iter()
                .flatten()
                .chain(letters)
                .collect::<String>()
        })
        .collect()
}
