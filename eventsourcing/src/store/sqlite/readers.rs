//! The connections that read: a few, opened when they are needed, each lent to one blocking job at a time.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    SqliteOptions,
    connect::Location,
    errors::{Failure, Trouble},
    schema,
};
use crate::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    /// No connection is kept any more: it would stay open behind the writer's last one.
    ended: AtomicBool,
    location: Location,
    options: SqliteOptions,
    store: Uuid,
}

impl Readers {
    pub(super) fn new(location: Location, options: SqliteOptions, store: Uuid) -> Self {
        Self {
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(options.readers)),
            ended: AtomicBool::new(false),
            location,
            options,
            store,
        }
    }

    /// Runs `job` on a thread for blocking work. Nothing outlives the call but the idle connection.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce(&Connection) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T> {
        let closed = |_| closed(self.location.name());
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let this = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let connection = this.take()?;
            let result = job(&connection);
            // A panicking job takes its connection with it.
            this.keep(connection);
            drop(permit);
            result.map_err(|trouble| trouble.into_error(this.location.name()))
        });
        reading.await.unwrap_or_else(|error| {
            let kind = if error.is_cancelled() {
                ErrorKind::Unavailable
            } else {
                ErrorKind::Storage
            };
            let detail = format!("{}: the read was broken off", self.location.name());
            Err(Error::new(kind).because(detail).caused_by(error))
        })
    }

    /// Lets running reads finish and refuses further ones.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.options.readers).unwrap_or(1);
        let _ = self.permits.acquire_many(all).await;
        self.permits.close();
    }

    /// All idle connections, for closing where that may block. None is kept afterwards.
    pub(super) fn end(&self) -> Vec<Connection> {
        self.ended.store(true, Ordering::SeqCst);
        std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self) -> Result<Connection> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let name = self.location.name();
        let open = || {
            let connection = self.location.open_reader(&self.options)?;
            let store = schema::identity(&connection, name)?;
            Ok((connection, store))
        };
        match open().map_err(|trouble: Trouble| trouble.into_error(name))? {
            (connection, store) if store == self.store => Ok(connection),
            _ => {
                let what = "the file was replaced by another store while it was open";
                Err(Failure::other(ErrorKind::Storage, name, what).to_error())
            }
        }
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.ended.load(Ordering::SeqCst) {
            idle.push(connection);
        }
    }
}

/// An error for whoever comes after [`SqliteStore::close`](super::SqliteStore::close).
pub(super) fn closed(database: &str) -> Error {
    Error::new(ErrorKind::Unavailable).because(format!("{database}: the store was closed"))
}
