//! A PostgreSQL server for tests: one for each test binary, a database for each test, nothing left behind. Features
//! `postgres` and `testing`; Unix only.
//!
//! ```no_run
//! use eventsourcing::{PostgresStore, store::PostgresOptions, testing::postgres::PostgresServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let Some(server) = PostgresServer::for_tests() else {
//!     return Ok(()); // no PostgreSQL on this machine: said on stderr, and a failure where `CI` is `true`
//! };
//! let database = server.database().await?;
//! let store = PostgresStore::connect_config(database.config().clone(), PostgresOptions::default()).await?;
//! // … and when `database` is dropped, so is the database.
//! # Ok(())
//! # }
//! ```

mod binaries;
mod cluster;
mod databases;

use std::{
    env, fmt, io,
    io::Write as _,
    sync::{Mutex, OnceLock, PoisonError},
};

use tokio_postgres::Config;

pub use self::databases::TestDatabase;
use self::{cluster::Cluster, databases::Databases};

/// Names a server to use in the place of one that is started: a URL or `key=value` text, of a role that may create databases.
const NAMED: &str = "EVENTSOURCING_TEST_POSTGRES";

/// A server for tests.
///
/// It is started from PostgreSQL's own binaries, wherever they are installed, with a data folder in the system's
/// temporary folder and a Unix socket in it, and no port. Started by root it runs as another user, as PostgreSQL insists.
/// It ends, and its folder goes, when the process ends, however that does.
///
/// The environment variable `EVENTSOURCING_TEST_POSTGRES` names a running server instead.
#[derive(Debug)]
pub struct PostgresServer {
    databases: Databases,
    cluster: Option<Mutex<Cluster>>,
}

/// Why there is no server.
#[derive(Debug, Clone)]
pub struct NoServer(String);

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoServer {}

impl PostgresServer {
    /// The server that all tests of this process share: started by the first one that asks. It doesn't sync to the disk.
    ///
    /// None if there are no binaries of PostgreSQL: that the test did not run is written to stderr, past the capture of
    /// test output.
    ///
    /// # Panics
    ///
    /// If there are none and the environment variable `CI` is `true`; and if the server doesn't start.
    pub fn for_tests() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<PostgresServer, NoServer>> = OnceLock::new();
        let server = SHARED.get_or_init(|| match env::var(NAMED) {
            Ok(settings) => Self::at(&settings),
            Err(_) if binaries::folder().is_none() => Err(NoServer(format!(
                "no binaries of PostgreSQL (`initdb`, `postgres`) were found, and {NAMED} names no server"
            ))),
            // A machine that has PostgreSQL but can't start it is worth a failure.
            Err(_) => match Self::start(&[("fsync", "off"), ("full_page_writes", "off")]) {
                Ok(server) => Ok(server),
                Err(error) => panic!("{error}"),
            },
        });
        match server {
            Ok(server) => Some(server),
            Err(missing) if env::var_os("CI").is_some_and(|ci| ci == "true") => {
                panic!("{missing}");
            }
            Err(missing) => {
                let thread = std::thread::current();
                let test = thread.name().unwrap_or("a test");
                // A closed stderr fails no test.
                let _ =
                    io::stderr().write_all(format!("DID NOT RUN: {test}: {missing}\n").as_bytes());
                None
            }
        }
    }

    /// A server of its own, with these settings (`name`, `value`) beside the defaults.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self, NoServer> {
        let folder = binaries::folder().ok_or_else(|| {
            NoServer("no binaries of PostgreSQL (`initdb`, `postgres`) were found".to_owned())
        })?;
        let cluster =
            Cluster::start(&folder, settings).map_err(|error| NoServer(error.to_string()))?;
        Ok(Self {
            databases: Databases::new(cluster.config())?,
            cluster: Some(Mutex::new(cluster)),
        })
    }

    /// A server that is running already: a URL or `key=value` text, of a role that may create databases.
    pub fn at(settings: &str) -> Result<Self, NoServer> {
        let config: Config = settings
            .parse()
            .map_err(|error| NoServer(format!("{NAMED}: {error}")))?;
        Ok(Self {
            databases: Databases::new(config)?,
            cluster: None,
        })
    }

    /// A new, empty database, of the server's role; gone when it is dropped.
    pub async fn database(&self) -> Result<TestDatabase, NoServer> {
        self.databases.create().await
    }

    /// Kills every process of the server with `SIGKILL`, as a crash of the machine would, though what it wrote stays in the
    /// page cache.
    ///
    /// Errors: the server was not started by this process.
    pub fn kill(&self) -> Result<(), NoServer> {
        self.with_cluster(Cluster::kill)
    }

    /// Starts a server that was [killed](Self::kill) again, and returns when it takes connections.
    ///
    /// Errors: the server was not started by this process, or doesn't come up.
    pub fn restart(&self) -> Result<(), NoServer> {
        self.with_cluster(Cluster::run)?;
        self.databases.reconnect()
    }

    fn with_cluster(
        &self,
        act: impl FnOnce(&mut Cluster) -> io::Result<()>,
    ) -> Result<(), NoServer> {
        let cluster = self.cluster.as_ref();
        let cluster = cluster
            .ok_or_else(|| NoServer("the server was not started by this process".to_owned()))?;
        let mut cluster = cluster.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut cluster).map_err(|error| NoServer(error.to_string()))
    }
}
