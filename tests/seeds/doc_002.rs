//! `002_5ae9bdb4ee7d351f.txt`: the snapshotting application built by hand, `eventsourcing` of 2017: a snapshot table of its
//! own, a policy by subscription.
//!
//! Version numbers: the document counts events from 0 and the entity's version from 1, we count both from 1. Its
//! `not (event.originator_version + 1) % frequency` is our `version % frequency == 0`.

use std::sync::{Arc, Mutex};

use eventsourcing::{
    Application, Published, Repository, Root, SnapshotPolicy, StreamId, application::Subscription,
    store::ReadAll,
};

use crate::{
    Outcome,
    bed::Bed,
    example::{
        AttributeChanged, Discarded, Example, assign, create_new_example, foo, get_snapshot,
    },
    wrappers::Failing,
};

/// The document's class of the same name.
struct SnapshottingPolicy(Subscription);

impl SnapshottingPolicy {
    // subscribe(predicate=self.triggers_snapshot, handler=self.take_snapshot)
    fn new(app: &Application, examples: &Repository<Example>, frequency: u64) -> Self {
        let examples = examples.clone();
        Self(app.subscribe(
            move |event| Self::triggers_snapshot(event, frequency),
            move |event| Self::take_snapshot(examples.clone(), event),
        ))
    }

    // unsubscribe(predicate=self.triggers_snapshot, handler=self.take_snapshot)
    fn close(&self) -> bool {
        self.0.unsubscribe()
    }

    // return isinstance(event, TimestampedVersionedEntityEvent) and not (event.originator_version + 1) % self.frequency
    fn triggers_snapshot(event: &Published, frequency: u64) -> bool {
        event.event_of::<Example>().is_some() && event.version().get().is_multiple_of(frequency)
    }

    // self.event_player.take_snapshot(event.originator_id)
    async fn take_snapshot(
        examples: Repository<Example>,
        event: Published,
    ) -> eventsourcing::Result<()> {
        let Some(id) = event.id_of::<Example>() else {
            return Ok(());
        };
        // A discarded entity can't be loaded; the repository's own policy stores its empty snapshot.
        if let Some(entity) = examples.find(id).await? {
            examples.create_snapshot(&entity).await?;
        }
        Ok(())
    }
}

/// The document's class of the same name.
struct SnapshottedApplication {
    example_repository: Repository<Example>,
    snapshotting_policy: SnapshottingPolicy,
}

impl SnapshottedApplication {
    fn new(bed: &Bed, frequency: u64) -> Outcome<Self> {
        let app = Application::builder(bed.store())
            .snapshots(SnapshotPolicy::on::<Discarded>())
            .snapshot_store(bed.other.clone())
            .build()?;
        let example_repository = app.repository()?;
        Ok(Self {
            snapshotting_policy: SnapshottingPolicy::new(&app, &example_repository, frequency),
            example_repository,
        })
    }

    async fn create_new_example(&self, value: &str) -> Outcome<Root<Example>> {
        create_new_example(&self.example_repository, value).await
    }
}

async fn after_events(
    bed: &Bed,
    events: usize,
) -> Outcome<(SnapshottedApplication, Root<Example>)> {
    // with SnapshottedApplication(datastore) as app:
    let app = SnapshottedApplication::new(bed, 1)?;
    // entity = app.create_new_example(foo='bar1')
    let mut entity = app.create_new_example("bar1").await?;
    // entity.foo = 'bar2' … entity.foo = 'bar7'
    let values = ["bar2", "bar3", "bar4", "bar5", "bar6", "bar7"];
    let values = &values[..events.min(7) - 1];
    assign(&app.example_repository, &mut entity, values).await?;
    // Discard the entity.
    // entity.discard()
    if events == 8 {
        app.example_repository
            .discard(&mut entity, Discarded)
            .await?;
    }
    assert_eq!(entity.version(), events as u64);
    Ok((app, entity))
}

pub(crate) async fn snapshot_after_the_created_event(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 1).await?;
    let snapshot = get_snapshot(&app.example_repository, entity.id()).await?;
    // assert snapshot.state['_foo'] == 'bar1'
    assert_eq!(foo(snapshot.as_ref())?, "bar1");
    Ok(())
}

pub(crate) async fn entity_is_in_the_repository(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 1).await?;
    // assert entity.id in app.example_repository
    assert!(app.example_repository.contains(entity.id()).await?);
    Ok(())
}

pub(crate) async fn entity_after_the_created_event(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 1).await?;
    // assert app.example_repository[entity.id].foo == 'bar1'
    assert_eq!(app.example_repository.load(entity.id()).await?.foo, "bar1");
    Ok(())
}

pub(crate) async fn snapshot_after_five_events(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 5).await?;
    let snapshot = get_snapshot(&app.example_repository, entity.id()).await?;
    // assert snapshot.state['_foo'] == 'bar5'
    assert_eq!(foo(snapshot.as_ref())?, "bar5");
    Ok(())
}

pub(crate) async fn entity_after_seven_events(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 7).await?;
    // assert app.example_repository[entity.id].foo == 'bar7'
    assert_eq!(app.example_repository.load(entity.id()).await?.foo, "bar7");
    Ok(())
}

pub(crate) async fn snapshot_after_seven_events(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 7).await?;
    let snapshot = get_snapshot(&app.example_repository, entity.id()).await?;
    // assert snapshot.state['_foo'] == 'bar7'
    assert_eq!(foo(snapshot.as_ref())?, "bar7");
    Ok(())
}

pub(crate) async fn snapshot_state_is_none_after_the_discard(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 8).await?;
    let snapshot = get_snapshot(&app.example_repository, entity.id()).await?;
    let snapshot = snapshot.ok_or("no snapshot")?;
    assert_eq!(snapshot.version(), 8);
    // assert snapshot.state is None
    assert_eq!(snapshot.state(), None);
    Ok(())
}

pub(crate) async fn discarded_entity_is_not_in_the_repository(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 8).await?;
    // assert entity.id not in app.example_repository
    assert!(!app.example_repository.contains(entity.id()).await?);
    Ok(())
}

pub(crate) async fn key_error_for_a_discarded_entity(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 8).await?;
    // try: app.example_repository[entity.id]
    // except KeyError: pass
    // else: raise Exception('KeyError was not raised')
    let error = app.example_repository.load(entity.id()).await.err();
    assert!(error.ok_or("KeyError was not raised")?.is_not_found());
    Ok(())
}

/// "So that a snapshot is automatically taken at a regular intervals": each event, "including after both its created and
/// discarded events", has one.
pub(crate) async fn snapshots_are_taken_after_every_event(bed: Bed) -> Outcome {
    let (app, entity) = after_events(&bed, 8).await?;
    let snapshots = app.example_repository.snapshots(entity.id()).await?;
    let versions: Vec<u64> = snapshots.iter().map(|s| s.version().get()).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
    Ok(())
}

/// `not (event.originator_version + 1) % self.frequency`, with a frequency other than the document's 1.
pub(crate) async fn snapshots_at_a_frequency_of_3(bed: Bed) -> Outcome {
    let app = SnapshottedApplication::new(&bed, 3)?;
    let mut entity = app.create_new_example("bar1").await?;
    let values = ["bar2", "bar3", "bar4", "bar5", "bar6", "bar7"];
    assign(&app.example_repository, &mut entity, &values).await?;
    let snapshots = app.example_repository.snapshots(entity.id()).await?;
    let taken: Vec<_> = snapshots
        .iter()
        .map(|s| (s.version().get(), s.state().map(|state| &*state.foo)))
        .collect();
    assert_eq!(taken, [(3, Some("bar3")), (6, Some("bar6"))]);
    Ok(())
}

/// `class SnapshotTable`: "setup a dedicated table for snapshots".
pub(crate) async fn snapshots_have_a_store_of_their_own(bed: Bed) -> Outcome {
    let (_app, entity) = after_events(&bed, 8).await?;
    let stream = StreamId::new("example", &entity.id().to_string())?;
    assert_eq!(bed.other.list(&stream).await?.len(), 8);
    assert_eq!(bed.snapshots.list(&stream).await?, []);
    assert_eq!(bed.store.read_all(ReadAll::default()).await?.len(), 8);
    Ok(())
}

/// `def close(self)`: `self.snapshotting_policy.close()`.
pub(crate) async fn no_snapshots_after_close(bed: Bed) -> Outcome {
    let (app, mut entity) = after_events(&bed, 2).await?;
    assert!(app.snapshotting_policy.close());
    assert!(!app.snapshotting_policy.close(), "it is closed already");
    assign(&app.example_repository, &mut entity, &["bar3"]).await?;
    let snapshot = get_snapshot(&app.example_repository, entity.id()).await?;
    assert_eq!(foo(snapshot.as_ref())?, "bar2");
    assert_eq!(app.example_repository.load(entity.id()).await?.foo, "bar3");
    Ok(())
}

/// 002, a policy subscribed before persistence lags one event: can't happen, a subscriber sees the event after it is stored.
pub(crate) async fn table_a_subscriber_sees_the_event_after_it_is_stored(bed: Bed) -> Outcome {
    let app = Application::builder(bed.store()).build()?;
    let examples = app.repository::<Example>()?;
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    let _goes_on = app.subscribe(|event| event.event::<AttributeChanged>().is_some(), {
        let (examples, seen) = (examples.clone(), Arc::clone(&seen));
        move |event| {
            let (examples, seen) = (examples.clone(), Arc::clone(&seen));
            async move {
                let id = event.id_of::<Example>().ok_or("no id")?;
                let stored = examples.load(id).await?;
                let told = event.event::<AttributeChanged>().ok_or("no event")?;
                let mut seen = seen.lock().map_err(|_| "poisoned")?;
                seen.push((
                    event.version().get(),
                    stored.version().get(),
                    told.foo == stored.foo,
                ));
                Outcome::Ok(())
            }
        }
    });
    let mut entity = create_new_example(&examples, "bar1").await?;
    assign(&examples, &mut entity, &["bar2", "bar3"]).await?;
    let seen = seen.lock().map_err(|_| "poisoned")?.clone();
    assert_eq!(seen, [(2, 2, true), (3, 3, true)]);
    assert_eq!(app.subscription_stats().failed, 0);
    Ok(())
}

/// 002, snapshot store fails in a save: the save succeeds, the failure is reported. Here it is the handler's.
pub(crate) async fn table_snapshot_store_fails_in_a_save(bed: Bed) -> Outcome {
    let app = Application::builder(bed.store())
        .snapshot_store(Failing(bed.other.clone()))
        .build()?;
    let examples = app.repository()?;
    let _goes_on = SnapshottingPolicy::new(&app, &examples, 1);
    let mut entity = create_new_example(&examples, "bar1").await?;
    assign(&examples, &mut entity, &["bar2"]).await?;
    assert_eq!(app.subscription_stats().failed, 2);
    assert_eq!(app.subscription_stats().delivered, 0);
    assert_eq!(examples.load(entity.id()).await?.foo, "bar2");
    Ok(())
}
