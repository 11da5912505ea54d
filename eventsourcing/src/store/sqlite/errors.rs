//! What the driver's errors mean to a caller. A new translation of an SQLite result code belongs here.

use std::sync::Arc;

use rusqlite::{ErrorCode, ffi};

use crate::{Error, ErrorKind};

/// A result with the driver's error.
pub(super) type Sql<T> = Result<T, rusqlite::Error>;

/// Why a piece of work on the database did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It was decided not to, before anything was written.
    Refused(Error),
    /// The driver failed.
    Driver(rusqlite::Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Driver(error)
    }
}

impl Trouble {
    /// As the crate's error, with the name of the database.
    pub(super) fn into_error(self, database: &str) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Driver(error) => Failure::new(database, error).to_error(),
        }
    }
}

/// A driver's error, translated. One failed transaction is told to everybody who waits for it, hence `Clone`.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    kind: ErrorKind,
    detail: Arc<str>,
    source: Option<Arc<rusqlite::Error>>,
}

impl Failure {
    /// The driver's error while it worked on this database.
    pub(super) fn new(database: &str, error: rusqlite::Error) -> Self {
        Self {
            kind: kind(&error),
            detail: format!("{database}: {error}").into(),
            source: Some(Arc::new(error)),
        }
    }

    /// A failure that the driver has no part in.
    pub(super) fn other(kind: ErrorKind, database: &str, what: &str) -> Self {
        Self {
            kind,
            detail: format!("{database}: {what}").into(),
            source: None,
        }
    }

    /// The same, where it can't be known whether the events are stored.
    pub(super) fn in_doubt(mut self) -> Self {
        self.kind = ErrorKind::OutcomeUnknown;
        self
    }

    /// Whether the transaction can come back to life after a crash: its commit record was written to the
    /// log completely, but the log could not be synced.
    pub(super) fn may_resurrect(&self) -> bool {
        let code = self.source.as_deref().and_then(extended_code);
        code == Some(ffi::SQLITE_IOERR_FSYNC)
    }

    /// Whether somebody else had the database locked.
    pub(super) fn is_unavailable(&self) -> bool {
        self.kind == ErrorKind::Unavailable
    }

    /// Whether there was no room.
    pub(super) fn is_full(&self) -> bool {
        self.kind == ErrorKind::Full
    }

    /// For one of those who wait.
    pub(super) fn to_error(&self) -> Error {
        let error = Error::new(self.kind.clone()).because(&*self.detail);
        match &self.source {
            Some(source) => error.caused_by(Arc::clone(source)),
            None => error,
        }
    }
}

/// Whether another connection holds a lock that this one needs.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}

fn kind(error: &rusqlite::Error) -> ErrorKind {
    use rusqlite::Error as Driver;
    match error {
        Driver::InvalidColumnType(..)
        | Driver::FromSqlConversionFailure(..)
        | Driver::IntegralValueOutOfRange(..) => return ErrorKind::Corrupt,
        _ => {}
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ErrorKind::Full,
        Some(ErrorCode::ReadOnly) => ErrorKind::ReadOnly,
        Some(ErrorCode::TooBig) => ErrorKind::TooLarge,
        Some(ErrorCode::DatabaseCorrupt) => ErrorKind::Corrupt,
        Some(ErrorCode::NotADatabase) => ErrorKind::UnsupportedFormat,
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OperationInterrupted,
        ) => ErrorKind::Unavailable,
        _ => ErrorKind::Storage,
    }
}
