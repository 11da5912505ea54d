//! Several processes on one file. The children are this test binary again, running [`child`].

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use eventsourcing::store::{EventStore, SqliteStore};

use super::{File, commit, events, follow, head, put, stream};

const FILE: &str = "SQLITE_STORE_TEST_FILE";
const WORK: &str = "SQLITE_STORE_TEST_WORK";
const NAME: &str = "SQLITE_STORE_TEST_NAME";

const PROCESSES: u64 = 4;
const ROUNDS: u64 = 100;

fn start(path: &Path, work: &str, name: &str) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args([
            "--exact",
            "sqlite::processes::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FILE, path)
        .env(WORK, work)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child")
}

/// Not a test by itself: what the children do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Ok(path), Ok(work), Ok(name)) = (
        std::env::var(FILE),
        std::env::var(WORK),
        std::env::var(NAME),
    ) else {
        return;
    };
    let store = SqliteStore::open(path).await.unwrap();
    match &*work {
        "append" => append(&store, &name).await,
        _ => endless(&store, &name).await,
    }
}

async fn append(store: &SqliteStore, name: &str) {
    for round in 0..ROUNDS {
        put(store, name, round, 1).await.unwrap();
        let mut shared = commit("shared", head(store, "shared").await, events(2));
        while let Err(error) = store.append(shared.clone()).await {
            assert!(error.is_conflict(), "{error}");
            shared.streams[0].expected = store.head(&stream("shared")).await.unwrap();
        }
    }
}

/// Says each version once it is acknowledged, until it is killed.
async fn endless(store: &SqliteStore, name: &str) {
    for version in 0.. {
        put(store, name, version, 1).await.unwrap();
        println!("\nstored {}", version + 1);
    }
}

#[tokio::test]
async fn several_processes_open_a_new_file_at_once_and_lose_and_double_nothing() {
    let file = File::new();
    let names: Vec<_> = (0..PROCESSES).map(|i| format!("child-{i}")).collect();
    let children: Vec<_> = names
        .iter()
        .map(|name| start(&file.path(), "append", name))
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let store = file.open().await;
    for name in &names {
        assert_eq!(head(&store, name).await, ROUNDS);
    }
    assert_eq!(head(&store, "shared").await, PROCESSES * ROUNDS * 2);
    let seen = follow(&store, None, 512).await;
    assert_eq!(seen.len() as u64, PROCESSES * ROUNDS * 3);
    for id in names.iter().map(String::as_str).chain(["shared"]) {
        let own = stream(id);
        let versions: Vec<_> = seen
            .iter()
            .filter(|e| e.1 == own.as_str())
            .map(|e| e.2)
            .collect();
        assert!(
            versions.iter().copied().eq(1..=versions.len() as u64),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_killed_process_leaves_what_it_was_told_is_stored() {
    let file = File::new();
    let store = file.open().await;
    let mut child = start(&file.path(), "endless", "killed");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let mut acknowledged = 0;
    for line in output.lines() {
        let line = line.unwrap();
        if let Some(version) = line.strip_prefix("stored ") {
            acknowledged = version.parse::<u64>().unwrap();
            if acknowledged == 50 {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    assert!(acknowledged >= 50);
    let stored = head(&store, "killed").await;
    assert!(stored >= acknowledged, "{stored} of {acknowledged}");
    put(&store, "killed", stored, 1).await.unwrap();
    assert_eq!(follow(&store, None, 7).await.len() as u64, stored + 1);
}
