//! A connection of the pool, and which statements are kept in its session.
//!
//! A statement that is asked for often has a name, by which the server finds it parsed and planned. Names belong to a session:
//! only where a connection is known to have one to itself are there any ([`sessions`](super::sessions)). Otherwise a pooler may hand
//! each statement to another session, and nothing is kept.

use std::sync::Arc;

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::{StreamExt as _, pin_mut};
use tokio_postgres::{
    Client, Row, RowStream, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use super::{
    errors::{Failure, Fate},
    sessions::Sessions,
};
use crate::ErrorKind;

/// A parameter and its type.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A statement's text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sql<'a> {
    /// Asked for often, and found in the same way whatever its parameters are.
    Kept(&'a str),
    /// Parsed, and planned for its parameters, each time.
    Once(&'a str),
}

/// What rows are handed over to.
pub(super) trait Sink: Send {
    /// Whether it wants more.
    fn take(&mut self, row: &Row) -> Result<bool, tokio_postgres::Error>;
}

/// A connection of the pool. It goes back there only when nothing is under way on it: a statement that hangs would hold
/// up whoever gets it next.
#[derive(Debug)]
pub(super) struct Connection {
    object: Option<Object>,
    sessions: Arc<Sessions>,
    idle: bool,
}

impl Connection {
    pub(super) fn new(object: Object, sessions: Arc<Sessions>) -> Self {
        Self {
            object: Some(object),
            sessions,
            idle: true,
        }
    }

    /// For statements that begin now.
    pub(super) fn begin(&mut self) -> Result<Begun<'_>, Failure> {
        self.idle = false;
        match &self.object {
            Some(client) => Ok(Begun {
                client,
                sessions: &self.sessions,
            }),
            None => Err(Failure::unsent(ErrorKind::Storage, "no connection")),
        }
    }

    /// Behind an error the server is ready for the next statement; behind silence it may not be. One that can only be read
    /// from is a standby that a pooler, or what stands between, has put in the place of the primary.
    pub(super) fn end<T>(&mut self, done: &Result<T, Failure>) {
        self.idle = !matches!(done, Err(failure) if failure.fate == Fate::Unknown || failure.is_read_only());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let (Some(object), false) = (self.object.take(), self.idle) {
            drop(Object::take(object));
        }
    }
}

/// A connection on which statements are under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun<'a> {
    client: &'a ClientWrapper,
    sessions: &'a Sessions,
}

impl<'a> Begun<'a> {
    pub(super) fn client(self) -> &'a Client {
        self.client
    }

    /// Whether what is asked for often is parsed once.
    pub(super) fn keeps_statements(self) -> bool {
        self.sessions.are_own()
    }

    /// Asks for rows.
    pub(super) async fn query(
        self,
        sql: Sql<'_>,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let mut all = Vec::new();
        let rows = self.rows(sql, parameters).await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    /// Asks for rows, and hands them over as they come until they are enough.
    pub(super) async fn hand_over<S: Sink>(
        self,
        sql: Sql<'_>,
        parameters: &[Parameter<'_>],
        mut sink: S,
    ) -> Result<S, tokio_postgres::Error> {
        let rows = self.rows(sql, parameters).await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            if !sink.take(&row?)? {
                break;
            }
        }
        Ok(sink)
    }

    /// Its errors come before the first row if the server doesn't know a statement.
    async fn rows(
        self,
        sql: Sql<'_>,
        parameters: &[Parameter<'_>],
    ) -> Result<RowStream, tokio_postgres::Error> {
        let (Sql::Kept(text) | Sql::Once(text)) = sql;
        if matches!(sql, Sql::Kept(_)) && self.keeps_statements() {
            match self.named(text, parameters).await {
                Err(error) if is_foreign(&error) => self.sessions.are_shared(),
                done => return done,
            }
        }
        let parameters = parameters.iter().map(|(value, ty)| (*value, ty.clone()));
        self.client.query_typed_raw(text, parameters).await
    }

    async fn named(
        self,
        text: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<RowStream, tokio_postgres::Error> {
        let types: Vec<Type> = parameters.iter().map(|(_, ty)| ty.clone()).collect();
        let statement: Statement = self.client.prepare_typed_cached(text, &types).await?;
        let values = parameters.iter().map(|(value, _)| *value);
        self.client.query_raw(&statement, values).await
    }
}

/// Whether the session doesn't have the statement, or has another one of this name: nothing was done.
fn is_foreign(error: &tokio_postgres::Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::INVALID_SQL_STATEMENT_NAME | &SqlState::DUPLICATE_PSTATEMENT)
    )
}
