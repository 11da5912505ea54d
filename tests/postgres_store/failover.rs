//! A primary that becomes a standby, and several servers in one URL.

use std::{fs, path::PathBuf};

use eventsourcing::{
    ErrorKind, EventStore as _, PostgresStore,
    store::{PostgresOptions, ReadAll, tokio_postgres::config::Host},
    testing::postgres::PostgresServer,
};

use crate::bed::{client, commit, open, open_with, put, stream, visible};

/// Ends the server and starts it as a standby, or no longer as one.
fn restart(server: &PostgresServer, data: &str, as_standby: bool) {
    let signal = PathBuf::from(data).join("standby.signal");
    tokio::task::block_in_place(|| {
        server.kill().expect("the kill");
        if as_standby {
            fs::write(&signal, "").expect("the signal");
        } else {
            fs::remove_file(&signal).expect("no signal");
        }
        server.restart().expect("the restart");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_standbys_are_neither_read_nor_written() {
    let Some(other) = PostgresServer::for_tests() else {
        return;
    };
    if std::env::var_os("EVENTSOURCING_TEST_POSTGRES").is_some() {
        return;
    }
    let server = PostgresServer::start(&[]).expect("a server of its own");
    let database = server.database().await.expect("a database");
    let store = open(&database).await;
    put(&store, "1", 0, 2).await;
    let admin = client(database.config()).await;
    let row = admin.query_one("SHOW data_directory", &[]).await;
    let data: String = row.expect("the folder").get(0);

    restart(&server, &data, true);
    let head = store.head(&stream("1")).await.expect_err("a standby");
    assert_eq!(*head.kind(), ErrorKind::Unavailable, "{head}");
    assert!(
        head.to_string().contains("the server is a standby"),
        "{head}"
    );
    for refused in [
        store.read_all(ReadAll::default()).await.map(drop),
        store.append(commit("1", 2, 1)).await.map(drop),
        store.append(commit("1", 0, 1)).await.map(drop),
        PostgresStore::connect_config(database.config().clone(), PostgresOptions::default())
            .await
            .map(drop),
    ] {
        let refused = refused.expect_err("a standby");
        assert_eq!(*refused.kind(), ErrorKind::Unavailable, "{refused}");
    }

    // The standby is named first, and takes connections.
    let primary = other.database().await.expect("a database");
    let admin = client(primary.config()).await;
    let name = database.name();
    let sql = format!("CREATE DATABASE {name}");
    admin.batch_execute(&sql).await.expect("a database");
    let mut both = database.config().clone();
    match &primary.config().get_hosts()[0] {
        Host::Tcp(name) => both.host(name),
        Host::Unix(path) => both.host_path(path),
    };
    let found = open_with(&both, PostgresOptions::default()).await;
    put(&found, "2", 0, 1).await;
    assert_eq!(visible(&found).await, 1);
    found.close().await;
    let sql = format!("DROP DATABASE {name} WITH (FORCE)");
    admin.batch_execute(&sql).await.expect("it goes");

    restart(&server, &data, false);
    put(&store, "1", 2, 1).await;
    assert_eq!(visible(&store).await, 3);
}
