//! The domain: a file's life, and the line of commits that it is read from. No I/O.
//!
//! Events hold nothing but what the log says, so that the same log always gives the same events: no time of the run,
//! nothing random. Paths are text as [`path_text`](crate::log::path_text) writes it.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

use crate::log::{Change, Commit, Content, Lines};

// ---- a file ----------------------------------------------------------------------------------

/// A commit brought the file into being.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Created {
    pub(crate) commit: String,
    pub(crate) path: String,
    pub(crate) mode: String,
    pub(crate) blob: String,
    /// `None` for binary files: git writes `-` for both, which counts 0.
    pub(crate) lines: Option<Lines>,
}

/// A commit moved it.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Renamed {
    pub(crate) commit: String,
    pub(crate) path: String,
}

/// A commit changed its mode or type: executable or not, a link, a submodule.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ModeChanged {
    pub(crate) commit: String,
    pub(crate) mode: String,
}

/// A commit changed what is in it.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Changed {
    pub(crate) commit: String,
    pub(crate) blob: String,
    pub(crate) lines: Option<Lines>,
}

/// A commit deleted it. The same path created again is another file.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deleted {
    pub(crate) commit: String,
    pub(crate) lines: Option<Lines>,
}

/// A file under version control. Its id is its number: the files of a line are counted as they are created.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(
    id = u64,
    create(Created),
    events(Renamed, ModeChanged, Changed),
    discard(Deleted)
)]
pub(crate) struct File {
    pub(crate) path: String,
    /// Where it was before, oldest first.
    pub(crate) former_paths: Vec<String>,
    pub(crate) mode: String,
    pub(crate) blob: String,
    /// All lines ever added and deleted.
    pub(crate) lines: Lines,
    pub(crate) created_in: String,
    pub(crate) changed_in: String,
}

impl FileHandlers for File {
    fn created(_: &u64, event: Created) -> Self {
        Self {
            path: event.path,
            former_paths: Vec::new(),
            mode: event.mode,
            blob: event.blob,
            lines: event.lines.unwrap_or_default(),
            created_in: event.commit.clone(),
            changed_in: event.commit,
        }
    }

    fn renamed(&mut self, event: Renamed) {
        let former = std::mem::replace(&mut self.path, event.path);
        self.former_paths.push(former);
        self.changed_in = event.commit;
    }

    fn mode_changed(&mut self, event: ModeChanged) {
        self.mode = event.mode;
        self.changed_in = event.commit;
    }

    fn changed(&mut self, event: Changed) {
        self.blob = event.blob;
        self.lines += event.lines.unwrap_or_default();
        self.changed_in = event.commit;
    }
}

/// The log changes a file from something that it isn't: the database and the log do not belong together.
#[derive(Debug, thiserror::Error)]
#[error("the log changes {path:?} from {from}, but what is stored is {stored}")]
pub(crate) struct OutOfStep {
    path: String,
    from: String,
    stored: String,
}

impl File {
    /// The event that brings it into being.
    pub(crate) fn create(commit: &Commit, change: &Change, content: &Content) -> Created {
        Created {
            commit: commit.hash.clone(),
            path: change.path.clone(),
            mode: content.mode.clone(),
            blob: content.blob.clone(),
            lines: change.lines,
        }
    }

    /// What a commit does to it: nothing, or up to three things at once.
    #[expect(
        clippy::type_complexity,
        reason = "a tuple of options is how a decision of several events reads"
    )]
    pub(crate) fn change(
        &self,
        commit: &Commit,
        change: &Change,
        content: &Content,
    ) -> Result<(Option<Renamed>, Option<ModeChanged>, Option<Changed>), OutOfStep> {
        self.check(change)?;
        let commit = &commit.hash;
        let renamed = (change.path != self.path).then(|| Renamed {
            commit: commit.clone(),
            path: change.path.clone(),
        });
        let mode_changed = (content.mode != self.mode).then(|| ModeChanged {
            commit: commit.clone(),
            mode: content.mode.clone(),
        });
        let counts = change.lines.unwrap_or_default() != Lines::default();
        let changed = (content.blob != self.blob || counts).then(|| Changed {
            commit: commit.clone(),
            blob: content.blob.clone(),
            lines: change.lines,
        });
        Ok((renamed, mode_changed, changed))
    }

    /// The end of its life.
    pub(crate) fn delete(&self, commit: &Commit, change: &Change) -> Result<Deleted, OutOfStep> {
        self.check(change)?;
        Ok(Deleted {
            commit: commit.hash.clone(),
            lines: change.lines,
        })
    }

    fn check(&self, change: &Change) -> Result<(), OutOfStep> {
        let is_same = change.from == self.path
            && change
                .before
                .as_ref()
                .is_some_and(|before| before.mode == self.mode && before.blob == self.blob);
        if is_same {
            return Ok(());
        }
        let from = change.before.as_ref();
        Err(OutOfStep {
            path: change.from.clone(),
            from: from.map_or_else(
                || "nothing".to_owned(),
                |before| format!("{} {}", before.mode, before.blob),
            ),
            stored: format!("{:?}, {} {}", self.path, self.mode, self.blob),
        })
    }
}

// ---- the line of commits ---------------------------------------------------------------------

/// The first commit was met: which repository this is.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) root: String,
}

/// A commit was read; stored together with what it did to the files.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CommitRead {
    pub(crate) commit: String,
    /// The committer's time in seconds since 1970 (UTC).
    pub(crate) at: i64,
    /// How many files it created.
    pub(crate) created: u64,
}

/// The first-parent line of one repository, as far as it has been read: the cursor of the import. There is one in a
/// database, with the id [`History::id`].
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = String, create(Begun), events(CommitRead))]
pub(crate) struct History {
    /// The hash of the first commit.
    pub(crate) root: String,
    /// The hash of the last commit read.
    pub(crate) head: Option<String>,
    /// How many commits were read.
    pub(crate) commits: u64,
    /// How many files were created; the number of the last one.
    pub(crate) files: u64,
}

impl HistoryHandlers for History {
    fn begun(_: &String, event: Begun) -> Self {
        Self {
            root: event.root,
            head: None,
            commits: 0,
            files: 0,
        }
    }

    fn commit_read(&mut self, event: CommitRead) {
        self.head = Some(event.commit);
        self.commits += 1;
        self.files += event.created;
    }
}

impl History {
    /// The id of the only one.
    pub(crate) fn id() -> String {
        "first-parent".to_owned()
    }

    /// The next commit has been applied to the files.
    pub(crate) fn read(commit: &Commit) -> CommitRead {
        let created = commit
            .changes
            .iter()
            .filter(|change| change.kind.is_birth());
        CommitRead {
            commit: commit.hash.clone(),
            at: commit.at,
            created: created.count() as u64,
        }
    }
}
