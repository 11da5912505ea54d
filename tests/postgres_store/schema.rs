//! The schema: migrations at once, formats that aren't ours, rights, columns.

use std::collections::HashSet;

use eventsourcing::{
    ErrorKind, EventStore as _, PostgresStore, Version,
    store::{PostgresOptions, ReadAll, ReadStream},
};

use crate::bed::{client, commit, database, event, open, open_with, put, stream, visible};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_schemas_are_made_by_many_processes_at_once() {
    let Some(database) = database().await else {
        return;
    };
    let opened = (0..12).map(|number| {
        let config = database.config().clone();
        tokio::spawn(async move {
            let store = open_with(&config, PostgresOptions::default()).await;
            put(&store, &number.to_string(), 0, 1).await.streams[0].positions[0]
        })
    });
    let mut stores = HashSet::new();
    for position in opened.collect::<Vec<_>>() {
        stores.insert(position.await.expect("no panic").store());
    }
    assert_eq!(stores.len(), 1);
    assert_eq!(visible(&open(&database).await).await, 12);
}

/// What opening a store says after this SQL.
async fn refusal(sql: &str) -> Option<(ErrorKind, String)> {
    let database = database().await?;
    open(&database).await;
    let client = client(database.config()).await;
    client.batch_execute(sql).await.expect("the SQL");
    let again =
        PostgresStore::connect_config(database.config().clone(), PostgresOptions::default());
    let refusal = again.await.expect_err("it is refused");
    Some((refusal.kind().clone(), refusal.to_string()))
}

#[tokio::test]
async fn postgres_refuses_a_newer_format() {
    let sql = "INSERT INTO eventsourcing.migrations (version, checksum) VALUES (2, 'of tomorrow')";
    let Some((kind, text)) = refusal(sql).await else {
        return;
    };
    assert_eq!(kind, ErrorKind::UnsupportedFormat);
    assert!(
        text.contains("the store format is 2, this program knows formats up to 1"),
        "{text}"
    );
}

#[tokio::test]
async fn postgres_refuses_a_changed_migration() {
    let sql = "UPDATE eventsourcing.migrations SET checksum = 'another'";
    let Some((kind, text)) = refusal(sql).await else {
        return;
    };
    assert_eq!(kind, ErrorKind::UnsupportedFormat);
    assert!(text.contains("in another form"), "{text}");
}

#[tokio::test]
async fn postgres_refuses_a_sequence_that_is_cached() {
    let sql = "ALTER SEQUENCE eventsourcing.events_position CACHE 20";
    let Some((kind, text)) = refusal(sql).await else {
        return;
    };
    assert_eq!(kind, ErrorKind::UnsupportedFormat);
    assert!(text.contains("CACHE 1"), "{text}");
}

#[tokio::test]
async fn postgres_leaves_the_schema_of_somebody_else_alone() {
    let Some(database) = database().await else {
        return;
    };
    let client = client(database.config()).await;
    let sql = "CREATE SCHEMA shop; CREATE TABLE shop.events (id int)";
    client.batch_execute(sql).await.expect("the tables");
    let options = PostgresOptions::default().schema("shop");
    let refusal = PostgresStore::connect_config(database.config().clone(), options).await;
    assert_eq!(
        *refusal.expect_err("it is refused").kind(),
        ErrorKind::UnsupportedFormat
    );
    let tables = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'shop'";
    let tables: i64 = client.query_one(tables, &[]).await.expect("a count").get(0);
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn postgres_schemas_in_one_database_have_nothing_in_common() {
    let Some(database) = database().await else {
        return;
    };
    let [one, other] = ["one", "Other Schema"].map(|name| PostgresOptions::default().schema(name));
    let one = open_with(database.config(), one).await;
    let other = open_with(database.config(), other).await;
    let position = put(&one, "1", 0, 2).await.streams[0].positions[0];
    assert_eq!(
        other.head(&stream("1")).await.expect("a head"),
        Version::ZERO
    );
    put(&other, "1", 0, 1).await;
    let read = ReadAll {
        after: Some(position),
        ..ReadAll::default()
    };
    let refusal = other
        .read_all(read)
        .await
        .expect_err("another store's position");
    assert_eq!(*refusal.kind(), ErrorKind::InvalidConfiguration);
    assert_eq!((visible(&one).await, visible(&other).await), (2, 1));
}

/// The grants that `docs/postgres.md` names.
const GRANTS: &str = include_str!("../../docs/postgres.md");

#[tokio::test]
async fn postgres_needs_no_more_rights_than_the_docs_name() {
    let Some(database) = database().await else {
        return;
    };
    open(&database).await;
    let owner = client(database.config()).await;
    let role = format!("app_{}", database.name());
    owner
        .batch_execute(&format!("CREATE ROLE {role} LOGIN"))
        .await
        .expect("a role");
    let (_, grants) = GRANTS
        .split_once("```sql grants\n")
        .expect("the grants in the docs");
    let (grants, _) = grants.split_once("```").expect("their end");
    owner
        .batch_execute(&grants.replace("app", &role))
        .await
        .expect("the grants");

    let mut config = database.config().clone();
    config.user(&role);
    let store = open_with(&config, PostgresOptions::default().migrate(false)).await;
    let one = commit("1", 0, 2);
    let first = store.append(one.clone()).await.expect("an append");
    let again = store.append(one).await.expect("a repetition");
    assert!(again.repeated && again.streams == first.streams);
    assert_eq!(visible(&store).await, 2);
    assert_eq!(store.order().await.expect("the order").unsettled, 0);
    let snapshots = store.snapshot_store().expect("snapshots");
    assert!(
        snapshots
            .list(&stream("1"))
            .await
            .expect("a list")
            .is_empty()
    );
    assert_eq!(
        snapshots
            .delete_category("order", None)
            .await
            .expect("a count"),
        0
    );

    let app = client(&config).await;
    for sql in [
        "DELETE FROM eventsourcing.events",
        "UPDATE eventsourcing.events SET version = 7",
        "SELECT setval('eventsourcing.events_position', 1)",
        "TRUNCATE eventsourcing.events",
        "DROP TABLE eventsourcing.events",
    ] {
        let refused = app.batch_execute(sql).await.expect_err(sql);
        assert_eq!(
            refused.code().map(|state| state.code().to_owned()),
            Some("42501".to_owned()),
            "{sql}"
        );
    }
    drop((app, store));
    let sql = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    // Its connections may still be closing.
    let _ = owner.batch_execute(&sql).await;
}

#[tokio::test]
async fn postgres_payloads_can_be_queried_and_keep_their_bytes() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let texts = [
        r#"{"quantity": 2, "b":-0.0,"a":1e5}"#,
        r#""\u0000""#,
        r#""\ud800""#,
        "{\"a\":1",
    ];
    let mut one = commit("1", 0, 0);
    one.streams[0].events = texts.into_iter().map(event).collect();
    store.append(one).await.expect("the events are stored");
    let page = store
        .read_stream(&stream("1"), ReadStream::from(Version::from(1)))
        .await;
    let page = page.expect("a page");
    assert!(
        page.iter()
            .map(|event| event.payload)
            .eq(texts.map(str::as_bytes))
    );

    let client = client(database.config()).await;
    let sql = "SELECT payload ->> 'quantity', (SELECT count(payload) FROM eventsourcing.events)
        FROM eventsourcing.events WHERE version = 1";
    let row = client.query_one(sql, &[]).await.expect("a row");
    // The last text is no JSON: it is kept as bytes.
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i64>(1)), ("2", 3));
}
