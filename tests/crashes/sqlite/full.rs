//! A disk that fills up while several writers work, by `max_page_count`.

use std::{path::Path, time::Duration};

use eventsourcing::{
    Application, ErrorKind, Root, SnapshotMode,
    store::{SqliteOptions, SqliteStore},
};

use crate::{
    account::Account,
    child::Writer,
    evidence::{Ack, check_loads, complaints, raw, rows},
};

const WRITERS: usize = 6;
/// Pages of free space that is given back later.
const BALLAST: usize = 400;

/// A writer whose save was refused, with everything it had recorded.
struct Refused {
    roots: Vec<Root<Account>>,
    acks: Vec<Ack>,
}

/// A file with room for some events, and a table that can be dropped to make more.
async fn nearly_full(path: &Path) -> Writer {
    SqliteStore::open(path).await.unwrap().close().await;
    let bytes = BALLAST * 4_000;
    raw(path)
        .execute_batch(&format!(
            "CREATE TABLE ballast (bytes); INSERT INTO ballast VALUES (zeroblob({bytes}));"
        ))
        .unwrap();
    let pages: u32 = raw(path)
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    let options = SqliteOptions::default().max_page_count(pages + 300);
    Writer::open(path, options, SnapshotMode::Sync).await
}

fn tags(id: &str, version: u64) -> Vec<String> {
    let count = version % 3 + 1;
    (0..count)
        .map(|i| format!("{id} {version} {i} {}", "x".repeat(1_500)))
        .collect()
}

/// Saves until there is no room: one root, or two at once.
async fn until_full(app: Application, ids: Vec<String>) -> Refused {
    let accounts = app.repository::<Account>().unwrap();
    let opened = || crate::account::Opened { of: 1 };
    let mut roots: Vec<_> = ids
        .iter()
        .map(|id| accounts.create(id.clone(), opened()))
        .collect();
    let mut acks = Vec::new();
    loop {
        match app.save_all(&mut roots).await {
            Ok(_) => acks.extend(roots.iter().map(ack)),
            Err(error) => {
                assert_eq!(*error.kind(), ErrorKind::Full, "{error}");
                return Refused { roots, acks };
            }
        }
        for root in &mut roots {
            // Both of a pair book the same.
            let tags = tags(&ids[0], root.version().get());
            root.execute(|account| account.book(&tags)).unwrap();
        }
    }
}

/// The last event of a save that returned.
fn ack(root: &Root<Account>) -> Ack {
    assert!(root.pending().is_empty());
    Ack {
        stream: format!("account/{}", root.id()),
        version: root.version().get(),
        id: root.last_event_id(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    let writer = nearly_full(&path).await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..WRITERS {
        let ids = match i % 2 {
            0 => vec![format!("{i}")],
            _ => vec![format!("{i}-left"), format!("{i}-right")],
        };
        tasks.spawn(until_full(writer.app.clone(), ids));
    }
    let mut refused = tasks.join_all().await;
    let mut acks: Vec<Ack> = refused.iter().flat_map(|r| r.acks.clone()).collect();
    assert!(acks.len() > WRITERS * 2, "{}", acks.len());
    // What was acknowledged is there, and nothing of what was refused.
    assert_eq!(complaints(&path, &acks), [""; 0]);
    for root in refused.iter().flat_map(|r| &r.roots) {
        let stream = format!("account/{}", root.id());
        let stored = rows(&raw(&path)).unwrap();
        let count = stored.iter().filter(|row| row.stream == stream).count() as u64;
        assert_eq!(root.stored_version().get(), count, "{stream}");
        assert!(!root.pending().is_empty());
    }
    check_loads(&writer.store).await;

    // Half of them go on in the same store after room was made, half in one with a higher limit.
    raw(&path).execute_batch("DROP TABLE ballast").unwrap();
    let roomy = Writer::open(&path, SqliteOptions::default(), SnapshotMode::Sync).await;
    let mut expected = 0;
    for (i, refused) in refused.iter_mut().enumerate() {
        let app = if i < WRITERS / 2 {
            &writer.app
        } else {
            &roomy.app
        };
        app.save_all(&mut refused.roots).await.unwrap();
        // Once more stores nothing.
        assert_eq!(app.save_all(&mut refused.roots).await.unwrap().events, 0);
        acks.extend(refused.roots.iter().map(ack));
        expected += refused
            .roots
            .iter()
            .map(|root| root.version().get())
            .sum::<u64>();
    }
    assert_eq!(complaints(&path, &acks), [""; 0]);
    assert_eq!(rows(&raw(&path)).unwrap().len() as u64, expected);
    assert!(check_loads(&roomy.store).await > 0);
}

/// Snapshots have no room either: that fails no save whose events are stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_without_room_fails_no_save() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    let writer = nearly_full(&path).await;
    let accounts = writer.app.repository::<Account>().unwrap();
    writer.account("a").await;
    // As a full disk would, but for snapshots only.
    raw(&path)
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON snapshots
             BEGIN SELECT RAISE(ROLLBACK, 'no room'); END",
        )
        .unwrap();
    for n in 0..20 {
        let tags = [n.to_string()];
        accounts
            .execute("a".to_owned(), |a| a.book(&tags))
            .await
            .unwrap();
    }
    assert_eq!(accounts.snapshot_stats().failed, 3);
    assert_eq!(accounts.load("a".to_owned()).await.unwrap().version(), 21);
    let closing = tokio::time::timeout(Duration::from_secs(60), writer.store.close());
    closing.await.unwrap();
    assert_eq!(complaints(&path, &[]), [""; 0]);
}
