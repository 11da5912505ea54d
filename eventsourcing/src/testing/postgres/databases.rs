//! Databases: made when a test begins, removed when it ends, by a thread with a connection and a runtime of its own.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use tokio::{runtime, sync::oneshot};
use tokio_postgres::{Client, Config, NoTls};

use super::NoServer;

/// A database of a test; gone when it is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    config: Config,
    orders: Sender<Order>,
}

impl TestDatabase {
    /// How to connect to it.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = self
            .orders
            .send(Order::Remove(std::mem::take(&mut self.name)));
    }
}

#[derive(Debug)]
enum Order {
    Create(String, oneshot::Sender<Result<(), String>>),
    Remove(String),
    Reconnect(oneshot::Sender<Result<(), String>>),
}

#[derive(Debug)]
pub(super) struct Databases {
    config: Config,
    orders: Mutex<Sender<Order>>,
}

impl Databases {
    pub(super) fn new(config: Config) -> Result<Self, NoServer> {
        let (orders, received) = mpsc::channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| NoServer(error.to_string()))?;
        let mut admin = config.clone();
        admin.application_name("eventsourcing tests");
        let thread = thread::Builder::new().name("test databases".to_owned());
        thread
            .spawn(move || runtime.block_on(serve(&admin, &received)))
            .map_err(|error| NoServer(error.to_string()))?;
        let databases = Self {
            config,
            orders: Mutex::new(orders),
        };
        databases.reconnect()?;
        Ok(databases)
    }

    fn sender(&self) -> Sender<Order> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.clone()
    }

    /// The server was started again.
    pub(super) fn reconnect(&self) -> Result<(), NoServer> {
        let (done, answer) = oneshot::channel();
        let _ = self.sender().send(Order::Reconnect(done));
        // Not `blocking_recv`: that panics within a runtime.
        answered(wait(answer))
    }

    pub(super) async fn create(&self) -> Result<TestDatabase, NoServer> {
        let name = format!("es_test_{:016x}", fastrand::u64(..));
        let (done, answer) = oneshot::channel();
        let orders = self.sender();
        let _ = orders.send(Order::Create(name.clone(), done));
        answered(answer.await)?;
        let mut config = self.config.clone();
        config.dbname(&name);
        Ok(TestDatabase {
            name,
            config,
            orders,
        })
    }
}

/// Waits for an answer on this thread, also within a runtime.
fn wait<T: Send + 'static>(answer: oneshot::Receiver<T>) -> Result<T, oneshot::error::RecvError> {
    let waiting = thread::spawn(move || answer.blocking_recv());
    match waiting.join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn answered(answer: Result<Result<(), String>, oneshot::error::RecvError>) -> Result<(), NoServer> {
    match answer {
        Ok(done) => done.map_err(NoServer),
        Err(_) => Err(NoServer(
            "the thread that makes databases has ended".to_owned(),
        )),
    }
}

async fn serve(config: &Config, orders: &Receiver<Order>) {
    let mut client = None;
    while let Ok(order) = orders.recv() {
        match order {
            Order::Reconnect(done) => {
                client = None;
                let connected = connected(config, &mut client).await.map(drop);
                let _ = done.send(connected);
            }
            Order::Create(name, done) => {
                let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
                let _ = done.send(execute(config, &mut client, &sql).await);
            }
            Order::Remove(name) => {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                if let Err(error) = execute(config, &mut client, &sql).await {
                    tracing::warn!(name, error, "a test's database was not removed");
                }
            }
        }
    }
}

async fn execute(config: &Config, client: &mut Option<Client>, sql: &str) -> Result<(), String> {
    let client = connected(config, client).await?;
    let done = client.batch_execute(sql).await;
    done.map_err(|error| match error.as_db_error() {
        Some(server) => format!("{sql}: {}", server.message()),
        None => format!("{sql}: {error}"),
    })
}

async fn connected<'c>(
    config: &Config,
    client: &'c mut Option<Client>,
) -> Result<&'c Client, String> {
    if client.as_ref().is_none_or(Client::is_closed) {
        let (new, connection) = config
            .connect(NoTls)
            .await
            .map_err(|error| format!("connecting to the test server: {error}"))?;
        tokio::spawn(connection);
        *client = Some(new);
    }
    client.as_ref().ok_or_else(|| "no connection".to_owned())
}
