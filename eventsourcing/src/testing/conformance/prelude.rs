//! What every file of checks uses.

pub(crate) use super::{
    handles::{
        Events, Seen, backwards, commit, commit_of, conflict, entry, event, events, first, ids,
        joined, named, noise, part, range, refused, refused_as, stream, versions,
    },
    report::{Checked, Failure, ensure, same},
    requirement::LARGE_COMMIT,
    rows::{Snapshots, key, row, row_with, sorted},
    texts::lookalikes,
    trial::Trial,
};
