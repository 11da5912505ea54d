//! One store, several runtimes: some end before their time, some are driven only while somebody waits in them.

use std::{future::Future, pin::Pin, task::Poll, time::Duration};

use eventsourcing::{
    EventStore as _, Version,
    store::{PostgresOptions, ReadStream},
};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use crate::bed::{client, commit, database, open, open_with, put, stream};

/// Longer than any of it takes: what hangs, hangs for ever.
const LONG: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

#[test]
fn postgres_appends_go_on_after_a_runtime_has_ended() {
    let Some(database) = runtime().block_on(database()) else {
        return;
    };
    let first = runtime();
    let store = first.block_on(open(&database));
    first.block_on(async {
        // Its caller gives up at once: nobody has begun to store it.
        let mut append = store.append(commit("1", 0, 1));
        std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut append).poll(context).is_ready()))
            .await;
    });
    drop(first);
    runtime().block_on(async {
        let append = timeout(LONG, store.append(commit("2", 0, 1))).await;
        append.expect("an answer").expect("it is stored");
        timeout(LONG, store.close()).await.expect("it is closed");
    });
}

#[test]
fn postgres_appends_do_not_wait_for_runtimes_that_nobody_drives() {
    let Some(database) = runtime().block_on(database()) else {
        return;
    };
    let runtimes = [runtime(), runtime(), runtime()];
    let options = PostgresOptions::default().coalesce(true);
    let store = runtimes[0].block_on(open_with(database.config(), options));
    for round in 0..4 {
        for (number, runtime) in runtimes.iter().enumerate() {
            runtime.block_on(async {
                let id = format!("{round}-{number}");
                let append = timeout(LONG, store.append(commit(&id, 0, 1))).await;
                append.expect("an answer").expect("it is stored");
            });
        }
    }
    // Two at once for a stream that a transaction has open: who is answered drives nothing any more.
    let held = runtime();
    std::thread::scope(|scope| {
        let driven = scope.spawn(|| {
            held.block_on(async {
                let mut holder = client(database.config()).await;
                let transaction = holder.transaction().await.expect("a transaction");
                let append = store.append_in(&transaction, commit("held", 0, 1)).await;
                append.expect("an append");
                tokio::time::sleep(Duration::from_millis(400)).await;
                transaction.commit().await.expect("the commit");
            });
        });
        std::thread::sleep(Duration::from_millis(150));
        let mut waiting = Vec::new();
        for runtime in &runtimes {
            waiting.push(scope.spawn(|| {
                let append = store.append(commit("held", 0, 1));
                runtime.block_on(async { timeout(LONG, append).await })
            }));
        }
        driven.join().expect("no panic");
        for append in waiting {
            let append = append.join().expect("no panic").expect("an answer");
            assert!(append.expect_err("it lost").is_conflict());
        }
    });
    runtimes[1].block_on(async { put(&store, "last", 0, 1).await });
}

/// Of more events than are read by the reader itself.
fn long_read(limit: usize) -> ReadStream {
    ReadStream::from(Version::from(1)).limit(limit)
}

fn threads(count: usize) -> Runtime {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(count).enable_all().build();
    runtime.expect("a runtime")
}

#[test]
fn postgres_long_pages_that_were_given_up_hold_no_connections() {
    const EVENTS: usize = 4_000;
    let Some(database) = runtime().block_on(database()) else {
        return;
    };
    let runtimes = [runtime(), threads(2), runtime()];
    // As many as are given up each time.
    let options = PostgresOptions::default().connections(2);
    let store = runtimes[0].block_on(open_with(database.config(), options));
    runtimes[0].block_on(async {
        for version in (0..EVENTS as u64).step_by(1_000) {
            put(&store, "1", version, 1_000).await;
        }
    });
    let wanted = stream("1");
    let read = || store.read_stream(&wanted, long_read(EVENTS));
    for round in 0..60_u64 {
        let runtime = &runtimes[usize::try_from(round % 3).expect("a place")];
        runtime.block_on(async {
            // Somewhere on their way; the last ones may come in time.
            let patience = Duration::from_micros(round * 100);
            let both = futures_util::future::join(read(), read());
            let _ = timeout(patience, both).await;
        });
        let next = &runtimes[usize::try_from((round + round / 3) % 3).expect("a place")];
        let page = next.block_on(async { timeout(LONG, read()).await });
        let page = page.expect("an answer").expect("a page");
        assert_eq!(page.len(), EVENTS);
    }
}

#[test]
fn postgres_who_gives_up_a_long_page_and_keeps_its_thread_holds_no_connection() {
    threads(4).block_on(async {
        let Some(database) = database().await else {
            return;
        };
        let options = PostgresOptions::default()
            .connections(2)
            .pool_wait(Duration::from_millis(1_500));
        let store = open_with(database.config(), options).await;
        put(&store, "1", 0, 200).await;
        let other = client(database.config()).await;
        let locked = "BEGIN; LOCK TABLE eventsourcing.events IN ACCESS EXCLUSIVE MODE";
        other.batch_execute(locked).await.expect("the lock");
        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let goes_on = std::sync::Arc::new(std::sync::Mutex::new(goes_on));
        let readers = [(); 2].map(|()| {
            let (store, goes_on) = (store.clone(), goes_on.clone());
            tokio::spawn(async move {
                let wanted = stream("1");
                let read = store.read_stream(&wanted, long_read(129));
                let page = timeout(Duration::from_millis(200), read).await;
                page.expect_err("the table is locked");
                // It computes. The other one waits for the mutex.
                let _ = goes_on.lock().expect("no panic").recv_timeout(LONG);
            })
        });
        tokio::time::sleep(Duration::from_millis(400)).await;
        other.batch_execute("ROLLBACK").await.expect("the end");
        let head = timeout(LONG, store.head(&stream("1"))).await;
        let head = head.expect("an answer").expect("a connection is free");
        assert_eq!(head, Version::from(200));
        drop(go_on);
        for reader in readers {
            reader.await.expect("no panic");
        }
    });
}
