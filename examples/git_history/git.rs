//! Asking git: which repository, which line of commits, and the log of it, read by a thread of its own.
//!
//! Everything about how git is called is here. Its configuration must not change what is read, and what is read must be
//! what the plain log says, so [`NAMED`] is that log and [`PINNED`] sets against the user's configuration whatever would
//! hide a change or break the parsing. What changes *numbers* is left as the plain log has it: `.gitattributes`,
//! `diff.algorithm`, replaced objects.

use std::{
    collections::HashMap,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread::{self, JoinHandle},
};

use tokio::sync::mpsc;

use crate::log::{Commit, FORMAT, LogError, Parser};

/// The log that this example is about.
const NAMED: [&str; 10] = [
    "log",
    "--first-parent",
    "--reverse",
    "--raw",
    "--numstat",
    "-z",
    "-M",
    "-l1000",
    "--no-ext-diff",
    "--no-textconv",
];

/// Settings that configuration could change and that must be as they are by default.
const PINNED: [&str; 9] = [
    "--no-abbrev",
    "--no-color",
    "--no-show-signature",
    "--no-notes",
    "--diff-merges=first-parent",
    "--root",
    "--no-relative",
    "--submodule=short",
    // The way to cancel `diff.orderFile`.
    "-O/dev/null",
];

/// Set by git for its hooks, and then stronger than the path that was asked for.
const LOCAL_ENVIRONMENT: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

const SUBMODULE: &str = "160000";

/// How many commits may wait between the thread that reads and the one that stores.
const READ_AHEAD: usize = 64;

/// What git could not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("can't run git: is it installed?")]
    Missing(#[source] io::Error),
    #[error("git {command}: {message}")]
    Failed { command: String, message: String },
    #[error("can't read what git answers")]
    Read(#[source] io::Error),
    #[error("can't make sense of git's log")]
    Log(#[from] LogError),
}

/// A repository that git has found.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    path: PathBuf,
}

/// The first-parent line of a commit.
#[derive(Debug)]
pub(crate) struct Line {
    /// How many commits it has.
    pub(crate) commits: u64,
    /// The first of them: what tells repositories apart.
    pub(crate) root: String,
    /// Which in the line the commit is that was asked about, from 1.
    pub(crate) number: Option<u64>,
}

impl Git {
    /// The repository that this path is, or is inside.
    pub(crate) fn open(path: &Path) -> Result<Self, GitError> {
        let git = Self {
            path: path.to_owned(),
        };
        git.answer(&["rev-parse", "--git-dir"])?;
        Ok(git)
    }

    /// The commit that HEAD is at; `None` if there is none yet.
    pub(crate) fn head(&self) -> Result<Option<String>, GitError> {
        let born = self
            .command(["rev-parse", "--verify", "--quiet", "HEAD"])
            .stderr(Stdio::null())
            .output()
            .map_err(GitError::Missing)?
            .status
            .success();
        if !born {
            return Ok(None);
        }
        self.answer(&["rev-parse", "--verify", "HEAD^{commit}"])
            .map(Some)
    }

    /// The line of commits that ends at `head`, and where in it `commit` is.
    pub(crate) fn line(&self, head: &str, commit: Option<&str>) -> Result<Line, GitError> {
        let mut running = Running::start(self.command(["rev-list", "--first-parent", head, "--"]))?;
        let mut line = Line {
            commits: 0,
            root: String::new(),
            number: None,
        };
        let mut newer = None;
        for hash in running.output.by_ref().lines() {
            let hash = hash.map_err(GitError::Read)?;
            if commit == Some(hash.as_str()) {
                newer = Some(line.commits);
            }
            line.commits += 1;
            line.root = hash;
        }
        running.finish("rev-list")?;
        line.number = newer.map(|newer| line.commits - newer);
        Ok(line)
    }

    /// The commits of that line behind `after`, oldest first, read by a thread.
    ///
    /// `after` must be on it: then `after..head` is exactly the rest of the line.
    pub(crate) fn log(
        &self,
        head: &str,
        after: Option<&str>,
    ) -> mpsc::Receiver<Result<Commit, GitError>> {
        let range = match after {
            Some(after) => format!("{after}..{head}"),
            None => head.to_owned(),
        };
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        let git = self.clone();
        // Nobody joins it: it ends when the log does, or with the first commit that nobody wants any more.
        thread::spawn(move || {
            if let Err(error) = git.send_log(&range, &sender) {
                // The receiver may be gone; then nobody waits for the error either.
                let _ = sender.blocking_send(Err(error));
            }
        });
        receiver
    }

    fn send_log(
        &self,
        range: &str,
        sender: &mpsc::Sender<Result<Commit, GitError>>,
    ) -> Result<(), GitError> {
        let mut running = Running::start(self.log_command(["--ignore-submodules=none", range]))?;
        let mut hidden = HashMap::new();
        // A git that dies leaves a last commit that may lack changes: each is held back until the next one
        // begins, the last until git has ended well.
        let mut held: Option<Commit> = None;
        let mut parser = Parser::new(&mut running.output);
        loop {
            let mut commit = match parser.next_commit() {
                Ok(Some(commit)) => commit,
                Ok(None) => break,
                // Git's own complaint says more.
                Err(LogError::Truncated) => {
                    running.finish("log")?;
                    return Err(LogError::Truncated.into());
                }
                Err(error) => return Err(error.into()),
            };
            self.uncount_hidden_submodules(&mut commit, &mut hidden)?;
            if let Some(before) = held.replace(commit)
                && sender.blocking_send(Ok(before)).is_err()
            {
                return Ok(());
            }
        }
        running.finish("log")?;
        if let Some(last) = held {
            let _ = sender.blocking_send(Ok(last));
        }
        Ok(())
    }

    /// `submodule.<name>.ignore = all`, in `.gitmodules` or elsewhere, hides a submodule from the plain log though it is in the
    /// tree. It is a file here, but its lines are no lines of that log. Git is asked once for each path.
    fn uncount_hidden_submodules(
        &self,
        commit: &mut Commit,
        hidden: &mut HashMap<String, bool>,
    ) -> Result<(), GitError> {
        for index in 0..commit.changes.len() {
            let change = &commit.changes[index];
            let mut sides = change.before.iter().chain(&change.after);
            if !sides.all(|side| side.mode == SUBMODULE) {
                continue;
            }
            let is_hidden = if let Some(known) = hidden.get(&change.path) {
                *known
            } else {
                let shown = self.is_shown(&commit.hash, &change.path)?;
                hidden.insert(change.path.clone(), !shown);
                !shown
            };
            if is_hidden {
                commit.changes[index].lines = None;
            }
        }
        Ok(())
    }

    fn is_shown(&self, commit: &str, path: &str) -> Result<bool, GitError> {
        let mut running = Running::start(self.log_command(["--max-count=1", commit]))?;
        let plain = Parser::new(&mut running.output).next_commit()?;
        running.finish("log")?;
        Ok(plain.is_some_and(|plain| plain.changes.iter().any(|change| change.path == path)))
    }

    fn log_command(&self, more: [&str; 2]) -> Command {
        let mut command = self.command(NAMED);
        command
            .args(PINNED)
            .arg(format!("--format={FORMAT}"))
            .args(more)
            .arg("--");
        command
    }

    fn answer(&self, args: &[&str]) -> Result<String, GitError> {
        let output = self.command(args).output().map_err(GitError::Missing)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned())
        } else {
            Err(failed(args[0], &output.stderr, &output.status.to_string()))
        }
    }

    fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new("git");
        command.arg("--no-pager").arg("-C").arg(&self.path);
        command.args(args).stdin(Stdio::null());
        for name in LOCAL_ENVIRONMENT {
            command.env_remove(name);
        }
        command
    }
}

/// A git whose output is being read. Killed when it is dropped before its end.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    /// A full pipe would stop git, so somebody must read its complaints all the time.
    complaints: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    fn start(mut command: Command) -> Result<Self, GitError> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(GitError::Missing)?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(GitError::Missing(io::ErrorKind::BrokenPipe.into()));
        };
        Ok(Self {
            child,
            output: BufReader::with_capacity(1 << 16, output),
            complaints: Some(thread::spawn(move || read_complaints(errors))),
        })
    }

    /// Waits for its end, which must be a good one.
    fn finish(mut self, command: &str) -> Result<(), GitError> {
        let status = self.child.wait().map_err(GitError::Read)?;
        let complaints = self.complaints.take().map(JoinHandle::join);
        if status.success() {
            Ok(())
        } else {
            let complaints = complaints.and_then(Result::ok).unwrap_or_default();
            Err(failed(command, &complaints, &status.to_string()))
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_complaints(mut errors: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    // What can't be read of a complaint is no reason to fail.
    let _ = errors.by_ref().take(4096).read_to_end(&mut kept);
    let _ = io::copy(&mut errors, &mut io::sink());
    kept
}

fn failed(command: &str, complaints: &[u8], status: &str) -> GitError {
    let message = String::from_utf8_lossy(complaints);
    let message = message.trim();
    GitError::Failed {
        command: command.to_owned(),
        message: if message.is_empty() { status } else { message }.to_owned(),
    }
}
