//! `SqliteStore`: events and snapshots in one SQLite file, or in memory. The public side; behind it, by concept:
//! [`connect`] opens, [`schema`] is the stored format, [`writer`] the thread that writes, [`append`] decides,
//! [`readers`] lends connections to [`read`], [`snapshots`] is the other table, [`errors`] translates.

mod append;
mod columns;
mod connect;
mod errors;
mod heads;
mod options;
mod read;
mod readers;
mod schema;
mod shared;
mod snapshots;
mod task;
mod writer;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;

pub use self::options::{SqliteOptions, Synchronous};
use self::{connect::Location, shared::Shared, task::Weight};
use super::{
    Appended, Capabilities, Commit, EventPage, EventStore, FromSnapshot, ReadAll, ReadStream,
};
use crate::{
    Error, ErrorKind, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
};

/// Events and snapshots in one SQLite file: the embedded default.
///
/// A handle: a clone shares. The file can be open in several processes at once; the tables (`events`,
/// `snapshots`, and the view `event_log` for people) can be read with `sqlite3` at any time. Other tables may stand
/// beside them, filled by triggers that leave the store's own rows as they are; the file's `application_id` and
/// `user_version` are the store's.
///
/// Appends are durable when they are answered. One thread writes, and stores what waits at the same time in one
/// transaction; reads run beside it on threads for blocking work, and need a Tokio runtime. Dropping the last handle
/// ends the thread, which then moves SQLite's log into the file; [`close`](Self::close) waits for that.
///
/// Errors name the file. Their kinds: [`Full`](ErrorKind::Full), [`ReadOnly`](ErrorKind::ReadOnly),
/// [`Unavailable`](ErrorKind::Unavailable) (locked by another process for longer than
/// [`busy_timeout`](SqliteOptions::busy_timeout), or closed), [`Corrupt`](ErrorKind::Corrupt),
/// [`UnsupportedFormat`](ErrorKind::UnsupportedFormat) and [`Storage`](ErrorKind::Storage). The store stays
/// usable after each of them.
///
/// ```no_run
/// use eventsourcing::store::SqliteStore;
///
/// # async fn example() -> eventsourcing::Result<()> {
/// let store = SqliteStore::open("orders.db").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteStore(Arc<Shared>);

impl SqliteStore {
    /// Opens the file at this path, and makes it if it isn't there. Its folder must be there.
    ///
    /// `path` may be a URI as SQLite defines them: `file:orders.db?mode=ro`. `:memory:` is [`in_memory`](Self::in_memory).
    ///
    /// Errors: [`ErrorKind::UnsupportedFormat`] if the file is no SQLite database, belongs to another program, or
    /// has a newer format than this program knows; nothing is written to it then. [`ErrorKind::Storage`] if
    /// the folder is missing or the path is a directory.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, SqliteOptions::default()).await
    }

    /// [`open`](Self::open) with other settings.
    ///
    /// ```no_run
    /// use eventsourcing::store::{SqliteOptions, SqliteStore};
    ///
    /// # async fn example() -> eventsourcing::Result<()> {
    /// let store = SqliteStore::open_with("orders.db", SqliteOptions::default().read_only(true)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_with(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self> {
        let location = Location::new(path.as_ref());
        Shared::start(location, options).await.map(Self)
    }

    /// A store in memory, gone with its last handle. It has one connection, so reads wait for writes.
    ///
    /// ```
    /// use eventsourcing::store::{EventStore, ReadAll, SqliteStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> eventsourcing::Result<()> {
    /// let store = SqliteStore::in_memory().await?;
    /// assert!(store.read_all(ReadAll::default()).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn in_memory() -> Result<Self> {
        Self::in_memory_with(SqliteOptions::default()).await
    }

    /// [`in_memory`](Self::in_memory) with other settings; those about files have no effect.
    pub async fn in_memory_with(options: SqliteOptions) -> Result<Self> {
        let options = options.read_only(false).create(true);
        Shared::start(Location::memory(), options).await.map(Self)
    }

    /// Finishes what was asked for, closes the file, and returns when that is done. The same for all handles:
    /// what is asked for afterwards fails with [`ErrorKind::Unavailable`].
    pub async fn close(&self) {
        self.0.close().await;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for SqliteStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        append::check(&commit).map_err(|error| error.during("append"))?;
        if commit.event_count() == 0 {
            return Ok(Appended::nothing(&commit, self.0.now()));
        }
        let weight = append::weight(&commit);
        let stream = commit.streams.first().map(|part| part.stream.clone());
        let result = self
            .0
            .write(weight, move |batch| append::append(batch, &commit))
            .await;
        result.map_err(|error| named(error, "append", stream.as_ref()))
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let (store, wanted) = (self.0.store(), stream.clone());
        let result = self
            .0
            .read(move |connection| read::stream(connection, store, &wanted, &read))
            .await;
        result.map_err(|error| named(error, "read_stream", Some(stream)))
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let store = self.0.store();
        if let Some(after) = read.after
            && (after.store() != store || after.partition() != 0)
        {
            let detail = format!("the position {after} is of another store than {store}");
            return Err(Error::new(ErrorKind::InvalidConfiguration)
                .because(detail)
                .during("read_all"));
        }
        let result = self
            .0
            .read(move |connection| read::all(connection, store, &read))
            .await;
        result.map_err(|error| error.during("read_all"))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        let wanted = stream.clone();
        let result = self
            .0
            .read(move |connection| read::head(connection, &wanted))
            .await;
        result.map_err(|error| named(error, "head", Some(stream)))
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.clone()))
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        let (store, wanted) = (self.0.store(), key.clone());
        let result = self
            .0
            .read(move |connection| {
                snapshots::newest_with_events(connection, store, &wanted, at_most, limit)
            })
            .await;
        result
            .map(Some)
            .map_err(|error| named(error, "read_from_snapshot", Some(&key.stream)))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::full()
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SnapshotStore for SqliteStore {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        let stream = row.key.stream.clone();
        if row.version > Version::MAX {
            let error = Error::new(ErrorKind::TooLarge).at_version(row.version);
            return Err(named(error, "save_snapshot", Some(&stream)));
        }
        let bytes = row.state.as_ref().map_or(0, bytes::Bytes::len);
        let result = self
            .0
            .write(Weight { rows: 1, bytes }, move |batch| {
                snapshots::save(batch.connection, &row)
            })
            .await;
        result.map_err(|error| named(error, "save_snapshot", Some(&stream)))
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let wanted = key.clone();
        let result = self
            .0
            .read(move |connection| snapshots::newest(connection, &wanted, at_most))
            .await;
        result.map_err(|error| named(error, "newest_snapshot", Some(&key.stream)))
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        let wanted = stream.clone();
        let result = self
            .0
            .read(move |connection| snapshots::list(connection, &wanted))
            .await;
        result.map_err(|error| named(error, "list_snapshots", Some(stream)))
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        let unwanted = row.clone();
        let result = self
            .0
            .write(Weight { rows: 1, bytes: 0 }, move |batch| {
                snapshots::delete(batch.connection, &unwanted)
            })
            .await;
        result.map_err(|error| named(error, "delete_snapshot", Some(&row.key.stream)))
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        let pruned = key.clone();
        let result = self
            .0
            .write(Weight { rows: 1, bytes: 0 }, move |batch| {
                snapshots::prune(batch.connection, &pruned, before)
            })
            .await;
        result.map_err(|error| named(error, "prune_snapshots", Some(&key.stream)))
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        let category = category.to_owned();
        let result = self
            .0
            .write(Weight { rows: 1, bytes: 0 }, move |batch| {
                snapshots::delete_category(batch.connection, &category, schema_version)
            })
            .await;
        result.map_err(|error| error.during("delete_snapshots"))
    }
}

fn named(error: Error, operation: &'static str, stream: Option<&StreamId>) -> Error {
    let error = error.during(operation);
    match stream {
        Some(stream) => error.at(stream.clone()),
        None => error,
    }
}
