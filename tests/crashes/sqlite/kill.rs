//! kill -9 under load, with restart on the same file.
//!
//! This says nothing about the disk: the page cache survives the process. For that there is `durability`.

use std::{fmt::Write as _, path::Path, time::Duration};

use eventsourcing::{
    SnapshotMode,
    store::{SqliteOptions, SqliteStore},
};

use crate::{
    account::{Account, find_or_open},
    child::{Kill, Writer, command, killed, random, say},
    evidence::{Ack, check_loads, complaints, raw},
};

/// A file is used for so many rounds, then there is a new one.
const ROUNDS_PER_FILE: u64 = 10;

/// What the children do: several writers, each acknowledging what it stored, until they are killed.
pub(crate) async fn load(path: &Path, name: &str) {
    let mode = match name.parse::<u64>() {
        Ok(n) if n % 2 == 0 => SnapshotMode::Background,
        _ => SnapshotMode::Sync,
    };
    let writer = Writer::open(path, SqliteOptions::default(), mode).await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..2 {
        tasks.spawn(save(writer.clone(), format!("{name}-own-{i}")));
        tasks.spawn(execute(
            writer.clone(),
            format!("shared-{i}"),
            // A name of its own: a child of a later round begins to count again.
            format!("{name}-{i}-{}", std::process::id()),
        ));
        tasks.spawn(save_all(writer.clone(), format!("{name}-pair-{i}")));
    }
    tasks.join_next().await.unwrap().unwrap();
}

fn tags(name: &str, n: u64) -> Vec<String> {
    (0..=n % 3).map(|i| format!("{name} {n} {i}")).collect()
}

async fn save(writer: Writer, id: String) {
    let accounts = writer.app.repository().unwrap();
    let mut root = writer.account(&id).await;
    for n in root.version().get().. {
        root.execute(|account| account.book(&tags(&id, n))).unwrap();
        let done = accounts.save(&mut root).await.unwrap();
        writer.acknowledge(&id, done.version, done.events);
    }
}

async fn execute(writer: Writer, id: String, name: String) {
    let accounts = writer.app.repository::<Account>().unwrap();
    writer.account(&id).await;
    for n in 0.. {
        let tags = tags(&name, n);
        match accounts.execute(&id, |account| account.book(&tags)).await {
            Ok(done) => writer.acknowledge(&id, done.version, done.events),
            Err(error) => assert!(error.failure().unwrap().is_conflict(), "{error}"),
        }
    }
}

async fn save_all(writer: Writer, stem: String) {
    let ids = ["left", "right"].map(|side| format!("{stem}-{side}"));
    let accounts = writer.app.repository::<Account>().unwrap();
    let opened = || crate::account::Opened { of: 1 };
    let mut pair = Vec::new();
    for id in &ids {
        let found = accounts.find(id).await.unwrap();
        pair.push(found.unwrap_or_else(|| accounts.create(id.clone(), opened())));
    }
    for n in pair[0].version().get().. {
        let before = pair[0].stored_version().get();
        if before > 0 {
            for root in &mut pair {
                root.execute(|account| account.book(&tags(&stem, n)))
                    .unwrap();
            }
        }
        writer.app.save_all(&mut pair).await.unwrap();
        for (id, root) in ids.iter().zip(&pair) {
            let stored = root.version().get() - before;
            writer.acknowledge(id, root.version(), usize::try_from(stored).unwrap());
        }
    }
}

/// A writer with a bug: it acknowledges, then it saves.
pub(crate) async fn early(path: &Path) {
    let writer = Writer::open(path, SqliteOptions::default(), SnapshotMode::Manual).await;
    let accounts = writer.app.repository().unwrap();
    let mut root = writer.account("early").await;
    loop {
        let mut lines = String::new();
        let n = root.version().get();
        let tags: Vec<_> = (0..20).map(|i| format!("{}", n + i)).collect();
        root.execute(|account| account.book(&tags)).unwrap();
        let (version, id) = (root.version().get(), root.last_event_id());
        write!(lines, "{}", Ack::line("account/early", version, id)).unwrap();
        say(&lines);
        accounts.save(&mut root).await.unwrap();
    }
}

fn when() -> Kill {
    match random(5) {
        // While it opens the file, or even before.
        0 => Kill {
            lines: 0,
            then: Duration::from_micros(random(60_000)),
        },
        _ => Kill {
            lines: 1 + random(400),
            then: Duration::from_micros(random(4_000)),
        },
    }
}

/// Lets so many children work on the file, all of them killed at moments of their own.
fn round(path: &Path, number: u64, children: u64) -> Vec<Ack> {
    let running: Vec<_> = (0..children)
        .map(|i| {
            // Some of them go on with streams of an earlier round.
            let command = command("load", path, &(number % 4 + i).to_string());
            std::thread::spawn(move || killed(command, when()))
        })
        .collect();
    let ended = running.into_iter().map(|child| child.join().unwrap());
    ended.flatten().collect()
}

#[tokio::test]
async fn what_was_acknowledged_survives_killed_writers() {
    let rounds = std::env::var("CRASH_ROUNDS").map_or(50, |rounds| rounds.parse().unwrap());
    let (mut acknowledged, mut hits) = (0, 0);
    let mut unseen = vec!["-own-", "/shared-", "-pair-"];
    let mut folder = tempfile::tempdir().unwrap();
    let mut acks = Vec::new();
    for number in 0..rounds {
        if number % ROUNDS_PER_FILE == 0 {
            folder = tempfile::tempdir().unwrap();
            acks.clear();
        }
        let path = folder.path().join("crash.db");
        let children = if number % 3 == 1 { 3 } else { 1 };
        let new = round(&path, number, children);
        acknowledged += new.len();
        println!(
            "round {number}: {children} processes, {} acknowledged",
            new.len()
        );
        unseen.retain(|kind| !new.iter().any(|ack| ack.stream.contains(kind)));
        acks.extend(new);
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(complaints(&path, &acks), [""; 0], "round {number}");
        hits += check_loads(&store).await;
        store.close().await;
    }
    println!(
        "{acknowledged} events acknowledged in {rounds} rounds, {hits} loads through snapshots"
    );
    // Children that are killed before they did anything show nothing. Of a few rounds these may be all.
    if rounds >= 10 {
        assert!(acknowledged as u64 > rounds * 10 && hits > 0);
        assert_eq!(unseen, [""; 0], "no such save was acknowledged");
    }
}

#[tokio::test]
async fn a_writer_that_acknowledges_too_early_is_found_out() {
    let at_once = Kill {
        lines: 1,
        then: Duration::ZERO,
    };
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crash.db");
        let acks = killed(command("early", &path, ""), at_once);
        if complaints(&path, &acks)
            .iter()
            .any(|c| c.starts_with("lost: "))
        {
            return;
        }
    }
    panic!("30 kills right after an acknowledgement that came too early, and nothing was missed");
}

/// What is done to a sound file, and how the complaint about it begins.
const DAMAGE: [(&str, &str); 8] = [
    (
        "DELETE FROM events WHERE stream = 'account/a' AND version = 3",
        "gap: ",
    ),
    (
        "DELETE FROM events WHERE stream = 'account/a' AND version = 15",
        "lost: ",
    ),
    (
        "UPDATE events SET id = (SELECT id FROM events WHERE version = 2) WHERE version = 5",
        "twice: ",
    ),
    (
        "DELETE FROM events WHERE stream = 'account/a' AND version = 15",
        "half: ",
    ),
    (
        "UPDATE events SET payload = (SELECT payload FROM events WHERE version = 2) WHERE version = 5",
        "again: ",
    ),
    (
        "DELETE FROM events WHERE stream = 'account/p-left'",
        "pair: ",
    ),
    (
        "UPDATE events SET payload = replace(payload, 'x', 'y') WHERE stream = 'account/p-left'",
        "pair: ",
    ),
    ("UPDATE snapshots SET version = version + 1", "snapshot: "),
];

async fn sound(path: &Path) -> Vec<Ack> {
    let writer = Writer::open(path, SqliteOptions::default(), SnapshotMode::Sync).await;
    let accounts = writer.app.repository::<Account>().unwrap();
    find_or_open(&accounts, "a").await;
    for n in 0..7 {
        let tags = [format!("{n} 0"), format!("{n} 1")];
        accounts
            .execute("a".to_owned(), |a| a.book(&tags))
            .await
            .unwrap();
    }
    let opened = || crate::account::Opened { of: 2 };
    let mut pair = ["p-left", "p-right"].map(|id| accounts.create(id.to_owned(), opened()));
    for root in &mut pair {
        let x = crate::account::Booked {
            tag: "x".into(),
            of: 2,
        };
        root.record(x);
    }
    writer.app.save_all(pair.as_mut_slice()).await.unwrap();
    let rows = crate::evidence::rows(&raw(path)).unwrap();
    let ack = |row: crate::evidence::Row| Ack {
        stream: row.stream,
        version: row.version,
        id: row.id,
    };
    writer.store.close().await;
    rows.into_iter().map(ack).collect()
}

#[tokio::test]
async fn each_kind_of_damage_is_seen() {
    for (sql, complaint) in DAMAGE {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crash.db");
        let acks = sound(&path).await;
        assert_eq!(complaints(&path, &acks), [""; 0]);
        assert!(raw(&path).execute(sql, []).unwrap() > 0, "{sql}");
        let seen = complaints(&path, &acks);
        assert!(
            seen.iter().any(|c| c.starts_with(complaint)),
            "{sql}: {seen:?}"
        );
    }
}

#[tokio::test]
async fn a_damaged_index_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    let acks = sound(&path).await;
    let sql = "SELECT rootpage FROM sqlite_master WHERE name = 'events_first'";
    let page: u32 = raw(&path).query_row(sql, [], |row| row.get(0)).unwrap();
    let page = usize::try_from(page).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // An index without entries.
    bytes[(page - 1) * 4_096 + 3..][..2].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let seen = complaints(&path, &acks);
    assert!(
        seen.iter().any(|c| c.starts_with("integrity_check: ")),
        "{seen:?}"
    );
}
