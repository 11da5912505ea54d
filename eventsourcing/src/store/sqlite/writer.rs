//! The writer thread: it owns the connection that writes, and stores what many callers ask for in one transaction.
//!
//! It knows nothing of events or snapshots: a [`Task`] decides and writes, this decides about transactions. Rules:
//!
//! - Nobody is answered before the COMMIT that stored their work has returned.
//! - A transaction that fails is not everybody's failure: each of its tasks is tried again alone, in
//!   its own transaction. That also settles a COMMIT of which it isn't known whether it took effect, since
//!   an append that is already stored recognises itself.
//! - It never lingers for more work: it takes what is queued while it works (measured: lingering costs more than it brings).

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant},
};

use rusqlite::{CachedStatement, Connection};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    errors::{Failure, Sql, is_busy},
    heads::Heads,
    schema,
    task::Task,
};
use crate::{Clock, ErrorKind};

/// One transaction takes no more once it has this many rows or bytes.
const MAX_ROWS: usize = 1_024;
const MAX_BYTES: usize = 4 << 20;

/// Work for the connection that reads, where there is only one connection.
pub(super) type Visit = Box<dyn FnOnce(&Connection) + Send>;

/// What the thread is asked to do.
pub(super) enum Message {
    /// Within a transaction.
    Write(Box<dyn Task>),
    /// Outside of any: sees only what is committed.
    Read(Visit),
    /// Close these and its own connection, say so, and end.
    End(Vec<Connection>, Option<oneshot::Sender<()>>),
}

/// The thread's side of it.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) queue: Receiver<Message>,
    pub(super) database: Arc<str>,
    pub(super) store: Uuid,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) busy_timeout: Duration,
    /// Taken from the queue, but for after the running transaction.
    pub(super) next: Cell<Option<Message>>,
    /// As the last transaction left it; nothing while one is running, or after one that failed.
    pub(super) heads: Cell<Heads>,
}

/// What a task works with.
pub(super) struct Batch<'a> {
    pub(super) connection: &'a Connection,
    pub(super) database: &'a str,
    pub(super) store: Uuid,
    pub(super) clock: &'a dyn Clock,
    pub(super) heads: Heads,
    /// What appends an event, once it was needed: found in the connection's cache once a transaction.
    pub(super) insert: Option<CachedStatement<'a>>,
}

/// A transaction that stored nothing, or nobody knows.
struct Abort {
    stage: Stage,
    failure: Failure,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    /// In the task at this index, which is not to be tried again if it panicked.
    Task {
        index: usize,
        panicked: bool,
    },
    Commit,
}

impl Writer {
    /// Works until it is told to end, or nobody is left to ask for anything.
    pub(super) fn run(self) {
        loop {
            let message = match self.next.take() {
                Some(message) => message,
                None => match self.queue.recv() {
                    Ok(message) => message,
                    Err(_) => return,
                },
            };
            let work = || match message {
                Message::Write(task) => {
                    self.batch(task);
                    None
                }
                Message::Read(visit) => {
                    visit(&self.connection);
                    None
                }
                Message::End(readers, ended) => Some((readers, ended)),
            };
            // A bug in here must not end the thread: those whose task is lost hear that the outcome is unknown.
            match catch_unwind(AssertUnwindSafe(work)) {
                Ok(None) => {}
                Ok(Some((readers, ended))) => {
                    drop(readers);
                    self.end(ended);
                    return;
                }
                Err(_) => self.roll_back(),
            }
        }
    }

    /// Closing the last connection moves the log into the file.
    fn end(self, ended: Option<oneshot::Sender<()>>) {
        let Self {
            connection,
            queue,
            database,
            ..
        } = self;
        if let Err((_, error)) = connection.close() {
            tracing::warn!(%error, %database, "closing the database failed");
        }
        drop(queue);
        if let Some(ended) = ended {
            let _ = ended.send(());
        }
    }

    fn batch(&self, first: Box<dyn Task>) {
        let mut tasks = vec![first];
        match self.transaction(&mut tasks, true) {
            Ok(()) => {}
            // Nothing was tried; those who queue behind have waited as long.
            Err(abort) if abort.stage == Stage::Begin => {
                while let Some(task) = self.try_next() {
                    tasks.push(task);
                }
                settle_all(&mut tasks, &abort.failure);
            }
            // A lock held at COMMIT: the transaction was still whole, and was rolled back.
            Err(abort) if abort.failure.is_unavailable() => {
                settle_all(&mut tasks, &abort.failure);
            }
            Err(abort) => return self.one_by_one(tasks, &abort),
        }
        tasks.into_iter().for_each(Task::answer);
    }

    fn one_by_one(&self, tasks: Vec<Box<dyn Task>>, abort: &Abort) {
        let in_doubt = abort.stage == Stage::Commit;
        let single = tasks.len() == 1;
        for (i, mut task) in tasks.into_iter().enumerate() {
            match abort.stage {
                Stage::Task { index, panicked } if index == i && (single || panicked) => {
                    task.settle(&abort.failure);
                    task.answer();
                }
                _ => self.alone(task, in_doubt),
            }
        }
    }

    /// Tries a task in a transaction of its own; `in_doubt` says that it may be stored already.
    fn alone(&self, task: Box<dyn Task>, in_doubt: bool) {
        let mut tasks = vec![task];
        if let Err(abort) = self.transaction(&mut tasks, false) {
            let unknown = match abort.stage {
                Stage::Commit => abort.failure.may_resurrect(),
                // That there is no room is found out by writing, which comes after looking whether it is stored.
                Stage::Task { .. } => in_doubt && !abort.failure.is_full(),
                Stage::Begin => in_doubt,
            };
            let failure = if unknown {
                abort.failure.in_doubt()
            } else {
                abort.failure
            };
            settle_all(&mut tasks, &failure);
        }
        tasks.into_iter().for_each(Task::answer);
    }

    /// Runs the tasks, and with `gather` those that are queued meanwhile, in one transaction.
    fn transaction(&self, tasks: &mut Vec<Box<dyn Task>>, gather: bool) -> Result<(), Abort> {
        let mut batch = Batch {
            heads: self.begin()?,
            connection: &self.connection,
            database: &self.database,
            store: self.store,
            clock: &*self.clock,
            insert: None,
        };
        let (mut rows, mut bytes) = (0, 0);
        let mut index = 0;
        loop {
            while let Some(task) = tasks.get_mut(index) {
                let weight = task.weight();
                rows += weight.rows;
                bytes += weight.bytes;
                self.run_task(&mut **task, &mut batch, index)?;
                index += 1;
            }
            if !gather || rows >= MAX_ROWS || bytes >= MAX_BYTES {
                break;
            }
            match self.try_next() {
                Some(task) => tasks.push(task),
                None => break,
            }
        }
        self.commit()?;
        self.heads.set(batch.heads.committed());
        Ok(())
    }

    fn run_task(
        &self,
        task: &mut dyn Task,
        batch: &mut Batch<'_>,
        index: usize,
    ) -> Result<(), Abort> {
        let savepoint = task.weight().rows > 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if savepoint {
                batch.execute("SAVEPOINT task")?;
            }
            task.run(batch)?;
            if savepoint {
                batch.execute("RELEASE task")?;
            }
            Ok(())
        }));
        let lost = |panicked, failure| {
            self.roll_back();
            let stage = Stage::Task { index, panicked };
            Err(Abort { stage, failure })
        };
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let failure = Failure::new(&self.database, error);
                // After some errors SQLite has rolled back everything, the work of others included.
                let undone = !savepoint
                    || (batch.execute("ROLLBACK TO task").is_ok()
                        && batch.execute("RELEASE task").is_ok());
                if self.connection.is_autocommit() || !undone {
                    return lost(false, failure);
                }
                // What it may have said about its streams was undone with it.
                batch.heads.forget();
                task.settle(&failure);
                Ok(())
            }
            Err(_) => {
                let what = "the store's clock or the store itself panicked, nothing was stored";
                lost(
                    true,
                    Failure::other(ErrorKind::Storage, &self.database, what),
                )
            }
        }
    }

    fn begin(&self) -> Result<Heads, Abort> {
        // If rolling back the last one failed, every further BEGIN would fail as well.
        self.roll_back();
        let begun = self.lock();
        let begun = begun.map_err(|error| Failure::new(&self.database, error));
        begun.and_then(|()| self.known()).map_err(|failure| {
            self.roll_back();
            Abort {
                stage: Stage::Begin,
                failure,
            }
        })
    }

    /// What is still true of what the last transaction knew.
    fn known(&self) -> Result<Heads, Failure> {
        let failed = |error| Failure::new(&self.database, error);
        let seen = schema::data_version(&self.connection).map_err(failed)?;
        let heads = self.heads.take();
        if heads.are_true(seen) {
            return Ok(heads);
        }
        match schema::current_format(&self.connection).map_err(failed)? {
            schema::FORMAT => Ok(Heads::unknown(seen)),
            format => {
                let (kind, what) = (ErrorKind::UnsupportedFormat, schema::another_format(format));
                Err(Failure::other(kind, &self.database, &what))
            }
        }
    }

    /// Waits for the write lock. SQLite's own waiting backs off to 100 ms and starves beside a process that
    /// writes all the time; a lock is free for microseconds then.
    fn lock(&self) -> Sql<()> {
        let deadline = Instant::now().checked_add(self.busy_timeout);
        self.connection.busy_timeout(Duration::ZERO)?;
        let locked = loop {
            match self.execute("BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) && deadline.is_none_or(|at| Instant::now() < at) => {
                    std::thread::sleep(Duration::from_micros(fastrand::u64(200..2_000)));
                }
                result => break result,
            }
        };
        self.connection.busy_timeout(self.busy_timeout)?;
        locked
    }

    fn commit(&self) -> Result<(), Abort> {
        self.execute("COMMIT").map_err(|error| {
            self.roll_back();
            Abort {
                stage: Stage::Commit,
                failure: Failure::new(&self.database, error),
            }
        })
    }

    fn roll_back(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.execute("ROLLBACK") {
            tracing::warn!(%error, database = %self.database, "rolling back failed");
        }
    }

    fn execute(&self, sql: &str) -> Sql<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// The next task that is queued already; something else waits until the transaction is over.
    fn try_next(&self) -> Option<Box<dyn Task>> {
        if let Some(message) = self.next.take() {
            self.next.set(Some(message));
            return None;
        }
        match self.queue.try_recv() {
            Ok(Message::Write(task)) => Some(task),
            Ok(other) => {
                self.next.set(Some(other));
                None
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }
}

impl Batch<'_> {
    pub(super) fn execute(&self, sql: &str) -> Sql<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }
}

fn settle_all(tasks: &mut [Box<dyn Task>], failure: &Failure) {
    for task in tasks {
        task.settle(failure);
    }
}
