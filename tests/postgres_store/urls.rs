//! What a URL may say.

use std::time::Duration;

use eventsourcing::{ErrorKind, EventStore as _, PostgresStore, store::PostgresOptions};

use crate::bed::{client, commit, database, open_with};

#[tokio::test]
async fn postgres_urls_that_cannot_work_say_what_to_write() {
    for (url, says) in [
        ("postgres://u:secret@h/db?sslmode=verify-full", "`require`"),
        (
            "postgres://u:secret@h/db?pgbouncer=true",
            "`pgbouncer`; leave it out",
        ),
        (
            "postgres://u:secret@h/db?connect_timeout=x",
            "`connect_timeout`",
        ),
        ("host=h password='secret", "can't be read"),
        ("user=u password=secret", "no host"),
        ("", "no host"),
    ] {
        let refused = PostgresStore::connect(url).await.expect_err(url);
        let text = refused.to_string();
        assert_eq!(
            *refused.kind(),
            ErrorKind::InvalidConfiguration,
            "{url}: {text}"
        );
        assert!(
            text.contains(says) && !text.contains("secret"),
            "{url}: {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_options_of_the_url_reach_the_server() {
    let Some(database) = database().await else {
        return;
    };
    let mut config = database.config().clone();
    config.options("-c no_such_setting=1");
    let refused = PostgresStore::connect_config(config.clone(), PostgresOptions::default()).await;
    let refused = refused.expect_err("there is no such setting");
    assert_eq!(
        *refused.kind(),
        ErrorKind::InvalidConfiguration,
        "{refused}"
    );
    assert!(refused.to_string().contains("no_such_setting"), "{refused}");

    config.options("-c statement_timeout=300");
    let hour = Duration::from_secs(3_600);
    let options = PostgresOptions::default()
        .statement_timeout(Some(hour))
        .deadline(Duration::from_secs(20));
    let store = open_with(&config, options).await;
    let mut holder = client(database.config()).await;
    let transaction = holder.transaction().await.expect("a transaction");
    let held = store.append_in(&transaction, commit("1", 0, 1)).await;
    held.expect("an append");
    let refused = store.append(commit("1", 0, 1)).await;
    let refused = refused.expect_err("the stream is held").to_string();
    // By the server, and not after an hour.
    assert!(refused.contains("SQLSTATE 57014"), "{refused}");
}
