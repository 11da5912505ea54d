//! Through a pooler in transaction mode: each transaction may run in another session.
//!
//! The pooler is one of the tests' own, with two sessions for all clients: it hands one out for a transaction, at random, and
//! like `PgBouncer` it refuses startup options, or ignores them if told so. It can also give each client a session.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use eventsourcing::{
    ErrorKind, EventStore as _, PostgresStore,
    store::{
        PostgresOptions,
        tokio_postgres::{Config, config::Host},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, mpsc},
};

use crate::bed::{client, commit, database, ids, open_with, put, stream, visible};

const SESSIONS: usize = 2;
const VERSION_3: i32 = 196_608;
/// What a client asks first that would rather speak TLS.
const ENCRYPTION: [u8; 4] = 80_877_103_i32.to_be_bytes();

/// A message with its type.
struct Message(u8, Vec<u8>);

async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Message> {
    let kind = from.read_u8().await?;
    let length = usize::try_from(from.read_i32().await?).unwrap_or(0);
    let mut body = vec![0; length.saturating_sub(4)];
    from.read_exact(&mut body).await?;
    Ok(Message(kind, body))
}

async fn write(to: &mut OwnedWriteHalf, Message(kind, body): &Message) -> io::Result<()> {
    let length = i32::try_from(body.len() + 4).expect("a short message");
    let mut all = vec![*kind];
    all.extend(length.to_be_bytes());
    all.extend(body);
    to.write_all(&all).await
}

/// What comes, as a queue: that is waited for beside something else.
fn queue(mut from: impl AsyncRead + Unpin + Send + 'static) -> mpsc::UnboundedReceiver<Message> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(message) = read(&mut from).await {
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    receiver
}

/// A session of the server.
struct Session {
    from: mpsc::UnboundedReceiver<Message>,
    to: OwnedWriteHalf,
    number: usize,
}

impl Session {
    async fn open(socket: &Path, database: &str, number: usize) -> io::Result<Self> {
        let (mut from, mut to) = UnixStream::connect(socket).await?.into_split();
        let body = format!("user\0postgres\0database\0{database}\0\0");
        let length = i32::try_from(body.len() + 8).expect("a short message");
        to.write_i32(length).await?;
        to.write_i32(VERSION_3).await?;
        to.write_all(body.as_bytes()).await?;
        while read(&mut from).await?.0 != b'Z' {}
        let from = queue(from);
        Ok(Self { from, to, number })
    }
}

/// What becomes of startup options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Startup {
    Refused,
    Ignored,
    /// There are no sessions for all: each client has one of its own, with its options.
    Passed,
}

struct Pooler {
    startup: Startup,
    server: PathBuf,
    socket: PathBuf,
    /// How many statements were parsed.
    parsed: AtomicUsize,
    idle: Mutex<Vec<Session>>,
    free: Semaphore,
    /// How often a client's transaction ran in another session than its last one.
    changes: AtomicUsize,
}

impl Pooler {
    async fn start(
        config: &Config,
        startup: Startup,
    ) -> Option<(Arc<Self>, tempfile::TempDir, Config)> {
        let Some(Host::Unix(folder)) = config.get_hosts().first() else {
            return None;
        };
        let server = folder.join(".s.PGSQL.5432");
        let database = config.get_dbname().expect("a name");
        let mut idle = Vec::new();
        for number in 0..SESSIONS {
            let session = Session::open(&server, database, number).await;
            idle.push(session.expect("a session"));
        }
        let own = tempfile::tempdir().expect("a folder");
        let pooler = Arc::new(Self {
            startup,
            server,
            parsed: AtomicUsize::new(0),
            socket: own.path().join(".s.PGSQL.5432"),
            idle: Mutex::new(idle),
            free: Semaphore::new(SESSIONS),
            changes: AtomicUsize::new(0),
        });
        let listener = UnixListener::bind(&pooler.socket).expect("a socket");
        let serving = Arc::clone(&pooler);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let pooler = Arc::clone(&serving);
                tokio::spawn(async move { pooler.serve(stream).await });
            }
        });
        let mut settings = Config::new();
        settings
            .host_path(own.path())
            .user("postgres")
            .dbname(database);
        Some((pooler, own, settings))
    }

    /// A session for one client.
    async fn pass(
        &self,
        startup: &[u8],
        from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> io::Result<()> {
        let (answers, mut server) = UnixStream::connect(&self.server).await?.into_split();
        let length = i32::try_from(startup.len() + 4).expect("a short message");
        server.write_i32(length).await?;
        server.write_all(startup).await?;
        let (mut asked, mut answered) = (queue(from), queue(answers));
        loop {
            tokio::select! {
                message = asked.recv() => {
                    let Some(message) = message else { return Ok(()) };
                    self.count(&message);
                    write(&mut server, &message).await?;
                }
                message = answered.recv() => {
                    let Some(message) = message else { return Ok(()) };
                    write(&mut to, &message).await?;
                }
            }
        }
    }

    /// No client is in a transaction, and both sessions are there yet. A client has its last answer before the pooler has its
    /// session back, so this waits.
    async fn all_idle(&self) {
        let places = u32::try_from(SESSIONS).expect("a few");
        let all = self.free.acquire_many(places);
        let all = tokio::time::timeout(Duration::from_secs(60), all).await;
        let _all = all.expect("no transaction is open").expect("it is open");
        let idle = self.idle.lock().expect("no panic").len();
        assert_eq!(idle, SESSIONS);
    }

    fn count(&self, message: &Message) {
        if message.0 == b'P' {
            self.parsed.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn serve(&self, stream: UnixStream) -> io::Result<()> {
        let (mut from, mut to) = stream.into_split();
        let startup = loop {
            let length = usize::try_from(from.read_i32().await?).unwrap_or(8);
            let mut startup = vec![0; length - 4];
            from.read_exact(&mut startup).await?;
            if startup != ENCRYPTION {
                break startup;
            }
            to.write_u8(b'N').await?;
        };
        if self.startup == Startup::Passed {
            return self.pass(&startup, from, to).await;
        }
        let has_options = startup.windows(9).any(|text| text == b"\0options\0");
        if has_options && self.startup == Startup::Refused {
            let body = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
            return write(&mut to, &Message(b'E', body.to_vec())).await;
        }
        write(&mut to, &Message(b'R', vec![0; 4])).await?;
        let encoding = b"client_encoding\0UTF8\0".to_vec();
        write(&mut to, &Message(b'S', encoding)).await?;
        write(&mut to, &Message(b'Z', b"I".to_vec())).await?;
        let (mut from, mut last) = (queue(from), None);
        while let Some(first) = from.recv().await {
            if first.0 == b'X' {
                break;
            }
            let place = self.free.acquire().await.expect("it is open");
            let mut session = {
                let mut idle = self.idle.lock().expect("no panic");
                let pick = fastrand::usize(..idle.len());
                idle.swap_remove(pick)
            };
            if last
                .replace(session.number)
                .is_some_and(|last| last != session.number)
            {
                self.changes.fetch_add(1, Ordering::Relaxed);
            }
            let transaction = relay(first, &mut from, &mut to, &mut session).await;
            // A session that a client left in the middle is not used again, nor is its place.
            if let Err(error) = transaction {
                place.forget();
                return Err(error);
            }
            self.idle.lock().expect("no panic").push(session);
        }
        Ok(())
    }
}

/// One transaction: until the server is ready for the next one and has answered all that was asked.
async fn relay(
    first: Message,
    from: &mut mpsc::UnboundedReceiver<Message>,
    to: &mut OwnedWriteHalf,
    session: &mut Session,
) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    let asks = |message: &Message| usize::from(matches!(message.0, b'Q' | b'S'));
    let mut unanswered = asks(&first);
    write(&mut session.to, &first).await?;
    loop {
        tokio::select! {
            asked = from.recv() => {
                let asked = asked.ok_or_else(gone)?;
                unanswered += asks(&asked);
                write(&mut session.to, &asked).await?;
            }
            answer = session.from.recv() => {
                let answer = answer.ok_or_else(gone)?;
                write(to, &answer).await?;
                if answer.0 == b'Z' {
                    unanswered -= 1;
                    if unanswered == 0 && answer.1 == b"I" {
                        return Ok(());
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_works_through_a_pooler_in_transaction_mode() {
    let Some(database) = database().await else {
        return;
    };
    let Some((pooler, _folder, config)) = Pooler::start(database.config(), Startup::Refused).await
    else {
        return;
    };
    let refused = PostgresStore::connect_config(config.clone(), PostgresOptions::default()).await;
    let refused = refused.expect_err("startup options");
    assert_eq!(
        *refused.kind(),
        ErrorKind::InvalidConfiguration,
        "{refused}"
    );
    assert!(
        refused
            .to_string()
            .contains("`PostgresOptions::statement_timeout(None)`"),
        "{refused}"
    );

    let options = PostgresOptions::default().statement_timeout(None);
    let stores = [
        open_with(&config, options.clone()).await,
        open_with(&config, options.clone().coalesce(false)).await,
    ];
    let mut writers = Vec::new();
    for number in 0..12 {
        let store = stores[number % 2].clone();
        writers.push(tokio::spawn(async move {
            for expected in 0..25 {
                put(&store, &format!("own-{number}"), 2 * expected, 2).await;
                let race = store.append(commit("race", expected, 1)).await;
                if let Err(error) = race {
                    assert!(error.is_conflict(), "{error}");
                }
                store.order().await.expect("the order");
            }
        }));
    }
    let mut transactions = client(&config).await;
    for number in 0..20 {
        let transaction = transactions.transaction().await.expect("a transaction");
        for part in 0..2 {
            let one = commit(&format!("in-{number}-{part}"), 0, 1);
            stores[0]
                .append_in(&transaction, one)
                .await
                .expect("an append");
        }
        transaction.commit().await.expect("the commit");
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    for number in 0..12 {
        assert_eq!(ids(&stores[0], &format!("own-{number}")).await.len(), 50);
    }
    let race = ids(&stores[1], "race").await.len();
    assert!(race > 0);
    assert_eq!(visible(&stores[1]).await, 12 * 50 + 20 * 2 + race);
    let changes = pooler.changes.load(Ordering::Relaxed);
    assert!(changes > 100, "sessions changed {changes} times");

    // Both sessions are open yet: a lock that was left in one would show.
    pooler.all_idle().await;
    let direct = client(database.config()).await;
    let sql = "SELECT count(*) FROM pg_locks l
        JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory'";
    let locks: i64 = direct.query_one(sql, &[]).await.expect("a count").get(0);
    assert_eq!(locks, 0);
}

/// Many writers, and all that they stored.
async fn written(store: &PostgresStore) {
    let mut writers = Vec::new();
    for number in 0..8 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for expected in 0..25 {
                put(&store, &number.to_string(), expected, 1).await;
                store.order().await.expect("the order");
            }
        }));
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    for number in 0..8 {
        assert_eq!(ids(store, &number.to_string()).await.len(), 25);
    }
}

/// The store isn't told that there is a pooler: it finds out.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_no_statements_where_a_pooler_ignores_startup_options() {
    let Some(database) = database().await else {
        return;
    };
    let pooler = Pooler::start(database.config(), Startup::Ignored).await;
    let Some((pooler, _folder, config)) = pooler else {
        return;
    };
    let store = open_with(&config, PostgresOptions::default()).await;
    written(&store).await;
    let changes = pooler.changes.load(Ordering::Relaxed);
    assert!(changes > 100, "sessions changed {changes} times");
    pooler.all_idle().await;
    let one = client(&config).await;
    for _ in 0..20 {
        let sql = "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''";
        let kept = one.query_typed_one(sql, &[]).await.expect("a count");
        assert_eq!(kept.get::<_, i64>(0), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_parses_once_what_it_asks_often() {
    let Some(database) = database().await else {
        return;
    };
    let pooler = Pooler::start(database.config(), Startup::Passed).await;
    let Some((pooler, _folder, config)) = pooler else {
        return;
    };
    let store = open_with(&config, PostgresOptions::default().connections(2)).await;
    written(&store).await;
    let parsed = pooler.parsed.load(Ordering::Relaxed);
    assert!(parsed > 0);
    for expected in 0..100 {
        put(&store, "another", expected, 1).await;
        store.head(&stream("another")).await.expect("a head");
    }
    // What one of the two connections had not been asked before.
    let more = pooler.parsed.load(Ordering::Relaxed) - parsed;
    assert!(more < 20, "{more} statements of 200 were parsed");

    let unnamed = PostgresOptions::default().statement_timeout(None);
    let store = open_with(&config, unnamed).await;
    let parsed = pooler.parsed.load(Ordering::Relaxed);
    for expected in 0..100 {
        put(&store, "unnamed", expected, 1).await;
    }
    let more = pooler.parsed.load(Ordering::Relaxed) - parsed;
    assert!(more >= 100, "{more} statements of 100 were parsed");
}
