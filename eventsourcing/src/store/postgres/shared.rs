//! What all handles on a store share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_postgres::Config;
use uuid::Uuid;

use super::{
    PostgresOptions, append, columns::Time, connection::Sql, database::Database, errors::Failure,
    from_snapshot, order::Order, queue::Queue, read, schema, snapshots,
};
use crate::{Clock, Result, Timestamp};

/// The statements, with the schema's name in them.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) append: append::Statements,
    pub(super) horizon: String,
    pub(super) read: read::Statements,
    pub(super) snapshots: snapshots::Statements,
    pub(super) from_snapshot: String,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) sql: Statements,
    pub(super) store: Uuid,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) queue: Queue,
    pub(super) order: Order,
    pub(super) settle_wait: Duration,
    pub(super) stall_after: Duration,
    pub(super) coalesce: bool,
    closing: AtomicBool,
    closed: AtomicBool,
}

impl Shared {
    pub(super) async fn connect(config: Config, options: PostgresOptions) -> Result<Arc<Self>> {
        let quoted = schema::quoted(&options.schema)?;
        let database = Database::new(config, &options)?;
        let store = schema::prepare(&database, &options).await?;
        let order = Order::new(&database.name);
        Ok(Arc::new(Self {
            database,
            sql: Statements {
                append: append::Statements::new(&quoted),
                horizon: format!("SELECT safe, last, appending, settled FROM {quoted}.horizon_1()"),
                read: read::Statements::new(&quoted),
                snapshots: snapshots::Statements::new(&quoted),
                from_snapshot: from_snapshot::statement(&quoted),
            },
            store,
            clock: options.clock,
            queue: Queue::new(options.connections),
            order,
            settle_wait: options.settle_wait,
            stall_after: options.stall_after,
            coalesce: options.coalesce,
            closing: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        }))
    }

    /// Whether appends are still taken: none that is asked for behind `close`.
    pub(super) fn check_open(&self) -> Result<(), Failure> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(Failure::closed(&self.database.name));
        }
        Ok(())
    }

    /// Whether it was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Finishes what was asked for, and has no connections from then on.
    pub(super) async fn close(&self) {
        // First: under load there is always something that waits.
        self.closing.store(true, Ordering::Relaxed);
        self.queue.is_idle().await;
        self.closed.store(true, Ordering::Relaxed);
        self.database.close();
    }

    /// The store's time: the server's, or that of the clock that was set.
    pub(super) async fn now(&self) -> Result<Timestamp, Failure> {
        if let Some(clock) = &self.clock {
            return Ok(clock.now());
        }
        let sql = Sql::Once("SELECT clock_timestamp()");
        let rows = self.database.rows(sql, &[]).await?;
        let name = &*self.database.name;
        match rows.first().map(|row| row.try_get::<_, Time>(0)) {
            Some(Ok(time)) => Ok(time.timestamp()),
            Some(Err(error)) => Err(Failure::of_statement(name, error)),
            None => Err(Failure::corrupt(name, "the server did not say the time")),
        }
    }

    /// The time if it isn't the server's.
    pub(super) fn time(&self) -> Result<Option<Time>, Failure> {
        let Some(clock) = &self.clock else {
            return Ok(None);
        };
        let now = clock.now();
        let fits = Time::new(now).map(Some);
        fits.ok_or_else(|| {
            let detail = format!("the clock shows {now}, which PostgreSQL can't hold");
            Failure::unsent(crate::ErrorKind::TooLarge, &detail)
        })
    }
}
