//! Document 001's command methods: what each refuses, with the document's own words, and what `_apply` does.
//!
//! Version numbers: as in `doc_001`, from 1.

use eventsourcing::{CommandError, Repository};
use uuid::Uuid;

use crate::{
    Outcome,
    bed::Bed,
    doc_001::{EMAIL, stored_order},
    order::{Order, OrderError},
};

// The command methods: `raise ValueError(…)`

/// What the command refused with; none if it didn't.
fn rejected<T>(result: Result<T, CommandError<OrderError>>) -> Option<String> {
    let error = result.err()?;
    error.rejection().map(ToString::to_string)
}

pub(crate) async fn guards_of_a_created_order(bed: Bed) -> Outcome {
    let orders = Repository::builder(bed.store()).build()?;
    let order = stored_order(&orders, 0).await?;
    let (id, item) = (order.id(), Uuid::new_v4());
    let existing = orders.find(id).await?;
    let again = Order::create(existing.as_deref(), Uuid::new_v4(), EMAIL);
    let again = again.map_err(CommandError::Rejected);
    // raise ValueError("Order already exists")
    assert_eq!(rejected(again).as_deref(), Some("Order already exists"));
    let added = orders.execute(id, |o| o.add_item(item, "Widget", 0, 1.0));
    // raise ValueError("Quantity must be positive")
    assert_eq!(
        rejected(added.await).as_deref(),
        Some("Quantity must be positive")
    );
    let removed = orders.execute(id, |o| o.remove_item(item));
    // raise ValueError("Item not found in order")
    assert_eq!(
        rejected(removed.await).as_deref(),
        Some("Item not found in order")
    );
    let submitted = orders.execute(id, Order::submit);
    // raise ValueError("Cannot submit empty order")
    assert_eq!(
        rejected(submitted.await).as_deref(),
        Some("Cannot submit empty order")
    );
    assert_eq!(orders.load(id).await?.version(), 1, "nothing was stored");
    Ok(())
}

pub(crate) async fn guards_of_a_submitted_order(bed: Bed) -> Outcome {
    let orders = Repository::builder(bed.store()).build()?;
    let order = stored_order(&orders, 1).await?;
    let (id, item) = (order.id(), order.items[0].product_id);
    orders.execute(id, Order::submit).await?;
    let added = orders.execute(id, |o| o.add_item(item, "Widget", 1, 1.0));
    // raise ValueError("Can only add items to created orders")
    assert_eq!(
        rejected(added.await).as_deref(),
        Some("Can only add items to created orders")
    );
    let removed = orders.execute(id, |o| o.remove_item(item));
    // raise ValueError("Can only remove items from created orders")
    assert_eq!(
        rejected(removed.await).as_deref(),
        Some("Can only remove items from created orders")
    );
    let submitted = orders.execute(id, Order::submit);
    // raise ValueError("Order must be in created status")
    assert_eq!(
        rejected(submitted.await).as_deref(),
        Some("Order must be in created status")
    );
    assert_eq!(
        orders.load(id).await?.version(),
        3,
        "nothing more was stored"
    );
    Ok(())
}

/// `_apply` of `OrderSubmitted`: `total_amount=self.state.calculated_total`.
pub(crate) async fn apply_submits_the_calculated_total(bed: Bed) -> Outcome {
    let orders = Repository::builder(bed.store()).build()?;
    let order = stored_order(&orders, 0).await?;
    let id = order.id();
    for (quantity, price) in [(2, 10.5), (3, 0.25)] {
        orders
            .execute(id, |o| {
                o.add_item(Uuid::new_v4(), "Widget", quantity, price)
            })
            .await?;
    }
    orders.execute(id, Order::submit).await?;
    let submitted = orders.load(id).await?;
    assert_eq!(submitted.status.to_string(), "submitted");
    assert_eq!(format!("{:?}", submitted.total_amount), "21.75");
    Ok(())
}

/// Whoever doesn't ask `Order::create` first is stopped by the store.
pub(crate) async fn guards_creating_an_order_twice_is_a_conflict(bed: Bed) -> Outcome {
    let orders = Repository::builder(bed.store()).build()?;
    let order = stored_order(&orders, 1).await?;
    let created = Order::create(None, Uuid::new_v4(), EMAIL)?;
    let mut twin = orders.create(*order.id(), created);
    let error = orders.save(&mut twin).await.err().ok_or("created twice")?;
    assert!(error.is_conflict(), "{error}");
    assert_eq!(orders.load(order.id()).await?.version(), 2);
    Ok(())
}

/// `_apply` of `OrderItemRemoved`: the item and nothing else is gone.
pub(crate) async fn apply_removes_the_item(bed: Bed) -> Outcome {
    let orders = Repository::builder(bed.store()).build()?;
    let order = stored_order(&orders, 3).await?;
    let gone = order.items[1].product_id;
    orders.execute(order.id(), |o| o.remove_item(gone)).await?;
    let left: Vec<String> = orders
        .load(order.id())
        .await?
        .items
        .iter()
        .map(|i| i.product_name.clone())
        .collect();
    assert_eq!(left, ["Product 0", "Product 2"]);
    Ok(())
}
