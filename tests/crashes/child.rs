//! This test binary again, as a child that can be killed. A new kind of work is an arm in [`work`].

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use eventsourcing::{
    Application, Published, Root, SnapshotMode, SnapshotPolicy, Version,
    store::{SqliteOptions, SqliteStore},
};
use uuid::Uuid;

use crate::{
    account::{Account, find_or_open},
    evidence::Ack,
    sqlite,
};

const FILE: &str = "CRASHES_FILE";
const WORK: &str = "CRASHES_WORK";
const NAME: &str = "CRASHES_NAME";

/// A number below `limit`, different each time.
pub(crate) fn random(limit: u64) -> u64 {
    Uuid::new_v4().as_u64_pair().1 % limit.max(1)
}

/// A child that does this work on this file.
pub(crate) fn command(work: &str, path: &Path, name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "child::work", "--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .env(WORK, work)
        .env(NAME, name)
        .stdout(Stdio::piped());
    command
}

/// When a child is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    /// After so many lines, and
    pub(crate) lines: u64,
    /// this much later.
    pub(crate) then: Duration,
}

/// Runs a child until it is killed; gives what it acknowledged. It must not end before.
pub(crate) fn killed(mut command: Command, kill: Kill) -> Vec<Ack> {
    let mut child = command.spawn().expect("a child");
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut acks = Vec::new();
    if kill.lines == 0 {
        stop(&mut child, kill.then);
    }
    let mut line = String::new();
    // A line without its end was cut by the kill.
    while output.read_line(&mut line).expect("its output") > 0 && line.ends_with('\n') {
        if let Some(ack) = Ack::parse(&line) {
            acks.push(ack);
            if acks.len() as u64 == kill.lines {
                stop(&mut child, kill.then);
            }
        }
        line.clear();
    }
    let status = child.wait().expect("its end");
    assert_eq!(
        status.signal(),
        Some(9),
        "the child ended by itself: {status}"
    );
    acks
}

fn stop(child: &mut Child, then: Duration) {
    std::thread::sleep(then);
    child.kill().expect("the child is there to be killed");
}

/// Not a test by itself: what the children do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work() {
    let (Ok(path), Ok(work), Ok(name)) = (
        std::env::var(FILE),
        std::env::var(WORK),
        std::env::var(NAME),
    ) else {
        return;
    };
    let path = PathBuf::from(path);
    let work = async {
        match &*work {
            "load" => sqlite::kill::load(&path, &name).await,
            "early" => sqlite::kill::early(&path).await,
            "fill" => sqlite::torn::fill(&path).await,
            "marks" => sqlite::durability::marks(&path, &name).await,
            other => panic!("unknown work {other:?}"),
        }
    };
    // A child that nobody kills must not wait for ever.
    let minutes = Duration::from_secs(300);
    tokio::time::timeout(minutes, work)
        .await
        .expect("it ends, or is killed");
}

/// An application on a file, and the ids of the events that it stored but has not acknowledged yet.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) app: Application,
    pub(crate) store: SqliteStore,
    stored: Arc<Mutex<HashMap<(String, u64), Uuid>>>,
}

impl Writer {
    pub(crate) async fn open(path: &Path, options: SqliteOptions, mode: SnapshotMode) -> Self {
        let options = options.busy_timeout(Duration::from_secs(60));
        let store = SqliteStore::open_with(path, options).await.unwrap();
        let app = Application::builder(store.clone())
            .snapshots(SnapshotPolicy::every(7))
            .snapshot_mode(mode)
            .build()
            .unwrap();
        let stored = Arc::new(Mutex::new(HashMap::new()));
        let seen = Arc::clone(&stored);
        app.subscribe(
            |_| true,
            move |event: Published| {
                let key = (event.stream().as_str().to_owned(), event.version().get());
                seen.lock().unwrap().insert(key, event.id());
                std::future::ready(())
            },
        );
        Self { app, store, stored }
    }

    /// Says that a save of this account returned: one line for each event it stored.
    pub(crate) fn acknowledge(&self, id: &str, version: Version, events: usize) {
        let stream = format!("account/{id}");
        let mut lines = String::new();
        let last = version.get();
        for version in last + 1 - events as u64..=last {
            let key = (stream.clone(), version);
            let id = self
                .stored
                .lock()
                .unwrap()
                .remove(&key)
                .expect("it was published");
            lines += &Ack::line(&stream, version, id);
        }
        say(&lines);
    }

    pub(crate) async fn account(&self, id: &str) -> Root<Account> {
        find_or_open(&self.app.repository().unwrap(), id).await
    }
}

/// In one write, so that a kill cuts no line in two.
pub(crate) fn say(lines: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{lines}").as_bytes()).unwrap();
    out.flush().unwrap();
}
