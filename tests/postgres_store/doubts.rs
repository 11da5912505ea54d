//! Connections that are lost and servers that are killed, under load: nobody is told a falsehood.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use eventsourcing::{
    ErrorKind, EventStore as _, PostgresStore,
    store::{Commit, PostgresOptions},
    testing::postgres::PostgresServer,
};
use tokio::task::JoinHandle;

use crate::bed::{client, commit, database, ids, open_with};

/// What became of each commit of a stream.
#[derive(Default)]
struct Told {
    stored: Vec<Commit>,
    refused: Vec<Commit>,
    unknown: usize,
}

/// Appends to a stream of its own until it is told to stop. What is not stored for sure is asked for again, as a caller would.
fn writer(
    store: PostgresStore,
    id: String,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
) -> JoinHandle<Told> {
    tokio::spawn(async move {
        let (mut told, mut head) = (Told::default(), 0);
        while !stop.load(Ordering::Relaxed) {
            let count = 1 + head % 3;
            let one = commit(&id, head, usize::try_from(count).expect("a few"));
            loop {
                match store.append(one.clone()).await {
                    Ok(_) => {
                        head += count;
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                        told.stored.push(one);
                        break;
                    }
                    Err(error) if *error.kind() == ErrorKind::OutcomeUnknown => told.unknown += 1,
                    // Nothing of it is stored: it is never asked for again, and must never show.
                    Err(error) if *error.kind() == ErrorKind::Unavailable => {
                        told.refused.push(one);
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        break;
                    }
                    // Nobody else writes to this stream.
                    Err(error) => panic!("{id}: {error}"),
                }
            }
        }
        told
    })
}

/// Writers, and something that happens to them so many times. Answers how many saves were acknowledged.
async fn under_load(stores: &[PostgresStore], times: usize, mut happens: impl AsyncFnMut()) -> u64 {
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..16)
        .map(|number| {
            let store = stores[number % stores.len()].clone();
            writer(
                store,
                number.to_string(),
                Arc::clone(&stop),
                Arc::clone(&acknowledged),
            )
        })
        .collect();
    for _ in 0..times {
        let before = acknowledged.load(Ordering::Relaxed);
        // Only under load: each time some saves must have come through since the last one.
        while acknowledged.load(Ordering::Relaxed) < before + 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        happens().await;
    }
    stop.store(true, Ordering::Relaxed);
    for (number, writer) in writers.into_iter().enumerate() {
        let told = writer.await.expect("no panic");
        let wanted: Vec<_> = told
            .stored
            .iter()
            .flat_map(|one| &one.streams[0].events)
            .map(|event| event.id)
            .collect();
        // Every acknowledged save is there, none twice, and nothing else.
        let seen = ids(&stores[0], &number.to_string()).await;
        assert_eq!(
            seen,
            wanted,
            "stream {number}, {} refused, {} unknown",
            told.refused.len(),
            told.unknown
        );
    }
    acknowledged.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_connections_that_are_terminated_lose_and_double_nothing() {
    let Some(database) = database().await else {
        return;
    };
    let mut stores = Vec::new();
    for coalesce in [true, false] {
        let options = PostgresOptions::default().coalesce(coalesce);
        stores.push(open_with(database.config(), options).await);
    }
    let killer = client(database.config()).await;
    let ended = AtomicU64::new(0);
    under_load(&stores, 60, async || {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'eventsourcing' AND random() < 0.5) AS picked";
        let count: i64 = killer.query_one(sql, &[]).await.expect("a count").get(0);
        ended.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
    })
    .await;
    assert!(ended.into_inner() > 30, "hardly any connection was ended");
}

/// `POSTGRES_KILLS` says how many times; 3 by default.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_servers_that_are_killed_lose_and_double_nothing() {
    if PostgresServer::for_tests().is_none()
        || std::env::var_os("EVENTSOURCING_TEST_POSTGRES").is_some()
    {
        return;
    }
    let kills = std::env::var("POSTGRES_KILLS").ok();
    let kills = kills.and_then(|kills| kills.parse().ok()).unwrap_or(3);
    let server = PostgresServer::start(&[]).expect("a server of its own");
    let database = server.database().await.expect("a database");
    let mut stores = Vec::new();
    for coalesce in [true, false] {
        let options = PostgresOptions::default().coalesce(coalesce);
        stores.push(open_with(database.config(), options).await);
    }
    under_load(&stores, kills, async || {
        tokio::task::block_in_place(|| {
            server.kill().expect("the kill");
            server.restart().expect("the restart");
        });
    })
    .await;
}
