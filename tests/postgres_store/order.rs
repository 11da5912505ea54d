//! The order of all events: what stalls readers, what doesn't, and how a stall shows.

use std::time::{Duration, Instant};

use eventsourcing::{
    EventStore as _, PostgresStore,
    store::{
        PostgresOptions, ReadAll,
        tokio_postgres::{Client, Config},
    },
    testing::postgres::PostgresServer,
};

use crate::bed::{client, commit, database, open, open_with, put, streams_after, visible};

/// A transaction that has an id, oldest of all, and stays open.
async fn idle(config: &Config) -> Client {
    let client = client(config).await;
    let sql = "BEGIN; SELECT pg_current_xact_id(); CREATE TEMP TABLE elsewhere (id int); INSERT INTO elsewhere VALUES (1)";
    client.batch_execute(sql).await.expect("a transaction");
    client
}

async fn readers_go_on(store: &PostgresStore, id: &str) {
    let begun = Instant::now();
    for expected in 0..20 {
        put(store, id, expected, 1).await;
        let read = ReadAll::default();
        let page = store.read_all(read).await.expect("a page");
        assert_eq!(
            page.iter()
                .filter(|event| event.stream == format!("order/{id}"))
                .count() as u64,
            expected + 1
        );
    }
    let order = store.order().await.expect("the order");
    assert_eq!(
        (order.unsettled, order.appending, order.stalled_for),
        (0, 0, Duration::ZERO),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_readers_do_not_wait_for_transactions_that_have_not_appended() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let elsewhere = PostgresServer::for_tests()
        .expect("the server")
        .database()
        .await
        .expect("another database");
    let _another = idle(elsewhere.config()).await;
    readers_go_on(&store, "1").await;
    let _here = idle(database.config()).await;
    readers_go_on(&store, "2").await;
    // Nor for one that has read, even under a strict isolation.
    let strict = client(database.config()).await;
    let sql = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM eventsourcing.events";
    strict.batch_execute(sql).await.expect("a transaction");
    // Nor for advisory locks of somebody else.
    let locks = client(database.config()).await;
    let sql = "SELECT pg_advisory_lock(1), pg_advisory_lock(2, 3), pg_advisory_lock_shared(-1)";
    locks.batch_execute(sql).await.expect("locks");
    readers_go_on(&store, "3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_an_open_append_delays_readers_and_no_other_writer() {
    let Some(database) = database().await else {
        return;
    };
    for coalesce in [true, false] {
        let options = PostgresOptions::default()
            .schema(format!("coalesce {coalesce}"))
            .coalesce(coalesce)
            .settle_wait(Duration::from_millis(50));
        let store = open_with(database.config(), options).await;
        put(&store, "before", 0, 1).await;
        let mut holder = client(database.config()).await;
        let transaction = holder.transaction().await.expect("a transaction");
        store
            .append_in(&transaction, commit("held", 0, 2))
            .await
            .expect("an append");

        // One more wants the same stream, and must wait; 50 others must not.
        let blocked = {
            let store = store.clone();
            tokio::spawn(async move { store.append(commit("held", 0, 1)).await })
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        let begun = Instant::now();
        for number in 0..50 {
            put(&store, &format!("after-{number}"), 0, 1).await;
        }
        assert!(
            !blocked.is_finished(),
            "the append to the held stream did not wait"
        );
        let took = begun.elapsed();

        assert_eq!(visible(&store).await, 1);
        tokio::time::sleep(Duration::from_millis(30)).await;
        let order = store.order().await.expect("the order");
        assert!(order.unsettled >= 52, "{order:?}");
        assert!(order.appending >= 1, "{order:?}");
        assert!(order.stalled_for >= Duration::from_millis(30), "{order:?}");

        transaction.commit().await.expect("the commit");
        let lost = blocked
            .await
            .expect("no panic")
            .expect_err("its version is taken");
        assert!(lost.is_conflict(), "{lost}");
        assert_eq!(visible(&store).await, 53, "50 appends took {took:?}");
        assert_eq!(
            store.order().await.expect("the order").stalled_for,
            Duration::ZERO
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_the_fence_of_a_savepoint_goes_with_it() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let mut holder = client(database.config()).await;
    let mut transaction = holder.transaction().await.expect("a transaction");
    {
        let savepoint = transaction.transaction().await.expect("a savepoint");
        store
            .append_in(&savepoint, commit("1", 0, 1))
            .await
            .expect("an append");
        savepoint.rollback().await.expect("the rollback");
    }
    put(&store, "beside", 0, 3).await;
    assert_eq!(visible(&store).await, 3);
    // The note of the fence was rolled back with it: this append must take a new one.
    store
        .append_in(&transaction, commit("1", 0, 1))
        .await
        .expect("an append");
    {
        let savepoint = transaction.transaction().await.expect("a savepoint");
        store
            .append_in(&savepoint, commit("2", 0, 1))
            .await
            .expect("an append");
        savepoint.commit().await.expect("the release");
    }
    put(&store, "beside", 3, 1).await;
    assert_eq!(visible(&store).await, 3);
    transaction.commit().await.expect("the commit");
    assert_eq!(visible(&store).await, 6);
}

/// A lock's key has more than 32 bits of the position.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_the_fence_holds_beyond_four_billion_positions() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let client = client(database.config()).await;
    for (number, last) in [
        (1_i64 << 31) - 2,
        (1 << 32) - 2,
        (1 << 33) - 1,
        (1 << 47) + 5,
    ]
    .into_iter()
    .enumerate()
    {
        let sql = format!("SELECT setval('eventsourcing.events_position', {last})");
        client.batch_execute(&sql).await.expect("the position");
        let before = visible(&store).await;
        let mut holder = crate::bed::client(database.config()).await;
        let transaction = holder.transaction().await.expect("a transaction");
        store
            .append_in(&transaction, commit(&format!("held-{number}"), 0, 1))
            .await
            .expect("an append");
        put(&store, &format!("beside-{number}"), 0, 5).await;
        assert_eq!(visible(&store).await, before, "behind position {last}");
        transaction.commit().await.expect("the commit");
        assert_eq!(visible(&store).await, before + 6, "behind position {last}");
    }
}

/// A rollback takes effect without being logged at once, and so do the positions that it drew.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_positions_that_a_crash_hands_out_again_are_not_passed_over() {
    if PostgresServer::for_tests().is_none()
        || std::env::var_os("EVENTSOURCING_TEST_POSTGRES").is_some()
    {
        return;
    }
    let settings = [("autovacuum", "off"), ("wal_writer_delay", "10s")];
    let server = PostgresServer::start(&settings).expect("a server of its own");
    let database = server.database().await.expect("a database");
    let store = open(&database).await;
    let sequence = async |client: &Client| {
        let sql = "SELECT last_value, log_cnt FROM eventsourcing.events_position";
        let row = client.query_one(sql, &[]).await.expect("the sequence");
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    let mut filled = 0;
    // What is logged in whole pages is on the disk: that a crash takes it back needs a few tries.
    for number in 0..20 {
        let mut holder = client(database.config()).await;
        // The next position is one that the sequence logs.
        while filled == 0 || sequence(&holder).await.1 > 0 {
            put(&store, "filled", filled, 1).await;
            filled += 1;
        }
        let transaction = holder.transaction().await.expect("a transaction");
        let gone = commit("gone", 0, 4);
        store
            .append_in(&transaction, gone)
            .await
            .expect("an append");
        transaction.rollback().await.expect("the rollback");
        // A reader sees how far the order is settled.
        visible(&store).await;
        let (before, _) = sequence(&holder).await;
        tokio::task::block_in_place(|| {
            server.kill().expect("the kill");
            server.restart().expect("the restart");
        });
        let mut holder = client(database.config()).await;
        if sequence(&holder).await.0 >= before {
            continue;
        }
        let end = store.read_all(ReadAll::default()).await.expect("a page");
        let end = end.last().map(|event| event.position);
        let transaction = holder.transaction().await.expect("a transaction");
        let slow = commit(&format!("slow-{number}"), 0, 1);
        store
            .append_in(&transaction, slow)
            .await
            .expect("an append");
        put(&store, "fast", 0, 3).await;
        let (seen, reader) = streams_after(&store, end).await;
        assert!(seen.is_empty(), "{seen:?} stands behind an open append");
        transaction.commit().await.expect("the commit");
        let (seen, _) = streams_after(&store, reader).await;
        assert_eq!(seen.len(), 4, "{seen:?}");
        return;
    }
    panic!("the sequence never fell back");
}

/// The number has 15 bits only: some two hundred stores are enough for two that have the same.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_stores_of_the_same_number_have_fences_of_their_own() {
    let Some(database) = database().await else {
        return;
    };
    let client = client(database.config()).await;
    let number = async |schema: &str| {
        let sql = format!("SELECT value FROM {schema}.meta WHERE key = 'fence'");
        let row = client.query_one(&sql, &[]).await.expect("the number");
        row.get::<_, String>(0)
    };
    let opened = async |schema: &str| {
        let options = PostgresOptions::default().schema(schema).connections(2);
        open_with(database.config(), options).await
    };
    let one = opened("one").await;
    // A number that stands for nothing else in the functions.
    let mut schema = String::new();
    for try_ in 0..50 {
        schema = format!("other{try_}");
        opened(&schema).await.close().await;
        if number(&schema).await.len() >= 4 {
            break;
        }
    }
    let (wanted, drawn) = (number("one").await, number(&schema).await);
    let sql = format!(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = '{schema}'::regnamespace AND prosrc LIKE '%{drawn}%'"
    );
    let functions = client.query(&sql, &[]).await.expect("the functions");
    assert_eq!(functions.len(), 2);
    for function in functions {
        let sql = function.get::<_, String>(0).replace(&drawn, &wanted);
        client.batch_execute(&sql).await.expect("the function");
    }
    let other = opened(&schema).await;

    put(&one, "1", 0, 50).await;
    let mut holder = crate::bed::client(database.config()).await;
    let transaction = holder.transaction().await.expect("a transaction");
    for (store, id) in [(&one, "2"), (&other, "slow")] {
        let appended = store.append_in(&transaction, commit(id, 0, 1)).await;
        appended.expect("an append");
    }
    put(&other, "fast", 0, 1).await;
    let (seen, reader) = streams_after(&other, None).await;
    assert!(seen.is_empty(), "{seen:?} stands behind an open append");
    transaction.commit().await.expect("the commit");
    let (seen, _) = streams_after(&other, reader).await;
    assert_eq!(seen, ["order/slow", "order/fast"]);
}
