//! What the driver's errors mean to a caller. A new translation of an SQLSTATE belongs here.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::{Error, ErrorKind};

/// What became of a statement that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was undone because of others: the same again can succeed at once.
    Undone,
    /// It was undone because somebody else has had a version of its streams open for too long.
    Blocked,
    /// It was undone, for a reason that stays.
    Refused,
    /// It was never sent.
    Unsent,
    /// The connection was lost, or nothing came for too long: nobody knows.
    Unknown,
}

/// A failure, translated. One failed statement is told to everybody who waits for it, hence `Clone`.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) fate: Fate,
    kind: ErrorKind,
    detail: Arc<str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// The driver's error for a statement.
    pub(super) fn of_statement(database: &str, error: tokio_postgres::Error) -> Self {
        let (fate, kind) = match error.as_db_error() {
            Some(server) => of_server(server),
            // Parameters are encoded before anything is sent.
            None if is_encoding(&error) => (Fate::Unsent, ErrorKind::Storage),
            None if is_decoding(&error) => (Fate::Unknown, ErrorKind::Corrupt),
            None => (Fate::Unknown, ErrorKind::Unavailable),
        };
        Self {
            fate,
            kind,
            detail: describe(database, &error).into(),
            source: Some(Arc::new(error)),
        }
    }

    /// Why there is no connection.
    pub(super) fn of_pool(database: &str, error: PoolError, wait: Duration, size: usize) -> Self {
        let unavailable = |detail: String| Self::unsent(ErrorKind::Unavailable, &detail);
        match error {
            PoolError::Timeout(TimeoutType::Wait) => unavailable(format!(
                "{database}: none of the pool's {size} connections was free within {wait:?}"
            )),
            PoolError::Timeout(_) => {
                unavailable(format!("{database}: no connection within {wait:?}"))
            }
            PoolError::Closed => Self::closed(database),
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                Self::of_connect(database, error)
            }
            PoolError::PostCreateHook(HookError::Message(what)) => {
                unavailable(format!("{database}: {what}"))
            }
            error => unavailable(format!("{database}: {error}")),
        }
    }

    /// Nothing is asked of a store that was closed.
    pub(super) fn closed(database: &str) -> Self {
        let detail = format!("{database}: the store is closed");
        Self::unsent(ErrorKind::Unavailable, &detail)
    }

    /// The driver's error while it connected.
    pub(super) fn of_connect(database: &str, error: tokio_postgres::Error) -> Self {
        let mut detail = describe(database, &error);
        let kind = match error.code() {
            Some(state)
                if *state == SqlState::INVALID_PASSWORD
                    || *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
                    || *state == SqlState::INVALID_CATALOG_NAME
                    // Settings of the URL's `options` that there aren't, or that can't have this value.
                    || *state == SqlState::UNDEFINED_OBJECT
                    || *state == SqlState::INVALID_PARAMETER_VALUE
                    || *state == SqlState::CANT_CHANGE_RUNTIME_PARAM
                    || *state == SqlState::SYNTAX_ERROR =>
            {
                ErrorKind::InvalidConfiguration
            }
            Some(state) if *state == SqlState::PROTOCOL_VIOLATION => {
                detail.push_str(
                    "; a pooler that takes no startup options needs `PostgresOptions::statement_timeout(None)`",
                );
                ErrorKind::InvalidConfiguration
            }
            Some(state) => match kind(state.code()) {
                ErrorKind::Storage => ErrorKind::Unavailable,
                kind => kind,
            },
            None => ErrorKind::Unavailable,
        };
        Self {
            fate: Fate::Unsent,
            kind,
            detail: detail.into(),
            source: Some(Arc::new(error)),
        }
    }

    /// Nothing came within the deadline of a call.
    pub(super) fn late(database: &str, deadline: Duration) -> Self {
        let detail = format!("{database}: no answer within {deadline:?}");
        Self {
            fate: Fate::Unknown,
            ..Self::unsent(ErrorKind::Unavailable, &detail)
        }
    }

    /// No connection came within the deadline of a call.
    pub(super) fn unconnected(database: &str, deadline: Duration) -> Self {
        let detail = format!("{database}: no connection within {deadline:?}");
        Self::unsent(ErrorKind::Unavailable, &detail)
    }

    /// An append waited for its turn until its deadline.
    pub(super) fn untried(database: &str, deadline: Duration) -> Self {
        let detail = format!("{database}: its turn did not come within {deadline:?}");
        Self::unsent(ErrorKind::Unavailable, &detail)
    }

    /// Stored values that make no sense.
    pub(super) fn corrupt(database: &str, what: &str) -> Self {
        let detail = format!("{database}: {what}");
        Self {
            fate: Fate::Refused,
            ..Self::unsent(ErrorKind::Corrupt, &detail)
        }
    }

    /// A failure before anything was sent.
    pub(super) fn unsent(kind: ErrorKind, detail: &str) -> Self {
        Self {
            fate: Fate::Unsent,
            kind,
            detail: detail.into(),
            source: None,
        }
    }

    /// With more to say.
    pub(super) fn adding(mut self, what: &str) -> Self {
        self.detail = format!("{}; {what}", self.detail).into();
        self
    }

    /// Whether the server took it for a write where there can be none.
    pub(super) fn is_read_only(&self) -> bool {
        self.kind == ErrorKind::ReadOnly
    }

    /// The same, where it can't be known whether the events are stored.
    pub(super) fn in_doubt(mut self) -> Self {
        self.kind = ErrorKind::OutcomeUnknown;
        self
    }

    /// For one of those who wait.
    pub(super) fn to_error(&self) -> Error {
        let error = Error::new(self.kind.clone()).because(&*self.detail);
        match &self.source {
            Some(source) => error.caused_by(Shared(Arc::clone(source))),
            None => error,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.to_error()
    }
}

/// A URL or settings that can't be read: which of them, and what to write. The text itself may hold a password.
pub(super) fn unreadable(error: tokio_postgres::Error) -> Error {
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    let named = why.starts_with("unknown option") || why.starts_with("invalid value for option");
    let mut detail = "the connection's URL or settings can't be read".to_owned();
    if named {
        detail.push_str(": ");
        detail.push_str(&why);
    }
    if why.ends_with("`sslmode`") {
        detail.push_str(
            "; there are `disable`, `prefer` and `require`, which verify the server's certificate, as others call `verify-full`",
        );
    } else if why.ends_with("`pgbouncer`") {
        detail.push_str(
            "; leave it out: every pooler in transaction mode will do, some with `PostgresOptions::statement_timeout(None)`",
        );
    }
    Error::new(ErrorKind::InvalidConfiguration)
        .because(detail)
        .caused_by(error)
}

/// One source for many.
#[derive(Debug)]
struct Shared(Arc<dyn StdError + Send + Sync>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Shared {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// The server's own words, where there are some.
fn describe(database: &str, error: &tokio_postgres::Error) -> String {
    let Some(server) = error.as_db_error() else {
        let mut text = format!("{database}: {error}");
        if let Some(source) = error.source() {
            text.push_str(": ");
            text.push_str(&source.to_string());
        }
        return text;
    };
    let hint = server.hint().map(|hint| format!("; {hint}"));
    format!(
        "{database}: {} (SQLSTATE {}){}",
        server.message(),
        server.code().code(),
        hint.unwrap_or_default()
    )
}

fn is_encoding(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing") || text.starts_with("error encoding")
}

fn is_decoding(error: &tokio_postgres::Error) -> bool {
    error.to_string().starts_with("error deserializing")
}

fn of_server(error: &DbError) -> (Fate, ErrorKind) {
    let code = error.code().code();
    let fate = match error.parsed_severity() {
        // The server ends the connection. A commit that waits for a standby may be done by then.
        Some(Severity::Fatal | Severity::Panic) => Fate::Unknown,
        _ => match code {
            // Serialization failure, deadlock, somebody else's event at this version.
            "40001" | "40P01" | "23505" => Fate::Undone,
            "55P03" => Fate::Blocked,
            code if code.starts_with("57P") || code.starts_with("08") => Fate::Unknown,
            _ => Fate::Refused,
        },
    };
    (fate, kind(code))
}

fn kind(code: &str) -> ErrorKind {
    match code {
        "53100" => ErrorKind::Full,
        // Index rows, values and statements beyond the server's limits.
        "54000" | "54001" | "54011" | "54023" | "22001" | "22003" => ErrorKind::TooLarge,
        "25006" => ErrorKind::ReadOnly,
        // What PostgreSQL's texts can't hold.
        "22021" | "22P05" => ErrorKind::Unfaithful,
        "XX001" | "XX002" => ErrorKind::Corrupt,
        // Schema, table or function is not there.
        "3F000" | "42P01" | "42883" | "42703" => ErrorKind::UnsupportedFormat,
        // A right that is missing; another store's database.
        "42501" | "22023" => ErrorKind::InvalidConfiguration,
        "40001" | "40P01" | "23505" | "55P03" | "55006" | "55000" | "57014" => {
            ErrorKind::Unavailable
        }
        code if code.starts_with("08") || code.starts_with("53") || code.starts_with("57") => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Storage,
    }
}
