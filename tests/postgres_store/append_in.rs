//! Appending within the caller's transaction.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use eventsourcing::{EventStore as _, prelude::*, store::PostgresOptions};
use serde::{Deserialize, Serialize};

use crate::bed::{client, commit, database, ids, open, open_with, put, stream, visible};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_what_is_written_beside_an_append_commits_with_it() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let mut client = client(database.config()).await;
    client
        .batch_execute("CREATE TABLE outbox (text text)")
        .await
        .expect("a table");
    for commits in [false, true] {
        let transaction = client.transaction().await.expect("a transaction");
        transaction
            .execute("INSERT INTO outbox VALUES ('mail')", &[])
            .await
            .expect("a row");
        let answer = store
            .append_in(&transaction, commit("1", 0, 2))
            .await
            .expect("an append");
        assert_eq!(answer.streams[0].positions.len(), 2);
        assert_eq!(
            store.head(&stream("1")).await.expect("a head").get(),
            0,
            "before the commit"
        );
        if commits {
            transaction.commit().await.expect("the commit");
        } else {
            transaction.rollback().await.expect("the rollback");
        }
        let rows: i64 = client
            .query_one("SELECT count(*) FROM outbox", &[])
            .await
            .expect("a count")
            .get(0);
        let stored = ids(&store, "1").await.len();
        assert_eq!((rows, stored), if commits { (1, 2) } else { (0, 0) });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_transaction_goes_on_after_a_conflict() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    put(&store, "1", 0, 3).await;
    let mut client = client(database.config()).await;
    let transaction = client.transaction().await.expect("a transaction");
    let conflict = store
        .append_in(&transaction, commit("1", 2, 1))
        .await
        .expect_err("it is stale");
    let (expected, actual) = (2.into(), 3.into());
    assert_eq!(*conflict.kind(), ErrorKind::Conflict { expected, actual });
    assert_eq!(conflict.operation(), Some("append_in"));
    let one = commit("1", 3, 1);
    store
        .append_in(&transaction, one.clone())
        .await
        .expect("an append");
    let again = store
        .append_in(&transaction, one)
        .await
        .expect("a repetition");
    assert!(again.repeated);
    transaction.commit().await.expect("the commit");
    assert_eq!(ids(&store, "1").await.len(), 4);
}

/// Under every isolation: whoever is first while this one waits, or since it began.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_race_that_is_lost_in_a_transaction_is_a_conflict() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let mut first = client(database.config()).await;
        let mut second = client(database.config()).await;
        let sql = format!("SET default_transaction_isolation = '{isolation}'");
        second.batch_execute(&sql).await.expect("the isolation");
        for same in [false, true] {
            let id = format!("{isolation} {same}");
            let won = commit(&id, 0, 2);
            let lost = if same { won.clone() } else { commit(&id, 0, 1) };
            let open = first.transaction().await.expect("a transaction");
            let late = second.transaction().await.expect("a transaction");
            let sql = "SELECT count(*) FROM eventsourcing.events";
            late.query(sql, &[]).await.expect("a snapshot");
            store.append_in(&open, won).await.expect("an append");
            let commits = async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                open.commit().await.expect("the commit");
            };
            let (answer, ()) = tokio::join!(store.append_in(&late, lost), commits);
            let error = answer.expect_err("it lost");
            if same {
                // It is stored: that is no conflict, which would make the caller decide again.
                assert_eq!(*error.kind(), ErrorKind::Unavailable, "{id}: {error}");
            } else {
                let (expected, actual) = (0.into(), 2.into());
                let conflict = ErrorKind::Conflict { expected, actual };
                assert_eq!(*error.kind(), conflict, "{id}: {error}");
                assert!(
                    error.to_string().contains("accepts nothing more"),
                    "{error}"
                );
            }
            assert_eq!(error.stream(), Some(&stream(&id)));
            assert!(late.batch_execute("SELECT 1").await.is_err(), "{id}");
        }
        let id = format!("{isolation} before");
        let late = second.transaction().await.expect("a transaction");
        let sql = "SELECT count(*) FROM eventsourcing.events";
        late.query(sql, &[]).await.expect("a snapshot");
        put(&store, &id, 0, 3).await;
        let error = store.append_in(&late, commit(&id, 0, 1)).await;
        let (expected, actual) = (0.into(), 3.into());
        let error = error.expect_err("it is stale");
        let conflict = ErrorKind::Conflict { expected, actual };
        assert_eq!(*error.kind(), conflict, "{id}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_an_append_without_an_answer_is_stored_if_its_transaction_commits() {
    let Some(database) = database().await else {
        return;
    };
    let options = PostgresOptions::default().deadline(Duration::from_millis(500));
    let store = open_with(database.config(), options).await;
    let mut first = client(database.config()).await;
    let mut second = client(database.config()).await;
    let open = first.transaction().await.expect("a transaction");
    store
        .append_in(&open, commit("1", 0, 1))
        .await
        .expect("an append");
    let waits = second.transaction().await.expect("a transaction");
    let late = store.append_in(&waits, commit("1", 0, 2)).await;
    let late = late.expect_err("the deadline is over");
    assert_eq!(*late.kind(), ErrorKind::OutcomeUnknown, "{late}");
    open.rollback().await.expect("the rollback");
    waits.commit().await.expect("the commit");
    assert_eq!(ids(&store, "1").await.len(), 2);

    // With its connection the transaction is gone for sure.
    let open = first.transaction().await.expect("a transaction");
    store
        .append_in(&open, commit("2", 0, 1))
        .await
        .expect("an append");
    let patient = open_with(database.config(), PostgresOptions::default()).await;
    let waits = second.transaction().await.expect("a transaction");
    let ends = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let killer = client(database.config()).await;
        killer.batch_execute(sql).await.expect("the end");
    };
    let (lost, ()) = tokio::join!(patient.append_in(&waits, commit("2", 0, 2)), ends);
    let lost = lost.expect_err("the connection is lost");
    assert_eq!(*lost.kind(), ErrorKind::Unavailable, "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_transaction_of_another_stores_database_is_refused() {
    let (Some(database), Some(elsewhere)) = (database().await, database().await) else {
        return;
    };
    let (store, other) = (open(&database).await, open(&elsewhere).await);
    let mut client = client(elsewhere.config()).await;
    let transaction = client.transaction().await.expect("a transaction");
    let refused = store.append_in(&transaction, commit("1", 0, 1)).await;
    let refused = refused.expect_err("another store");
    let wrong = ErrorKind::InvalidConfiguration;
    assert_eq!(*refused.kind(), wrong, "{refused}");
    assert!(
        refused.to_string().contains("another database"),
        "{refused}"
    );
    drop(transaction);
    assert_eq!((visible(&store).await, visible(&other).await), (0, 0));
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Opened;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Booked {
    cents: i64,
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Opened), events(Booked))]
struct Account {
    cents: i64,
}

impl AccountHandlers for Account {
    fn opened(_: &u64, _: Opened) -> Self {
        Self { cents: 0 }
    }

    fn booked(&mut self, event: Booked) {
        self.cents += event.cents;
    }
}

/// A save of which the first half is a transaction of the caller's.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_staged_save_commits_with_an_outbox_row() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let app = Application::builder(store.clone())
        .snapshots(SnapshotPolicy::every(2))
        .build()
        .expect("an application");
    let told = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&told);
    let _goes_on = app.subscribe(
        |_| true,
        move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            async {}
        },
    );
    let accounts = app.repository::<Account>().expect("a repository");
    let mut client = client(database.config()).await;
    let outbox = "CREATE TABLE outbox (text text)";
    client.batch_execute(outbox).await.expect("a table");
    for commits in [false, true] {
        let mut account = accounts.create(1, Opened);
        account.record(Booked { cents: 5 });
        let transaction = client.transaction().await.expect("a transaction");
        let outbox = "INSERT INTO outbox VALUES ('mail')";
        transaction.execute(outbox, &[]).await.expect("a row");
        let staged = accounts.stage(&mut account).expect("a commit");
        assert_eq!(staged, accounts.stage(&mut account).expect("the same"));
        let one = store.append_in(&transaction, staged.clone()).await;
        assert!(!one.expect("an append").repeated);
        let again = store.append_in(&transaction, staged).await;
        assert!(again.expect("a repetition").repeated);
        if !commits {
            transaction.rollback().await.expect("the rollback");
            assert!(!accounts.contains(1).await.expect("an answer"));
            continue;
        }
        transaction.commit().await.expect("the commit");
        assert_eq!(account.pending().len(), 2);
        let done = accounts.save(&mut account).await.expect("the save");
        assert_eq!((done.version.get(), done.events), (2, 2));
        assert!(done.position.is_some() && account.pending().is_empty());
    }
    assert_eq!(told.load(Ordering::SeqCst), 2);
    assert_eq!(accounts.load(1).await.expect("it").cents, 5);
    assert_eq!(accounts.snapshot_stats().hits, 1);
    let count = "SELECT count(*) FROM outbox";
    let rows: i64 = client.query_one(count, &[]).await.expect("a count").get(0);
    assert_eq!((rows, visible(&store).await), (1, 2));

    // Somebody else is first: the conflict is said in the transaction, and the root is no use any more.
    let (mut one, mut other) = (
        accounts.load(1).await.expect("it"),
        accounts.load(1).await.expect("it"),
    );
    one.record(Booked { cents: 1 });
    other.record(Booked { cents: 2 });
    let staged = accounts.stage(&mut one).expect("a commit");
    accounts.save(&mut other).await.expect("the save");
    let transaction = client.transaction().await.expect("a transaction");
    let lost = store.append_in(&transaction, staged).await;
    assert!(lost.expect_err("it lost").is_conflict());
    transaction.commit().await.expect("the commit");
    assert!(
        accounts
            .save(&mut one)
            .await
            .expect_err("it lost")
            .is_conflict()
    );
    let nothing = accounts.stage(&mut other).expect("a commit");
    assert_eq!(nothing.event_count(), 0);
}

/// A path that leads to functions of somebody else's changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_an_append_in_a_transaction_keeps_to_its_own_functions() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let mut client = client(database.config()).await;
    let sql = "CREATE SCHEMA other;
        CREATE FUNCTION other.nextval(regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
        CREATE FUNCTION other.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'epoch'::timestamptz $$;
        CREATE FUNCTION other.current_setting(text, boolean) RETURNS text LANGUAGE sql
            AS 'SELECT pg_catalog.pg_current_xact_id()::text';
        SET search_path = other, pg_catalog;
        CREATE TEMP TABLE json (id int); CREATE TEMP TABLE uuid (id int); CREATE TEMP TABLE text (id int)";
    client.batch_execute(sql).await.expect("the functions");
    let transaction = client.transaction().await.expect("a transaction");
    let appended = store.append_in(&transaction, commit("1", 0, 2)).await;
    let appended = appended.expect("it is stored");
    assert!(appended.streams[0].positions[0].offset() > 0);
    assert!(appended.streams[0].recorded_at.unix_micros() > 0);
    // Of this database: other tests append in theirs.
    let sql = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = pg_catalog.current_database()
        WHERE l.locktype = 'advisory' AND l.granted";
    let fences = transaction.query_one(sql, &[]).await.expect("a count");
    assert_eq!(fences.get::<_, i64>(0), 1);
    transaction.commit().await.expect("the commit");
    assert_eq!(visible(&store).await, 2);
}
