//! The parser of the git log stream: bytes in, one [`Commit`] at a time out, never more than one in memory.
//!
//! It reads what `git log -z --raw --numstat --no-abbrev --format=`[`FORMAT`] writes: fields that end with a NUL.
//!
//! ```text
//! commit <hash> <seconds>          one field; the next commit follows directly if nothing changed
//! \n:<mode> <mode> <blob> <blob> M a field, then one path, or two for R and C; only the first begins with \n
//! <added>\t<deleted>\t<path>       one field; `-` for binary files
//! <added>\t<deleted>\t             the same of R and C: two more fields, the old and the new path
//! ```
//!
//! How many paths follow is known from the field before them, so no path, however odd, can be taken for anything
//! else. The tests include this file by its path.

use std::{
    fmt,
    io::{self, BufRead},
    ops::AddAssign,
};

use serde::{Deserialize, Serialize};

/// The format of the header that the parser expects.
pub(crate) const FORMAT: &str = "tformat:commit %H %ct";

/// One commit of the first-parent line with its changes against its first parent, in git's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// The full hash.
    pub(crate) hash: String,
    /// The committer's time in seconds since 1970 (UTC).
    pub(crate) at: i64,
    /// Empty for an empty commit.
    pub(crate) changes: Vec<Change>,
}

/// What a commit did to one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    /// The path before, in text form.
    pub(crate) from: String,
    /// The path after; the same unless renamed or copied.
    pub(crate) path: String,
    /// `None` where there was nothing.
    pub(crate) before: Option<Content>,
    /// `None` where there is nothing any more.
    pub(crate) after: Option<Content>,
    /// `None` for binary files.
    pub(crate) lines: Option<Lines>,
}

/// The letter of a raw record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// `A`
    Added,
    /// `C`: `-M` alone never says so, `diff.renames` can't change that; read as a new file.
    Copied,
    /// `M`, and `T` (a file became a link or a submodule, or back).
    Modified,
    /// `R`
    Renamed,
    /// `D`
    Deleted,
}

impl ChangeKind {
    /// Whether it brings a file into being.
    pub(crate) fn is_birth(self) -> bool {
        matches!(self, Self::Added | Self::Copied)
    }
}

/// What a path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// Six octal digits: `100644`, `100755`, `120000` (link), `160000` (submodule).
    pub(crate) mode: String,
    /// The full object id.
    pub(crate) blob: String,
}

/// Lines added and deleted; part of what is stored.
#[derive(
    eventsourcing::Schema, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize,
)]
pub(crate) struct Lines {
    pub(crate) added: u64,
    pub(crate) deleted: u64,
}

impl AddAssign for Lines {
    fn add_assign(&mut self, other: Self) {
        self.added = self.added.saturating_add(other.added);
        self.deleted = self.deleted.saturating_add(other.deleted);
    }
}

/// Why the stream could not be read.
#[derive(Debug)]
pub(crate) enum LogError {
    Read(io::Error),
    /// A field that is not what has to come next.
    Unexpected {
        field: String,
        wanted: &'static str,
    },
    /// The end in the middle of a record.
    Truncated,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_) => f.write_str("can't read the log"),
            Self::Unexpected { field, wanted } => {
                write!(f, "the log has {field:?} where {wanted} was expected")
            }
            Self::Truncated => f.write_str("the log ends in the middle of a record"),
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::Unexpected { .. } | Self::Truncated => None,
        }
    }
}

/// Reads commits one by one. The last one may be incomplete if git died: whoever uses it must
/// check git's exit status before believing it.
#[derive(Debug)]
pub(crate) struct Parser<R> {
    input: R,
    /// The header read ahead: it is what ends the commit before it.
    header: Option<Vec<u8>>,
}

impl<R: BufRead> Parser<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            header: None,
        }
    }

    /// The next commit; `None` at the end.
    pub(crate) fn next_commit(&mut self) -> Result<Option<Commit>, LogError> {
        let header = match self.header.take() {
            Some(header) => header,
            None => match self.field()? {
                Some(field) => field,
                None => return Ok(None),
            },
        };
        let (hash, at) = parse_header(&header).ok_or_else(|| unexpected(&header, "a commit"))?;
        let mut changes = Vec::new();
        let mut counted = 0;
        while let Some(field) = self.field()? {
            let field = field.strip_prefix(b"\n").unwrap_or(&field);
            match field.first() {
                Some(b'c') => {
                    self.header = Some(field.to_vec());
                    break;
                }
                Some(b':') => changes.push(self.change(field)?),
                _ => counted = self.line_count(field, &mut changes, counted)?,
            }
        }
        Ok(Some(Commit { hash, at, changes }))
    }

    fn change(&mut self, field: &[u8]) -> Result<Change, LogError> {
        let wrong = || unexpected(field, "a change");
        let text = std::str::from_utf8(field).map_err(|_| wrong())?;
        let mut words = text.trim_start_matches(':').split(' ');
        let mut word = || words.next().ok_or_else(wrong);
        let (mode_before, mode_after, blob_before, blob_after, letter) =
            (word()?, word()?, word()?, word()?, word()?);
        let kind = match letter.as_bytes().first() {
            Some(b'A') => ChangeKind::Added,
            Some(b'C') => ChangeKind::Copied,
            Some(b'M' | b'T') => ChangeKind::Modified,
            Some(b'R') => ChangeKind::Renamed,
            Some(b'D') => ChangeKind::Deleted,
            _ => return Err(wrong()),
        };
        let from = self.path()?;
        let path = match kind {
            ChangeKind::Copied | ChangeKind::Renamed => self.path()?,
            _ => from.clone(),
        };
        Ok(Change {
            kind,
            from,
            path,
            before: content(mode_before, blob_before),
            after: content(mode_after, blob_after),
            lines: Some(Lines::default()),
        })
    }

    /// Numstat records come after all raw records of the commit and in their order, but git leaves out those where it
    /// has nothing to count. Gives the index of the first change that has not been counted.
    fn line_count(
        &mut self,
        field: &[u8],
        changes: &mut [Change],
        counted: usize,
    ) -> Result<usize, LogError> {
        let wrong = || unexpected(field, "a line count");
        let mut parts = field.splitn(3, |&byte| byte == b'\t');
        let mut part = || parts.next().ok_or_else(wrong);
        let (added, deleted, path) = (part()?, part()?, part()?);
        let lines = match (added, deleted) {
            (b"-", b"-") => None,
            _ => Some(Lines {
                added: number(added).ok_or_else(wrong)?,
                deleted: number(deleted).ok_or_else(wrong)?,
            }),
        };
        let path = if path.is_empty() {
            self.path()?;
            self.path()?
        } else {
            path_text(path)
        };
        let skipped = changes[counted..]
            .iter()
            .position(|change| change.path == path)
            .ok_or_else(wrong)?;
        changes[counted + skipped].lines = lines;
        Ok(counted + skipped + 1)
    }

    fn path(&mut self) -> Result<String, LogError> {
        let field = self.field()?.ok_or(LogError::Truncated)?;
        Ok(path_text(&field))
    }

    fn field(&mut self) -> Result<Option<Vec<u8>>, LogError> {
        let mut field = Vec::new();
        self.input
            .read_until(0, &mut field)
            .map_err(LogError::Read)?;
        match field.pop() {
            None => Ok(None),
            Some(0) => Ok(Some(field)),
            Some(_) => Err(LogError::Truncated),
        }
    }
}

fn parse_header(field: &[u8]) -> Option<(String, i64)> {
    let text = std::str::from_utf8(field).ok()?;
    let (hash, at) = text.strip_prefix("commit ")?.split_once(' ')?;
    // A damaged commit can have no time that git understands; its place in the line is what counts.
    Some((hash.to_owned(), at.parse().unwrap_or(0)))
}

fn content(mode: &str, blob: &str) -> Option<Content> {
    (mode != "000000").then(|| Content {
        mode: mode.to_owned(),
        blob: blob.to_owned(),
    })
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn unexpected(field: &[u8], wanted: &'static str) -> LogError {
    LogError::Unexpected {
        field: String::from_utf8_lossy(field).into_owned(),
        wanted,
    }
}

/// A path as text, losslessly: paths are bytes to git, and strings are what one wants to read in a database.
///
/// UTF-8 that doesn't begin with a double quote stands as it is. Anything else is quoted as git does it: in double quotes,
/// with `\"`, `\\`, and three octal digits for each byte that is not part of valid UTF-8. So each text has one path.
pub(crate) fn path_text(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(text) if !text.starts_with('"') => text.to_owned(),
        _ => {
            let mut quoted = String::from("\"");
            for chunk in path.utf8_chunks() {
                for char in chunk.valid().chars() {
                    if matches!(char, '"' | '\\') {
                        quoted.push('\\');
                    }
                    quoted.push(char);
                }
                for byte in chunk.invalid() {
                    quoted.push('\\');
                    // Three octal digits: two, three and three bits.
                    for shift in [6, 3, 0] {
                        quoted.push(char::from(b'0' + (byte >> shift & 7)));
                    }
                }
            }
            quoted.push('"');
            quoted
        }
    }
}
