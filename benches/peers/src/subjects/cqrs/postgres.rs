//! `cqrs-es` over `postgres-es`.

use std::collections::HashMap;

use cqrs_es::persist::PersistedEventStore;
use eventsourcing::store::tokio_postgres::{Client, Config, config::Host};
use postgres_es::PostgresEventRepository;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::{Order, OrderEvent};
use crate::{Result, sample::Checked, subjects::bare_postgres};

pub(crate) type Store = PersistedEventStore<PostgresEventRepository, Order>;

/// The table of `postgres-es`, as its script makes it.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS public.events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );";

/// A pool as its own (`default_postgress_pool`: ten connections).
pub(crate) async fn store(config: &str) -> Result<(Store, PgPool)> {
    let config: Config = config.parse()?;
    let mut options = PgConnectOptions::new_without_pgpass();
    options = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => options.host(host),
        Some(Host::Unix(folder)) => options.socket(folder),
        None => options,
    };
    if let Some(port) = config.get_ports().first() {
        options = options.port(*port);
    }
    if let Some(user) = config.get_user() {
        options = options.username(user);
    }
    if let Some(database) = config.get_dbname() {
        options = options.database(database);
    }
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(TABLE).execute(&pool).await?;
    let repository = PostgresEventRepository::new(pool.clone());
    Ok((PersistedEventStore::new_event_store(repository), pool))
}

/// Order `0`, of so many events.
pub(crate) async fn fill(client: &Client, events: u64) -> Result {
    client.batch_execute(TABLE).await?;
    let versions: Vec<i64> = (1..).take(usize::try_from(events)?).collect();
    let all: Vec<OrderEvent> = (1..=events).map(OrderEvent::of_version).collect();
    let names: Vec<String> = all.iter().map(cqrs_es::DomainEvent::event_type).collect();
    let payloads: Vec<String> = all
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    let sql = "INSERT INTO public.events
        SELECT 'order', '0', e.version, e.name, '1', e.payload::json, '{}'
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS e (version, name, payload)";
    client.execute(sql, &[&versions, &names, &payloads]).await?;
    Ok(())
}

/// Every row beside what was acknowledged, by order id.
pub(crate) async fn check(client: &Client, acknowledged: HashMap<String, u64>) -> Result<Checked> {
    let sql = "SELECT aggregate_id, sequence, payload::text FROM public.events ORDER BY aggregate_id, sequence";
    let rows = client.query(sql, &[]).await?;
    Checked::rows(
        acknowledged,
        rows.iter().map(|row| {
            let event: OrderEvent = serde_json::from_str(row.get(2))?;
            Ok((
                row.get(0),
                bare_postgres::version(row),
                event.item().quantity,
            ))
        }),
    )
}
