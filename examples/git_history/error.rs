//! Everything that can go wrong, in words for whoever started the program.

use std::{error::Error as StdError, fmt, io};

use crate::{domain::OutOfStep, git::GitError};

/// Why the program stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Store(#[from] eventsourcing::Error),
    #[error(
        "the database belongs to another repository: its history begins with commit {stored}, this one with {found} \
         (so does a shallow clone that was deepened); choose another file with --db"
    )]
    OtherRepository { stored: String, found: String },
    #[error(
        "the last commit read, {commit}, is not on the first-parent line of HEAD as number {number} any more: history was \
         rewritten, another branch is checked out, or HEAD moved back; choose another file with --db"
    )]
    NotOnLine { commit: String, number: u64 },
    #[error("the database holds events of something else; choose another file with --db")]
    ForeignDatabase,
    #[error("another run is writing to this database; start again when it is done")]
    OtherRun(#[source] Box<Error>),
    #[error("the log and the stored files do not belong together")]
    OutOfStep(#[from] OutOfStep),
    #[error("commit {commit} changes {path:?}, which does not exist")]
    NoSuchFile { commit: String, path: String },
    #[error("commit {commit} creates {path:?}, which exists")]
    FileExists { commit: String, path: String },
    #[error("commit {commit} makes of {path:?} neither something nor nothing")]
    NoContent { commit: String, path: String },
    #[error("{stream} at version {version}: can't be read as an event of a file")]
    Unreadable {
        stream: String,
        version: u64,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error("the log ended before commit {wanted}")]
    LogEnded { wanted: u64 },
    #[error("can't write the report")]
    Output(#[from] io::Error),
}

/// An error with all that caused it, on one line.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn StdError);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
