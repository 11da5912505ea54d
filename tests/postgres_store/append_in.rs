//! Appending within the caller's transaction.

use eventsourcing::{ErrorKind, EventStore as _};

use crate::bed::{client, commit, database, ids, open, put, stream};

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
