//! The law: loading through snapshots gives exactly what replaying every event gives, whatever happens.
//!
//! Random cases (`steps`) run against the library over each store (`world`, `program`) and are compared with a model of
//! the test's own (`oracle`); `naive` has the planted bugs that the same cases must find.
//!
//! - `LAW_CASES=n`: so many cases instead of 20,000 in memory (5,000 in small pages), 500 in SQLite files and 100 in PostgreSQL
//! - `LAW_SEED=n`: this case alone, as a failure names it
//! - one million in memory: `LAW_CASES=1000000 cargo test --release -p eventsourcing-tests --test law memory::`
//! - 20,000 in files: `LAW_CASES=20000 cargo test --release -p eventsourcing-tests --test law sqlite::`
//! - 2,000 in PostgreSQL: `LAW_CASES=2000 cargo test -p eventsourcing-tests --test law postgres::`

// The tests' own traits are used with known types, on one thread.
#![allow(async_fn_in_trait, clippy::too_many_arguments)]

mod apart;
mod bugs;
mod damage;
mod domain;
mod judge;
mod naive;
mod oracle;
mod past;
mod program;
mod rows;
#[expect(dead_code, reason = "other tests ask it what it was asked for")]
#[path = "../sparse.rs"]
mod sparse;
mod steps;
mod subject;
mod world;

use std::time::Instant;

use self::{
    bugs::Bug,
    naive::Imitation,
    steps::Case,
    subject::{Kind, Library},
    world::{Broken, Place, Tally},
};

/// Enough to be quick in a debug build; a release build runs a million.
const MEMORY_CASES: u64 = 20_000;
const SPARSE_CASES: u64 = 5_000;
const SQLITE_CASES: u64 = 500;
const POSTGRES_CASES: u64 = 100;
/// A planted bug must be found within so many cases.
const BUG_CASES: u64 = 10_000;

fn cases(default: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    match number("LAW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LAW_CASES").unwrap_or(default),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        // Pauses after a conflict or a lost answer take no time.
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// Runs cases until one breaks; gives its seed then.
fn run_all<K: Kind>(
    kind: &K,
    place: &impl Fn() -> Place,
    seeds: impl Iterator<Item = u64>,
) -> (Tally, u64, Option<(u64, Broken)>) {
    let runtime = runtime();
    let (mut tally, mut count) = (Tally::default(), 0);
    for seed in seeds {
        count += 1;
        match runtime.block_on(world::run(kind, place(), &Case::draw(seed))) {
            Ok(of_case) => tally += of_case,
            Err(broken) => return (tally, count, Some((seed, broken))),
        }
    }
    (tally, count, None)
}

/// The shortest beginning that breaks, without the steps it doesn't need.
fn shrink<K: Kind>(kind: &K, place: &impl Fn() -> Place, seed: u64) -> (Case, Broken) {
    let runtime = runtime();
    let breaks = |case: &Case| runtime.block_on(world::run(kind, place(), case)).err();
    let mut case = Case::draw(seed);
    let Some(mut broken) = breaks(&case) else {
        return (case, "it broke once and not again".to_owned());
    };
    for length in 1..case.steps.len() {
        let mut shorter = case.clone();
        shorter.steps.truncate(length);
        if let Some(other) = breaks(&shorter) {
            (case, broken) = (shorter, other);
            break;
        }
    }
    let mut at = 0;
    while at < case.steps.len() {
        let mut smaller = case.clone();
        smaller.steps.remove(at);
        match breaks(&smaller) {
            Some(other) => (case, broken) = (smaller, other),
            None => at += 1,
        }
    }
    (case, broken)
}

/// The law over one store, on all processors.
fn hold_the_law(store: &str, default: u64, place: impl Fn() -> Place + Sync) {
    let (seeds, begun) = (cases(default), Instant::now());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results = std::thread::scope(|scope| {
        let run = |thread| {
            let (seeds, place) = (seeds.clone(), &place);
            scope.spawn(move || run_all(&Library, place, seeds.skip(thread).step_by(threads)))
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a thread of cases"))
            .collect::<Vec<_>>()
    });
    let (mut tally, mut count) = (Tally::default(), 0);
    for (of_thread, cases, broken) in results {
        tally += of_thread;
        count += cases;
        if let Some((seed, first)) = broken {
            let (case, broken) = shrink(&Library, &place, seed);
            panic!(
                "the law is broken over {store}: {broken}\nLAW_SEED={seed}, at first: {first}\nshrunk to {case:#?}"
            );
        }
    }
    let share = tally.short * 100 / tally.loads.max(1);
    println!(
        "{store}: {count} cases in {:.1?}, {tally:?}, {share} % of the loads read fewer events than there are",
        begun.elapsed()
    );
    assert!(
        share >= 30 || count < 100,
        "only {share} % of the loads were shortened by a snapshot"
    );
}

mod memory {
    #[test]
    fn snapshots_equal_replay() {
        super::hold_the_law("memory", super::MEMORY_CASES, || super::Place::Memory);
    }

    #[test]
    fn snapshots_equal_replay_where_a_page_has_what_it_must() {
        super::hold_the_law("sparse", super::SPARSE_CASES, || super::Place::Sparse);
    }
}

mod sqlite {
    #[test]
    fn snapshots_equal_replay() {
        super::hold_the_law("sqlite", super::SQLITE_CASES, || super::Place::Sqlite {
            folder: tempfile::tempdir().expect("a temporary folder"),
            file: 0,
        });
    }
}

mod postgres {
    use std::sync::atomic::{AtomicU64, Ordering};

    use eventsourcing::testing::postgres::PostgresServer;

    #[test]
    fn snapshots_equal_replay() {
        let Some(server) = PostgresServer::for_tests() else {
            return;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let database = runtime.expect("a runtime").block_on(server.database());
        let database = database.expect("a database");
        let number = AtomicU64::new(0);
        super::hold_the_law("postgres", super::POSTGRES_CASES, || {
            super::Place::Postgres {
                config: Box::new(database.config().clone()),
                schema: format!("law {}", number.fetch_add(1, Ordering::Relaxed)),
            }
        });
    }
}

#[test]
fn every_planted_bug_is_found() {
    let memory = || Place::Memory;
    let found = run_all(&Imitation(Bug::None), &memory, 0..2_000);
    assert!(
        found.2.is_none(),
        "the imitation is wrong without a bug: {:?}",
        found.2
    );
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        match run_all(&Imitation(bug), &memory, 0..BUG_CASES) {
            (_, count, Some((_, broken))) => {
                println!("{bug:?}: found after {count} cases: {broken:.200}");
            }
            (_, _, None) => missed.push(bug),
        }
    }
    assert!(
        missed.is_empty(),
        "not found within {BUG_CASES} cases: {missed:?}"
    );
}
