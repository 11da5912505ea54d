//! How the stores that come with the crate are given to the kit. Another store is a function here and a line in `main.rs`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use eventsourcing::{
    ManualClock, MemoryStore, PostgresStore, SqliteStore, Timestamp,
    store::{Capabilities, PostgresOptions, SqliteOptions, Synchronous, tokio_postgres::Config},
    testing::{
        conformance::{Check, Kit, Requirement, Subject, checks},
        postgres::PostgresServer,
    },
};
use futures_util::future::BoxFuture;

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::now()))
}

/// In memory another process can't have the data, and closing ends it: a second handle is a clone.
pub(crate) fn memory() -> Kit {
    let factory = || async {
        let clock = clock();
        let store = MemoryStore::with_clock(Arc::clone(&clock));
        let other = store.clone();
        Subject::new(store).clock(clock).second_handle(move || {
            let other = other.clone();
            async move { Subject::new(other) }
        })
    };
    Kit::new(factory, Capabilities::full())
}

/// A file in a folder of its own. Syncs are left out: what they are for is tested elsewhere.
pub(crate) fn sqlite() -> Kit {
    let factory = || async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("orders.db");
        sqlite_at(path, clock()).await.keep(folder)
    };
    Kit::new(factory, Capabilities::full()).rounds(1_000)
}

fn sqlite_at(path: PathBuf, clock: Arc<ManualClock>) -> BoxFuture<'static, Subject> {
    Box::pin(async move {
        let options = SqliteOptions::default()
            .clock(Arc::clone(&clock))
            .synchronous(Synchronous::Off);
        let store = SqliteStore::open_with(&path, options).await;
        let store = store.expect("the store opens");
        let (open, again) = (store.clone(), (path.clone(), Arc::clone(&clock)));
        Subject::new(store)
            .clock(Arc::clone(&clock))
            .second_handle(move || sqlite_at(path.clone(), Arc::clone(&clock)))
            .reopen(move || {
                let (open, (path, clock)) = (open.clone(), again.clone());
                Box::pin(async move {
                    open.close().await;
                    sqlite_at(path, clock).await
                })
            })
    })
}

/// A database of its own on a server that all checks share.
pub(crate) fn postgres() -> Kit {
    let factory = || async {
        let Some(server) = PostgresServer::for_tests() else {
            return Subject::unavailable("there is no PostgreSQL on this machine");
        };
        let database = server.database().await.expect("a database");
        postgres_at(database.config().clone(), clock())
            .await
            .keep(database)
    };
    let mut capabilities = Capabilities::full();
    capabilities.reads_may_lag = true;
    Kit::new(factory, capabilities).rounds(500)
}

fn postgres_at(config: Config, clock: Arc<ManualClock>) -> BoxFuture<'static, Subject> {
    Box::pin(async move {
        // Beside hundreds of other checks the server may take its time.
        let options = PostgresOptions::default()
            .pool_wait(Duration::from_secs(30))
            .clock(Arc::clone(&clock));
        let store = PostgresStore::connect_config(config.clone(), options).await;
        let store = store.expect("the store opens");
        let (open, again) = (store.clone(), (config.clone(), Arc::clone(&clock)));
        Subject::new(store)
            .clock(Arc::clone(&clock))
            .second_handle(move || postgres_at(config.clone(), Arc::clone(&clock)))
            .reopen(move || {
                let (open, (config, clock)) = (open.clone(), again.clone());
                Box::pin(async move {
                    open.close().await;
                    postgres_at(config, clock).await
                })
            })
    })
}

/// What does not apply to our stores is exactly what a reader of this file expects.
#[test]
fn what_does_not_apply_is_known() {
    let needing = |needs: &[Requirement]| -> Vec<_> {
        let checks = checks().iter();
        let needing = checks.filter(|check| check.needs().iter().any(|need| needs.contains(need)));
        needing.map(Check::name).collect()
    };
    let (one, limited, reopen) = (
        Requirement::OneStream,
        Requirement::LimitedCommits,
        Requirement::Reopen,
    );
    for (kit, wanted) in [
        (memory(), needing(&[one, limited, reopen])),
        (sqlite(), needing(&[one, limited])),
    ] {
        let report = kit.rounds(10).run_blocking();
        report.assert();
        let missing: Vec<_> = report.not_applicable().map(|r| r.check.name()).collect();
        assert_eq!(missing, wanted);
    }
}
