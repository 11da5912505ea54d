//! Reading: page borders, directions, filters, the global order.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use eventsourcing::{
    ErrorKind, Position, StreamId, Version,
    store::{Direction, EventStore, ReadAll, ReadStream, SqliteStore},
};
use uuid::Uuid;

use super::{File, commit, event, events, follow, head, kind, put, stream};

async fn versions(store: &SqliteStore, read: ReadStream) -> (Vec<u64>, bool) {
    let page = store.read_stream(&stream("1"), read).await.unwrap();
    let versions = page.iter().map(|e| e.version.get()).collect();
    (versions, page.has_more())
}

fn range(from: u64, to: u64, limit: usize) -> ReadStream {
    ReadStream {
        versions: from..=to,
        limit,
        ..ReadStream::from(Version::from(1))
    }
}

#[tokio::test]
async fn pages_end_at_the_limit_and_say_whether_the_range_goes_on() {
    let store = SqliteStore::in_memory().await.unwrap();
    put(&store, "1", 0, 10).await.unwrap();
    put(&store, "2", 0, 10).await.unwrap();
    assert_eq!(
        versions(&store, range(1, 10, 10)).await,
        ((1..=10).collect(), false)
    );
    assert_eq!(
        versions(&store, range(1, 9, 9)).await,
        ((1..=9).collect(), false)
    );
    assert_eq!(
        versions(&store, range(1, 10, 9)).await,
        ((1..=9).collect(), true)
    );
    assert_eq!(
        versions(&store, range(3, 5, 100)).await,
        (vec![3, 4, 5], false)
    );
    assert_eq!(
        versions(&store, range(0, 2, 100)).await,
        (vec![1, 2], false)
    );
    assert_eq!(
        versions(&store, range(11, u64::MAX, 1)).await,
        (vec![], false)
    );
    assert_eq!(
        versions(&store, range(u64::MAX, u64::MAX, 1)).await,
        (vec![], false)
    );
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = range(5, 3, 10);
    assert_eq!(versions(&store, reversed).await, (vec![], false));
    assert_eq!(versions(&store, range(1, 10, 0)).await, (vec![1], true));
    assert_eq!(versions(&store, ReadStream::last()).await, (vec![10], true));
    let mut backwards = range(2, 8, 3);
    backwards.direction = Direction::Backward;
    assert_eq!(versions(&store, backwards).await, (vec![8, 7, 6], true));
    let none = store
        .read_stream(&stream("none"), ReadStream::last())
        .await
        .unwrap();
    assert!(none.is_empty() && !none.has_more());
}

#[tokio::test]
async fn pages_end_early_after_large_events_but_hold_at_least_one() {
    let file = File::new();
    let store = file.open().await;
    let large = || event(format!("\"{}\"", "x".repeat(900_000)));
    let all = vec![
        large(),
        large(),
        large(),
        event(vec![b' '; 5_000_000]),
        large(),
    ];
    store.append(commit("1", 0, all)).await.unwrap();
    let (mut seen, mut pages, mut from) = (Vec::new(), 0, 1);
    loop {
        let (page, more) = versions(&store, range(from, 5, 512)).await;
        seen.extend(page);
        pages += 1;
        from = seen.last().unwrap() + 1;
        if !more {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    assert!(pages > 1, "six megabytes and more came as one page");
}

#[tokio::test]
async fn everything_in_order_by_category_and_beginnings_only() {
    for file in [Some(File::new()), None] {
        let store = match &file {
            Some(file) => file.open().await,
            None => SqliteStore::in_memory().await.unwrap(),
        };
        for i in 0..5 {
            for category in ["order", "orders", "order-line", "ordeR"] {
                let mut one = commit("x", 0, events(2));
                one.streams[0].stream = StreamId::new(category, &format!("{i}")).unwrap();
                store.append(one).await.unwrap();
            }
        }
        let read = |category: Option<&str>, first_only| ReadAll {
            category: category.map(str::to_owned),
            first_only,
            ..ReadAll::default()
        };
        for (category, first_only, count) in [
            (None, false, 40),
            (None, true, 20),
            (Some("order"), false, 10),
            (Some("order"), true, 5),
            (Some("orde"), false, 0),
            (Some("order/1"), false, 0),
            (Some(""), false, 0),
        ] {
            let page = store.read_all(read(category, first_only)).await.unwrap();
            assert_eq!(page.len(), count, "{category:?} {first_only}");
            assert!(page.iter().map(|e| e.position).is_sorted());
            let prefix = category.map(|category| format!("{category}/"));
            assert!(
                page.iter()
                    .all(|e| e.stream.starts_with(prefix.as_deref().unwrap_or("")))
            );
            assert!(!first_only || page.iter().all(|e| e.version == 1));
            // The same in small pages.
            let mut small = read(category, first_only);
            small.limit = 3;
            let mut seen = 0;
            loop {
                let page = store.read_all(small.clone()).await.unwrap();
                seen += page.len();
                small.after = page.last().map(|e| e.position).or(small.after);
                if !page.has_more() {
                    break;
                }
            }
            assert_eq!(seen, count);
        }
    }
}

#[tokio::test]
async fn a_position_of_another_store_is_refused() {
    let store = SqliteStore::in_memory().await.unwrap();
    let done = put(&store, "1", 0, 1).await.unwrap();
    let own = done.streams[0].positions[0];
    for foreign in [
        Position::new(Uuid::now_v7(), 0, 1),
        Position::new(own.store(), 1, 1),
    ] {
        let read = ReadAll {
            after: Some(foreign),
            ..ReadAll::default()
        };
        assert_eq!(
            kind(store.read_all(read).await),
            ErrorKind::InvalidConfiguration
        );
    }
    let beyond = Position::new(own.store(), 0, u64::MAX);
    assert!(follow(&store, Some(beyond), 1).await.is_empty());
}

#[tokio::test]
async fn a_position_is_not_used_again_after_the_newest_rows_are_deleted() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 2).await.unwrap();
    let newest = put(&store, "1", 2, 1).await.unwrap().streams[0].positions[0];
    let raw = file.raw();
    raw.execute("DELETE FROM events WHERE version = 3", [])
        .unwrap();
    let again = put(&store, "1", 2, 1).await.unwrap().streams[0].positions[0];
    assert!(again > newest);
    raw.execute("DELETE FROM events", []).unwrap();
    drop(raw);
    store.close().await;
    let store = file.open().await;
    assert!(put(&store, "1", 0, 1).await.unwrap().streams[0].positions[0] > again);
}

/// The planted bug: what happens without AUTOINCREMENT.
#[test]
fn a_plain_rowid_is_used_again() {
    let file = File::new();
    let raw = file.raw();
    raw.execute_batch("CREATE TABLE events (position INTEGER PRIMARY KEY, n)")
        .unwrap();
    let insert = || {
        raw.execute("INSERT INTO events (n) VALUES (1)", [])
            .unwrap();
        raw.last_insert_rowid()
    };
    let newest = insert();
    raw.execute("DELETE FROM events", []).unwrap();
    assert_eq!(insert(), newest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tailing_reader_sees_every_event_once_in_each_streams_order() {
    let file = File::new();
    let store = file.open().await;
    // A second writer on the same file, as another process would be.
    let second = file.open().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, done) = (file.open().await, Arc::clone(&done));
        async move {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let last_round = done.load(Ordering::SeqCst);
                let new = follow(&store, after, 7).await;
                after = new.last().map(|(position, ..)| *position).or(after);
                seen.extend(new);
                if last_round {
                    return seen;
                }
                tokio::task::yield_now().await;
            }
        }
    });
    let writers: Vec<_> = (0..8_u64)
        .map(|writer| {
            let store = if writer % 2 == 0 {
                store.clone()
            } else {
                second.clone()
            };
            tokio::spawn(async move {
                let id = format!("{writer}");
                for i in 0..40 {
                    put(
                        &store,
                        &id,
                        i * (1 + writer),
                        1 + usize::try_from(writer).unwrap(),
                    )
                    .await
                    .unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.unwrap();
    assert_eq!(seen.len(), 40 * (1..=8).sum::<usize>());
    assert!(seen.is_sorted_by(|a, b| a.0 < b.0));
    for writer in 0..8_u64 {
        let own = stream(&writer.to_string());
        let versions = seen
            .iter()
            .filter(|(_, s, _)| *s == own.as_str())
            .map(|e| e.2);
        assert!(versions.eq(1..=40 * (1 + writer)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_and_writes_in_memory_do_not_lock_each_other_out() {
    let store = SqliteStore::in_memory().await.unwrap();
    let tasks: Vec<_> = (0..16_u64)
        .map(|i| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..50 {
                    let id = i.to_string();
                    put(&store, &id, n, 1).await.unwrap();
                    assert_eq!(head(&store, &id).await, n + 1);
                    let read = ReadStream::from(Version::from(1));
                    let page = store.read_stream(&stream(&id), read).await.unwrap();
                    assert_eq!(page.len() as u64, n + 1);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(follow(&store, None, 100).await.len(), 800);
}
