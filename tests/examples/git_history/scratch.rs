//! A git repository in a temporary folder, untouched by anybody's configuration, and runs of the program on it.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use super::stored::{self, Row};
use crate::binary;

pub(super) struct Scratch {
    folder: TempDir,
}

/// The four last lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) commits: u64,
    pub(super) alive: u64,
    pub(super) added: u64,
    pub(super) deleted: u64,
}

impl Scratch {
    /// An empty repository.
    pub(super) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let scratch = Self { folder };
        fs::create_dir(scratch.root()).expect("a new folder");
        scratch.git(["init", "--quiet", "--initial-branch=main"]);
        scratch
    }

    /// A place beside the repository.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn root(&self) -> PathBuf {
        self.beside("repository")
    }

    /// A command of git that must succeed; its output.
    pub(super) fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Vec<u8> {
        self.git_with(args, &[])
    }

    pub(super) fn git_with<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> Vec<u8> {
        let mut git = isolated("git")
            .arg("-C")
            .arg(self.root())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("git runs");
        let mut stdin = git.stdin.take().expect("it is piped");
        stdin.write_all(input).expect("git reads its input");
        drop(stdin);
        let output = git.wait_with_output().expect("git ends");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git failed: {complaint}");
        output.stdout
    }

    pub(super) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("it is in the repository")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    /// Commits all that is different, be it nothing.
    pub(super) fn commit(&self) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message=some"]);
    }

    /// A run of the program that is expected to succeed; what it printed.
    pub(super) fn import(&self, db: &str, more: &[&str]) -> String {
        succeeded(
            &self
                .program(&self.root(), db, more)
                .output()
                .expect("it runs"),
        )
    }

    /// A run that is expected to fail; its complaint.
    pub(super) fn refused(&self, db: &str) -> String {
        failed(
            &self
                .program(&self.root(), db, &[])
                .output()
                .expect("it runs"),
        )
    }

    /// The program on some path, with its database beside the repository.
    pub(super) fn program(&self, path: &Path, db: &str, more: &[&str]) -> Command {
        let mut program = isolated(binary::example("git_history"));
        program
            .arg(path)
            .arg("--db")
            .arg(self.beside(db))
            .args(more)
            .stdin(Stdio::null());
        program
    }

    /// Everything the database holds.
    pub(super) fn rows(&self, db: &str) -> Vec<Row> {
        stored::rows(&self.beside(db))
    }

    /// The totals as git has them.
    pub(super) fn totals_of_git(&self) -> Totals {
        let commits = self.git(["rev-list", "--first-parent", "--count", "HEAD"]);
        let tree = self.git(["ls-tree", "-r", "--name-only", "HEAD"]);
        // The log of the example's documentation in the form for people: paths are quoted, so lines are lines.
        let log = self.git([
            "log",
            "--first-parent",
            "--reverse",
            "--numstat",
            "-M",
            "-l1000",
            "--no-ext-diff",
            "--no-textconv",
            "--format=",
        ]);
        let log = String::from_utf8_lossy(&log);
        let sum = |column: usize| {
            let cells = log.lines().filter_map(|line| line.split('\t').nth(column));
            cells.map(|cell| cell.parse().unwrap_or(0)).sum()
        };
        Totals {
            commits: String::from_utf8_lossy(&commits)
                .trim()
                .parse()
                .expect("a count"),
            alive: String::from_utf8_lossy(&tree).lines().count() as u64,
            added: sum(0),
            deleted: sum(1),
        }
    }

    /// Imports into a new database and compares all there is to compare.
    pub(super) fn check(&self) -> Vec<Row> {
        let db = "checked.db";
        let printed = self.import(db, &[]);
        self.check_printed(&printed);
        let rows = self.rows(db);
        let tree = self.git(["ls-tree", "-r", "-z", "HEAD"]);
        assert_eq!(stored::tree(&rows), stored::tree_of_git(&tree));
        rows
    }

    pub(super) fn check_printed(&self, printed: &str) {
        assert_eq!(totals(printed), self.totals_of_git());
    }
}

/// The totals that the program printed last.
pub(super) fn totals(printed: &str) -> Totals {
    let mut lines = printed.lines().rev();
    let mut number = |label: &str| {
        let line = lines.next().unwrap_or_default();
        let rest = line
            .strip_prefix(label)
            .unwrap_or_else(|| panic!("{label:?} in {line:?}"));
        rest.parse()
            .unwrap_or_else(|_| panic!("a number in {line:?}"))
    };
    let deleted = number("lines deleted ");
    let added = number("lines added ");
    let alive = number("files alive ");
    let commits = number("commits ");
    Totals {
        commits,
        alive,
        added,
        deleted,
    }
}

pub(super) fn succeeded(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaint}", output.status);
    assert_eq!(complaint, "", "a run that succeeds has nothing to say");
    String::from_utf8(output.stdout.clone()).expect("what it prints is UTF-8")
}

pub(super) fn failed(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.starts_with("error: "), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    complaint
}

fn isolated(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Somebody")
            .env(format!("GIT_{role}_EMAIL"), "somebody@example.org")
            .env(format!("GIT_{role}_DATE"), "2020-02-02T02:02:02+00:00");
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    command
}
