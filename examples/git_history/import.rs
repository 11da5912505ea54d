//! From commits to events: one git commit is one `save_all` of the files it touched and of the history that counts it.
//!
//! So the database always stands exactly behind some commit, wherever the program was stopped, and the next run goes on
//! from there. What is at which path is not stored: it follows from the files' own events (see
//! [`Catalogue`]), and is read from them when an import goes on.

use std::collections::HashMap;

use eventsourcing::{prelude::*, store::ReadAll};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    catalogue::Catalogue,
    domain::{Begun, File, History},
    error::Error,
    git::Git,
    log::{Change, ChangeKind, Commit},
};

/// How many files are kept in memory between commits. Beyond, all are let go and loaded again when they are touched:
/// simple, and rare enough to cost nothing.
const KEPT_FILES: usize = 50_000;

/// An import under way.
#[derive(Debug)]
pub(crate) struct Import<'a> {
    app: &'a Application,
    files: Repository<File>,
    history: Root<History>,
    /// How many commits of the history are stored.
    saved: u64,
    /// Which living file is where.
    paths: HashMap<String, u64>,
    /// Files as they were last saved.
    kept: HashMap<u64, Root<File>>,
}

/// Reads the line that ends at `head` from where the database stands, at most `limit` commits.
pub(crate) async fn run(
    app: &Application,
    store: &dyn EventStore,
    git: &Git,
    head: &str,
    limit: Option<u64>,
) -> Result<(), Error> {
    // In this order: a history that appears in between is another run's, and fine.
    let first = ReadAll {
        limit: 1,
        ..ReadAll::default()
    };
    let was_empty = store.read_all(first).await?.is_empty();
    let stored = app.repository::<History>()?.find(History::id()).await?;
    let after = stored.as_ref().and_then(|history| history.head.clone());
    let line = git.line(head, after.as_deref())?;
    let mut import = Import::begin(app, store, stored, was_empty, &line.root).await?;
    let done = import.history.commits;
    if let Some(commit) = after
        && line.number != Some(done)
    {
        return Err(Error::NotOnLine {
            commit,
            number: done,
        });
    }
    let wanted = limit.map_or(line.commits, |limit| {
        line.commits.min(done.saturating_add(limit))
    });
    let progress = progress_bar(wanted, done);
    let mut log = git.log(head, import.history.head.as_deref());
    while import.history.commits < wanted
        && let Some(commit) = log.recv().await
    {
        if let Err(error) = import.apply(&commit?).await {
            return Err(import.explain(error).await);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if import.history.commits < wanted {
        return Err(Error::LogEnded { wanted });
    }
    Ok(())
}

impl<'a> Import<'a> {
    async fn begin(
        app: &'a Application,
        store: &dyn EventStore,
        stored: Option<Root<History>>,
        was_empty: bool,
        root: &str,
    ) -> Result<Self, Error> {
        let history = match stored {
            Some(history) if history.root == root => history,
            Some(history) => {
                return Err(Error::OtherRepository {
                    stored: history.root.clone(),
                    found: root.to_owned(),
                });
            }
            None if !was_empty => return Err(Error::ForeignDatabase),
            None => {
                let root = root.to_owned();
                app.repository()?.create(History::id(), Begun { root })
            }
        };
        Ok(Self {
            app,
            files: app.repository()?,
            saved: history.commits,
            history,
            paths: Catalogue::read(store).await?.into_paths(),
            kept: HashMap::new(),
        })
    }

    /// Stores what a commit did. An error leaves the database behind the commit before it.
    async fn apply(&mut self, commit: &Commit) -> Result<(), Error> {
        let ids = self.resolve(commit)?;
        let mut touched = Vec::with_capacity(ids.len());
        for (change, id) in commit.changes.iter().zip(ids) {
            touched.push(self.touch(commit, change, id).await?);
        }
        self.history.record(History::read(commit));
        self.app
            .save_all((&mut touched[..], &mut self.history))
            .await?;
        self.saved = self.history.commits;
        for (change, file) in commit.changes.iter().zip(touched) {
            if change.kind != ChangeKind::Deleted {
                self.kept.insert(*file.id(), file);
            }
        }
        if self.kept.len() > KEPT_FILES {
            self.kept.clear();
        }
        Ok(())
    }

    /// Two runs at once can't do harm, since each save names the versions it is based on, but whatever the slower
    /// one stumbles over is not the reason.
    async fn explain(&self, error: Error) -> Error {
        let Ok(histories) = self.app.repository::<History>() else {
            return error;
        };
        let Ok(stored) = histories.find(History::id()).await else {
            return error;
        };
        if stored.map_or(0, |history| history.commits) == self.saved {
            error
        } else {
            Error::OtherRun(Box::new(error))
        }
    }

    /// Which file each change is about, and who is where after the commit.
    ///
    /// All paths that a commit mentions as old are those before it: it can move `a` to `b` and `b` to `c`, or move a
    /// file and create another in its place. So first everything that goes leaves its path, then all that
    /// comes arrives.
    fn resolve(&mut self, commit: &Commit) -> Result<Vec<u64>, Error> {
        let mut created = self.history.files;
        let mut ids = Vec::with_capacity(commit.changes.len());
        for change in &commit.changes {
            let id = match change.kind {
                ChangeKind::Added | ChangeKind::Copied => {
                    created += 1;
                    Some(created)
                }
                ChangeKind::Modified => self.paths.get(&change.from).copied(),
                ChangeKind::Renamed | ChangeKind::Deleted => self.paths.remove(&change.from),
            };
            ids.push(id.ok_or_else(|| Error::NoSuchFile {
                commit: commit.hash.clone(),
                path: change.from.clone(),
            })?);
        }
        for (change, id) in commit.changes.iter().zip(&ids) {
            let arrives = change.kind.is_birth() || change.kind == ChangeKind::Renamed;
            if arrives && self.paths.insert(change.path.clone(), *id).is_some() {
                return Err(Error::FileExists {
                    commit: commit.hash.clone(),
                    path: change.path.clone(),
                });
            }
        }
        Ok(ids)
    }

    /// The file with what the commit did to it recorded, not yet saved.
    async fn touch(
        &mut self,
        commit: &Commit,
        change: &Change,
        id: u64,
    ) -> Result<Root<File>, Error> {
        let content = || {
            change.after.as_ref().ok_or_else(|| Error::NoContent {
                commit: commit.hash.clone(),
                path: change.path.clone(),
            })
        };
        if change.kind.is_birth() {
            let created = File::create(commit, change, content()?);
            return Ok(self.files.create(id, created));
        }
        let mut file = match self.kept.remove(&id) {
            Some(file) => file,
            None => self.files.load(id).await?,
        };
        if change.kind == ChangeKind::Deleted {
            file.discard(|file| file.delete(commit, change))?;
        } else {
            let content = content()?;
            file.execute(|file| file.change(commit, change, content))?;
        }
        Ok(file)
    }
}

fn progress_bar(wanted: u64, done: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} commits, {elapsed} gone, {eta} to go",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    // On standard error, and only if that is a terminal.
    ProgressBar::new(wanted)
        .with_position(done)
        .with_style(style)
}
