//! What is said about the differences.

use std::fmt;

use super::walk::{Finding, Severity};

/// What differs between a lock file and the program, what it means, and what to do.
#[derive(Debug, Default)]
pub struct Report {
    pub(super) items: Vec<Item>,
}

/// A block that differs, or a state or event about which there is something to say.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) title: String,
    /// The states and events that have the type.
    pub(super) found_in: Vec<String>,
    pub(super) diff: Vec<String>,
    pub(super) findings: Vec<Finding>,
    /// Whole sentences.
    pub(super) cures: Vec<String>,
}

impl Item {
    pub(super) fn new(title: &str, severity: Severity, cures: &[String]) -> Self {
        Self {
            title: title.to_owned(),
            found_in: Vec::new(),
            diff: Vec::new(),
            findings: vec![Finding::new(severity, "")],
            cures: cures.to_vec(),
        }
    }

    pub(super) fn saying(mut self, what: &str) -> Self {
        if let Some(finding) = self.findings.first_mut() {
            what.clone_into(&mut finding.what);
        }
        self
    }
}

impl Report {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether the test passes: stored events are read, no snapshots are rebuilt, and no state or event is new. The file may
    /// be behind.
    pub fn passes(&self) -> bool {
        self.count(Severity::Refused) == 0 && self.count(Severity::Unrecorded) == 0
    }

    /// How many changes would leave stored rows unread: they have to be mended, not recorded.
    pub fn refused(&self) -> usize {
        self.count(Severity::Refused)
    }

    fn count(&self, severity: Severity) -> usize {
        let findings = self.items.iter().flat_map(|item| &item.findings);
        findings.filter(|found| found.severity == severity).count()
    }
}

/// A paragraph for each block that differs: its lines, what that means, what to do.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        if !self.found_in.is_empty() {
            writeln!(f, "  in {}", self.found_in.join(", "))?;
        }
        for line in &self.diff {
            writeln!(f, "  {line}")?;
        }
        for finding in self.findings.iter().filter(|found| !found.what.is_empty()) {
            let is_refused = finding.severity == Severity::Refused;
            let sign = if is_refused { "refused" } else { "note" };
            writeln!(f, "  {sign}: {}", finding.what)?;
            if let Some(cure) = &finding.cure {
                writeln!(f, "    cure: {cure}")?;
            }
        }
        for cure in &self.cures {
            writeln!(f, "  {cure}")?;
        }
        Ok(())
    }
}
