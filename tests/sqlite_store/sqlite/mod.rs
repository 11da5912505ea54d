//! Commits, rows and files to test with.

mod append;
mod damage;
mod durability;
mod files;
mod full;
mod heads;
mod processes;
mod reading;
mod snapshots;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use eventsourcing::{
    ErrorKind, Position, Result, StreamId, Timestamp, Version,
    snapshot::{Fingerprint, SnapshotKey, SnapshotRow},
    store::{
        Appended, Commit, EventPage, EventStore, NewEvent, ReadAll, ReadStream, SqliteStore,
        StreamCommit,
    },
};
use tempfile::TempDir;
use uuid::Uuid;

/// A file in a folder that is removed at the end.
struct File {
    folder: TempDir,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("orders.db")
    }

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path())
            .await
            .expect("the store opens")
    }

    /// The file as any other program sees it.
    fn raw(&self) -> rusqlite::Connection {
        raw(&self.path())
    }
}

fn raw(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    connection
        .busy_timeout(std::time::Duration::from_secs(20))
        .expect("a timeout");
    connection
}

fn stream(id: &str) -> StreamId {
    StreamId::new("order", id).expect("a valid id")
}

fn event(payload: impl Into<Bytes>) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7(),
        name: "ItemAdded".into(),
        event_version: 1,
        codec: "json".into(),
        payload: payload.into(),
        metadata: Bytes::new(),
    }
}

fn events(count: usize) -> Vec<NewEvent> {
    (0..count)
        .map(|i| event(format!("{{\"n\":{i}}}")))
        .collect()
}

fn part(id: &str, expected: u64, events: Vec<NewEvent>) -> StreamCommit {
    StreamCommit {
        stream: stream(id),
        expected: Version::from(expected),
        after: None,
        events,
    }
}

fn commit(id: &str, expected: u64, events: Vec<NewEvent>) -> Commit {
    commit_of(vec![part(id, expected, events)])
}

fn commit_of(streams: Vec<StreamCommit>) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        streams,
    }
}

/// Appends `count` events to a stream at this version.
async fn put(store: &SqliteStore, id: &str, expected: u64, count: usize) -> Result<Appended> {
    store.append(commit(id, expected, events(count))).await
}

async fn head(store: &SqliteStore, id: &str) -> u64 {
    store.head(&stream(id)).await.expect("the head").get()
}

async fn read(store: &SqliteStore, id: &str) -> EventPage {
    let read = ReadStream::from(Version::from(1)).limit(100_000);
    store.read_stream(&stream(id), read).await.expect("a page")
}

/// Everything after a position, page by page: position, stream and version of each.
async fn follow(
    store: &SqliteStore,
    after: Option<Position>,
    limit: usize,
) -> Vec<(Position, String, u64)> {
    let mut all = ReadAll {
        after,
        limit,
        ..ReadAll::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = store.read_all(all.clone()).await.expect("a page");
        let rows = page.iter();
        seen.extend(rows.map(|e| (e.position, e.stream.to_owned(), e.version.get())));
        all.after = page.last().map(|e| e.position).or(all.after);
        if !page.has_more() {
            return seen;
        }
    }
}

fn key(id: &str, schema_version: u32) -> SnapshotKey {
    SnapshotKey {
        stream: stream(id),
        schema_version,
        fingerprint: Fingerprint::from_bytes([7; 16]),
        codec: "bincode".to_owned(),
    }
}

fn row(key: &SnapshotKey, version: u64, state: impl Into<Bytes>) -> SnapshotRow {
    SnapshotRow::new(
        key.clone(),
        Version::from(version),
        Uuid::now_v7(),
        Timestamp::from_unix_micros(1_700_000_000_000_000),
        Some(state.into()),
    )
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("an error").kind().clone()
}

/// The text of an error with those beneath it.
fn text<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.expect_err("an error");
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
