//! `order_sketch.rs`, the smallest whole domain a user writes, is kept verbatim: here it is used.

use eventsourcing::{CommandError, Repository, SnapshotPolicy, Version};
use uuid::Uuid;

use crate::{
    Outcome,
    bed::Bed,
    order_sketch::{NotOpen, Order, Placed},
};

pub(crate) async fn order_sketch_works(bed: Bed) -> Outcome {
    let orders = Repository::<Order>::builder(bed.store())
        .snapshots(SnapshotPolicy::every(2))
        .build()?;
    let id = Uuid::new_v4();
    let customer = "Ada".to_owned();
    let mut order = orders.create(id, Placed { customer });
    order.execute(|o| o.add_item("widget".into(), 2))?;
    order.execute(|o| o.add_item("gadget".into(), 3))?;
    assert_eq!(orders.save(&mut order).await?.version, Version::from(3));

    orders.execute(id, |o| o.ship("1Z".into())).await?;
    let late = orders.execute(id, |o| o.cancel("late".into())).await;
    assert!(matches!(late, Err(CommandError::Rejected(NotOpen))));
    let late = orders.execute(id, |o| o.add_item("late".into(), 1)).await;
    assert_eq!(
        late.map_err(|e| e.to_string()).err().as_deref(),
        Some("order is not open")
    );

    // The fields are the domain's own; what they are is in what is stored.
    let loaded = format!("{:?}", orders.load(id).await?.state());
    assert_eq!(
        loaded,
        r#"Order { customer: "Ada", items: 5, open: false }"#
    );
    let past = format!("{:?}", orders.load_at(id, 2).await?.state());
    assert_eq!(past, r#"Order { customer: "Ada", items: 2, open: true }"#);
    let versions: Vec<u64> = orders
        .snapshots(id)
        .await?
        .iter()
        .map(|s| s.version().get())
        .collect();
    assert_eq!(versions, [2, 4]);
    Ok(())
}

pub(crate) async fn order_sketch_cancels(bed: Bed) -> Outcome {
    let orders = Repository::<Order>::builder(bed.store()).build()?;
    let id = Uuid::new_v4();
    let customer = "Ada".to_owned();
    orders
        .save(&mut orders.create(id, Placed { customer }))
        .await?;
    orders
        .execute(id, |o| o.cancel("changed my mind".into()))
        .await?;
    let cancelled = format!("{:?}", orders.load(id).await?.state());
    assert_eq!(
        cancelled,
        r#"Order { customer: "Ada", items: 0, open: false }"#
    );
    Ok(())
}
