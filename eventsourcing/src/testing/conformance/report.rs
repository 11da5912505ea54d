//! What came of the checks, for people to read.

use std::{fmt, time::Duration};

use super::Check;
use crate::Error;

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The rule was kept.
    Passed,
    /// The check needs what the store hasn't got: each thing by name.
    NotApplicable(Vec<String>),
    /// The rule was broken, or the check panicked: what was seen.
    Failed(String),
    /// The check was not over at its deadline: after how long, and how far it was.
    TimedOut(String),
}

impl Outcome {
    /// Whether the store is not known to keep the rule: [`Failed`](Self::Failed) or [`TimedOut`](Self::TimedOut).
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::TimedOut(_))
    }
}

/// A check and what came of it.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// If its time was up before its rounds were: how many there were, and how many there should have been.
    pub rounds: Option<(u64, u64)>,
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, outcome, .. } = self;
        match outcome {
            Outcome::Passed => {
                write!(f, "{} passed", check.name())?;
                match self.rounds {
                    Some((run, of)) => write!(f, " after {run} of {of} rounds: time was up"),
                    None => Ok(()),
                }
            }
            Outcome::TimedOut(seen) => write!(f, "{} failed\n  seen: {seen}", check.name()),
            Outcome::NotApplicable(missing) => {
                write!(f, "{} not applicable: {}", check.name(), missing.join("; "))
            }
            Outcome::Failed(seen) => write!(
                f,
                "{} failed\n  broken rule of `{}`: {}\n  seen: {seen}",
                check.name(),
                check.method(),
                check.rule(),
            ),
        }
    }
}

/// What came of all checks. Its text form has every failure with the rule that was broken, and every check that did not apply.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    pub(crate) results: Vec<CheckResult>,
}

impl Report {
    /// Every check with its outcome, in the order of the contract.
    pub fn results(&self) -> &[CheckResult] {
        &self.results
    }

    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &CheckResult> {
        self.results
            .iter()
            .filter(|result| result.outcome.is_failure())
    }

    /// The checks that did not apply.
    pub fn not_applicable(&self) -> impl Iterator<Item = &CheckResult> {
        let missing = |result: &&CheckResult| matches!(result.outcome, Outcome::NotApplicable(_));
        self.results.iter().filter(missing)
    }

    /// Whether no check failed.
    pub fn is_ok(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Panics with the report's text if a check failed.
    ///
    /// # Panics
    ///
    /// If a check failed.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, missing) = (self.failures().count(), self.not_applicable().count());
        writeln!(
            f,
            "{} checks: {} passed, {failed} failed, {missing} not applicable",
            self.results.len(),
            self.results.len() - failed - missing,
        )?;
        let short = self.results.iter();
        let short =
            short.filter(|result| result.outcome == Outcome::Passed && result.rounds.is_some());
        let listed = self.failures().chain(self.not_applicable()).chain(short);
        listed
            .into_iter()
            .try_for_each(|result| writeln!(f, "{result}"))
    }
}

/// What a check saw that its rule doesn't allow.
#[derive(Debug)]
pub(crate) struct Failure(pub(super) String);

/// The answer of a check.
pub(crate) type Checked = Result<(), Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut text = format!("a call that must succeed failed with: {error}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        Self(text)
    }
}

/// Fails the check with this text unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::testing::conformance::report::Failure(format!($($text)+)));
        }
    };
}

/// Fails the check unless both are equal: what was seen, what the rule asks for.
macro_rules! same {
    ($seen:expr, $wanted:expr, $($text:tt)+) => {
        match (&$seen, &$wanted) {
            (seen, wanted) => {
                if !(*seen == *wanted) {
                    return Err($crate::testing::conformance::report::differ(
                        &format!($($text)+), seen, wanted,
                    ));
                }
            }
        }
    };
}

pub(crate) use {ensure, same};

pub(crate) fn differ(what: &str, seen: &dyn fmt::Debug, wanted: &dyn fmt::Debug) -> Failure {
    Failure(format!("{what}: {}, not {}", short(seen), short(wanted)))
}

/// A value's text, cut where nobody reads on.
pub(crate) fn short(value: &dyn fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}
