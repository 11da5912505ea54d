//! Files that can't be used, or not for everything.

use std::{path::Path, time::Duration};

use eventsourcing::{
    ErrorKind, Version,
    snapshot::{Newest, SnapshotStore},
    store::{EventStore, SqliteOptions, SqliteStore, Synchronous},
};

use super::{File, commit, events, head, key, kind, put, raw, read, row, text};

async fn open(path: &Path) -> eventsourcing::Result<SqliteStore> {
    SqliteStore::open(path).await
}

#[tokio::test]
async fn a_missing_folder_a_directory_and_a_missing_file_are_named() {
    let file = File::new();
    let missing = file.folder.path().join("no such folder/orders.db");
    let error = text(open(&missing).await);
    assert!(
        error.contains("no such folder/orders.db") && error.contains("there is no folder"),
        "{error}"
    );
    assert_eq!(kind(open(&missing).await), ErrorKind::Storage);
    assert!(!missing.exists());
    let error = text(open(file.folder.path()).await);
    assert!(error.contains("it is a directory"), "{error}");
    let uri = format!("file:{}", file.folder.path().display());
    assert!(text(SqliteStore::open(uri).await).contains("it is a directory"));
    for options in [
        SqliteOptions::default().create(false),
        SqliteOptions::default().read_only(true),
    ] {
        let error = text(SqliteStore::open_with(file.path(), options).await);
        assert!(
            error.contains("orders.db") && error.contains("no such file"),
            "{error}"
        );
        assert!(!file.path().exists());
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_untouched() {
    let long = "not a database. ".repeat(1_000);
    for content in [
        "hello\n",
        "x",
        long.as_str(),
        "SQLite format 3\0 and then nonsense",
    ] {
        let file = File::new();
        std::fs::write(file.path(), content).unwrap();
        let result = open(&file.path()).await;
        let error = result.unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::UnsupportedFormat | ErrorKind::Corrupt
            ),
            "{error}"
        );
        assert!(error.to_string().contains("orders.db"), "{error}");
        assert_eq!(std::fs::read(file.path()).unwrap(), content.as_bytes());
    }
}

#[tokio::test]
async fn a_database_of_something_else_is_refused_and_untouched() {
    for sql in [
        "CREATE TABLE music (title TEXT)",
        "CREATE TABLE events (id INTEGER PRIMARY KEY)",
        "CREATE TABLE eventsourcing_meta (x)",
        "CREATE TABLE eventsourcing_meta (key, value)",
        "PRAGMA application_id = 7; VACUUM",
    ] {
        let file = File::new();
        file.raw().execute_batch(sql).unwrap();
        let before = std::fs::read(file.path()).unwrap();
        let error = text(open(&file.path()).await);
        assert!(error.contains("orders.db"), "{error}");
        assert_eq!(std::fs::read(file.path()).unwrap(), before, "{sql}");
    }
    let file = File::new();
    file.raw()
        .execute_batch("CREATE TABLE music (title TEXT)")
        .unwrap();
    assert_eq!(kind(open(&file.path()).await), ErrorKind::UnsupportedFormat);
}

/// SQLite keeps what it is given without a name in a temporary file.
#[tokio::test]
async fn a_path_that_keeps_nothing_is_refused() {
    // A folder, by the time it is made absolute.
    open(Path::new("file:")).await.unwrap_err();
    for path in ["", "file://localhost"] {
        let error = open(Path::new(path)).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration, "{path:?}");
    }
    for path in [":memory:", "file::memory:", "file:x?mode=memory"] {
        open(Path::new(path)).await.unwrap();
    }
}

#[tokio::test]
async fn changed_markers_of_the_file_are_refused_on_open() {
    for (sql, says) in [
        ("PRAGMA application_id = 99", "something else"),
        ("PRAGMA user_version = 0", "0 in `PRAGMA user_version`"),
    ] {
        let file = File::new();
        file.open().await.close().await;
        file.raw().execute_batch(sql).unwrap();
        let error = open(&file.path()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::UnsupportedFormat);
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_newer_format_is_refused_with_both_versions() {
    let file = File::new();
    let store = file.open().await;
    put(&store, "1", 0, 1).await.unwrap();
    let raw = file.raw();
    raw.execute_batch(
        "UPDATE eventsourcing_meta SET value = 7 WHERE key = 'format'; PRAGMA user_version = 7",
    )
    .unwrap();
    // It is open: the newer program migrated it meanwhile.
    let error = put(&store, "1", 1, 1).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::UnsupportedFormat);
    store.close().await;
    drop(raw);
    let before = std::fs::read(file.path()).unwrap();
    let error = open(&file.path()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::UnsupportedFormat);
    let error = error.to_string();
    assert!(
        error.contains("format 7") && error.contains("up to 1"),
        "{error}"
    );
    assert_eq!(std::fs::read(file.path()).unwrap(), before);
}

#[tokio::test]
async fn an_empty_file_is_initialised_and_can_be_read_by_people() {
    let file = File::new();
    std::fs::write(file.path(), b"").unwrap();
    let store = file.open().await;
    let mut one = commit("1", 0, events(1));
    one.streams[0].events[0].payload = r#"{"name":"Widget"}"#.into();
    store.append(one.clone()).await.unwrap();
    let raw = file.raw();
    let sql = "SELECT payload || ' ' || recorded_at || ' ' || id FROM event_log";
    let shown: String = raw.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(shown.starts_with(r#"{"name":"Widget"} 20"#), "{shown}");
    assert!(
        shown.ends_with(&one.streams[0].events[0].id.to_string()),
        "{shown}"
    );
    let pragma = |name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        raw.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("page_size"), "4096");
    assert_eq!(pragma("user_version"), "1");
    assert_eq!(pragma("application_id"), 0x4576_5374.to_string());
}

#[tokio::test]
async fn a_store_keeps_its_identity_and_takes_other_tables_beside_its_own() {
    let file = File::new();
    let store = file.open().await;
    let first = put(&store, "1", 0, 1).await.unwrap().streams[0].positions[0];
    file.raw()
        .execute_batch("CREATE TABLE totals (n INTEGER)")
        .unwrap();
    store.close().await;
    let store = file.open().await;
    let second = put(&store, "1", 1, 1).await.unwrap().streams[0].positions[0];
    assert!(first < second);
    let other = File::new().open().await;
    let third = put(&other, "1", 0, 1).await.unwrap().streams[0].positions[0];
    assert_eq!(first.partial_cmp(&third), None);
}

#[tokio::test]
async fn a_read_only_store_reads_and_refuses_to_write() {
    let file = File::new();
    let writer = file.open().await;
    put(&writer, "1", 0, 3).await.unwrap();
    let key = key("1", 1);
    writer.save(row(&key, 3, "state")).await.unwrap();
    for still_open in [true, false] {
        if !still_open {
            writer.close().await;
        }
        let uri = format!("file:{}?mode=ro", file.path().display());
        let plain = SqliteOptions::default().read_only(true);
        for store in [
            SqliteStore::open(uri).await.unwrap(),
            SqliteStore::open_with(file.path(), plain).await.unwrap(),
        ] {
            assert_eq!(read(&store, "1").await.len(), 3);
            let error = put(&store, "1", 3, 1).await.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::ReadOnly);
            assert!(error.to_string().contains("orders.db"), "{error}");
            assert_eq!(kind(put(&store, "1", 3, 2).await), ErrorKind::ReadOnly);
            assert_eq!(
                kind(store.save(row(&key, 4, "state")).await),
                ErrorKind::ReadOnly
            );
            let newest = store.newest(&key, Version::MAX).await.unwrap();
            assert!(matches!(newest, Newest::Found(row) if row.is_intact()));
            assert_eq!(head(&store, "1").await, 3);
            store.close().await;
        }
    }
    assert_eq!(head(&file.open().await, "1").await, 3);
}

#[tokio::test]
async fn a_read_only_file_that_is_no_store_yet_says_what_to_do() {
    let file = File::new();
    std::fs::write(file.path(), b"").unwrap();
    let uri = format!("file:{}?mode=ro", file.path().display());
    let error = SqliteStore::open(uri).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::ReadOnly);
    assert!(
        error.to_string().contains("open it for writing once"),
        "{error}"
    );
}

#[tokio::test]
async fn uris_memory_and_other_settings_open() {
    let file = File::new();
    let uri = format!("file:{}/a%20b.db?mode=rwc", file.folder.path().display());
    let store = SqliteStore::open(&uri).await.unwrap();
    put(&store, "1", 0, 1).await.unwrap();
    assert_eq!(head(&store, "1").await, 1);
    assert!(file.folder.path().join("a b.db").exists());
    for memory in [
        ":memory:",
        "file::memory:",
        "file:x?mode=memory&cache=shared",
    ] {
        let store = SqliteStore::open(memory).await.unwrap();
        put(&store, "1", 0, 1).await.unwrap();
        assert_eq!(head(&store, "1").await, 1);
    }
    for synchronous in [Synchronous::Full, Synchronous::Normal, Synchronous::Off] {
        let options = SqliteOptions::default()
            .synchronous(synchronous)
            .readers(0)
            .busy_timeout(Duration::MAX);
        let store = SqliteStore::open_with(file.path(), options).await.unwrap();
        let version = head(&store, "1").await;
        put(&store, "1", version, 1).await.unwrap();
        store.close().await;
    }
    assert!(SqliteStore::open("").await.is_err() || !Path::new("").exists());
}

#[tokio::test]
async fn a_lock_held_too_long_is_unavailable_and_nothing_is_stored() {
    let file = File::new();
    let options = SqliteOptions::default().busy_timeout(Duration::from_millis(50));
    let store = SqliteStore::open_with(file.path(), options).await.unwrap();
    put(&store, "1", 0, 1).await.unwrap();
    let other = raw(&file.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = (0..20).map(|i| {
        let store = store.clone();
        async move { put(&store, &format!("w{i}"), 0, 1).await }
    });
    for result in futures_util::future::join_all(waiting).await {
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
    }
    assert_eq!(head(&store, "1").await, 1);
    other.execute_batch("ROLLBACK").unwrap();
    put(&store, "1", 1, 1).await.unwrap();
    assert_eq!(head(&store, "w0").await, 0);
}
