//! The conformance kit: a check for each rule in the docs of the store traits, for every store alike.
//!
//! `contract` is the contract as a table: trait, method, rule, checks. A new check is a line there and an `async fn` of that
//! name in `event_store` or `snapshot_store`; a new rule is a bullet on the trait's method first.
//!
//! Each check gets a fresh store from the factory and runs on a thread and a runtime of its own. One that panics fails; one
//! that isn't over at its deadline fails and is left behind. What the store declares that it can't do
//! ([`Capabilities`]), and what the factory doesn't offer ([`Subject`]), makes a check *not applicable*: listed by name with
//! what is missing, never skipped in silence.

#[macro_use]
mod contract;
mod event_store;
mod handles;
mod kit;
mod list;
mod prelude;
mod report;
mod requirement;
mod rounds;
mod rows;
mod settled;
mod snapshot_store;
mod subject;
mod texts;
mod trial;

use std::{fmt, future::Future};

use futures_util::future::BoxFuture;

pub use self::{
    kit::Kit,
    list::checks,
    report::{CheckResult, Outcome, Report},
    requirement::Requirement,
    subject::Subject,
};
use self::{report::Checked, trial::Trial};
use crate::store::Capabilities;

/// Runs every check against stores that `factory` makes, each fresh and empty, with these declared capabilities.
///
/// For other numbers of rounds, deadlines or threads see [`Kit`].
pub async fn run<F, Fut>(factory: F, capabilities: Capabilities) -> Report
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Subject> + Send + 'static,
{
    Kit::new(factory, capabilities).run().await
}

/// One check of the kit: its name, the rule that it is about, and what it needs.
#[derive(Clone, Copy)]
pub struct Check {
    name: &'static str,
    method: &'static str,
    rule: &'static str,
    needs: &'static [Requirement],
    perform: fn(Trial) -> BoxFuture<'static, Checked>,
}

impl Check {
    /// `<trait>::<method>::<check>`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// `<trait>::<method>`.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The rule, as it stands in the docs of the method.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// What it needs beside a store of the trait.
    pub fn needs(&self) -> &'static [Requirement] {
        self.needs
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
