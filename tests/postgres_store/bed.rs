//! A database of its own for each test, commits, and clients beside the store.

use eventsourcing::{
    EventStore as _, Position, PostgresStore, StreamId, Version,
    store::{
        Appended, Commit, NewEvent, PostgresOptions, ReadAll, ReadStream, StreamCommit,
        tokio_postgres::{Client, Config, NoTls},
    },
    testing::postgres::{PostgresServer, TestDatabase},
};
use uuid::Uuid;

/// A database; none where there is no server.
pub(crate) async fn database() -> Option<TestDatabase> {
    let server = PostgresServer::for_tests()?;
    Some(server.database().await.expect("a database"))
}

pub(crate) async fn open(database: &TestDatabase) -> PostgresStore {
    open_with(database.config(), PostgresOptions::default()).await
}

pub(crate) async fn open_with(config: &Config, options: PostgresOptions) -> PostgresStore {
    let store = PostgresStore::connect_config(config.clone(), options).await;
    store.expect("the store opens")
}

/// A connection beside the store's.
pub(crate) async fn client(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("order", id).expect("a stream")
}

pub(crate) fn event(payload: &'static str) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7(),
        name: "Happened".into(),
        event_version: 1,
        codec: "json".into(),
        payload: payload.into(),
        metadata: "".into(),
    }
}

pub(crate) fn part(id: &str, expected: u64, count: usize) -> StreamCommit {
    StreamCommit {
        stream: stream(id),
        expected: Version::from(expected),
        after: None,
        events: (0..count).map(|_| event(r#"{"quantity":2}"#)).collect(),
    }
}

pub(crate) fn commit(id: &str, expected: u64, count: usize) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        streams: vec![part(id, expected, count)],
    }
}

pub(crate) async fn put(store: &PostgresStore, id: &str, expected: u64, count: usize) -> Appended {
    let appended = store.append(commit(id, expected, count)).await;
    appended.expect("the events are stored")
}

/// The ids of a stream's events, by version.
pub(crate) async fn ids(store: &PostgresStore, id: &str) -> Vec<Uuid> {
    let (mut ids, mut from) = (Vec::new(), 1);
    loop {
        let read = ReadStream::from(Version::from(from));
        let page = store.read_stream(&stream(id), read).await.expect("a page");
        ids.extend(page.iter().map(|event| event.id));
        from += page.len() as u64;
        if !page.has_more() {
            return ids;
        }
    }
}

/// How many events a reader of all sees now.
pub(crate) async fn visible(store: &PostgresStore) -> usize {
    let (mut read, mut count) = (ReadAll::default(), 0);
    loop {
        let page = store.read_all(read.clone()).await.expect("a page");
        count += page.len();
        if !page.has_more() {
            return count;
        }
        read.after = page.last().map(|event| event.position);
    }
}

/// The streams of the events that a reader of single events sees behind a position, and where it is then.
pub(crate) async fn streams_after(
    store: &PostgresStore,
    mut after: Option<Position>,
) -> (Vec<String>, Option<Position>) {
    let mut seen = Vec::new();
    loop {
        let read = ReadAll {
            after,
            limit: 1,
            ..ReadAll::default()
        };
        let page = store.read_all(read).await.expect("a page");
        let Some(event) = page.last() else {
            return (seen, after);
        };
        seen.push(event.stream.to_owned());
        after = Some(event.position);
    }
}
