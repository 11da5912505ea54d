//! What the program does not do, and says so.

use std::{fs, path::PathBuf, process::Stdio};

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    scratch::{Scratch, failed},
    stored,
};

fn with_two_commits() -> Scratch {
    let scratch = Scratch::new();
    for content in ["1\n", "2\n"] {
        scratch.write("a", content);
        scratch.commit();
    }
    scratch
}

#[test]
fn the_database_of_another_repository_is_refused() {
    let scratch = with_two_commits();
    scratch.import("history.db", &[]);
    let before = scratch.rows("history.db");
    scratch.git(["checkout", "--quiet", "--orphan", "other"]);
    scratch.write("b", "x\n");
    scratch.commit();
    let complaint = scratch.refused("history.db");
    assert!(
        complaint.contains("belongs to another repository"),
        "{complaint}"
    );
    assert_eq!(scratch.rows("history.db"), before);
}

#[test]
fn history_that_was_rewritten_is_refused() {
    let scratch = with_two_commits();
    scratch.import("history.db", &[]);
    let before = scratch.rows("history.db");
    scratch.git(["commit", "--quiet", "--amend", "--message=other"]);
    let complaint = scratch.refused("history.db");
    assert!(
        complaint.contains("not on the first-parent line"),
        "{complaint}"
    );
    scratch.git(["checkout", "--quiet", "HEAD~1"]);
    let complaint = scratch.refused("history.db");
    assert!(complaint.contains("HEAD moved back"), "{complaint}");
    assert_eq!(scratch.rows("history.db"), before);
}

#[test]
fn a_commit_that_came_by_a_merge_is_not_on_the_line() {
    let scratch = with_two_commits();
    scratch.import("history.db", &[]);
    // What was HEAD becomes the second parent.
    scratch.git(["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    scratch.write("b", "x\n");
    scratch.commit();
    scratch.git(["merge", "--quiet", "--no-edit", "main"]);
    let complaint = scratch.refused("history.db");
    assert!(
        complaint.contains("not on the first-parent line"),
        "{complaint}"
    );
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Opened {}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Opened))]
struct Shop {}

impl ShopHandlers for Shop {
    fn opened(_: &u64, _: Opened) -> Self {
        Self {}
    }
}

async fn open_a_shop(db: PathBuf) {
    let store = SqliteStore::open(db).await.expect("a new file");
    let shops = Repository::<Shop>::builder(store)
        .build()
        .expect("defaults");
    let mut shop = shops.create(1, Opened {});
    shops.save(&mut shop).await.expect("it is stored");
}

#[test]
fn the_database_of_another_program_is_refused() {
    let scratch = with_two_commits();
    stored::wait_for(open_a_shop(scratch.beside("shop.db")));
    let complaint = scratch.refused("shop.db");
    assert!(complaint.contains("something else"), "{complaint}");
    assert_eq!(scratch.rows("shop.db").len(), 1);
}

#[test]
fn what_is_no_database_is_an_error() {
    let scratch = with_two_commits();
    fs::write(
        scratch.beside("text.db"),
        "this is no database at all, it is a text\n".repeat(99),
    )
    .expect("a file");
    fs::create_dir(scratch.beside("folder.db")).expect("a folder");
    for db in ["text.db", "folder.db", "nowhere/history.db"] {
        scratch.refused(db);
    }
}

#[test]
fn a_machine_without_git_is_told_so() {
    let scratch = with_two_commits();
    let root = scratch.root();
    let mut program = scratch.program(&root, "history.db", &[]);
    let output = program
        .env("PATH", scratch.beside("nowhere"))
        .output()
        .expect("it runs");
    let complaint = failed(&output);
    assert!(
        complaint.contains("can't run git: is it installed?"),
        "{complaint}"
    );
}

#[test]
fn a_reader_that_goes_away_is_an_error_and_no_panic() {
    let scratch = with_two_commits();
    let root = scratch.root();
    let mut program = scratch.program(&root, "history.db", &[]);
    let mut running = program
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(running.stdout.take());
    let complaint = failed(&running.wait_with_output().expect("it ends"));
    assert!(complaint.contains("can't write the report"), "{complaint}");
    // The commits are stored all the same.
    assert_eq!(scratch.rows("history.db").len(), 5);
}

#[test]
fn a_damaged_repository_stores_whole_commits_only() {
    let scratch = Scratch::new();
    for content in ["1\n", "2\n", "3\n"] {
        scratch.write("a", content);
        scratch.write("b", content);
        scratch.commit();
    }
    let whole = scratch.check();
    let blob = scratch.git(["rev-parse", "HEAD:b"]);
    let blob = String::from_utf8_lossy(&blob).trim().to_owned();
    let object = scratch
        .root()
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    fs::remove_file(object).expect("a loose object");
    let complaint = scratch.refused("damaged.db");
    assert!(complaint.starts_with("error: git log: "), "{complaint}");
    let stored = scratch.rows("damaged.db");
    assert_eq!(stored, whole[..stored.len()]);
    assert!(stored.last().is_none_or(|row| row.name == "CommitRead"));
}
