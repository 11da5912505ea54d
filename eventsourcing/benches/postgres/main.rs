//! What the order of all events costs who appends: the library's way beside the same inserts with no order at all, and
//! beside locks that make writers queue.
//!
//! `cargo bench -p eventsourcing --features postgres,testing --bench postgres -- [rounds [clients]]`, 12 rounds with 1, 8 and
//! 32 clients by default. A server is started with its default settings, durable, in the system's temporary folder. Each round runs every variant, one behind
//! the other; ratios are of figures of the same round, and their median is printed. Figures of one machine differ from
//! round to round more than the ratios do.
//!
//! How much a lock costs is a question of the disk: it is held while the commit is synced. So the largest number of clients is
//! run once more on a server that waits 2 ms before each sync (`commit_delay`), as on a disk that takes so much longer.

mod disk;
mod variants;

use std::error::Error;

use eventsourcing::testing::postgres::PostgresServer;

use self::variants::Variant;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: usize = 12;

fn main() -> Result {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let rounds = numbers.next().unwrap_or(ROUNDS);
    let clients = numbers
        .next()
        .map_or(vec![1, 8, 32], |clients| vec![clients]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(rounds, &clients))
}

/// Before each sync, in microseconds.
const SLOW: &str = "2000";

async fn run(rounds: usize, clients: &[usize]) -> Result {
    let sync = disk::sync_latency()?;
    println!("one fdatasync of 8 KiB: {sync:?} (median of 500)\n");
    let server = PostgresServer::start(&[])?;
    compare(&server, rounds, clients).await?;
    drop(server);
    let slow = PostgresServer::start(&[("commit_delay", SLOW), ("commit_siblings", "0")])?;
    println!("with {SLOW} µs before each sync\n");
    let most = clients.iter().copied().max();
    compare(&slow, rounds, most.as_slice()).await
}

async fn compare(server: &PostgresServer, rounds: usize, clients: &[usize]) -> Result {
    for clients in clients.iter().copied() {
        let mut rates = vec![Vec::new(); Variant::ALL.len()];
        let mut orders: Vec<usize> = (0..rates.len()).collect();
        for _ in 0..rounds {
            // No variant is always the first one, on a fresh cache or behind the same neighbour.
            orders.rotate_left(1);
            for at in &orders {
                let rate = Variant::ALL[*at].appends_a_second(server, clients).await?;
                rates[*at].push(rate);
            }
        }
        print(clients, &rates);
    }
    Ok(())
}

fn print(clients: usize, rates: &[Vec<f64>]) {
    println!(
        "{clients} clients, 1 event an append, {} rounds",
        rates[0].len()
    );
    println!(
        "{:<52}{:>10}{:>14}{:>16}{:>16}",
        "", "appends/s", "to no order", "to table lock", "to un-coalesced"
    );
    for (variant, own) in Variant::ALL.iter().zip(rates) {
        let [none, table, alone] =
            [Variant::NoOrder, Variant::TableLock, Variant::Fence].map(|to| {
                let others = &rates[to as usize];
                let ratios = own.iter().zip(others).map(|(own, other)| own / other);
                median(ratios.collect())
            });
        println!(
            "{:<52}{:>10.0}{none:>14.2}{table:>16.2}{alone:>16.2}",
            variant.title(),
            median(own.clone())
        );
    }
    println!();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
