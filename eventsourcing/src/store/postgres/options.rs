//! How a [`PostgresStore`](super::PostgresStore) is opened. A new setting is a field and a method here.

use std::{sync::Arc, time::Duration};

use crate::Clock;

/// Settings of a [`PostgresStore`](super::PostgresStore). The defaults are durable and right for most programs.
///
/// ```
/// use std::time::Duration;
///
/// use eventsourcing::store::PostgresOptions;
///
/// let options = PostgresOptions::default().schema("shop").connections(16).pool_wait(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    pub(super) schema: String,
    pub(super) migrate: bool,
    pub(super) connections: usize,
    pub(super) pool_wait: Duration,
    pub(super) statement_timeout: Option<Duration>,
    pub(super) deadline: Duration,
    pub(super) settle_wait: Duration,
    pub(super) stall_after: Duration,
    pub(super) coalesce: bool,
    pub(super) root_certificates: Option<Vec<u8>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "eventsourcing".to_owned(),
            migrate: true,
            connections: 8,
            pool_wait: Duration::from_secs(5),
            statement_timeout: Some(Duration::from_secs(30)),
            deadline: Duration::from_secs(40),
            settle_wait: Duration::from_millis(200),
            stall_after: Duration::from_secs(5),
            coalesce: true,
            root_certificates: None,
            clock: None,
        }
    }
}

impl PostgresOptions {
    /// The schema that the tables are in; `eventsourcing` by default. Stores in different schemas have nothing in common.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Whether the schema is made, and brought up to date, when the store is opened; on by default. Off: it must be
    /// there, and the role needs no right to create anything.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// The most connections that the store opens, at least 2; 8 by default.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.clamp(2, 10_000);
        self
    }

    /// How long a call waits for a connection before it gives up with
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): 5 seconds by default.
    pub fn pool_wait(mut self, wait: Duration) -> Self {
        self.pool_wait = wait;
        self
    }

    /// The server ends a statement after this time; 30 seconds by default. `None` leaves it to the server's settings, and
    /// sends no startup options, which some poolers refuse; without them no prepared statements are kept, and appends and loads
    /// take longer. A `statement_timeout` in the URL's own `options` has the last word.
    pub fn statement_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// How long a call takes at most, whatever the server does and however many wait before it; 40 seconds by default. An
    /// append whose connection is lost is asked for again until then. What was never asked for, or is undone by then, fails with
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable), other appends with
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long [`read_all`](crate::EventStore::read_all) waits for appends that are under way before it answers without what
    /// lies behind them; 200 milliseconds by default. Nothing is skipped either way: a later page has it.
    pub fn settle_wait(mut self, wait: Duration) -> Self {
        self.settle_wait = wait;
        self
    }

    /// From when on an order that doesn't settle is reported as a stall; 5 seconds by default. See
    /// [`PostgresStore::order`](super::PostgresStore::order).
    pub fn stall_after(mut self, time: Duration) -> Self {
        self.stall_after = time;
        self
    }

    /// Whether appends that wait at the same time are stored in one transaction; on by default. Each keeps its own answer.
    pub fn coalesce(mut self, coalesce: bool) -> Self {
        self.coalesce = coalesce;
        self
    }

    /// The certificates (PEM) that the server's must be signed by, in the place of those that the system trusts.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// A clock that events are stamped by, for tests; by default it is the server's. Within a stream recorded times never
    /// decrease, whatever it shows.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }
}
