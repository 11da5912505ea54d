//! What every file of checks uses.

pub(crate) use super::{
    handles::{
        Events, Seen, Snapshots, backwards, commit, commit_of, conflict, entry, event, events,
        first, ids, joined, key, named, noise, part, range, refused, refused_as, row, row_with,
        sorted, stream, versions,
    },
    report::{Checked, Failure, ensure, same},
    requirement::LARGE_COMMIT,
    texts::lookalikes,
    trial::Trial,
};
