//! `PostgresStore`: events and snapshots in a schema of a PostgreSQL database. The public side; behind it, by concept:
//! [`database`] lends connections that [`hooks`] have looked at, [`schema`] is the stored format, [`append`] calls the function that decides, [`queue`]
//! puts appends together and resolves doubts, [`in_transaction`] appends in one of the caller's, [`order`] knows how far readers may go, [`read`] reads, [`snapshots`] is the
//! other table, [`errors`] translates.

mod append;
mod columns;
mod connection;
mod database;
mod errors;
mod from_snapshot;
mod hooks;
mod in_transaction;
mod meanwhile;
mod options;
mod order;
mod queue;
mod read;
mod schema;
mod sessions;
mod shared;
mod snapshots;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;

use self::{errors::Failure, shared::Shared};
pub use self::{options::PostgresOptions, order::OrderStatus};
use super::{
    Appended, Capabilities, Commit, EventPage, EventStore, FromSnapshot, ReadAll, ReadStream,
};
use crate::{
    Error, ErrorKind, Result, StreamId, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
};

/// Events and snapshots in a schema of a PostgreSQL database (14 or later).
///
/// A handle: a clone shares. Several processes may use one schema at once. Its tables (`events`, `snapshots`, and the view
/// `event_log` for people) can be read with SQL at any time; what a program tails it reads with
/// [`read_all`](EventStore::read_all), which never skips an event however long a transaction takes.
///
/// Appends are durable when they are answered. Those that wait at the same time are stored in one transaction, each with an
/// answer of its own. A connection that is lost on the way is nobody's worry: whether the events are stored is found out
/// before the caller hears anything.
///
/// Errors name the database and the schema. Their kinds: [`Unavailable`](ErrorKind::Unavailable) (no server, no free
/// connection, a statement that took too long), [`InvalidConfiguration`](ErrorKind::InvalidConfiguration) (no such database,
/// wrong password, a right that is missing), [`UnsupportedFormat`](ErrorKind::UnsupportedFormat),
/// [`Full`](ErrorKind::Full), [`ReadOnly`](ErrorKind::ReadOnly), [`Storage`](ErrorKind::Storage). The store stays usable
/// after each of them.
///
/// How it keeps the order, what it asks of the server, and which rights it needs: `docs/postgres.md` in the repository.
///
/// ```no_run
/// use eventsourcing::store::PostgresStore;
///
/// # async fn example() -> eventsourcing::Result<()> {
/// let store = PostgresStore::connect("postgres://app@db.example/shop?sslmode=require").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresStore(Arc<Shared>);

impl PostgresStore {
    /// Connects to the database that the URL (or `key=value` text) names, and makes the schema `eventsourcing` if it isn't
    /// there. Needs a Tokio runtime.
    ///
    /// `sslmode` is `disable`, `prefer` (the default: TLS where the server has it) or `require`; a certificate is always
    /// verified. `options=-c name=value` sets what the server lets a session set. If several hosts are named, the primary
    /// among them is found.
    ///
    /// Errors: [`ErrorKind::UnsupportedFormat`] if the schema belongs to something else, or has a newer format than this
    /// program knows; nothing is written to it then.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, PostgresOptions::default()).await
    }

    /// [`connect`](Self::connect) with other settings.
    ///
    /// ```no_run
    /// use eventsourcing::store::{PostgresOptions, PostgresStore};
    ///
    /// # async fn example() -> eventsourcing::Result<()> {
    /// let options = PostgresOptions::default().schema("shop").connections(16);
    /// let store = PostgresStore::connect_with("host=/run/postgresql dbname=shop", options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_with(url: &str, options: PostgresOptions) -> Result<Self> {
        let config = url
            .parse()
            .map_err(|error| errors::unreadable(error).during("connect"))?;
        Self::connect_config(config, options).await
    }

    /// [`connect_with`](Self::connect_with), with settings that come from elsewhere than a text: passwords, for example.
    pub async fn connect_config(
        config: tokio_postgres::Config,
        options: PostgresOptions,
    ) -> Result<Self> {
        let shared = Shared::connect(config, options).await;
        shared.map(Self).map_err(|error| error.during("connect"))
    }

    /// Appends a commit within the caller's transaction: the events are there when it commits, with whatever else it wrote,
    /// and gone when it doesn't.
    ///
    /// The transaction is one of any connection to the store's database, of the role that the caller chose. The answer holds
    /// once the transaction is committed.
    ///
    /// After an error drop the transaction, and begin again with a fresh load. Only after a conflict with what was committed
    /// before can it go on. A race that is lost while the append waits for another transaction is a conflict as well, and aborts
    /// this one: PostgreSQL accepts nothing more in it, and makes a rollback of its commit without an error.
    ///
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) says that no answer came within the
    /// [`deadline`](PostgresOptions::deadline). The append is still under way then, as it is where this future is dropped: it
    /// is stored if the transaction is committed, and not if it is dropped.
    ///
    /// From here to its end the transaction delays readers of all events (never other writers, except those of the same
    /// streams): append last, and commit soon.
    ///
    /// ```no_run
    /// use eventsourcing::store::{Commit, PostgresStore, tokio_postgres::Client};
    ///
    /// # async fn example(store: PostgresStore, client: &mut Client, commit: Commit) -> Result<(), Box<dyn std::error::Error>> {
    /// let transaction = client.transaction().await?;
    /// transaction.execute("UPDATE stock SET reserved = reserved + 1 WHERE sku = $1", &[&"w-1"]).await?;
    /// store.append_in(&transaction, commit).await?;
    /// transaction.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn append_in(
        &self,
        transaction: &tokio_postgres::Transaction<'_>,
        commit: Commit,
    ) -> Result<Appended> {
        let stream = commit.streams.first().map(|part| part.stream.clone());
        let result = in_transaction::append(&self.0, transaction, &commit).await;
        result.map_err(|error| named(error, "append_in", stream.as_ref()))
    }

    /// How far the order of all events is settled: a metric to watch. A transaction with appends that stays open keeps
    /// readers of all events waiting, and `stalled_for` rises; past
    /// [`stall_after`](PostgresOptions::stall_after) it is also said through `tracing`. With the feature `metrics` each look
    /// at it, this one or that of a reader, sets the gauges `eventsourcing_order_unsettled_positions` and
    /// `eventsourcing_order_stalled_seconds`.
    pub async fn order(&self) -> Result<OrderStatus> {
        let status = order::status(&self.0).await;
        status.map_err(|failure| failure.to_error().during("order"))
    }

    /// Finishes what was asked for, and closes all connections. The same for all handles: what is asked for afterwards fails
    /// with [`ErrorKind::Unavailable`].
    pub async fn close(&self) {
        self.0.close().await;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for PostgresStore {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        let stream = commit.streams.first().map(|part| part.stream.clone());
        let accepted = append::check(&commit).and_then(|()| Ok(self.0.check_open()?));
        let result = match accepted {
            Err(error) => Err(error),
            Ok(()) if commit.event_count() == 0 => {
                let now = self.0.now().await;
                now.map(|now| Appended::nothing(&commit, now))
                    .map_err(Error::from)
            }
            Ok(()) if self.0.coalesce => queue::append(&self.0, commit).await,
            Ok(()) => queue::alone(&self.0, &commit).await,
        };
        result.map_err(|error| named(error, "append", stream.as_ref()))
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        let page = read::stream_meanwhile(&self.0, stream, read).await;
        page.map_err(|failure| failed(&failure, "read_stream", stream))
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let store = self.0.store;
        if let Some(after) = read.after
            && (after.store() != store || after.partition() != 0)
        {
            let detail = format!("the position {after} is of another store than {store}");
            return Err(Error::new(ErrorKind::InvalidConfiguration)
                .because(detail)
                .during("read_all"));
        }
        let page = order::page(&self.0, &read).await;
        page.map_err(|failure| failure.to_error().during("read_all"))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        let head = read::head(&self.0, stream).await;
        head.map_err(|failure| failed(&failure, "head", stream))
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
        let read = from_snapshot::read(&self.0, key, at_most, limit).await;
        read.map(Some)
            .map_err(|failure| failed(&failure, "read_from_snapshot", &key.stream))
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::full();
        // `read_all` doesn't go beyond a transaction that has appended and is still open.
        capabilities.reads_may_lag = true;
        capabilities
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SnapshotStore for PostgresStore {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        if row.version > Version::MAX {
            let error = Error::new(ErrorKind::TooLarge).at_version(row.version);
            return Err(named(error, "save_snapshot", Some(&row.key.stream)));
        }
        if row.key.codec.contains('\0') {
            let error = Error::new(ErrorKind::Unfaithful)
                .because("the codec's name has a NUL, which PostgreSQL can't hold");
            return Err(named(error, "save_snapshot", Some(&row.key.stream)));
        }
        let saved = snapshots::save(&self.0, &row).await;
        saved.map_err(|failure| failed(&failure, "save_snapshot", &row.key.stream))
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let newest = snapshots::newest(&self.0, key, at_most).await;
        newest.map_err(|failure| failed(&failure, "newest_snapshot", &key.stream))
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        let list = snapshots::list(&self.0, stream).await;
        list.map_err(|failure| failed(&failure, "list_snapshots", stream))
    }

    async fn delete(&self, row: &SnapshotInfo) -> Result<bool> {
        let deleted = snapshots::delete(&self.0, row).await;
        deleted.map_err(|failure| failed(&failure, "delete_snapshot", &row.key.stream))
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        let pruned = snapshots::prune(&self.0, key, before).await;
        pruned.map_err(|failure| failed(&failure, "prune_snapshots", &key.stream))
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        let deleted = snapshots::delete_category(&self.0, category, schema_version).await;
        deleted.map_err(|failure| failure.to_error().during("delete_snapshots"))
    }
}

fn failed(failure: &Failure, operation: &'static str, stream: &StreamId) -> Error {
    named(failure.to_error(), operation, Some(stream))
}

fn named(error: Error, operation: &'static str, stream: Option<&StreamId>) -> Error {
    let error = error.during(operation);
    match stream {
        Some(stream) => error.at(stream.clone()),
        None => error,
    }
}
