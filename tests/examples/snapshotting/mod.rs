//! `cargo run --example snapshotting` prints what the order document expects, and reads it from the run.
//!
//! The expected texts are beside this file: `default.txt` is the document's own, `every_3_items_7.txt` follows from the
//! rules (a save takes one snapshot, at the last multiple of N that it reached). `{…}` is a pattern, see `pattern.rs`.

mod pattern;

use std::{path::Path, process::Command};

use eventsourcing::store::{EventStore, ReadAll, SqliteStore};
use tempfile::TempDir;

use crate::binary::example;

struct Ran {
    stdout: String,
    stderr: String,
    success: bool,
}

fn run(db: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(example("snapshotting"))
        .arg("--db")
        .arg(db)
        .args(arguments)
        .output()
        .expect("the example runs");
    Ran {
        stdout: String::from_utf8(output.stdout).expect("it prints UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("it prints UTF-8"),
        success: output.status.success(),
    }
}

fn prints(arguments: &[&str], expected: &str) -> (TempDir, pattern::Found) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ran = run(&folder.path().join("orders.db"), arguments);
    assert!(ran.success, "{}", ran.stderr);
    let found = pattern::compare(expected, &ran.stdout).unwrap_or_else(|difference| {
        panic!("{difference}\n--- the whole output ---\n{}", ran.stdout)
    });
    (folder, found)
}

#[test]
fn prints_the_expected_output_of_the_document() {
    prints(&[], include_str!("default.txt"));
}

#[test]
fn every_3_items_7_changes_versions_and_counts_as_the_rules_say() {
    prints(
        &["--every", "3", "--items", "7"],
        include_str!("every_3_items_7.txt"),
    );
}

/// Orders of 2 events, one of 3 with the submission: no save reaches the 4.
#[test]
fn without_a_crossing_there_are_no_snapshots_to_print() {
    prints(
        &["--every", "4", "--items", "1"],
        include_str!("every_4_items_1.txt"),
    );
}

/// What it prints is read from the file: the inspected order and its snapshot are there.
#[tokio::test]
async fn what_it_prints_is_in_the_file() {
    let (folder, found) = prints(&[], include_str!("default.txt"));
    let store = SqliteStore::open(folder.path().join("orders.db"))
        .await
        .expect("the example left a store");
    let firsts = ReadAll {
        first_only: true,
        ..ReadAll::default()
    };
    let page = store.read_all(firsts).await.expect("it can be read");
    assert_eq!(page.len(), 6, "one order for each section");
    let inspected = page.last().expect("there are six");
    assert_eq!(inspected.stream, format!("Order/{}", found.value("order")));
    let payload = String::from_utf8_lossy(inspected.payload).into_owned();
    assert!(payload.contains(found.value("customer")), "{payload}");

    let stream = eventsourcing::StreamId::parse(inspected.stream).expect("a stream");
    let snapshots = store.snapshot_store().expect("SQLite keeps snapshots");
    let rows = snapshots.list(&stream).await.expect("they can be listed");
    let created: Vec<String> = rows.iter().map(|row| row.created_at.to_string()).collect();
    assert_eq!(created, [found.value("time")]);
}

#[test]
fn a_second_run_adds_to_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = folder.path().join("orders.db");
    for _ in 0..2 {
        let ran = run(&db, &[]);
        assert!(ran.success, "{}", ran.stderr);
        let compared = pattern::compare(include_str!("default.txt"), &ran.stdout);
        assert!(compared.is_ok(), "{}", ran.stdout);
        assert!(ran.stderr.contains("orders.db"), "{}", ran.stderr);
    }
}

#[test]
fn refuses_numbers_that_make_no_sense() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for arguments in [["--every", "0"], ["--items", "0"], ["--every", "x"]] {
        let ran = run(&folder.path().join("orders.db"), &arguments);
        assert!(!ran.success);
        assert!(ran.stderr.contains(arguments[0]), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn says_what_is_wrong_with_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ran = run(&folder.path().join("missing").join("orders.db"), &[]);
    assert!(!ran.success);
    assert!(ran.stderr.starts_with("error: open: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("missing"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}
