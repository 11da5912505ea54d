//! A read model: a row for each order, kept by following all events. Its place is stored in the transaction that changes
//! it, so that each event counts once, also after a crash.

use eventsourcing::{
    Position, StreamId,
    store::{
        EventStore as _, PostgresStore, ReadAll, RecordedEvent,
        tokio_postgres::{Client, Transaction},
    },
};
use uuid::Uuid;

use crate::{Result, order::OrderItemAdded};

pub(crate) struct Overview {
    store: PostgresStore,
    client: Client,
}

pub(crate) struct Row {
    pub(crate) items: i64,
    pub(crate) total: f64,
}

impl Overview {
    pub(crate) fn new(store: PostgresStore, client: Client) -> Self {
        Self { store, client }
    }

    /// One page. Answers how many events it had.
    pub(crate) async fn follow(&mut self) -> Result<usize> {
        let transaction = self.client.transaction().await?;
        let place = "SELECT position FROM shop.followed FOR UPDATE";
        let place = transaction.query_opt(place, &[]).await?;
        let place = place.map(|row| row.get::<_, &str>(0).parse::<Position>());
        let read = ReadAll {
            after: place.transpose()?,
            category: Some("Order".to_owned()),
            ..ReadAll::default()
        };
        let page = self.store.read_all(read).await?;
        for event in page.iter() {
            apply(&transaction, &event).await?;
        }
        if let Some(last) = page.last() {
            let place = "INSERT INTO shop.followed VALUES (true, $1) ON CONFLICT (only_row) DO UPDATE SET position = $1";
            transaction
                .execute(place, &[&last.position.to_string()])
                .await?;
        }
        transaction.commit().await?;
        Ok(page.len())
    }

    pub(crate) async fn follow_to_the_end(&mut self) -> Result<usize> {
        let mut followed = 0;
        loop {
            match self.follow().await? {
                0 => return Ok(followed),
                more => followed += more,
            }
        }
    }

    pub(crate) async fn row(&self, id: Uuid) -> Result<Row> {
        let sql = "SELECT items, total FROM shop.orders WHERE id = $1";
        let row = self.client.query_one(sql, &[&id]).await?;
        Ok(Row {
            items: row.get(0),
            total: row.get(1),
        })
    }

    pub(crate) async fn outbox(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM shop.outbox";
        Ok(self.client.query_one(sql, &[]).await?.get(0))
    }
}

async fn apply(transaction: &Transaction<'_>, event: &RecordedEvent<'_>) -> Result {
    let id: Uuid = StreamId::parse(event.stream)?.id().parse()?;
    match event.name {
        "OrderCreated" => {
            let sql = "INSERT INTO shop.orders VALUES ($1, 0, 0)";
            transaction.execute(sql, &[&id]).await?;
        }
        "OrderItemAdded" => {
            let added: OrderItemAdded = serde_json::from_slice(event.payload)?;
            let price = f64::from(added.quantity) * added.unit_price;
            let sql = "UPDATE shop.orders SET items = items + 1, total = total + $2 WHERE id = $1";
            transaction.execute(sql, &[&id, &price]).await?;
        }
        // Nothing that the overview shows.
        _ => {}
    }
    Ok(())
}
