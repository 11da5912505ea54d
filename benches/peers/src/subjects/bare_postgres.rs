//! The driver and nothing else, on the library's own table: the floor of every row over PostgreSQL. Nothing here keeps an
//! order that readers could follow.

use std::collections::HashMap;

use eventsourcing::store::tokio_postgres::{Client, Config, NoTls, Row, Statement};
use uuid::Uuid;

use crate::{Result, callers::Append, domain::Item, sample::Checked};

/// One row, in a transaction of its own.
const INSERT: &str = "INSERT INTO eventsourcing.events
    (position, version, event_version, recorded_at, id, commit_id, stream, name, codec, payload, metadata)
    VALUES (nextval('eventsourcing.events_position'), $1, 1, now(), $2, $3, $4, $5, 'json', $6::text::json, '')";

/// All rows, in one statement.
const INSERT_ALL: &str = "INSERT INTO eventsourcing.events
    (position, version, event_version, recorded_at, id, commit_id, stream, name, codec, payload, metadata)
    SELECT nextval('eventsourcing.events_position'), e.version, 1, now(), e.id, e.id, $1, e.name, 'json', e.payload::json, ''
    FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[]) AS e (version, id, name, payload)";

/// How to connect, as one text.
pub(crate) fn text(config: &Config) -> String {
    use eventsourcing::store::tokio_postgres::config::Host;
    let mut text = String::new();
    let mut add = |key: &str, value: &str| {
        let value = value.replace('\\', "\\\\").replace('\'', "\\'");
        text.extend([key, "='", &value, "' "]);
    };
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => add("host", host),
        Some(Host::Unix(folder)) => add("host", &folder.to_string_lossy()),
        None => {}
    }
    if let Some(port) = config.get_ports().first() {
        add("port", &port.to_string());
    }
    if let Some(user) = config.get_user() {
        add("user", user);
    }
    if let Some(database) = config.get_dbname() {
        add("dbname", database);
    }
    text
}

pub(crate) async fn connect(config: &str) -> Result<Client> {
    let (client, connection) = config.parse::<Config>()?.connect(NoTls).await?;
    tokio::spawn(connection);
    let durable = client.query_one(
        "SELECT current_setting('fsync') || current_setting('synchronous_commit')",
        &[],
    );
    assert_eq!(
        durable.await?.get::<_, String>(0),
        "onon",
        "a commit is on the disk"
    );
    Ok(client)
}

fn name(version: u64) -> &'static str {
    if version == 1 { "Opened" } else { "ItemAdded" }
}

/// Connections that callers share.
#[derive(Clone)]
pub(crate) struct Bare(std::sync::Arc<Vec<(Client, Statement)>>);

impl Bare {
    pub(crate) async fn new(config: &str, connections: u64) -> Result<Self> {
        let mut all = Vec::new();
        for _ in 0..connections {
            let client = connect(config).await?;
            let insert = client.prepare(INSERT).await?;
            all.push((client, insert));
        }
        Ok(Self(all.into()))
    }
}

impl Append for Bare {
    type Stream = (String, u64, usize);

    fn begin(&self, id: &str) -> Self::Stream {
        let place = id.parse::<usize>().unwrap_or_default() % self.0.len();
        (format!("order/{id}"), 0, place)
    }

    async fn append(&self, (stream, stored, place): &mut Self::Stream, events: u64) -> Result {
        let (client, insert) = &self.0[*place];
        for version in *stored + 1..=*stored + events {
            let (id, payload) = (
                Uuid::now_v7(),
                serde_json::to_string(&Item::of_version(version))?,
            );
            let version_column = i64::try_from(version)?;
            client
                .execute(
                    insert,
                    &[&version_column, &id, &id, stream, &name(version), &payload],
                )
                .await?;
        }
        *stored += events;
        Ok(())
    }
}

/// So many events of one stream, in one transaction.
pub(crate) async fn bulk(client: &Client, stream: &str, after: u64, events: u64) -> Result {
    let versions: Vec<i64> = (i64::try_from(after)? + 1..)
        .take(usize::try_from(events)?)
        .collect();
    let ids: Vec<Uuid> = versions.iter().map(|_| Uuid::now_v7()).collect();
    let names: Vec<&str> = versions
        .iter()
        .map(|version| name(version.unsigned_abs()))
        .collect();
    let payloads: Vec<String> = versions
        .iter()
        .map(|version| serde_json::to_string(&Item::of_version(version.unsigned_abs())))
        .collect::<Result<_, _>>()?;
    client
        .execute(INSERT_ALL, &[&stream, &versions, &ids, &names, &payloads])
        .await?;
    Ok(())
}

/// What the events take, with all indexes, in bytes.
pub(crate) async fn size(client: &Client, table: &str) -> Result<u64> {
    let sql = "SELECT pg_total_relation_size($1::text::regclass)";
    let size: i64 = client.query_one(sql, &[&table]).await?.get(0);
    Ok(size.unsigned_abs())
}

/// Every row of the library's table beside what was acknowledged, by order id.
pub(crate) async fn check(client: &Client, acknowledged: HashMap<String, u64>) -> Result<Checked> {
    let sql = "SELECT substr(stream, 7), version, payload::text FROM eventsourcing.events ORDER BY stream, version";
    let rows = client.query(sql, &[]).await?;
    Checked::rows(
        acknowledged,
        rows.iter().map(|row| {
            let item: Item = serde_json::from_str(row.get(2))?;
            Ok((row.get(0), version(row), item.quantity))
        }),
    )
}

pub(super) fn version(row: &Row) -> u64 {
    row.get::<_, i64>(1).unsigned_abs()
}
