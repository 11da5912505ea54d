//! Closing a store that is in use.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use eventsourcing::{ErrorKind, EventStore as _, store::PostgresOptions};
use tokio::time::timeout;

use crate::bed::{client, commit, database, ids, open, open_with, put};

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn postgres_close_returns_under_load_and_takes_no_more_appends() {
    let Some(database) = database().await else {
        return;
    };
    let later = open(&database).await;
    for coalesce in [true, false] {
        let options = PostgresOptions::default().coalesce(coalesce);
        let store = open_with(database.config(), options).await;
        let savers: Vec<_> = (0..32)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let (id, mut stored) = (format!("{coalesce}-{number}"), 0);
                    loop {
                        match store.append(commit(&id, stored, 1)).await {
                            Ok(_) => stored += 1,
                            Err(refused) => return (id, stored, refused),
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let closed = timeout(Duration::from_secs(20), store.close()).await;
        closed.expect("it is closed");
        for saver in savers {
            let (id, stored, refused) = saver.await.expect("no panic");
            let kind = refused.kind();
            // What is under way without being coalesced may lose its connection.
            let unknown = !coalesce && *kind == ErrorKind::OutcomeUnknown;
            assert!(*kind == ErrorKind::Unavailable || unknown, "{refused}");
            assert!(stored > 0, "{id} has stored nothing");
            let seen = ids(&later, &id).await.len() as u64;
            assert!(
                seen == stored || unknown,
                "{id}: {seen}, acknowledged {stored}"
            );
        }
        let mut client = client(database.config()).await;
        let transaction = client.transaction().await.expect("a transaction");
        let refused = store.append_in(&transaction, commit("after", 0, 1)).await;
        let refused = refused.expect_err("it is closed").to_string();
        assert!(refused.contains("the store is closed"), "{refused}");
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_an_append_that_is_not_polled_holds_up_neither_others_nor_close() {
    let Some(database) = database().await else {
        return;
    };
    let later = open(&database).await;
    let options = PostgresOptions::default().deadline(Duration::from_secs(2));
    let store = open_with(database.config(), options).await;
    let mut held = pin!(store.append(commit("held", 0, 1)));
    let begun = poll_fn(|context| Poll::Ready(held.as_mut().poll(context).is_ready())).await;
    assert!(!begun, "it waits for the server");
    for expected in 0..20 {
        put(&store, "other", expected, 1).await;
    }
    let closed = timeout(Duration::from_secs(20), store.close()).await;
    closed.expect("it is closed");
    let answer = timeout(Duration::from_secs(20), held).await;
    let seen = ids(&later, "held").await.len();
    match answer.expect("an answer") {
        Ok(_) => assert_eq!(seen, 1),
        Err(error) if *error.kind() == ErrorKind::OutcomeUnknown => {}
        Err(error) => {
            assert_eq!(*error.kind(), ErrorKind::Unavailable, "{error}");
            assert_eq!(seen, 0);
        }
    }
}

/// Whoever gives up a save has not undone it.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_an_append_whose_caller_is_gone_is_stored() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    for number in 0..20 {
        let id = number.to_string();
        {
            let mut dropped = pin!(store.append(commit(&id, 0, 1)));
            poll_fn(|context| Poll::Ready(dropped.as_mut().poll(context).is_ready())).await;
        }
        let stored = async {
            while ids(&store, &id).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let stored = timeout(Duration::from_secs(20), stored).await;
        stored.expect("it is stored");
    }
    store.close().await;
    assert_eq!(ids(&open(&database).await, "19").await.len(), 1);
}
