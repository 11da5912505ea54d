//! `docs/conformance-mutants.md`: which check catches which bug. It is written with `UPDATE_MUTANTS=1`, by running every check
//! against every bug; otherwise what it says is run, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use eventsourcing::testing::conformance::{Check, Report, Requirement, checks};

use super::{Bug, kit};

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/conformance-mutants.md"
);

/// Of so many checks that catch a bug the table says the names.
const SHOWN: usize = 4;

/// Runs each of these on one of two threads; the results are in the order of the jobs.
fn each<J: Sync, R: Send>(jobs: &[J], run: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(job) = jobs.get(number) else { break };
                    let result = run(job);
                    results.lock().expect("a map").insert(number, result);
                }
            });
        }
    });
    results.into_inner().expect("a map").into_values().collect()
}

/// Takes too long to be run against every bug.
fn is_long(check: &Check) -> bool {
    check.needs().contains(&Requirement::LargeCommits) || check.name().contains("thousand")
}

fn failed(report: &Report) -> Vec<&'static str> {
    report
        .failures()
        .map(|failure| failure.check.name())
        .collect()
}

/// Of each check a bug that it catches: the one that the fewest catch.
fn by_check(caught: &[(Bug, Vec<&'static str>)]) -> BTreeMap<&'static str, Bug> {
    let mut best: BTreeMap<&str, (usize, Bug)> = BTreeMap::new();
    for (bug, names) in caught {
        for name in names {
            let entry = best.entry(name).or_insert((usize::MAX, *bug));
            if names.len() < entry.0 {
                *entry = (names.len(), *bug);
            }
        }
    }
    let best = best.into_iter();
    best.map(|(name, (_, bug))| (name, bug)).collect()
}

fn table(caught: &[(Bug, Vec<&'static str>)]) -> String {
    let mut table = String::from(
        "# Planted bugs and the checks that catch them\n\n\
        Each line is a copy of the memory store with one mistake (`tests/conformance/mutants`). A test runs what stands\n\
        here; `UPDATE_MUTANTS=1 cargo test -p eventsourcing-tests --test conformance planted` runs every check against every\n\
        bug and writes it anew.\n\n\
        | Bug | What is wrong | Caught by |\n|---|---|---|\n",
    );
    for (bug, names) in caught {
        let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(table, "| `{bug:?}` | {} | {shown}{more} |", bug.what()).expect("a text");
    }
    table += "\n## Each check and a bug that it catches\n\n| Check | Bug |\n|---|---|\n";
    for (name, bug) in by_check(caught) {
        writeln!(table, "| `{name}` | `{bug:?}` |").expect("a text");
    }
    table
}

/// Every check against every bug; those that take long only where no other catches the bug, and until they have caught one.
fn write() {
    let named = |long: bool| {
        let checks = checks().iter().filter(|check| is_long(check) == long);
        checks.map(Check::name).collect::<Vec<_>>()
    };
    let (short, long) = (named(false), named(true));
    let reports = each(Bug::ALL, |bug| {
        let kit = kit(Some(*bug));
        match failed(&kit.clone().only(short.clone()).run_blocking()) {
            none if none.is_empty() => failed(&kit.only(long.clone()).run_blocking()),
            found => found,
        }
    });
    let mut caught: Vec<_> = Bug::ALL.iter().copied().zip(reports).collect();
    for name in long {
        if caught.iter().all(|(_, names)| !names.contains(&name)) {
            let mut bugs = caught.iter_mut().rev();
            if let Some((_, names)) = bugs.find(|(bug, _)| catches(*bug, name)) {
                names.push(name);
            }
        }
    }
    let missed: Vec<_> = caught
        .iter()
        .filter(|(_, names)| names.is_empty())
        .collect();
    std::fs::write(PATH, table(&caught)).expect("the table is written");
    assert!(missed.is_empty(), "no check catches {missed:?}");
}

/// What the table says.
#[derive(Default)]
struct Written {
    /// Each bug, what is wrong, and checks that catch it.
    bugs: BTreeMap<String, (String, Vec<String>)>,
    /// Each check, and a bug.
    checks: BTreeMap<String, String>,
}

fn read() -> Written {
    let text = std::fs::read_to_string(PATH).expect("docs/conformance-mutants.md");
    let mut written = Written::default();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let names = |cell: &str| -> Vec<String> {
            let quoted = cell.split('`').skip(1).step_by(2);
            quoted.map(str::to_owned).collect()
        };
        let first = names(cells[0]).remove(0);
        match cells[..] {
            [_, what, caught] => {
                let of = (what.to_owned(), names(caught));
                written.bugs.insert(first, of);
            }
            [_, bug] => {
                written.checks.insert(first, names(bug).remove(0));
            }
            _ => panic!("a line of the table: {line}"),
        }
    }
    written
}

/// Whether this check fails where the bug is planted.
fn catches(bug: Bug, name: &str) -> bool {
    !kit(Some(bug)).only([name]).run_blocking().is_ok()
}

#[test]
fn each_planted_bug_is_caught() {
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        write();
    }
    let (written, anew) = (read(), "run with UPDATE_MUTANTS=1");
    let bugs: BTreeMap<_, _> = Bug::ALL
        .iter()
        .map(|bug| (format!("{bug:?}"), *bug))
        .collect();
    let what = |(bug, (what, _)): (&String, &(String, _))| (bug.clone(), what.clone());
    let planted = bugs
        .iter()
        .map(|(name, bug)| (name.clone(), bug.what().to_owned()));
    assert!(
        written.bugs.iter().map(what).eq(planted),
        "docs/conformance-mutants.md has other bugs than are planted: {anew}"
    );
    let named: BTreeSet<_> = written.checks.keys().map(String::as_str).collect();
    let all: BTreeSet<_> = checks().iter().map(Check::name).collect();
    let differ: Vec<_> = named.symmetric_difference(&all).collect();
    assert!(
        differ.is_empty(),
        "no bug is planted for these checks, or there are no such: {differ:#?}; {anew}"
    );

    let pairs: Vec<_> = written
        .checks
        .iter()
        .map(|(name, bug)| (name, bugs[bug]))
        .collect();
    let caught = each(&pairs, |(name, bug)| catches(*bug, name));
    let run = pairs.iter().zip(&caught);
    let wrong: Vec<_> = run.clone().filter(|(_, caught)| !**caught).collect();
    assert!(
        wrong.is_empty(),
        "checks that catch their bug no more: {wrong:#?}; {anew}"
    );
    let found: BTreeSet<_> = run.map(|((_, bug), _)| format!("{bug:?}")).collect();
    let rest = bugs.iter().filter(|(name, _)| !found.contains(*name));
    let rest: Vec<_> = rest.map(|(name, bug)| (name, *bug)).collect();
    let caught = each(&rest, |(name, bug)| {
        let checks = &written.bugs[*name].1;
        checks.iter().any(|check| catches(*bug, check))
    });
    let missed: Vec<_> = rest
        .iter()
        .zip(caught)
        .filter(|(_, caught)| !caught)
        .collect();
    assert!(
        missed.is_empty(),
        "no check of the table catches {missed:?}; {anew}"
    );
}
