//! What is acknowledged is on the disk: a killed process can't show it, since the page cache survives. So the child's
//! writes and syncs are recorded (`shim.c`, preloaded), in one order with the acknowledgements, and the record is checked.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use eventsourcing::{
    SnapshotMode,
    store::{SqliteOptions, Synchronous},
};

use tempfile::TempDir;

use super::torn;
use crate::{
    account::Account,
    child::{Writer, command},
};

const WRITERS: usize = 4;
const SAVES: usize = 30;
/// Together they fill the log several times, so that it is moved into the database and begun again.
const FILLER: usize = 150_000;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const PAGE: usize = 4_096;

/// What the child does: several writers; each marks what it saved in a file of its own making, once the save has returned.
pub(crate) async fn marks(path: &Path, synchronous: &str) {
    let synchronous = match synchronous {
        "full" => Synchronous::Full,
        "normal" => Synchronous::Normal,
        _ => Synchronous::Off,
    };
    let options = SqliteOptions::default().synchronous(synchronous);
    let writer = Writer::open(path, options, SnapshotMode::Background).await;
    let marks = path.with_file_name("marks");
    let marks = OpenOptions::new().create(true).append(true).open(marks);
    let marks = Arc::new(marks.unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..WRITERS {
        tasks.spawn(mark(writer.clone(), Arc::clone(&marks), i));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    writer.store.close().await;
}

/// Saves, commands and saves of two roots, the tag of each unlike any other.
async fn mark(writer: Writer, marks: Arc<File>, i: usize) {
    let accounts = writer.app.repository::<Account>().unwrap();
    let ids = ["a", "b"].map(|side| format!("{i}-{side}"));
    let mut pair = [writer.account(&ids[0]).await, writer.account(&ids[1]).await];
    for n in 0..SAVES {
        let tag = format!("<tag {i} {n}>");
        let filler = "x".repeat(if n % 5 == 4 { FILLER } else { 100 });
        // The tag comes last: it must be on the disk as much as what was written first.
        let mut tags = vec![filler, tag.clone()];
        match n % 3 {
            0 => {
                pair[0].execute(|account| account.book(&tags)).unwrap();
                accounts.save(&mut pair[0]).await.unwrap();
            }
            1 => {
                let id = format!("{i}-command");
                writer.account(&id).await;
                accounts
                    .execute(&id, |account| account.book(&tags))
                    .await
                    .unwrap();
            }
            _ => {
                pair[0].execute(|account| account.book(&tags)).unwrap();
                tags.truncate(1);
                pair[1].execute(|account| account.book(&tags)).unwrap();
                writer.app.save_all(pair.as_mut_slice()).await.unwrap();
            }
        }
        (&*marks).write_all(tag.as_bytes()).unwrap();
    }
}

/// Compiles the shim; `None`, loudly, where there is no C compiler and nobody insists.
fn shim(folder: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes/shim.c");
    let library = folder.join("shim.so");
    let compiled = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .output();
    let trouble = match compiled {
        Ok(output) if output.status.success() => return Some(library),
        Ok(output) => panic!("shim.c: {}", String::from_utf8_lossy(&output.stderr)),
        Err(_) if !cfg!(target_os = "linux") => "this is not Linux",
        Err(_) => "there is no C compiler (cc)",
    };
    let message = format!("NOT RUN: {trouble}, so durability was not tested");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    // Past libtest, which shows the output of failed tests only.
    let loudly = format!("\n*** {message} ***\n");
    std::io::stderr().write_all(loudly.as_bytes()).unwrap();
    None
}

/// What happened, in its order.
#[derive(Debug)]
enum Call {
    Wrote {
        file: u8,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncated {
        file: u8,
    },
    SyncBegan {
        file: u8,
    },
    SyncEnded {
        file: u8,
    },
    Marked {
        tag: String,
    },
}

fn calls(record: &[u8]) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut rest = record;
    while let Some((head, after)) = rest.split_at_checked(16) {
        let length = u32::from_ne_bytes(head[4..8].try_into().unwrap()) as usize;
        let offset = u64::from_ne_bytes(head[8..].try_into().unwrap());
        let (bytes, after) = after.split_at(length);
        rest = after;
        let file = head[1];
        calls.push(match head[0] {
            b'W' => Call::Wrote {
                file,
                offset: usize::try_from(offset).unwrap(),
                bytes: bytes.to_vec(),
            },
            b'T' => Call::Truncated { file },
            b'B' => Call::SyncBegan { file },
            b'E' => Call::SyncEnded { file },
            b'M' => Call::Marked {
                tag: String::from_utf8(bytes.to_vec()).unwrap(),
            },
            other => panic!("an unknown record {other}"),
        });
    }
    calls
}

/// What the record says so far.
#[derive(Debug, Default)]
struct Checker {
    clock: usize,
    /// By file: when it was last written to; when the last completed sync, and the running one, began.
    written: BTreeMap<u8, usize>,
    synced: BTreeMap<u8, usize>,
    began: BTreeMap<u8, usize>,
    /// The tags in the transaction that is being written, and the time of the last write of each that was committed.
    open: Vec<String>,
    committed: BTreeMap<String, usize>,
    /// When the log's header was written, until a frame follows it.
    header: Option<usize>,
    /// The log's first write: its file was made before.
    first: Option<usize>,
    /// The last frame header was that of a commit.
    commit: bool,
    marks: usize,
    restarts: usize,
    violations: Vec<String>,
}

impl Checker {
    fn run(calls: &[Call]) -> Self {
        let mut checker = Self::default();
        for call in calls {
            checker.clock += 1;
            checker.step(call);
        }
        checker
    }

    fn step(&mut self, call: &Call) {
        match call {
            Call::Wrote {
                file,
                offset,
                bytes,
            } => {
                if *file == b'l' {
                    self.first.get_or_insert(self.clock);
                    self.log_written(*offset, bytes);
                }
                self.written.insert(*file, self.clock);
            }
            Call::Truncated { file } => {
                self.written.insert(*file, self.clock);
            }
            Call::SyncBegan { file } => {
                self.began.insert(*file, self.clock);
            }
            Call::SyncEnded { file } => {
                let began = self
                    .began
                    .remove(file)
                    .expect("a sync begins before it ends");
                self.synced.insert(*file, began);
            }
            Call::Marked { tag } => self.marked(tag),
        }
    }

    fn log_written(&mut self, offset: usize, bytes: &[u8]) {
        if offset == 0 && bytes.len() >= HEADER {
            // The log begins again: what it had must be in the database for good.
            if self.written.contains_key(&b'd') {
                self.must_be_synced(b'd', "the log began again");
            }
            self.restarts += 1;
            self.header = Some(self.clock);
            return;
        }
        // With the old header still on the disk, the old frames that follow would count.
        if self
            .header
            .take()
            .is_some_and(|at| self.synced.get(&b'l') < Some(&at))
        {
            self.violations
                .push("the log went on before its header was synced".to_owned());
        }
        let in_frame = (offset - HEADER) % (FRAME_HEADER + PAGE);
        let page = match (in_frame, bytes.len()) {
            (0, FRAME_HEADER) => {
                self.commit = bytes[4..8] != [0; 4];
                return;
            }
            (FRAME_HEADER, PAGE) => bytes,
            other => panic!("a write to the log of a kind that this test doesn't know: {other:?}"),
        };
        for tag in tags(page) {
            if !self.committed.contains_key(&tag) {
                self.open.push(tag);
            }
        }
        if self.commit {
            let written = std::mem::take(&mut self.open);
            self.committed
                .extend(written.into_iter().map(|tag| (tag, self.clock)));
        }
    }

    fn must_be_synced(&mut self, file: u8, what: &str) {
        let (written, synced) = (self.written.get(&file), self.synced.get(&file));
        if written > synced {
            let file = char::from(file);
            self.violations
                .push(format!("{what} before {file} was synced"));
        }
    }

    fn marked(&mut self, tag: &str) {
        self.marks += 1;
        match self.committed.get(tag) {
            None => self
                .violations
                .push(format!("{tag} was acknowledged before it was written")),
            Some(written) if self.synced.get(&b'l') < Some(written) => {
                self.violations
                    .push(format!("{tag} was acknowledged before it was synced"));
            }
            // The names of new files are in the folder. SQLite syncs it after the log's first write.
            Some(_) if self.synced.get(&b'f') < self.first.as_ref() => {
                self.violations.push(format!(
                    "{tag} was acknowledged before the folder was synced"
                ));
            }
            Some(_) => {}
        }
    }
}

/// The tags that a page has in it.
fn tags(page: &[u8]) -> Vec<String> {
    let pieces = page.split(|byte| *byte == b'<').skip(1);
    let tag = |piece: &[u8]| {
        let mut inner = piece.strip_prefix(b"tag ")?.split(|byte| *byte == b'>');
        let inner = inner.next().filter(|inner| inner.len() < 20)?;
        Some(format!("<tag {}>", String::from_utf8_lossy(inner)))
    };
    pieces.filter_map(tag).collect()
}

/// Runs a child on a new file under the shim; `None` if there is no shim.
fn recorded(synchronous: &str) -> Option<Vec<Call>> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    recorded_in(&folder, &data, synchronous)
}

/// The same with the file that is in `data`, if there is one.
fn recorded_in(folder: &TempDir, data: &Path, synchronous: &str) -> Option<Vec<Call>> {
    let library = shim(folder.path())?;
    let log = folder.path().join("record");
    let output = command("marks", &data.join("crash.db"), synchronous)
        .env("LD_PRELOAD", library)
        .env("SHIM_FOLDER", data)
        .env("SHIM_LOG", &log)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    Some(calls(&std::fs::read(log).unwrap()))
}

fn check(calls: &[Call]) -> Checker {
    let checker = Checker::run(calls);
    assert_eq!(checker.marks, WRITERS * SAVES);
    assert!(checker.restarts > 1, "the log never began again");
    checker
}

#[test]
fn no_save_is_acknowledged_before_a_sync_that_began_after_its_last_write() {
    let Some(calls) = recorded("full") else {
        return;
    };
    let checker = check(&calls);
    assert_eq!(checker.violations, [""; 0]);
}

#[test]
fn without_syncs_the_record_shows_it() {
    let Some(calls) = recorded("off") else { return };
    let checker = check(&calls);
    let early = |v: &&String| v.contains("acknowledged before");
    assert_eq!(
        checker.violations.iter().filter(early).count(),
        WRITERS * SAVES
    );
    assert!(checker.violations.iter().any(|v| v.contains("went on")));
    // Neither when a file is made, nor at checkpoints, nor at the end.
    assert_eq!(syncs(&calls), 0);
}

/// Of any file in the folder.
fn syncs(calls: &[Call]) -> usize {
    let syncs = calls
        .iter()
        .filter(|call| matches!(call, Call::SyncBegan { .. }));
    syncs.count()
}

/// What a killed process left in the log is read, and moved into the database, without a sync as well.
#[test]
fn without_syncs_a_left_log_is_taken_over_without_any() {
    for (synchronous, synced) in [("off", false), ("normal", true)] {
        let (folder, _) = torn::killed_while_filling();
        let data = folder.path().join("data");
        let Some(calls) = recorded_in(&folder, &data, synchronous) else {
            return;
        };
        let checker = Checker::run(&calls);
        assert_eq!(checker.marks, WRITERS * SAVES);
        assert!(checker.restarts > 0, "the log never began again");
        assert_eq!(syncs(&calls) > 0, synced, "{synchronous}");
    }
}

#[test]
fn with_syncs_at_checkpoints_only_the_record_shows_it() {
    let Some(calls) = recorded("normal") else {
        return;
    };
    let violations = check(&calls).violations;
    let early = violations
        .iter()
        .filter(|v| v.contains("acknowledged before"));
    assert!(early.count() > WRITERS * SAVES / 2, "{violations:?}");
    assert!(
        !violations
            .iter()
            .any(|v| v.contains("began again") || v.contains("went on")),
        "{violations:?}"
    );
}

/// A sync that ended in time, but began before the last write, is none.
#[test]
fn a_sync_that_began_too_early_does_not_count() {
    let log = b'l';
    let commit = |tag: &str| {
        let mut header = vec![0; FRAME_HEADER];
        header[7] = 1;
        let mut page = vec![0; PAGE];
        page[100..100 + tag.len()].copy_from_slice(tag.as_bytes());
        let wrote = |offset, bytes| Call::Wrote {
            file: log,
            offset,
            bytes,
        };
        [wrote(HEADER, header), wrote(HEADER + FRAME_HEADER, page)]
    };
    let mark = || Call::Marked {
        tag: "<tag 1>".to_owned(),
    };
    let (began, ended) = (
        || Call::SyncBegan { file: log },
        || Call::SyncEnded { file: log },
    );
    let folder = || {
        let file = b'f';
        [Call::SyncBegan { file }, Call::SyncEnded { file }]
    };
    let violations = |calls: Vec<Call>| Checker::run(&calls).violations.len();

    let [header, page] = commit("<tag 1>");
    let [first, second] = folder();
    let sound = vec![header, page, first, second, began(), ended(), mark()];
    assert_eq!(violations(sound), 0);
    let [header, page] = commit("<tag 1>");
    let [first, second] = folder();
    let early = vec![header, began(), page, first, second, ended(), mark()];
    assert_eq!(violations(early), 1);
    let [header, page] = commit("<tag 1>");
    let [first, second] = folder();
    let late = vec![header, page, first, second, began(), mark(), ended()];
    assert_eq!(violations(late), 1);
    let [header, page] = commit("<tag 1>");
    let no_folder = vec![header, page, began(), ended(), mark()];
    assert_eq!(violations(no_folder), 1);
    // The folder was synced before there was a log in it.
    let [header, page] = commit("<tag 1>");
    let [first, second] = folder();
    let old_folder = vec![first, second, header, page, began(), ended(), mark()];
    assert_eq!(violations(old_folder), 1);
}

/// A log that begins again and goes on at once: the disk may keep the frame and lose the header.
#[test]
fn a_header_that_was_not_synced_does_not_count() {
    let log = b'l';
    let wrote = |offset, length| Call::Wrote {
        file: log,
        offset,
        bytes: vec![0; length],
    };
    let violations = |calls: Vec<Call>| Checker::run(&calls).violations.len();
    let (began, ended) = (
        || Call::SyncBegan { file: log },
        || Call::SyncEnded { file: log },
    );
    let header = || wrote(0, HEADER);
    let frame = || wrote(HEADER, FRAME_HEADER);
    assert_eq!(violations(vec![header(), began(), ended(), frame()]), 0);
    assert_eq!(violations(vec![header(), frame(), began(), ended()]), 1);
    assert_eq!(violations(vec![began(), header(), ended(), frame()]), 1);
}
