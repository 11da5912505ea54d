//! What is asked of a connection before the pool lends it: that it leads to a primary, and that somebody drives it.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use deadpool_postgres::{ClientWrapper, Hook, HookError, StatementCache};
use tokio::runtime::{Handle, Id, RuntimeFlavor};

const STANDBY: &str = "the server is a standby; a URL that names all servers finds the primary";

/// Refuses a new connection to a standby: what it has may be old, and which appends are under way it doesn't know.
pub(super) fn on_a_primary(wait: Duration) -> Hook {
    Hook::async_fn(move |client, _| {
        Box::pin(async move {
            let asked = client.query_typed("SELECT pg_is_in_recovery()", &[]);
            let late = |_| HookError::message("the server did not say whether it is a standby");
            let rows = tokio::time::timeout(wait, asked).await.map_err(late)?;
            let rows = rows.map_err(HookError::Backend)?;
            match rows.first().map(|row| row.try_get(0)) {
                Some(Ok(false)) => Ok(()),
                Some(Err(error)) => Err(HookError::Backend(error)),
                Some(Ok(true)) | None => Err(HookError::message(STANDBY)),
            }
        })
    })
}

/// Which runtimes drive connections: those that made them. One of a single thread drives its own only while somebody waits
/// in it, so that these are lent to nobody else.
#[derive(Debug, Clone, Default)]
pub(super) struct Homes(Arc<Mutex<Vec<Home>>>);

#[derive(Debug)]
struct Home {
    /// What a connection has for itself alone.
    of: Weak<StatementCache>,
    runtime: Id,
}

impl Homes {
    /// Notes where a new connection is at home.
    pub(super) fn note(&self) -> Hook {
        let homes = self.clone();
        Hook::sync_fn(move |client, _| {
            let home = Handle::current();
            if home.runtime_flavor() == RuntimeFlavor::CurrentThread {
                let mut homes = homes.0.lock().unwrap_or_else(PoisonError::into_inner);
                homes.retain(|home| home.of.strong_count() > 0);
                homes.push(Home {
                    of: Arc::downgrade(&client.statement_cache),
                    runtime: home.id(),
                });
            }
            Ok(())
        })
    }

    /// Has a connection closed that is at home elsewhere.
    pub(super) fn ask(&self) -> Hook {
        let homes = self.clone();
        Hook::sync_fn(move |client, _| {
            if homes.is_driven(client) {
                return Ok(());
            }
            Err(HookError::message("another runtime drives the connection"))
        })
    }

    fn is_driven(&self, client: &ClientWrapper) -> bool {
        let homes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = Arc::as_ptr(&client.statement_cache);
        let home = homes.iter().find(|home| home.of.as_ptr() == of);
        home.is_none_or(|home| home.runtime == Handle::current().id())
    }
}
