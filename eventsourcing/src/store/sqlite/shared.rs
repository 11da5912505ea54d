//! What all handles of a store share: the way to the writer thread and to the connections that read.

use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    SqliteOptions,
    connect::Location,
    errors::Trouble,
    readers::{Readers, closed},
    schema,
    task::{Weight, Work},
    writer::{Batch, Message, Writer},
};
use crate::{Clock, Error, ErrorKind, Result, Timestamp};

pub(super) struct Shared {
    database: Arc<str>,
    store: Uuid,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<Message>,
    /// None in memory: there the writer's connection, the only one, also reads. (Connections that share
    /// a cache fail with `SQLITE_LOCKED` where a file's wait.)
    readers: Option<Arc<Readers>>,
    closed: AtomicBool,
}

/// What the writer thread found when it opened the database.
struct Opened {
    store: Uuid,
    in_memory: bool,
}

impl Shared {
    /// Opens the database on its new writer thread.
    pub(super) async fn start(location: Location, options: SqliteOptions) -> Result<Arc<Self>> {
        let (queue, receiver) = mpsc::channel();
        let (opened, opening) = oneshot::channel();
        let (place, settings) = (location.clone(), options.clone());
        let failed = |what: &str| {
            let detail = format!("{}: {what}", location.name());
            Error::new(ErrorKind::Storage)
                .because(detail)
                .during("open")
        };
        let thread = std::thread::Builder::new().name("eventsourcing-sqlite".to_owned());
        thread
            .spawn(move || match open(&place, &settings) {
                Ok((connection, found)) => {
                    let writer = Writer {
                        connection,
                        queue: receiver,
                        database: Arc::clone(place.name()),
                        store: found.store,
                        clock: settings.clock,
                        busy_timeout: settings.busy_timeout,
                        next: Cell::default(),
                        heads: Cell::default(),
                    };
                    // If nobody waits any more, the queue is closed as well.
                    let _ = opened.send(Ok(found));
                    writer.run();
                }
                Err(error) => {
                    let _ = opened.send(Err(error.during("open")));
                }
            })
            .map_err(|error| failed("the writer's thread can't be started").caused_by(error))?;
        let found = opening
            .await
            .map_err(|_| failed("the writer's thread ended"))??;
        Ok(Arc::new(Self {
            database: Arc::clone(location.name()),
            store: found.store,
            clock: Arc::clone(&options.clock),
            queue,
            readers: (!found.in_memory)
                .then(|| Arc::new(Readers::new(location, options, found.store))),
            closed: AtomicBool::new(false),
        }))
    }

    pub(super) fn store(&self) -> Uuid {
        self.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Has the writer thread run this within a transaction, and returns once that is committed.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        weight: Weight,
        run: impl FnMut(&mut Batch<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T> {
        let (work, answer) = Work::new(weight, run);
        if self.queue.send(Message::Write(Box::new(work))).is_err() {
            return Err(closed(&self.database));
        }
        answer.await.unwrap_or_else(|_| Err(self.unanswered()))
    }

    /// Runs this on a connection that reads, off the async runtime.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T> {
        if let Some(readers) = &self.readers {
            return readers.run(run).await;
        }
        let (answer, answered) = oneshot::channel();
        let visit = Box::new(move |connection: &Connection| {
            let _ = answer.send(run(connection));
        });
        if self.queue.send(Message::Read(visit)).is_err() {
            return Err(closed(&self.database));
        }
        match answered.await {
            Ok(result) => result.map_err(|trouble| trouble.into_error(&self.database)),
            Err(_) => Err(self.unanswered()),
        }
    }

    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let mut idle = Vec::new();
        if let Some(readers) = &self.readers {
            readers.close().await;
            idle = readers.end();
        }
        let (ended, ending) = oneshot::channel();
        if self.queue.send(Message::End(idle, Some(ended))).is_ok() {
            let _ = ending.await;
        }
    }

    /// The writer thread let go of a request: behind the end of the queue, or in a panic of its own.
    fn unanswered(&self) -> Error {
        if self.closed.load(Ordering::SeqCst) {
            return closed(&self.database);
        }
        let detail = format!("{}: the writer's thread gave no answer", self.database);
        Error::new(ErrorKind::OutcomeUnknown).because(detail)
    }
}

/// Closing can block, so the thread does it.
impl Drop for Shared {
    fn drop(&mut self) {
        let idle = self.readers.as_ref().map(|readers| readers.end());
        let _ = self
            .queue
            .send(Message::End(idle.unwrap_or_default(), None));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("database", &self.database)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

fn open(location: &Location, options: &SqliteOptions) -> Result<(Connection, Opened)> {
    let mut connection = location.open_writer(options)?;
    let store = schema::prepare(&mut connection, location.name(), options)?;
    let file = connection.query_row("PRAGMA database_list", [], |row| row.get::<_, String>(2));
    let file = file.map_err(|error| Trouble::from(error).into_error(location.name()))?;
    let in_memory = file.is_empty();
    if in_memory && !location.is_memory() {
        let detail = format!(
            "{}: SQLite would keep this in a temporary file",
            location.name()
        );
        return Err(Error::new(ErrorKind::InvalidConfiguration).because(detail));
    }
    Ok((connection, Opened { store, in_memory }))
}
