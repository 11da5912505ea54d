//! Deadlines: everybody is answered by his own, and what he is told is true.

use std::{collections::HashMap, time::Duration};

use eventsourcing::{
    ErrorKind, EventStore as _, PostgresStore, Version,
    store::{Appended, Commit, PostgresOptions, ReadStream},
    testing::postgres::PostgresServer,
};
use tokio::{task::JoinHandle, time::timeout};

use crate::bed::{client, commit, database, ids, open, open_with, stream};

/// Far more than a deadline, far less than those of all who wait one after the other.
const LONG: Duration = Duration::from_secs(25);

fn saver(
    store: &PostgresStore,
    one: Commit,
) -> JoinHandle<(Commit, eventsourcing::Result<Appended>)> {
    let store = store.clone();
    tokio::spawn(async move {
        let answer = timeout(LONG, store.append(one.clone())).await;
        (one, answer.expect("an answer by the deadline"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_savers_of_a_stream_that_is_held_keep_their_own_deadlines() {
    let Some(database) = database().await else {
        return;
    };
    let options = PostgresOptions::default()
        .statement_timeout(None)
        .deadline(Duration::from_secs(1));
    let store = open_with(database.config(), options).await;
    let mut holder = client(database.config()).await;
    let transaction = holder.transaction().await.expect("a transaction");
    for number in 0..40 {
        let held = commit(&format!("held-{number}"), 0, 1);
        let append = store.append_in(&transaction, held).await;
        append.expect("an append");
    }
    let one = (0..60).map(|_| commit("held-0", 0, 1));
    let many = (0..40).map(|number| commit(&format!("held-{number}"), 0, 1));
    let savers: Vec<_> = one.chain(many).map(|one| saver(&store, one)).collect();
    let (mut refused, mut unknown) = (Vec::new(), 0);
    for saver in savers {
        let (one, answer) = saver.await.expect("no panic");
        match answer.expect_err("the stream is held").kind() {
            ErrorKind::Unavailable => refused.push(one),
            ErrorKind::OutcomeUnknown => unknown += 1,
            other => panic!("{other:?}"),
        }
    }
    // Only some are under way at once; the others were never asked for.
    assert!(refused.len() > 50, "{unknown} of 100 are unknown");
    transaction.rollback().await.expect("the rollback");
    // What is under way at the server still takes effect: what was refused never does.
    let later = open(&database).await;
    let mut stored = HashMap::new();
    for number in 0..40 {
        let id = format!("held-{number}");
        loop {
            let head = later.head(&stream(&id)).await.expect("a head");
            let behind = commit(&id, head.get(), 1);
            if later.append(behind).await.is_ok() {
                break;
            }
        }
        stored.insert(id.clone(), ids(&later, &id).await);
    }
    for one in refused {
        let part = &one.streams[0];
        assert!(!stored[part.stream.id()].contains(&part.events[0].id));
    }
}

/// In one thread: all of them are in one batch.
#[tokio::test]
async fn postgres_savers_that_a_server_has_left_keep_their_own_deadlines() {
    if PostgresServer::for_tests().is_none()
        || std::env::var_os("EVENTSOURCING_TEST_POSTGRES").is_some()
    {
        return;
    }
    let server = PostgresServer::start(&[]).expect("a server of its own");
    let database = server.database().await.expect("a database");
    let options = PostgresOptions::default()
        .connections(2)
        .deadline(Duration::from_secs(1));
    let store = open_with(database.config(), options).await;
    let owner = client(database.config()).await;
    let sql = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
        CREATE TRIGGER slow AFTER INSERT ON eventsourcing.events EXECUTE FUNCTION slow()";
    owner.batch_execute(sql).await.expect("the trigger");
    let savers: Vec<_> = (0..100)
        .map(|number| saver(&store, commit(&number.to_string(), 0, 1)))
        .collect();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    loop {
        let row = owner.query_one(asleep, &[]).await.expect("a count");
        if row.get::<_, i64>(0) > 0 {
            break;
        }
    }
    server.kill().expect("the kill");
    for saver in savers {
        let (_, answer) = saver.await.expect("no panic");
        let error = answer.expect_err("there is no server");
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    }
    server.restart().expect("the restart");
    let later = open(&database).await;
    let head = later.head(&stream("0")).await;
    assert_eq!(head.expect("a head").get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_reads_ask_once_if_the_server_is_silent() {
    let Some(database) = database().await else {
        return;
    };
    let options = PostgresOptions::default().deadline(Duration::from_secs(1));
    let store = open_with(database.config(), options).await;
    let locks = client(database.config()).await;
    let sql = "BEGIN; LOCK TABLE eventsourcing.events IN ACCESS EXCLUSIVE MODE";
    locks.batch_execute(sql).await.expect("the lock");
    let late = store.head(&stream("1")).await.expect_err("it is locked");
    assert_eq!(*late.kind(), ErrorKind::Unavailable, "{late}");
    let read = ReadStream::from(Version::from(1));
    let late = store.read_stream(&stream("1"), read).await;
    let late = late.expect_err("it is locked");
    assert_eq!(*late.kind(), ErrorKind::Unavailable, "{late}");
    // What was asked for waits there still.
    let sql = "SELECT count(*) FROM pg_locks WHERE relation = 'eventsourcing.events'::regclass AND NOT granted";
    let row = locks.query_one(sql, &[]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 2);
}
