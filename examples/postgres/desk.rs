//! The commands of the shop's desk.

use eventsourcing::{
    Repository, Root,
    store::{PostgresStore, tokio_postgres::Client},
};
use uuid::Uuid;

use crate::{Result, order::Order};

/// How often a submission is tried if somebody else changes the order meanwhile.
const TRIES: u32 = 5;

#[derive(Clone)]
pub(crate) struct Desk {
    store: PostgresStore,
    orders: Repository<Order>,
}

impl Desk {
    pub(crate) fn new(store: PostgresStore, orders: Repository<Order>) -> Self {
        Self { store, orders }
    }

    /// An order from its beginning to its submission: each command a save of its own.
    pub(crate) async fn one_order(&self, mut client: Client, items: u32) -> Result<Uuid> {
        let id = Uuid::new_v4();
        let found = self.orders.find(id).await?;
        let existing = found.as_ref().map(Root::state);
        let created = Order::create(existing, Uuid::new_v4(), "customer@example.com")?;
        let mut order = self.orders.create(id, created);
        self.orders.save(&mut order).await?;
        for item in 0..items {
            let (name, price) = (format!("Product {item}"), 10.0 + f64::from(item));
            let add = |o: &Order| o.add_item(Uuid::new_v4(), &name, 1, price);
            self.orders.execute(id, add).await?;
        }
        self.submit(&mut client, id).await?;
        Ok(id)
    }

    /// The order is submitted, and the mail about it waits in the outbox: both or neither.
    async fn submit(&self, client: &mut Client, id: Uuid) -> Result {
        for _ in 0..TRIES {
            let mut order = self.orders.load(id).await?;
            order.execute(Order::submit)?;
            let transaction = client.transaction().await?;
            let text = format!("your order of {:.2} was submitted", order.total_amount);
            let outbox = "INSERT INTO shop.outbox (order_id, text) VALUES ($1, $2)";
            transaction.execute(outbox, &[&id, &text]).await?;
            // The events last: until the commit readers of all events wait for this transaction.
            let staged = self.orders.stage(&mut order)?;
            match self.store.append_in(&transaction, staged).await {
                Ok(_) => {}
                // The transaction is rolled back where it is dropped.
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(error.into()),
            }
            transaction.commit().await?;
            // Finds the events stored; what follows a save is done now.
            self.orders.save(&mut order).await?;
            return Ok(());
        }
        Err(format!("the order {id} was changed by others {TRIES} times").into())
    }

    /// An order, and the version of its newest snapshot.
    pub(crate) async fn look(&self, id: Uuid) -> Result<(Root<Order>, String)> {
        let snapshots = self.orders.snapshots(id).await?;
        let newest = snapshots.last().map(|it| it.version().to_string());
        Ok((
            self.orders.load(id).await?,
            newest.unwrap_or("no version".into()),
        ))
    }
}
