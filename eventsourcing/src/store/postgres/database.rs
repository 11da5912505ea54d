//! The pool, deadlines, and statements that ask again by themselves where that is harmless.

use std::{future::Future, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::time::Instant;
use tokio_postgres::{Config, Row, config::TargetSessionAttrs};

use super::{
    PostgresOptions,
    connection::{Connection, Parameter, Sink, Sql},
    errors::{Failure, Fate},
    hooks::{self, Homes},
    sessions::{Connector, Sessions},
    tls,
};
use crate::{Error, ErrorKind, Result};

/// How often a read, or what can be repeated like one, is tried.
const TRIES: u32 = 4;

/// Where the store is.
#[derive(Debug)]
pub(super) struct Database {
    pool: Pool,
    sessions: Arc<Sessions>,
    /// How errors call it.
    pub(super) name: Arc<str>,
    pool_wait: Duration,
    deadline: Duration,
}

impl Database {
    /// Connects to nothing yet.
    pub(super) fn new(mut config: Config, options: &PostgresOptions) -> Result<Self> {
        let name = config
            .get_dbname()
            .or(config.get_user())
            .unwrap_or("postgres");
        let name = format!("{name:?}, schema {:?}", options.schema).into();
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            let what = "the connection's URL or settings name no host";
            return Err(Error::new(ErrorKind::InvalidConfiguration).because(what));
        }
        if let Some(timeout) = options.statement_timeout {
            // The last one counts: what the URL says itself.
            let own = config.get_options().map(|own| format!(" {own}"));
            config.options(format!(
                "-c statement_timeout={}{}",
                timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into()),
                own.unwrap_or_default()
            ));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.pool_wait);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(options.deadline);
        }
        // Of several servers one is the primary.
        let servers = config.get_hosts().len().max(config.get_hostaddrs().len());
        if servers > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("eventsourcing");
        }
        let tls = tls::connector(&config, options.root_certificates.as_deref())?;
        let fast = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let homes = Homes::default();
        let sessions = Arc::new(Sessions::new(options.statement_timeout.is_some()));
        let connector = Connector {
            tls,
            sessions: Arc::clone(&sessions),
        };
        let pool = Pool::builder(Manager::from_connect(config, connector, fast))
            .max_size(options.connections)
            .wait_timeout(Some(options.pool_wait))
            .create_timeout(Some(options.pool_wait))
            .runtime(Runtime::Tokio1)
            .post_create(hooks::on_a_primary(options.pool_wait))
            .post_create(homes.note())
            .pre_recycle(homes.ask())
            .build()
            .map_err(|error| Error::new(ErrorKind::InvalidConfiguration).caused_by(error))?;
        Ok(Self {
            pool,
            sessions,
            name,
            pool_wait: options.pool_wait,
            deadline: options.deadline,
        })
    }

    /// How long a call waits for its answer.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Until when a call that begins now waits for its answer.
    pub(super) fn until(&self) -> Instant {
        // As good as for ever.
        let most = Duration::from_secs(30 * 365 * 24 * 60 * 60);
        Instant::now() + self.deadline.min(most)
    }

    /// From now on there are no connections.
    pub(super) fn close(&self) {
        self.pool.close();
    }

    pub(super) async fn connection(&self, until: Instant) -> Result<Connection, Failure> {
        let object = tokio::time::timeout_at(until, self.pool.get()).await;
        let object = object
            .map_err(|_| Failure::unconnected(&self.name, self.deadline))?
            .map_err(|error| {
                let size = self.pool.status().max_size;
                Failure::of_pool(&self.name, error, self.pool_wait, size)
            })?;
        Ok(Connection::new(object, Arc::clone(&self.sessions)))
    }

    /// Asks for rows, once.
    pub(super) async fn rows_once(
        &self,
        sql: Sql<'_>,
        parameters: &[Parameter<'_>],
        until: Instant,
    ) -> Result<Vec<Row>, Failure> {
        let mut connection = self.connection(until).await?;
        let asked = connection.begin()?.query(sql, parameters);
        let rows = self.within(until, asked).await;
        connection.end(&rows);
        rows
    }

    /// Asks for rows. Asks again if the connection was lost: for statements that may be repeated.
    pub(super) async fn rows(
        &self,
        sql: Sql<'_>,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Failure> {
        let (until, mut tries) = (self.until(), 0);
        loop {
            tries += 1;
            match self.rows_once(sql, parameters, until).await {
                Err(failure) if self.asks_again(&failure, tries, until) => pause(tries).await,
                done => return done,
            }
        }
    }

    /// Asks for rows, and hands them over as they come until they are enough.
    pub(super) async fn hand_over<S: Sink>(
        &self,
        sql: Sql<'_>,
        parameters: &[Parameter<'_>],
        sink: impl Fn() -> S + Sync,
    ) -> Result<S, Failure> {
        let (until, mut tries) = (self.until(), 0);
        loop {
            tries += 1;
            let mut connection = self.connection(until).await?;
            let handed = connection.begin()?.hand_over(sql, parameters, sink());
            let done = self.within(until, handed).await;
            connection.end(&done);
            match done {
                Err(failure) if self.asks_again(&failure, tries, until) => pause(tries).await,
                done => return done,
            }
        }
    }

    fn asks_again(&self, failure: &Failure, tries: u32, until: Instant) -> bool {
        let again = matches!(failure.fate, Fate::Undone | Fate::Unknown)
            && tries < TRIES
            && Instant::now() < until;
        if again {
            tracing::debug!(database = %self.name, ?failure, "asking again");
        }
        again
    }

    /// The driver's answer, or that it is late.
    pub(super) async fn within<T>(
        &self,
        until: Instant,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout_at(until, work).await {
            Ok(done) => done.map_err(|error| Failure::of_statement(&self.name, error)),
            Err(_) => Err(Failure::late(&self.name, self.deadline)),
        }
    }
}

/// Before the next try: up to a few milliseconds, up to half a second after many.
pub(super) async fn pause(tries: u32) {
    let most = 1_u64 << tries.clamp(1, 9);
    tokio::time::sleep(Duration::from_micros(fastrand::u64(
        0..=most.saturating_mul(1_000),
    )))
    .await;
}
