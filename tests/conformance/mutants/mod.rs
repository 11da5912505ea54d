//! The kit's planted-bug twins: a memory store with one small mistake at a time, each caught by at least one check.

mod append;
mod around;
mod bugs;
mod events;
mod repetition;
mod snapshots;
mod store;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use eventsourcing::testing::conformance::{Check, Kit, Report, Subject, checks};

pub(crate) use self::bugs::Bug;
use self::store::Mutant;
use crate::stores;

/// One thread, so that the tasks of a check take turns in the same order every time, and the table is the same every time.
fn kit(bug: Option<Bug>) -> Kit {
    let lags = [Bug::ReadsLagUndeclared, Bug::HeadsLagAsReadsDo];
    kit_of(bug, bug.is_some_and(|bug| lags.contains(&bug)))
}

fn kit_of(bug: Option<Bug>, lags: bool) -> Kit {
    let factory = move || async move {
        let clock = stores::clock();
        let store = Arc::new(Mutant::new(bug, Arc::clone(&clock), lags));
        let (second, reopened) = (Arc::clone(&store), Arc::clone(&store));
        Subject::new(store)
            .clock(clock)
            .second_handle(move || {
                let handle = second.handle();
                async move { Subject::new(handle) }
            })
            .reopen(move || {
                let handle = reopened.reopened();
                async move { Subject::new(handle) }
            })
    };
    Kit::new(factory, events::capabilities(bug, lags))
        .rounds(10)
        .worker_threads(1)
        .deadline(Duration::from_secs(5))
}

eventsourcing::conformance_tests! {
    without_a_bug => super::kit(None),
    lagging_as_declared => super::kit_of(None, true),
}

/// The reports of all mutants, in the order of [`Bug::ALL`]; two at a time.
fn reports() -> Vec<(Bug, Report)> {
    let (next, reports) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let report = kit(Some(*bug)).run_blocking();
                    reports.lock().expect("a list").push((*bug, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().expect("a list");
    reports.sort_by_key(|(bug, _)| Bug::ALL.iter().position(|other| other == bug));
    reports
}

fn table(reports: &[(Bug, Report)]) -> String {
    let mut table = String::from(
        "# Planted bugs and the checks that catch them\n\n\
        Each line is a copy of the memory store with one mistake (`tests/conformance/mutants`). A test keeps this file up to\n\
        date; `UPDATE_MUTANTS=1 cargo test -p eventsourcing-tests --test conformance` writes it anew.\n\n\
        | Bug | What is wrong | Caught by |\n|---|---|---|\n",
    );
    for (bug, report) in reports {
        let names: Vec<_> = report
            .failures()
            .map(|failure| failure.check.name())
            .collect();
        let shown = names.iter().take(4).map(|name| format!("`{name}`"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(4);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        writeln!(table, "| `{bug:?}` | {} | {shown}{more} |", bug.what()).expect("a text");
    }
    table
}

/// On several threads nothing lies between the two locks.
#[test]
fn a_race_with_nothing_between_is_caught() {
    let name = "event_store::append::of_threads_that_meet_at_the_head_one_wins";
    let kit = kit(Some(Bug::AppendsCheckAndThenAct))
        .rounds(10_000)
        .worker_threads(2);
    let caught = std::panic::catch_unwind(move || kit.assert(name));
    let panic = caught.expect_err("the race is found");
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("the winners of version"), "{text}");
}

#[test]
fn each_planted_bug_is_caught() {
    let reports = reports();
    let missed = reports.iter().filter(|(_, report)| report.is_ok());
    let missed: Vec<_> = missed.map(|(bug, _)| bug).collect();
    assert!(missed.is_empty(), "no check catches {missed:?}");
    let of_snapshots = reports.iter().filter(|(_, report)| {
        report
            .failures()
            .all(|failure| failure.check.name().starts_with("snapshot_store::"))
    });
    let of_snapshots = of_snapshots.count();
    assert!(of_snapshots >= 15, "only {of_snapshots} bugs in snapshots");
    assert!(reports.len() >= 40);

    let caught: BTreeSet<_> = reports
        .iter()
        .flat_map(|(_, report)| report.failures().map(|failure| failure.check.name()))
        .collect();
    let never = checks()
        .iter()
        .filter(|check| !caught.contains(check.name()));
    let never: Vec<_> = never.map(Check::name).collect();
    assert!(
        never.is_empty(),
        "no bug is planted that they catch: {never:#?}"
    );

    let table = table(&reports);
    println!("{table}");
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/conformance-mutants.md"
    );
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        std::fs::write(path, &table).expect("the table is written");
    }
    let written = std::fs::read_to_string(path).expect("docs/conformance-mutants.md");
    assert!(
        written == table,
        "docs/conformance-mutants.md is out of date: run with UPDATE_MUTANTS=1"
    );
}
