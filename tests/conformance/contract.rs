//! The kit and the docs of the traits say the same: each bullet has a check, each check has a bullet.

use std::collections::{BTreeMap, BTreeSet};

use eventsourcing::testing::conformance::{Check, checks};

const EVENT_STORE: &str = include_str!("../../eventsourcing/src/store/mod.rs");
const SNAPSHOT_STORE: &str = include_str!("../../eventsourcing/src/snapshot/store.rs");

/// Links become plain code.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let (code, after) = after.split_once("`]").expect("a link has an end");
        plain.push_str(before);
        // `Self::` in a link's target only.
        plain.extend(["`", code, "`"]);
        rest = match after.strip_prefix('(') {
            Some(target) => target.split_once(')').expect("a target has an end").1,
            None => after,
        };
    }
    plain + rest
}

/// The bullets in the docs of each method of the trait in this file, by `<module>::<method>`.
fn bullets(source: &str, name: &str, module: &str) -> BTreeMap<String, Vec<String>> {
    let start = source
        .find(&format!("pub trait {name}"))
        .expect("the trait");
    let (mut found, mut current) = (BTreeMap::new(), Vec::<String>::new());
    for line in source[start..].lines().take_while(|line| *line != "}") {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            if let Some(bullet) = doc.strip_prefix(" - ") {
                current.push(bullet.to_owned());
            } else if let (Some(more), Some(bullet)) = (doc.strip_prefix("   "), current.last_mut())
            {
                bullet.push(' ');
                bullet.push_str(more);
            }
        } else if let Some((_, method)) = line.split_once("fn ") {
            let method = method.split('(').next().expect("a name");
            let rules = std::mem::take(&mut current);
            let rules = rules.iter().map(|rule| plain(rule)).collect();
            found.insert(format!("{module}::{method}"), rules);
        }
    }
    found
}

#[test]
fn each_bullet_has_checks_and_each_check_a_bullet() {
    let mut written = bullets(EVENT_STORE, "EventStore", "event_store");
    written.extend(bullets(SNAPSHOT_STORE, "SnapshotStore", "snapshot_store"));
    let mut checked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for check in checks() {
        let rules = checked.entry(check.method().to_owned()).or_default();
        if !rules.iter().any(|rule| rule == check.rule()) {
            rules.push(check.rule().to_owned());
        }
    }
    assert_eq!(checked, written);
}

#[test]
fn there_are_as_many_checks_as_were_asked_for_and_each_has_its_own_name() {
    let names: BTreeSet<_> = checks().iter().map(Check::name).collect();
    assert_eq!(names.len(), checks().len());
    let of_snapshots = names
        .iter()
        .filter(|name| name.starts_with("snapshot_store::"));
    assert!(of_snapshots.count() >= 50);
    assert!(names.len() >= 150);
}
