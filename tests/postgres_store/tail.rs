//! A reader that follows while others write: nothing skipped, nothing doubled, each stream in order. The naive cursor in the
//! same run skips.
//!
//! `TAIL_EVENTS` says how many events; 24,000 by default, 200,000 in `.ci/run`. Ten million, in a quarter of
//! an hour: `TAIL_EVENTS=10000000 cargo test --release -p eventsourcing-tests --test postgres_store -- --nocapture postgres_tailing`

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use eventsourcing::{
    EventStore as _, Position, PostgresStore,
    store::{
        PostgresOptions, ReadAll,
        tokio_postgres::{Client, Config},
    },
};
use uuid::Uuid;

use crate::bed::{client, commit, database, open_with};

/// One writer: its own stream, and its own way of taking its time.
struct Writer {
    store: PostgresStore,
    client: Client,
    id: String,
    per_append: usize,
    head: u64,
    stored: Vec<Uuid>,
}

impl Writer {
    /// How many events it stored.
    async fn write(&mut self) -> u64 {
        let one = commit(&self.id, self.head, self.per_append);
        let ids: Vec<_> = one.streams[0].events.iter().map(|event| event.id).collect();
        match fastrand::u32(0..20) {
            0..=15 => {
                self.store.append(one).await.expect("an append");
            }
            way => {
                let transaction = self.client.transaction().await.expect("a transaction");
                if way != 16 {
                    // An old transaction by the time it appends.
                    let sql = "INSERT INTO elsewhere VALUES (1)";
                    transaction.execute(sql, &[]).await.expect("a row");
                    pause(3_000).await;
                }
                self.store
                    .append_in(&transaction, one)
                    .await
                    .expect("an append");
                pause(5_000).await;
                if way == 19 {
                    transaction.rollback().await.expect("the rollback");
                    return 0;
                }
                transaction.commit().await.expect("the commit");
            }
        }
        let stored = ids.len() as u64;
        self.head += stored;
        self.stored.extend(ids);
        stored
    }
}

async fn pause(most_micros: u64) {
    tokio::time::sleep(Duration::from_micros(fastrand::u64(..most_micros))).await;
}

/// What a reader saw.
#[derive(Default)]
struct Seen {
    ids: HashSet<Uuid>,
    doubled: usize,
    heads: HashMap<String, u64>,
    disordered: usize,
    last: Option<Position>,
}

/// Follows until `left` writers have ended, and from there to the end.
async fn tail(store: PostgresStore, after: Option<Position>, left: Arc<AtomicUsize>) -> Seen {
    let mut seen = Seen {
        last: after,
        ..Seen::default()
    };
    loop {
        let last_look = left.load(Ordering::SeqCst) == 0;
        let read = ReadAll {
            after: seen.last,
            limit: fastrand::usize(1..700),
            ..ReadAll::default()
        };
        let page = store.read_all(read).await.expect("a page");
        for event in page.iter() {
            seen.doubled += usize::from(!seen.ids.insert(event.id));
            let head = seen.heads.entry(event.stream.to_owned()).or_default();
            seen.disordered += usize::from(event.version != *head + 1);
            *head = event.version.get();
        }
        seen.last = page.last().map(|event| event.position).or(seen.last);
        if last_look && page.is_empty() {
            return seen;
        }
    }
}

/// What everybody writes first: remember the highest position seen.
async fn naive(config: Config, left: Arc<AtomicUsize>, mut after: i64) -> u64 {
    let client = client(&config).await;
    let sql =
        "SELECT position FROM eventsourcing.events WHERE position > $1 ORDER BY position LIMIT 500";
    let mut seen = 0;
    loop {
        let last_look = left.load(Ordering::SeqCst) == 0;
        let rows = client.query(sql, &[&after]).await.expect("rows");
        seen += rows.len() as u64;
        after = rows.last().map_or(after, |row| row.get(0));
        if last_look && rows.is_empty() {
            return seen;
        }
    }
}

/// How many of the events: as many to each writer's append as to any other, and some to the slowest.
fn share(events: u64, writers: usize, per_append: usize) -> u64 {
    const ALL: u64 = (1 + 8 + 32) * (1 + 2 + 5 + 10);
    let share = events * (writers * per_append) as u64;
    share.div_ceil(ALL).max(events.min(12_000) / 12)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_tailing_readers_skip_and_double_nothing() {
    let Some(database) = database().await else {
        return;
    };
    let events = std::env::var("TAIL_EVENTS").ok();
    let events: u64 = events
        .and_then(|events| events.parse().ok())
        .unwrap_or(24_000);
    let options = PostgresOptions::default().connections(20);
    let config = database.config();
    let stores = [
        open_with(config, options.clone()).await,
        open_with(config, options.clone().coalesce(false)).await,
    ];
    let reader = open_with(config, options).await;
    client(config)
        .await
        .batch_execute("CREATE TABLE elsewhere (id int)")
        .await
        .expect("a table");

    let (mut after, mut place, mut total, mut skipped_by_naive) = (None, 0_i64, 0, 0);
    for writers in [1_usize, 8, 32] {
        for per_append in [1_usize, 2, 5, 10] {
            let wanted = share(events, writers, per_append);
            let begun = Instant::now();
            let left = Arc::new(AtomicUsize::new(writers));
            let written = Arc::new(AtomicU64::new(0));
            let tailing = tokio::spawn(tail(reader.clone(), after, Arc::clone(&left)));
            let naively = tokio::spawn(naive(config.clone(), Arc::clone(&left), place));
            let mut tasks = Vec::new();
            for number in 0..writers {
                let mut writer = Writer {
                    store: stores[number % 2].clone(),
                    client: client(config).await,
                    id: format!("{writers}-{per_append}-{number}"),
                    per_append,
                    head: 0,
                    stored: Vec::new(),
                };
                let (left, written) = (Arc::clone(&left), Arc::clone(&written));
                tasks.push(tokio::spawn(async move {
                    while written.load(Ordering::Relaxed) < wanted {
                        written.fetch_add(writer.write().await, Ordering::Relaxed);
                    }
                    left.fetch_sub(1, Ordering::SeqCst);
                    writer.stored
                }));
            }
            let mut appended = HashSet::new();
            for task in tasks {
                appended.extend(task.await.expect("no panic"));
            }
            let seen = tailing.await.expect("no panic");
            let naive = naively.await.expect("no panic");
            let what = format!("{writers} writers, {per_append} events an append");
            assert_eq!(appended.difference(&seen.ids).count(), 0, "skipped: {what}");
            assert_eq!(
                seen.ids.difference(&appended).count(),
                0,
                "never stored: {what}"
            );
            assert_eq!(
                (seen.doubled, seen.disordered),
                (0, 0),
                "doubled, out of order: {what}"
            );
            let skipped = appended.len() as u64 - naive;
            total += appended.len();
            skipped_by_naive += skipped;
            println!(
                "{what}: {} events in {:?}, the naive cursor skipped {skipped}",
                appended.len(),
                begun.elapsed()
            );
            after = seen.last;
            place = after.map_or(0, |after| after.offset().cast_signed());
        }
    }
    println!("{total} events: 0 skipped, 0 doubled; the naive cursor skipped {skipped_by_naive}");
    assert!(
        skipped_by_naive > 0,
        "the naive cursor skipped nothing: this run shows nothing"
    );
}
