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

#[test]
fn postgres_a_long_page_that_nobody_waits_for_any_more_holds_no_connection() {
    const EVENTS: usize = 4_000;
    let Some(database) = runtime().block_on(database()) else {
        return;
    };
    let several = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtimes = [runtime(), several.expect("a runtime"), runtime()];
    // The only connection is the reader's.
    let options = PostgresOptions::default().connections(1);
    let store = runtimes[0].block_on(open_with(database.config(), options));
    runtimes[0].block_on(async {
        for version in (0..EVENTS as u64).step_by(1_000) {
            put(&store, "1", version, 1_000).await;
        }
    });
    let wanted = stream("1");
    let read = || store.read_stream(&wanted, ReadStream::from(Version::from(1)).limit(EVENTS));
    for round in 0..60_u64 {
        let runtime = &runtimes[usize::try_from(round % 3).expect("a place")];
        runtime.block_on(async {
            let patience = Duration::from_micros(round * 100);
            // Given up somewhere on its way; the last ones may come in time.
            let _ = timeout(patience, read()).await;
        });
        let next = &runtimes[usize::try_from((round + round / 3) % 3).expect("a place")];
        let page = next.block_on(async { timeout(LONG, read()).await });
        let page = page.expect("an answer").expect("a page");
        assert_eq!(page.len(), EVENTS);
    }
}
