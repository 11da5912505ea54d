//! What a save would append, for who appends it elsewhere: in a transaction of the caller's.

use uuid::Uuid;

use super::{
    Repository,
    load::located,
    save::{Saver, Saving as _},
};
use crate::{
    Result,
    aggregate::{Aggregate, Root},
    store::{Commit, EventStore as _},
};

impl<A: Aggregate> Repository<A> {
    /// The commit that [`save`](Self::save) would append: for a store that can append within a transaction of yours, so that
    /// an outbox row or a read model commits with the events (`PostgresStore::append_in`).
    ///
    /// From here on the root's events may be stored. Once the transaction is committed, `save` finds them stored, stores
    /// nothing twice, and does what follows a save: snapshot and subscribers. After a conflict, or when the transaction was
    /// rolled back, drop the root and load again: `save` would store the events alone.
    ///
    /// - Asked again before that, it is the same commit.
    /// - Nothing pending: a commit without events, which stores nothing.
    /// - Errors are those of `save` before it asks the store.
    ///
    /// ```no_run
    /// # #[cfg(feature = "postgres")] mod example {
    /// # use eventsourcing::{Aggregate, Repository, Root, store::{PostgresStore, tokio_postgres::Client}};
    /// # async fn example<Order: Aggregate>(
    /// #     store: PostgresStore, orders: Repository<Order>, order: &mut Root<Order>, client: &mut Client,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let transaction = client.transaction().await?;
    /// transaction.execute("INSERT INTO outbox VALUES ('order submitted')", &[]).await?;
    /// store.append_in(&transaction, orders.stage(order)?).await?;
    /// transaction.commit().await?;
    /// orders.save(order).await?;
    /// # Ok(())
    /// # }
    /// # }
    /// ```
    pub fn stage(&self, root: &mut Root<A>) -> Result<Commit> {
        let staged = Saver::new(self.clone(), root).and_then(|mut saver| {
            let part = saver.stage()?;
            let id = saver.unresolved().unwrap_or_else(Uuid::now_v7);
            if part.events.is_empty() {
                let streams = Vec::new();
                return Ok(Commit { id, streams });
            }
            let streams = vec![part];
            let commit = Commit { id, streams };
            commit.check()?;
            self.inner.events.capabilities().check(&commit)?;
            saver.hand_over(id);
            Ok(commit)
        });
        staged.map_err(|error| located::<A>(error, "stage", root.id()))
    }
}
