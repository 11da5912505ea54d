//! The file and the program: read, compared, rewritten. `compare` and `SchemaLock::compare` touch neither files nor the
//! environment.

use std::{
    env, fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    compare::compare as compare_documents,
    document::Document,
    program::{self, Described},
    report::{Item, Report},
    walk::Severity,
};
use crate::aggregate::Aggregate;

/// When the file is rewritten.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// Never.
    #[default]
    Never,
    /// If nothing is refused: `UPDATE_SCHEMAS=1`.
    Record,
    /// In any case: `UPDATE_SCHEMAS=force`, for events that were never stored.
    Force,
    /// Never: it was asked for, under `CI`.
    NotUnderCi,
}

impl Update {
    /// As the variables `UPDATE_SCHEMAS` and `CI` say.
    pub fn from_env() -> Self {
        let value = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::from_values(value("UPDATE_SCHEMAS").as_deref(), value("CI").as_deref())
    }

    /// As variables of these values would say.
    pub fn from_values(update: Option<&str>, ci: Option<&str>) -> Self {
        let is_set = |value: &&str| !matches!(value.trim(), "" | "0" | "false");
        match (update.filter(is_set), ci.filter(is_set)) {
            (None, _) => Self::Never,
            (Some(_), Some(_)) => Self::NotUnderCi,
            (Some("force"), None) => Self::Force,
            (Some(_), None) => Self::Record,
        }
    }
}

/// A lock file and the aggregates that it is about: what [`schema_lock!`](crate::schema_lock) expands to.
///
/// ```
/// # use eventsourcing::{prelude::*, schema::lock::SchemaLock};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Clone, Debug, Serialize, Deserialize)] struct Opened { owner: String }
/// # #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)] #[aggregate(id = String, create(Opened))]
/// # struct Account { owner: String }
/// # impl AccountHandlers for Account { fn opened(_: &String, e: Opened) -> Self { Account { owner: e.owner } } }
/// let lock = SchemaLock::new("schemas.lock").aggregate::<Account>();
/// assert!(lock.text().ends_with(
///     "state account version 1\n  owner: String\n\nevent account/Opened version 1 (create)\n  owner: String\n"
/// ));
/// // Written when an event's field had another name:
/// let old = lock.text().replace("(create)\n  owner", "(create)\n  name");
/// let report = lock.compare(&old)?;
/// assert_eq!(report.refused(), 1);
/// assert!(report.to_string().contains("`#[serde(alias = \"name\")]`"));
/// # Ok::<_, eventsourcing::schema::lock::LockError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SchemaLock {
    path: PathBuf,
    aggregates: Vec<Described>,
    is_positional: bool,
    update: Update,
}

impl SchemaLock {
    /// The file at this path, which is never rewritten unless `update` says so.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            aggregates: Vec::new(),
            is_positional: false,
            update: Update::Never,
        }
    }

    /// With the state and the events of `A`. The order of aggregates plays no part.
    pub fn aggregate<A: Aggregate>(mut self) -> Self {
        self.aggregates.push(Described::of::<A>());
        self
    }

    /// Events are written by a codec that has no names: no change of a shape is taken without a new version. The file says
    /// so from then on. There may be rows by name as well, so that what breaks these isn't taken either.
    pub fn positional_events(self) -> Self {
        Self {
            is_positional: true,
            ..self
        }
    }

    /// When the file is rewritten.
    pub fn update(self, update: Update) -> Self {
        Self { update, ..self }
    }

    /// What the file should say.
    pub fn text(&self) -> String {
        program::text(&self.aggregates, self.is_positional)
    }

    /// What differs from a file with this text.
    ///
    /// # Errors
    ///
    /// If that is no lock file, or two of the aggregates have the same name.
    pub fn compare(&self, recorded: &str) -> Result<Report, LockError> {
        compare_texts(recorded, &self.text(), &self.path)
    }

    /// Compares, and rewrites the file where it may.
    ///
    /// # Errors
    ///
    /// If the test is to fail: something is refused or not recorded, or the file can't be read or written.
    pub fn check(&self) -> Result<Checked, LockError> {
        let text = self.text();
        let may_write = matches!(self.update, Update::Record | Update::Force);
        let recorded = match fs::read(&self.path) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(self.failed(What::Read(error))),
        };
        let report = if let Some(recorded) = &recorded {
            self.compare(recorded)?
        } else {
            let what = "there is no such file yet";
            let item = Item::new(what, Severity::Unrecorded, &[]);
            Report { items: vec![item] }
        };
        let is_refused = report.refused() > 0 && self.update != Update::Force;
        if may_write && !is_refused {
            let is_same = recorded.is_some_and(|old| old.lines().eq(text.lines()));
            if !is_same {
                let written = fs::write(&self.path, text);
                written.map_err(|error| self.failed(What::Written(error)))?;
            }
            return Ok(Checked {
                path: self.path.clone(),
                report,
                is_written: !is_same,
                update: self.update,
            });
        }
        if report.passes() {
            return Ok(Checked {
                path: self.path.clone(),
                report,
                is_written: false,
                update: self.update,
            });
        }
        Err(self.failed(What::Differs(report, self.update)))
    }

    /// The test's body: the variables say whether the file is rewritten.
    #[doc(hidden)]
    #[track_caller]
    pub fn test(self) {
        match self.update(Update::from_env()).check() {
            // Not by `eprint!`: of a test that passes that isn't shown.
            Ok(checked) => drop(write!(io::stderr(), "{checked}")),
            Err(error) => panic!("{error}"),
        }
    }

    fn failed(&self, what: What) -> LockError {
        LockError {
            path: self.path.clone(),
            what,
        }
    }
}

/// What differs between two lock files: that of a release, and that of a branch, say.
///
/// # Errors
///
/// If one is no lock file.
pub fn compare(recorded: &str, current: &str) -> Result<Report, LockError> {
    compare_texts(recorded, current, Path::new("the first text"))
}

fn compare_texts(recorded: &str, current: &str, path: &Path) -> Result<Report, LockError> {
    let failed = |what| LockError {
        path: path.to_owned(),
        what,
    };
    let new =
        Document::read(current).map_err(|error| failed(What::Program(error.line, error.what)))?;
    let old =
        Document::read(recorded).map_err(|error| failed(What::Text(error.line, error.what)))?;
    Ok(compare_documents(&old, &new))
}

/// A check that passed. Shown, it is what a test has to say: nothing, that the file is behind, or that it was written.
#[derive(Debug)]
pub struct Checked {
    path: PathBuf,
    report: Report,
    is_written: bool,
    update: Update,
}

impl Checked {
    /// What differed.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Whether the file was rewritten.
    pub fn is_written(&self) -> bool {
        self.is_written
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.is_written {
            writeln!(f, "{}\n{path} was written.", self.report)
        } else if self.report.is_empty() {
            Ok(())
        } else {
            let cure = if self.update == Update::NotUnderCi {
                "It was not written: the variable `CI` is set."
            } else {
                "`UPDATE_SCHEMAS=1` records it."
            };
            writeln!(
                f,
                "{}\n{path} is behind. Stored rows are read. {cure}",
                self.report
            )
        }
    }
}

/// Why a check failed: what a test shows.
#[derive(Debug)]
pub struct LockError {
    path: PathBuf,
    what: What,
}

#[derive(Debug)]
enum What {
    Read(io::Error),
    Written(io::Error),
    /// The line, and what is wrong with it.
    Text(usize, String),
    Program(usize, String),
    Differs(Report, Update),
}

impl LockError {
    /// What differs, if it is that.
    pub fn report(&self) -> Option<&Report> {
        match &self.what {
            What::Differs(report, _) => Some(report),
            _ => None,
        }
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.what {
            What::Read(error) => write!(f, "{path} can't be read: {error}"),
            What::Written(error) => write!(f, "{path} can't be written: {error}"),
            What::Text(line, what) => write!(f, "{path}:{line}: {what}"),
            What::Program(line, what) => {
                write!(
                    f,
                    "what the program says can't be compared (line {line}): {what}"
                )
            }
            What::Differs(report, update) => {
                writeln!(f, "{path} and the program differ.\n\n{report}")?;
                let refused = report.refused();
                match update {
                    Update::NotUnderCi => {
                        return write!(
                            f,
                            "The file was not written: the variable `CI` is set. Run the test where it isn't, and commit the file."
                        );
                    }
                    Update::Record => write!(f, "The file was not written: {refused} refused.")?,
                    _ if refused > 0 => write!(f, "{refused} refused.")?,
                    _ => {
                        return write!(
                            f,
                            "If that is what you want: `UPDATE_SCHEMAS=1 cargo test`, and commit the file."
                        );
                    }
                }
                write!(
                    f,
                    " Mend that, then `UPDATE_SCHEMAS=1 cargo test`. If no such event was ever stored: `UPDATE_SCHEMAS=force cargo test`."
                )
            }
        }
    }
}

impl std::error::Error for LockError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.what {
            What::Read(error) | What::Written(error) => Some(error),
            What::Text(..) | What::Program(..) | What::Differs(..) => None,
        }
    }
}
