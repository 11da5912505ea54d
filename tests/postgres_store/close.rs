//! Closing a store that is in use.

use std::time::Duration;

use eventsourcing::{ErrorKind, EventStore as _, store::PostgresOptions};
use tokio::time::timeout;

use crate::bed::{client, commit, database, ids, open, open_with};

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
