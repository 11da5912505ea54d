//! A log whose end never reached the disk, or reached it as garbage: what is left is a prefix of the commits.

use std::path::{Path, PathBuf};

use eventsourcing::{
    SnapshotMode,
    store::{SqliteOptions, Synchronous},
};
use tempfile::TempDir;

use crate::{
    account::Account,
    child::{Kill, Writer, command, killed, random},
    evidence::{Ack, Row, check_loads, complaints, raw, rows},
};

pub(crate) const HEADER: usize = 32;
pub(crate) const FRAME: usize = 24 + 4_096;

/// Commits of all kinds until it is killed.
pub(crate) async fn fill(path: &Path) {
    let writer = Writer::open(path, SqliteOptions::default(), SnapshotMode::Sync).await;
    let accounts = writer.app.repository::<Account>().unwrap();
    let opened = || crate::account::Opened { of: 1 };
    let mut pair = ["left", "right"].map(|side| accounts.create(format!("p-{side}"), opened()));
    for n in 0..12 {
        writer.app.save_all(pair.as_mut_slice()).await.unwrap();
        let tags: Vec<_> = (0..=n % 3).map(|i| format!("{n} {i}")).collect();
        for root in &mut pair {
            root.execute(|account| account.book(&tags)).unwrap();
        }
        let id = format!("s-{}", n % 2);
        let done = {
            writer.account(&id).await;
            let filler = "x".repeat(if n % 4 == 3 { 10_000 } else { 10 });
            let tags = [format!("{n} {filler}")];
            accounts
                .execute(&id, |account| account.book(&tags))
                .await
                .unwrap()
        };
        if n == 11 {
            // The parent kills at the first acknowledgement: everything is stored by then.
            writer.acknowledge(&id, done.version, done.events);
        }
    }
    std::future::pending::<()>().await;
}

/// A folder with the files of a killed process in `data`, and what it acknowledged.
pub(crate) fn killed_while_filling() -> (TempDir, Vec<Ack>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let path = folder.path().join("data/crash.db");
    let kill = Kill {
        lines: 1,
        then: std::time::Duration::ZERO,
    };
    let acks = killed(command("fill", &path, ""), kill);
    (folder, acks)
}

/// The files as a killed process left them.
pub(crate) struct Left {
    pub(crate) database: Vec<u8>,
    pub(crate) log: Vec<u8>,
    /// Where each transaction ends, the start included.
    pub(crate) ends: Vec<usize>,
    pub(crate) all: Vec<Row>,
}

impl Left {
    fn new() -> Self {
        let (folder, acks) = killed_while_filling();
        let path = folder.path().join("data/crash.db");
        let read = |path: &Path| std::fs::read(path).unwrap();
        let (database, mut log) = (read(&path), read(&path.with_file_name("crash.db-wal")));
        assert!(!acks.is_empty());
        assert_eq!(complaints(&path, &acks), [""; 0]);
        let all = rows(&raw(&path)).unwrap();
        let ends = ends(&log);
        // What follows is older. Some of it will do.
        log.truncate(ends[ends.len() - 1] + 4 * FRAME);
        // More, and what is before the last checkpoint could be in the log: that was synced, and isn't torn.
        assert!(
            (20..900).contains(&(ends[ends.len() - 1] / FRAME)),
            "{ends:?}"
        );
        Self {
            database,
            log,
            ends,
            all,
        }
    }

    fn end(&self) -> usize {
        self.ends[self.ends.len() - 1]
    }

    /// The end of the last transaction that is whole if everything from `damaged` on is lost.
    fn last_before(&self, damaged: usize) -> usize {
        let whole = self.ends.iter().filter(|end| **end <= damaged);
        whole.max().copied().unwrap_or_default()
    }
}

/// Where the transactions of the log's present run end. A commit's frame has the size of the database in it.
pub(crate) fn ends(log: &[u8]) -> Vec<usize> {
    let mut ends = vec![HEADER];
    for (i, frame) in log[HEADER..].chunks_exact(FRAME).enumerate() {
        if frame[8..16] != log[16..24] {
            break;
        }
        if frame[4..8] != [0; 4] {
            ends.push(HEADER + (i + 1) * FRAME);
        }
    }
    ends
}

/// Such files, in a new folder.
pub(crate) fn put(left: &Left, log: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    std::fs::write(&path, &left.database).unwrap();
    std::fs::write(path.with_file_name("crash.db-wal"), log).unwrap();
    (folder, path)
}

/// The events that a store shows on such files, after everything about it was checked and it was written to.
pub(crate) async fn shown(left: &Left, log: &[u8]) -> usize {
    let (_folder, path) = put(left, log);
    // The crash is over: no need to wait for the disk.
    let options = SqliteOptions::default().synchronous(Synchronous::Off);
    let writer = Writer::open(&path, options, SnapshotMode::Sync).await;
    let found = rows(&raw(&path)).unwrap();
    assert_eq!(found, left.all[..found.len()], "no prefix");
    assert_eq!(complaints(&path, &[]), [""; 0]);
    check_loads(&writer.store).await;
    for id in ["s-0", "new"] {
        let mut root = writer.account(id).await;
        root.execute(|account| account.book(&["after".to_owned()]))
            .unwrap();
        writer.app.save_all(&mut root).await.unwrap();
    }
    writer.store.close().await;
    assert_eq!(complaints(&path, &[]), [""; 0]);
    let now = rows(&raw(&path)).unwrap();
    assert_eq!(now[..found.len()], found);
    assert!(now.len() > found.len() + 2);
    found.len()
}

/// How many events there are at the end of each transaction.
fn counts(left: &Left) -> Vec<usize> {
    let count = |end: &usize| {
        let (_folder, path) = put(left, &left.log[..*end]);
        let other = raw(&path);
        other.execute_batch("PRAGMA synchronous = OFF").unwrap();
        // Before the first transaction there is no table.
        rows(&other).map_or(0, |rows| rows.len())
    };
    let counts: Vec<_> = left.ends.iter().map(count).collect();
    assert!(counts.is_sorted(), "{counts:?}");
    assert_eq!(counts.last(), Some(&left.all.len()));
    counts
}

/// Whatever is done to the log from some place on, all transactions before that place are there, and no other.
async fn every_tear_leaves_whole_commits(left: &Left, tears: usize) {
    let counts = counts(left);
    let mut seen = std::collections::BTreeSet::new();
    for i in 0..tears {
        let from = usize::try_from(random((left.end() - HEADER) as u64)).unwrap() + HEADER;
        let mut log = left.log.clone();
        match i % 4 {
            // Cut.
            0 => log.truncate(from),
            // One bit is wrong.
            1 => log[from] ^= 1 << random(8),
            // The file grew, but its content never came.
            2 => log[from..].fill(0),
            // One sector came from somewhere else.
            _ => {
                let to = log.len().min(from + 512);
                log[from..to].fill_with(|| u8::try_from(random(256)).unwrap());
            }
        }
        let changed = log
            .iter()
            .zip(&left.log)
            .position(|(now, then)| now != then);
        let damaged = changed.unwrap_or(log.len());
        let expected = left.last_before(damaged);
        let at = left.ends.iter().position(|end| *end == expected).unwrap();
        let count = shown(left, &log).await;
        assert_eq!(
            count,
            counts[at],
            "tear {} at {from} of {}",
            i % 4,
            left.end()
        );
        seen.insert(count);
    }
    assert!(seen.len() > 2, "all tears left the same: {seen:?}");
}

#[tokio::test]
async fn a_torn_log_leaves_a_prefix_of_whole_commits() {
    every_tear_leaves_whole_commits(&Left::new(), 20).await;
}
