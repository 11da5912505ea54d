//! `Example` of the Python library: an entity with one attribute, `foo`.

use eventsourcing::prelude::*;
use eventsourcing::{Repository, repository::Snapshot};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Outcome;

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Created {
    pub(crate) foo: String,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AttributeChanged {
    pub(crate) foo: String,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Discarded;

#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = Uuid, create(Created), events(AttributeChanged), discard(Discarded))]
pub(crate) struct Example {
    pub(crate) foo: String,
}

impl ExampleHandlers for Example {
    fn created(_: &Uuid, event: Created) -> Self {
        Self { foo: event.foo }
    }

    fn attribute_changed(&mut self, event: AttributeChanged) {
        self.foo = event.foo;
    }
}

/// `create_new_example(foo=…)`: stored at once.
pub(crate) async fn create_new_example(
    examples: &Repository<Example>,
    value: &str,
) -> Outcome<Root<Example>> {
    let created = Created {
        foo: value.to_owned(),
    };
    let mut entity = examples.create(Uuid::new_v4(), created);
    examples.save(&mut entity).await?;
    Ok(entity)
}

/// `entity.foo = …`: each assignment is an event of its own, stored at once.
pub(crate) async fn assign(
    examples: &Repository<Example>,
    entity: &mut Root<Example>,
    values: &[&str],
) -> Outcome {
    for value in values {
        entity.record(AttributeChanged {
            foo: (*value).to_owned(),
        });
        examples.save(entity).await?;
    }
    Ok(())
}

/// `snapshot_strategy.get_snapshot(entity.id)`: the newest.
pub(crate) async fn get_snapshot(
    examples: &Repository<Example>,
    id: &Uuid,
) -> Outcome<Option<Snapshot<Example>>> {
    Ok(examples.snapshots(id).await?.pop())
}

/// `snapshot_strategy.get_snapshot(entity.id, lte=…)`, by our versions.
pub(crate) async fn get_snapshot_at_most(
    examples: &Repository<Example>,
    id: &Uuid,
    version: u64,
) -> Outcome<Option<Snapshot<Example>>> {
    let mut snapshots = examples.snapshots(id).await?;
    snapshots.retain(|snapshot| snapshot.version().get() <= version);
    Ok(snapshots.pop())
}

/// The `foo` in a snapshot that must be there and have a state.
pub(crate) fn foo(snapshot: Option<&Snapshot<Example>>) -> Outcome<&str> {
    let state = snapshot.ok_or("no snapshot")?.state();
    Ok(&state.ok_or("no state in the snapshot")?.foo)
}
