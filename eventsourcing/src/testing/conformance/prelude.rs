//! What every file of checks uses.

pub(crate) use super::{
    handles::{
        Events, Seen, Snapshots, backwards, commit, commit_of, conflict, event, events, ids,
        joined, key, named, noise, part, range, refused, row, row_with, sorted, stream, versions,
    },
    report::{Checked, Failure, ensure, same},
    requirement::LARGE_COMMIT,
    trial::Trial,
};
