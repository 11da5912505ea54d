//! Whether each connection has a session of the server to itself.
//!
//! A connection sends a setting of its own when it starts, with a value that no other has. If a statement finds it there, the
//! session is this connection's: a pooler that shares sessions has dropped the setting, or refused it, or would need a session
//! for each value of it. Nothing else on a connection says so: a pooler answers like a server.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadpool_postgres::Connect;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

/// For statements that are planned once, from when the tables were small. What can't be read in another way looks so dear then
/// that it would be compiled, for seconds.
const SETTINGS: &str = "-c jit=off -c enable_seqscan=off";

/// What is known of all connections. One that shares its session is enough for all.
#[derive(Debug)]
pub(super) struct Sessions {
    are_own: AtomicBool,
}

impl Sessions {
    /// `can_tell` says whether startup options may be sent.
    pub(super) fn new(can_tell: bool) -> Self {
        Self {
            are_own: AtomicBool::new(can_tell),
        }
    }

    /// Whether each connection that was made has a session to itself.
    pub(super) fn are_own(&self) -> bool {
        self.are_own.load(Ordering::Relaxed)
    }

    /// From now on nothing is kept in them.
    pub(super) fn are_shared(&self) {
        if self.are_own.swap(false, Ordering::Relaxed) {
            tracing::debug!("sessions are shared by a pooler: statements are parsed each time");
        }
    }
}

/// How the pool connects.
pub(super) struct Connector {
    pub(super) tls: MakeRustlsConnect,
    pub(super) sessions: Arc<Sessions>,
}

impl Connect for Connector {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let mut config = config.clone();
        Box::pin(async move {
            let id = Uuid::now_v7().to_string();
            let asks = self.sessions.are_own();
            if asks {
                // The last one counts: what the URL says itself.
                let own = config.get_options().unwrap_or_default();
                let options = format!("{SETTINGS} {own} -c eventsourcing.session={id}");
                config.options(options);
            }
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let driven = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection has ended");
                }
            });
            if asks && session(&client).await?.as_deref() != Some(&*id) {
                self.sessions.are_shared();
            }
            Ok((client, driven))
        })
    }
}

async fn session(client: &Client) -> Result<Option<String>, Error> {
    let sql = "SELECT current_setting('eventsourcing.session', true)";
    let row = client.query_typed_one(sql, &[]).await?;
    row.try_get(0)
}
