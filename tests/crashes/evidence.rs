//! What a file must show after a crash, and the complaints if it doesn't. A new rule is a function called by
//! [`complaints`], with a row in `kill::each_kind_of_damage_is_seen`.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use eventsourcing::{
    Repository, SnapshotPolicy, repository::RepositoryBuilder, snapshot::SnapshotMiss,
    store::SqliteStore,
};
use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use crate::account::Account;

/// An event whose save returned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ack {
    pub(crate) stream: String,
    pub(crate) version: u64,
    pub(crate) id: Uuid,
}

impl Ack {
    pub(crate) fn line(stream: &str, version: u64, id: Uuid) -> String {
        format!("ack {stream} {version} {id}\n")
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("ack ")?.split_whitespace();
        Some(Self {
            stream: words.next()?.to_owned(),
            version: words.next()?.parse().ok()?,
            id: words.next()?.parse().ok()?,
        })
    }
}

/// A stored event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) stream: String,
    pub(crate) version: u64,
    pub(crate) id: Uuid,
    pub(crate) commit: Uuid,
    /// How many events of its stream its commit has, as it says itself.
    of: u64,
    tag: Option<String>,
}

/// All events in their global order, as any other program sees them.
pub(crate) fn rows(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let sql = "SELECT stream, version, id, commit_id, payload FROM events ORDER BY position";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let payload: Value = serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default();
        let uuid = |bytes: Vec<u8>| Uuid::from_slice(&bytes).unwrap_or_default();
        Ok(Row {
            stream: row.get(0)?,
            version: row.get::<_, i64>(1)?.unsigned_abs(),
            id: uuid(row.get(2)?),
            commit: uuid(row.get(3)?),
            of: payload["of"].as_u64().unwrap_or_default(),
            tag: payload["tag"].as_str().map(str::to_owned),
        })
    })?;
    rows.collect()
}

pub(crate) fn raw(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("the file opens");
    connection
        .busy_timeout(std::time::Duration::from_secs(60))
        .expect("a timeout");
    connection
}

/// Everything that is wrong with the file; nothing if all is as promised.
pub(crate) fn complaints(path: &Path, acks: &[Ack]) -> Vec<String> {
    let connection = raw(path);
    let mut complaints = Vec::new();
    let sql = "PRAGMA integrity_check";
    let check: rusqlite::Result<String> = connection.query_row(sql, [], |row| row.get(0));
    if check.as_deref() != Ok("ok") {
        complaints.push(format!("integrity_check: {check:?}"));
    }
    let rows = match rows(&connection) {
        Ok(rows) => rows,
        Err(error) => {
            complaints.push(format!("the events can't be read: {error}"));
            return complaints;
        }
    };
    complaints.extend(about_streams(&rows));
    complaints.extend(about_commits(&rows));
    complaints.extend(about_acknowledged(&rows, acks));
    complaints.extend(about_snapshots(&connection, &rows));
    complaints
}

fn about_streams(rows: &[Row]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut heads: HashMap<&str, u64> = HashMap::new();
    let (mut ids, mut tags) = (HashSet::new(), HashSet::new());
    for row in rows {
        let head = heads.entry(&row.stream).or_default();
        if row.version != *head + 1 {
            complaints.push(format!(
                "gap: {} has {} after {head}",
                row.stream, row.version
            ));
        }
        *head = row.version;
        if !ids.insert(row.id) {
            complaints.push(format!("twice: the event {} of {}", row.id, row.stream));
        }
        // A save that was stored twice under new ids: no writer books a tag twice.
        let tag = row.tag.as_deref().map(|tag| (&*row.stream, tag));
        if tag.is_some_and(|tag| !tags.insert(tag)) {
            complaints.push(format!("again: {tag:?}"));
        }
    }
    complaints
}

/// Each commit is there with as many events as it says it has, in both streams of a pair.
fn about_commits(rows: &[Row]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut commits: BTreeMap<(Uuid, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        commits
            .entry((row.commit, &row.stream))
            .or_default()
            .push(row);
    }
    for ((commit, stream), rows) in &commits {
        if rows.iter().any(|row| row.of != rows.len() as u64) {
            let there = rows.len();
            complaints.push(format!(
                "half: {there} of {} of {commit} in {stream}",
                rows[0].of
            ));
        }
        let (stem, other) = match (stream.strip_suffix("-left"), stream.strip_suffix("-right")) {
            (Some(stem), _) => (stem, "right"),
            (_, Some(stem)) => (stem, "left"),
            _ => continue,
        };
        let tags = |rows: &[&Row]| rows.iter().map(|r| r.tag.clone()).collect::<Vec<_>>();
        let other = format!("{stem}-{other}");
        let other = commits.get(&(*commit, &*other));
        if other.map(|rows| tags(rows)) != Some(tags(rows)) {
            complaints.push(format!("pair: {commit} is in {stream} only"));
        }
    }
    complaints
}

fn about_acknowledged(rows: &[Row], acks: &[Ack]) -> Vec<String> {
    let stored: HashMap<_, _> = rows
        .iter()
        .map(|r| ((&*r.stream, r.version), r.id))
        .collect();
    let lost = |ack: &&Ack| stored.get(&(&*ack.stream, ack.version)) != Some(&ack.id);
    acks.iter()
        .filter(lost)
        .map(|ack| format!("lost: {ack:?}"))
        .collect()
}

/// Each snapshot is of an event that is stored.
fn about_snapshots(connection: &Connection, rows: &[Row]) -> Vec<String> {
    let stored: HashMap<_, _> = rows
        .iter()
        .map(|r| ((&*r.stream, r.version), r.id))
        .collect();
    let sql = "SELECT stream, version, last_event FROM snapshots";
    let mut statement = connection.prepare(sql).expect("the snapshots");
    let mut snapshots = statement.query([]).expect("the snapshots");
    let mut complaints = Vec::new();
    while let Some(row) = snapshots.next().expect("a snapshot") {
        let (stream, version): (String, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        let version = version.unsigned_abs();
        let last: Vec<u8> = row.get(2).unwrap();
        let event = stored
            .get(&(&*stream, version))
            .map(|id| id.as_bytes().to_vec());
        if event != Some(last) {
            complaints.push(format!(
                "snapshot: {stream} at {version} is of no stored event"
            ));
        }
    }
    complaints
}

/// Loads every account through its snapshots and without them; gives how many loads began at a snapshot.
pub(crate) async fn check_loads(store: &SqliteStore) -> u64 {
    let build = |set: fn(RepositoryBuilder<Account>) -> RepositoryBuilder<Account>| {
        set(Repository::<Account>::builder(store.clone()))
            .build()
            .unwrap()
    };
    let with = build(|accounts| accounts.snapshots(SnapshotPolicy::every(7)));
    let without = build(RepositoryBuilder::ignore_snapshots);
    for id in with.ids().collect().await.unwrap() {
        let (loaded, replayed) = (
            with.load(&id).await.unwrap(),
            without.load(&id).await.unwrap(),
        );
        assert_eq!(loaded.state(), replayed.state(), "{id}");
        assert_eq!(loaded.version(), replayed.version(), "{id}");
        assert_eq!(loaded.last_event_id(), replayed.last_event_id(), "{id}");
    }
    let stats = with.snapshot_stats();
    for bad in [
        SnapshotMiss::Corrupt,
        SnapshotMiss::WrongAnchor,
        SnapshotMiss::Ahead,
    ] {
        assert_eq!(stats.missed(bad), 0, "{stats:?}");
    }
    stats.hits
}
