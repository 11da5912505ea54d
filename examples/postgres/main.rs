//! The orders of the example `snapshotting` in production form, over PostgreSQL: a pool of 20 connections, a snapshot every
//! 100 events, taken in the background; orders that are submitted together with an outbox row; and a read model that
//! follows all events and never misses one.
//!
//! `cargo run -p eventsourcing-examples --features postgres --example postgres`, with `-- --url postgres://…` for a server
//! that is running. Without one it starts its own, from the binaries that are installed, and removes it in the end.
//!
//! `desk.rs` has the commands, `overview.rs` the read model; the domain is that of `snapshotting`.

mod desk;
#[path = "../snapshotting/order/mod.rs"]
mod order;
mod overview;

use std::{error::Error, process::ExitCode, time::Instant};

use clap::Parser;
use eventsourcing::{
    Application, SnapshotMode, SnapshotPolicy,
    store::{
        PostgresOptions, PostgresStore,
        tokio_postgres::{Client, Config, NoTls},
    },
    testing::postgres::PostgresServer,
};

use self::{desk::Desk, overview::Overview};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Event-sourced orders over PostgreSQL, as they would stand in production.
#[derive(Debug, Parser)]
struct Args {
    /// The server, of a role that may create schemas; default: one that is started for this run.
    #[arg(long, value_name = "URL")]
    url: Option<Config>,

    /// So many orders, each by a task of its own.
    #[arg(long, value_name = "N", default_value_t = 8)]
    orders: usize,

    /// So many items in each order.
    #[arg(long, value_name = "N", default_value_t = 120)]
    items: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result {
    let Some(config) = args.url else {
        let server = PostgresServer::start(&[])?;
        let database = server.database().await?;
        let config = database.config().clone();
        return work(&config, args.orders, args.items).await;
    };
    work(&config, args.orders, args.items).await
}

async fn work(config: &Config, orders: usize, items: u32) -> Result {
    // As large as the document's: 20, and 10 more under load.
    let options = PostgresOptions::default().connections(30);
    let store = PostgresStore::connect_config(config.clone(), options).await?;
    let app = Application::builder(store.clone())
        .snapshots(SnapshotPolicy::every(100))
        .snapshot_mode(SnapshotMode::Background)
        .build()?;
    let desk = Desk::new(store.clone(), app.repository()?);
    connect(config).await?.batch_execute(TABLES).await?;

    let mut overview = Overview::new(store.clone(), connect(config).await?);
    let before = overview.follow_to_the_end().await?;
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..orders {
        let (desk, client) = (desk.clone(), connect(config).await?);
        tasks.push(tokio::spawn(
            async move { desk.one_order(client, items).await },
        ));
    }
    // Meanwhile: the read model is as far as the events that are settled.
    let mut followed = 0;
    while tasks.iter().any(|task| !task.is_finished()) {
        followed += overview.follow().await?;
    }
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await??);
    }
    let took = begun.elapsed();
    followed += overview.follow_to_the_end().await?;

    let events = orders * (2 + items as usize);
    println!("{orders} orders of {items} items by as many tasks: {events} events in {took:.2?}");
    println!("The read model has followed {followed} events, after {before} of earlier runs");
    if followed != events {
        return Err(format!("the read model has seen {followed} of {events} events").into());
    }
    app.close().await;
    for id in ids {
        let (order, snapshot) = desk.look(id).await?;
        let row = overview.row(id).await?;
        println!(
            "{id}: {} items, {:.2}, {}, version {}, snapshot at {snapshot}",
            row.items,
            row.total,
            order.status,
            order.version()
        );
        if (row.items, row.total) != (i64::try_from(order.item_count())?, order.total_amount) {
            return Err("the read model differs from the order".into());
        }
    }
    println!("{} rows wait in the outbox", overview.outbox().await?);
    println!("{:?}", store.order().await?);
    store.close().await;
    Ok(())
}

/// A connection beside the store's: for transactions of the application's own.
async fn connect(config: &Config) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

const TABLES: &str = "
    CREATE SCHEMA IF NOT EXISTS shop;
    CREATE TABLE IF NOT EXISTS shop.outbox (id bigserial PRIMARY KEY, order_id uuid NOT NULL, text text NOT NULL);
    CREATE TABLE IF NOT EXISTS shop.orders (id uuid PRIMARY KEY, items bigint NOT NULL, total float8 NOT NULL);
    CREATE TABLE IF NOT EXISTS shop.followed (only_row bool PRIMARY KEY CHECK (only_row), position text NOT NULL);";
