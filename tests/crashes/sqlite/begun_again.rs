//! A log that was begun again and then torn. After a checkpoint SQLite writes the log from its beginning, under new salts; what the
//! former round left lies behind, and must never be taken for new.
//!
//! Nobody is killed: between two saves no connection writes, so the files can be copied then. The checkpoint is asked for; to
//! fill the log until it comes by itself takes 1,000 pages, which is slow, and readers may put it off.

use std::path::Path;

use eventsourcing::{
    SnapshotMode,
    store::{SqliteOptions, Synchronous},
};

use super::torn::{FRAME, HEADER, Left, ends, put, shown};
use crate::{
    account::Account,
    child::Writer,
    evidence::{Ack, Row, complaints, raw, rows},
};

/// The saves of each round; the second is shorter, so that something of the first is left.
const ROUNDS: [usize; 2] = [14, 5];
const SECTOR: usize = 512;

/// The files after the second round, and what is known of them without asking SQLite.
struct BegunAgain {
    left: Left,
    /// The log of the first round, whole.
    old: Vec<u8>,
    /// Of each save: where its commit ends in the log, and how many events were acknowledged when it returned. Its snapshot
    /// is a commit of its own, behind.
    acknowledged: Vec<(usize, usize)>,
    first_round: Vec<Ack>,
}

fn log_of(path: &Path) -> Vec<u8> {
    std::fs::read(path.with_file_name("crash.db-wal")).unwrap()
}

fn ack(row: &Row) -> Ack {
    Ack {
        stream: row.stream.clone(),
        version: row.version,
        id: row.id,
    }
}

/// Everything of the log is in the database, and the next commit begins it again.
fn checkpoint(path: &Path) {
    let (busy, frames, moved): (u32, u32, u32) = raw(path)
        .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((busy, moved), (0, frames));
}

/// Saves of two streams at once, of one, and commands; gives the number of events acknowledged after each.
async fn round(writer: &Writer, number: usize, mut each: impl FnMut(usize)) {
    let accounts = writer.app.repository::<Account>().unwrap();
    let mut pair = [writer.account("one").await, writer.account("two").await];
    let id = "s-0".to_owned();
    writer.account(&id).await;
    for n in 0..ROUNDS[number] {
        let filler = "x".repeat(if n % 4 == 3 { 5_000 } else { 10 });
        let tags = [
            format!("{number} {n} 0 {filler}"),
            format!("{number} {n} 1"),
        ];
        let events = if n % 2 == 0 {
            for root in &mut pair {
                root.execute(|account| account.book(&tags)).unwrap();
            }
            writer
                .app
                .save_all(pair.as_mut_slice())
                .await
                .unwrap()
                .events
        } else {
            let book = |account: &Account| account.book(&tags);
            accounts.execute(&id, book).await.unwrap().events
        };
        each(events);
    }
}

async fn begun_again() -> BegunAgain {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    let options = SqliteOptions::default().synchronous(Synchronous::Full);
    let writer = Writer::open(&path, options, SnapshotMode::Sync).await;
    round(&writer, 0, |_| {}).await;
    let old = log_of(&path);
    let first_round: Vec<_> = rows(&raw(&path)).unwrap().iter().map(ack).collect();
    checkpoint(&path);
    let mut count = first_round.len();
    let mut acknowledged = vec![(HEADER, count)];
    let mut returned = HEADER;
    round(&writer, 1, |events| {
        count += events;
        let ends = ends(&log_of(&path));
        let commit = ends.iter().find(|end| **end > returned).unwrap();
        acknowledged.push((*commit, count));
        returned = *ends.last().unwrap();
    })
    .await;
    let all = rows(&raw(&path)).unwrap();
    assert_eq!(all.len(), count);
    let acks: Vec<_> = all.iter().map(ack).collect();
    assert_eq!(complaints(&path, &acks), [""; 0]);
    let (database, log) = (std::fs::read(&path).unwrap(), log_of(&path));
    let ends = ends(&log);
    let end = *ends.last().unwrap();
    // It did begin again, and old frames lie behind, a commit among them.
    assert_ne!(log[16..24], old[16..24]);
    assert_eq!(log[end..], old[end..]);
    let behind = old[end..].chunks_exact(FRAME);
    assert!(behind.filter(|frame| frame[4..8] != [0; 4]).count() > 2);
    let left = Left {
        database,
        log,
        ends,
        all,
    };
    BegunAgain {
        left,
        old,
        acknowledged,
        first_round,
    }
}

impl BegunAgain {
    /// The events of the saves whose commit is in what is sound of the log.
    fn expected(&self, log: &[u8]) -> usize {
        let sound = log.iter().zip(&self.left.log);
        let sound = sound.take_while(|(now, then)| now == then).count();
        let before = self.acknowledged.iter().filter(|(end, _)| *end <= sound);
        before.map(|(_, count)| *count).max().unwrap()
    }
}

/// The log, damaged from `at` on in one of these ways; the last sector of a page is the one that came last.
fn torn(case: &BegunAgain, at: usize, way: usize) -> Vec<u8> {
    let (log, old) = (&case.left.log, &case.old);
    let mut torn = log.clone();
    let sector = at..log.len().min(at + SECTOR);
    match way {
        // Cut.
        0 => torn.truncate(at),
        // Nothing from here on reached the disk: what the former round wrote there is there still.
        1 => torn[at..old.len()].copy_from_slice(&old[at..]),
        // One sector did not.
        2 => torn[sector.clone()].copy_from_slice(&old[sector]),
        // One byte is wrong.
        _ => torn[at] = !torn[at],
    }
    torn
}

/// In each frame of the new round: its header (page number, salts), its first, a middle and its last sector. As many as have no
/// factor in common with the ways to tear, so that each place meets each way.
fn places(end: usize) -> Vec<usize> {
    let within = [0, 8, 24, 24 + 2_048, FRAME - 1];
    let frames = (HEADER..end).step_by(FRAME);
    frames
        .flat_map(|frame| within.map(|at| frame + at))
        .collect()
}

#[tokio::test]
async fn what_was_acknowledged_is_there_and_nothing_old_counts() {
    let case = begun_again().await;
    let end = *case.left.ends.last().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for (i, at) in places(end).into_iter().enumerate() {
        let log = torn(&case, at, i % 4);
        let expected = case.expected(&log);
        let count = shown(&case.left, &log).await;
        assert_eq!(count, expected, "torn at {at} of {end} in way {}", i % 4);
        seen.insert(count);
    }
    assert_eq!(seen.len(), ROUNDS[1] + 1, "{seen:?}");
}

/// The header is one sector: it is there, or the old one is, or it is garbage. Frames follow only once it is synced.
#[tokio::test]
async fn a_torn_header_leaves_the_first_round() {
    let case = begun_again().await;
    let mut garbled = case.old.clone();
    garbled[16..HEADER].fill(0x5a);
    let mut new = case.old.clone();
    new[..HEADER].copy_from_slice(&case.left.log[..HEADER]);
    for log in [&case.old, &garbled, &new, &case.old[..0].to_vec()] {
        assert_eq!(shown(&case.left, log).await, case.first_round.len());
    }
}

/// The planted bug: the header was not synced before frames followed, and came after them, so that a part of the old
/// round is played back over a newer database.
#[tokio::test]
async fn a_header_that_came_too_late_is_seen() {
    let case = begun_again().await;
    let end = *case.left.ends.last().unwrap();
    let mut log = case.old.clone();
    let frame = end - FRAME;
    log[frame..end].copy_from_slice(&case.left.log[frame..end]);
    let (_folder, path) = put(&case.left, &log);
    let seen = complaints(&path, &case.first_round);
    assert!(!seen.is_empty(), "an old round was played back, unseen");
}
