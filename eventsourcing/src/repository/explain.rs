//! What the policy would say, and why: for whoever wonders where the snapshots are.

use super::Repository;
use crate::{
    aggregate::{Aggregate, Root},
    snapshot::{Occasion, SnapshotMode},
};

impl<A: Aggregate> Repository<A> {
    /// Whether saving this root now would take a snapshot, of which version, and why. For people: the text may change.
    ///
    /// ```
    /// use eventsourcing::prelude::*;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Event, Clone, Debug, Serialize, Deserialize)]
    /// # struct Opened;
    /// # #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
    /// # #[aggregate(id = u64, create(Opened))]
    /// # struct Account;
    /// # impl AccountHandlers for Account { fn opened(_: &u64, _: Opened) -> Self { Account } }
    ///
    /// # fn main() -> eventsourcing::Result<()> {
    /// let accounts = Repository::<Account>::builder(MemoryStore::new())
    ///     .snapshots(SnapshotPolicy::every(50))
    ///     .build()?;
    /// let account = accounts.create(1, Opened);
    /// assert_eq!(accounts.explain_snapshot(&account), "no: every(50): next at 50, this is 1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn explain_snapshot(&self, root: &Root<A>) -> String {
        let inner = &self.inner;
        if inner.ignore_snapshots {
            return "no: the repository ignores snapshots".into();
        }
        if inner.mode == SnapshotMode::Manual {
            return "no: the mode is manual, only `create_snapshot` takes one".into();
        }
        let pending = root.pending();
        if pending.is_empty() {
            return "no: there is nothing to save".into();
        }
        if root.is_discarded() && !inner.policy.is_never() {
            let version = root.version();
            return format!("yes, of {version}: a discard stores its empty snapshot");
        }
        let stored = |index: usize| pending.iter().any(|event| A::__index(event) == index);
        let occasion = Occasion {
            before: root.stored_version(),
            after: root.version(),
            stored: Some(&stored),
            state: Some(root.state()),
            loaded: root.loaded(),
            now: &|| inner.clock.now(),
        };
        let reasons = inner.policy.reasons(&occasion);
        match inner.policy.answer(&occasion) {
            Some(version) => format!("yes, of {version}: {reasons}"),
            None => format!("no: {reasons}"),
        }
    }
}
