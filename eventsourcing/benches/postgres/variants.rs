//! The ways to keep an order that are compared. All are the library's own store, table and statements; the function that
//! takes the fence is replaced, so that nothing else differs.

use std::time::{Duration, Instant};

use eventsourcing::{
    EventStore as _, PostgresStore, StreamId, Version,
    store::{
        Commit, NewEvent, PostgresOptions, StreamCommit,
        tokio_postgres::{Config, NoTls},
    },
    testing::postgres::PostgresServer,
};
use uuid::Uuid;

use crate::Result;

/// How long each variant appends in each round.
const TIME: Duration = Duration::from_millis(1_500);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Variant {
    NoOrder,
    Fence,
    Coalesced,
    AdvisoryLock,
    TableLock,
}

impl Variant {
    pub(crate) const ALL: [Self; 5] = [
        Self::NoOrder,
        Self::Fence,
        Self::Coalesced,
        Self::AdvisoryLock,
        Self::TableLock,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::NoOrder => "no order at all: readers skip",
            Self::Fence => "the fence, un-coalesced",
            Self::Coalesced => "the fence, coalesced (the default)",
            Self::AdvisoryLock => "one advisory lock, un-coalesced",
            Self::TableLock => "LOCK TABLE … IN EXCLUSIVE MODE, un-coalesced",
        }
    }

    /// What stands in the fence's place.
    fn instead(self) -> Option<&'static str> {
        match self {
            Self::Fence | Self::Coalesced => None,
            Self::NoOrder => Some("LANGUAGE sql AS 'SELECT true'"),
            Self::AdvisoryLock => {
                Some("LANGUAGE sql AS 'SELECT pg_advisory_xact_lock(1)::text IS NULL'")
            }
            Self::TableLock => Some(
                "LANGUAGE plpgsql AS 'BEGIN LOCK TABLE eventsourcing.events IN EXCLUSIVE MODE; RETURN true; END'",
            ),
        }
    }

    /// In a new database.
    pub(crate) async fn appends_a_second(
        self,
        server: &PostgresServer,
        clients: usize,
    ) -> Result<f64> {
        let database = server.database().await?;
        let config = database.config();
        let options = PostgresOptions::default()
            .connections(clients.max(2))
            .coalesce(matches!(self, Self::Coalesced));
        let store = PostgresStore::connect_config(config.clone(), options).await?;
        if let Some(instead) = self.instead() {
            replace_fence(config, instead).await?;
        }
        // Connections are made and plans are kept before it counts.
        run(&store, clients, "warm", TIME / 5).await?;
        let begun = Instant::now();
        let appends = run(&store, clients, "measured", TIME).await?;
        let took = begun.elapsed();
        store.close().await;
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 appends")]
        Ok(appends as f64 / took.as_secs_f64())
    }
}

async fn replace_fence(config: &Config, instead: &str) -> Result {
    let (client, connection) = config.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    let head =
        "CREATE OR REPLACE FUNCTION eventsourcing.fence_1(wanted uuid) RETURNS boolean VOLATILE";
    client.batch_execute(&format!("{head} {instead}")).await?;
    drop(client);
    connection.await??;
    Ok(())
}

/// Each client appends to a stream of its own, one event at a time. Answers how many appends were acknowledged.
async fn run(store: &PostgresStore, clients: usize, name: &str, time: Duration) -> Result<u64> {
    let end = Instant::now() + time;
    let mut tasks = Vec::new();
    for client in 0..clients {
        let stream = StreamId::new("order", &format!("{name}-{client}"))?;
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut version = 0;
            while Instant::now() < end {
                store.append(one(&stream, version)).await?;
                version += 1;
            }
            Ok::<_, eventsourcing::Error>(version)
        }));
    }
    let mut appends = 0;
    for task in tasks {
        appends += task.await??;
    }
    Ok(appends)
}

fn one(stream: &StreamId, version: u64) -> Commit {
    let payload = r#"{"product_id":"550e8400-e29b-41d4-a716-446655440000","product_name":"Premium Widget","quantity":2,"unit_price":99.99,"currency":"EUR","note":"gift"}"#;
    let event = NewEvent {
        id: Uuid::now_v7(),
        name: "OrderItemAdded".into(),
        event_version: 1,
        codec: "json".into(),
        payload: payload.into(),
        metadata: "".into(),
    };
    Commit {
        id: Uuid::now_v7(),
        streams: vec![StreamCommit {
            stream: stream.clone(),
            expected: Version::from(version),
            after: None,
            events: vec![event],
        }],
    }
}
