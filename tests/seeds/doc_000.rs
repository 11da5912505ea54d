//! `000_2cd3a9b48c58a239.txt`: `SnapshottingApplication` of the Python `eventsourcing` library, 7.0 – 8.3.
//!
//! Version numbers: the document counts from 0 (the first event is version 0), we count events from 1. Its `at=3` and
//! `___version__ == 3` are our version 4; `(position + 1) % 2 == 0` there and `version % 2 == 0` here are the same
//! boundary.

use eventsourcing::{
    Application, ErrorKind, Repository, Root, SnapshotPolicy, Version,
    snapshot::{SnapshotMiss, SnapshotRow},
};
use uuid::Uuid;

use crate::{
    Outcome,
    bed::Bed,
    example::{
        Discarded, Example, assign, create_new_example, foo, get_snapshot, get_snapshot_at_most,
    },
    wrappers::Failing,
};

/// The document's program up to some event.
struct App {
    repository: Repository<Example>,
    entity: Root<Example>,
}

// with MyApplication(snapshot_period=2, persist_event_type=Example.Event) as app:
fn application(bed: &Bed) -> Outcome<Application> {
    Ok(Application::builder(bed.store())
        .snapshots(SnapshotPolicy::every(2))
        .build()?)
}

async fn after_events(bed: &Bed, events: usize) -> Outcome<App> {
    let app = application(bed)?;
    let repository = app.repository::<Example>()?;
    // Create an entity.
    // entity = create_new_example(foo='bar1')
    let mut entity = create_new_example(&repository, "bar1").await?;
    // entity.foo = 'bar2' … entity.foo = 'bar7'
    let values = ["bar2", "bar3", "bar4", "bar5", "bar6", "bar7"];
    assign(&repository, &mut entity, &values[..events.min(7) - 1]).await?;
    // entity.__discard__()
    if events == 8 {
        repository.discard(&mut entity, Discarded).await?;
    }
    assert_eq!(entity.version(), events as u64);
    Ok(App { repository, entity })
}

pub(crate) async fn no_snapshot_with_only_one_event_so_far(bed: Bed) -> Outcome {
    let app = after_events(&bed, 1).await?;
    let snapshot = get_snapshot(&app.repository, app.entity.id()).await?;
    // assert snapshot is None
    assert!(snapshot.is_none());
    Ok(())
}

pub(crate) async fn snapshot_after_the_second_event(bed: Bed) -> Outcome {
    let app = after_events(&bed, 2).await?;
    let snapshot = get_snapshot(&app.repository, app.entity.id()).await?;
    // assert snapshot is not None
    assert!(snapshot.is_some());
    // assert snapshot.state['_foo'] == 'bar2'
    assert_eq!(foo(snapshot.as_ref())?, "bar2");
    Ok(())
}

pub(crate) async fn can_recover_entity_using_snapshot(bed: Bed) -> Outcome {
    let app = after_events(&bed, 2).await?;
    // assert entity.id in app.repository
    assert!(app.repository.contains(app.entity.id()).await?);
    // assert app.repository[entity.id].foo == 'bar2'
    assert_eq!(app.repository.load(app.entity.id()).await?.foo, "bar2");
    assert_eq!(app.repository.snapshot_stats().hits, 1);
    Ok(())
}

pub(crate) async fn snapshot_after_five_events(bed: Bed) -> Outcome {
    let app = after_events(&bed, 5).await?;
    let snapshot = get_snapshot(&app.repository, app.entity.id()).await?;
    // assert snapshot.state['_foo'] == 'bar4'
    assert_eq!(foo(snapshot.as_ref())?, "bar4");
    Ok(())
}

pub(crate) async fn entity_after_seven_events(bed: Bed) -> Outcome {
    let app = after_events(&bed, 7).await?;
    // assert app.repository[entity.id].foo == 'bar7'
    assert_eq!(app.repository.load(app.entity.id()).await?.foo, "bar7");
    Ok(())
}

pub(crate) async fn snapshot_after_seven_events(bed: Bed) -> Outcome {
    let app = after_events(&bed, 7).await?;
    let snapshot = get_snapshot(&app.repository, app.entity.id()).await?;
    // assert snapshot.state['_foo'] == 'bar6'
    assert_eq!(foo(snapshot.as_ref())?, "bar6");
    Ok(())
}

pub(crate) async fn discarded_entity_is_not_in_the_repository(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // assert entity.id not in app.repository
    assert!(!app.repository.contains(app.entity.id()).await?);
    assert!(app.repository.find(app.entity.id()).await?.is_none());
    Ok(())
}

pub(crate) async fn snapshot_state_is_none_after_discarding_on_the_eighth_event(
    bed: Bed,
) -> Outcome {
    let app = after_events(&bed, 8).await?;
    let snapshot = get_snapshot(&app.repository, app.entity.id()).await?;
    let snapshot = snapshot.ok_or("no snapshot")?;
    assert_eq!(snapshot.version(), 8);
    // assert snapshot.state is None
    assert_eq!(snapshot.state(), None);
    Ok(())
}

pub(crate) async fn key_error_for_a_discarded_entity(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // try: app.repository[entity.id]
    // except KeyError: pass
    // else: raise Exception('KeyError was not raised')
    let error = app.repository.load(app.entity.id()).await.err();
    assert!(error.ok_or("KeyError was not raised")?.is_not_found());
    Ok(())
}

pub(crate) async fn historical_snapshot_lte_2(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // snapshot = app.snapshot_strategy.get_snapshot(entity.id, lte=2)
    let snapshot = get_snapshot_at_most(&app.repository, app.entity.id(), 3).await?;
    // assert snapshot.state['___version__'] == 1  # one behind
    assert_eq!(snapshot.as_ref().map(|s| s.version().get()), Some(2));
    // assert snapshot.state['_foo'] == 'bar2'
    assert_eq!(foo(snapshot.as_ref())?, "bar2");
    Ok(())
}

pub(crate) async fn historical_snapshot_lte_3(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // snapshot = app.snapshot_strategy.get_snapshot(entity.id, lte=3)
    let snapshot = get_snapshot_at_most(&app.repository, app.entity.id(), 4).await?;
    // assert snapshot.state['___version__'] == 3
    assert_eq!(snapshot.as_ref().map(|s| s.version().get()), Some(4));
    // assert snapshot.state['_foo'] == 'bar4'
    assert_eq!(foo(snapshot.as_ref())?, "bar4");
    Ok(())
}

pub(crate) async fn historical_entity_at_0(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // entity = app.repository.get_entity(entity.id, at=0)
    let entity = app.repository.load_at(app.entity.id(), 1).await?;
    // assert entity.__version__ == 0
    assert_eq!(entity.version(), 1);
    // assert entity.foo == 'bar1', entity.foo
    assert_eq!(entity.foo, "bar1");
    Ok(())
}

pub(crate) async fn historical_entity_at_1(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // entity = app.repository.get_entity(entity.id, at=1)
    let entity = app.repository.load_at(app.entity.id(), 2).await?;
    // assert entity.__version__ == 1
    assert_eq!(entity.version(), 2);
    // assert entity.foo == 'bar2', entity.foo
    assert_eq!(entity.foo, "bar2");
    Ok(())
}

pub(crate) async fn historical_entity_at_2(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // entity = app.repository.get_entity(entity.id, at=2)
    let entity = app.repository.load_at(app.entity.id(), 3).await?;
    // assert entity.__version__ == 2
    assert_eq!(entity.version(), 3);
    // assert entity.foo == 'bar3', entity.foo
    assert_eq!(entity.foo, "bar3");
    Ok(())
}

pub(crate) async fn historical_entity_at_3(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    // entity = app.repository.get_entity(entity.id, at=3)
    let entity = app.repository.load_at(app.entity.id(), 4).await?;
    // assert entity.__version__ == 3
    assert_eq!(entity.version(), 4);
    // assert entity.foo == 'bar4', entity.foo
    assert_eq!(entity.foo, "bar4");
    Ok(())
}

// From here on: the table "What the originals really do, and what we do".

/// 000, 002, snapshot store fails in a save: the save succeeds, the failure is reported.
pub(crate) async fn table_snapshot_store_fails_in_a_save(bed: Bed) -> Outcome {
    let app = Application::builder(bed.store())
        .snapshots(SnapshotPolicy::every(2))
        .snapshot_store(Failing(bed.snapshots.clone()))
        .build()?;
    let repository = app.repository::<Example>()?;
    let mut entity = create_new_example(&repository, "bar1").await?;
    assert_eq!(repository.snapshot_stats().failed, 0);
    assign(&repository, &mut entity, &["bar2"]).await?;
    assert_eq!(entity.pending().len(), 0);
    assert_eq!(repository.snapshot_stats().failed, 1);
    assert_eq!(repository.snapshot_stats().stored, 0);
    assert_eq!(bed.store.head(&stream(&entity)?).await?, 2);
    assert_eq!(repository.load(entity.id()).await?.foo, "bar2");
    Ok(())
}

/// 000, history of snapshots: all kept.
pub(crate) async fn table_history_of_snapshots(bed: Bed) -> Outcome {
    let app = after_events(&bed, 8).await?;
    let snapshots = app.repository.snapshots(app.entity.id()).await?;
    let kept: Vec<_> = snapshots
        .iter()
        .map(|s| (s.version().get(), s.state().map(|state| &*state.foo)))
        .collect();
    let expected = [
        (2, Some("bar2")),
        (4, Some("bar4")),
        (6, Some("bar6")),
        (8, None),
    ];
    assert_eq!(kept, expected);
    Ok(())
}

/// 000, take a snapshot twice at one version: returns the existing one.
pub(crate) async fn table_take_a_snapshot_twice_at_one_version(bed: Bed) -> Outcome {
    let app = after_events(&bed, 3).await?;
    let first = app.repository.create_snapshot(&app.entity).await?;
    let second = app.repository.create_snapshot(&app.entity).await?;
    assert_eq!(first.row(), second.row());
    assert_eq!(second.version(), 3);
    let snapshots = app.repository.snapshots(app.entity.id()).await?;
    assert_eq!(snapshots.len(), 2, "those of versions 2 and 3");
    Ok(())
}

/// 000, `at` beyond the head: the head; before the first event: none.
pub(crate) async fn table_at_beyond_the_head_and_before_the_first_event(bed: Bed) -> Outcome {
    let app = after_events(&bed, 7).await?;
    let (repository, id) = (&app.repository, app.entity.id());
    let entity = repository.load_at(id, 1_000).await?;
    assert_eq!((entity.version().get(), &*entity.foo), (7, "bar7"));
    let entity = repository.load_at(id, Version::MAX).await?;
    assert_eq!((entity.version().get(), &*entity.foo), (7, "bar7"));
    assert!(repository.find_at(id, 0).await?.is_none());
    let before = repository
        .load_at(id, 0)
        .await
        .err()
        .ok_or("it was found")?;
    assert!(before.is_not_found());
    assert!(repository.find_at(Uuid::new_v4(), 1).await?.is_none());
    Ok(())
}

/// 000, discarded entity: the past stays readable with `get_entity(at=6)`; nothing more can be saved.
pub(crate) async fn table_discarded_entity(bed: Bed) -> Outcome {
    let mut app = after_events(&bed, 8).await?;
    let (repository, id) = (&app.repository, *app.entity.id());
    assert_eq!(repository.load_at(id, 7).await?.foo, "bar7");
    assert!(repository.find_at(id, 8).await?.is_none());
    assert!(repository.find_at(id, 1_000).await?.is_none());
    let again = repository.discard(&mut app.entity, Discarded).await;
    let again = again.err().ok_or("it was discarded twice")?;
    assert_eq!(*again.kind(), ErrorKind::Discarded);
    Ok(())
}

/// 000, events carry a hash chain, snapshots are not protected: ours are, by checksum and by the event they cover.
pub(crate) async fn table_snapshots_are_protected(bed: Bed) -> Outcome {
    let App { repository, entity } = after_events(&bed, 7).await?;
    let good = repository.snapshots(entity.id()).await?.pop();
    let good = good.ok_or("no snapshot")?.row().clone();
    let forged = |version: u64, last_event| {
        let state = good.state.clone();
        SnapshotRow::new(
            good.key.clone(),
            version.into(),
            last_event,
            good.created_at,
            state,
        )
    };
    let mut damaged = forged(7, entity.last_event_id());
    damaged.checksum ^= 1;
    let bad = [
        (SnapshotMiss::Corrupt, damaged),
        (SnapshotMiss::WrongAnchor, forged(7, Uuid::new_v4())),
        (SnapshotMiss::Ahead, forged(9, Uuid::new_v4())),
    ];
    for (reason, row) in bad {
        // The newest is what a load takes first; what an earlier round repaired makes room.
        for info in bed.snapshots.list(&row.key.stream).await? {
            if info.version > good.version {
                bed.snapshots.delete(&info).await?;
            }
        }
        bed.snapshots.save(row).await?;
        let loaded = repository.load(entity.id()).await?;
        assert_eq!(
            (loaded.version().get(), &*loaded.foo),
            (7, "bar7"),
            "{reason:?}"
        );
        assert_eq!(repository.snapshot_stats().missed(reason), 1, "{reason:?}");
    }
    Ok(())
}

/// The same for what a snapshot says about the end of a life: a state in the place of "discarded" brings nobody back.
pub(crate) async fn table_snapshots_bring_no_discarded_entity_back(bed: Bed) -> Outcome {
    let App { repository, entity } = after_events(&bed, 8).await?;
    let snapshots = repository.snapshots(entity.id()).await?;
    let [.., alive, discarded] = &snapshots[..] else {
        return Err("snapshots are missing".into());
    };
    let forged = SnapshotRow::new(
        discarded.row().key.clone(),
        discarded.version(),
        discarded.row().last_event,
        discarded.created_at(),
        alive.row().state.clone(),
    );
    bed.snapshots.delete(&discarded.row().into()).await?;
    bed.snapshots.save(forged).await?;
    assert!(repository.find(entity.id()).await?.is_none());
    let snapshot = get_snapshot(&repository, entity.id()).await?;
    assert_eq!(snapshot.ok_or("no snapshot")?.state(), None, "it is mended");
    Ok(())
}

/// 000, two open applications in one process both store every event: each of ours has its own bus.
pub(crate) async fn table_two_open_applications(bed: Bed) -> Outcome {
    let (one, two) = (application(&bed)?, application(&bed)?);
    for app in [&one, &two] {
        let _goes_on = app.subscribe(|_| true, |_| async {});
    }
    let examples = one.repository::<Example>()?;
    let entity = create_new_example(&examples, "bar1").await?;
    assert_eq!(one.subscription_stats().delivered, 1);
    assert_eq!(two.subscription_stats().delivered, 0);
    assert_eq!(bed.store.head(&stream(&entity)?).await?, 1, "stored once");
    assert_eq!(
        two.repository::<Example>()?.load(entity.id()).await?.foo,
        "bar1"
    );
    Ok(())
}

fn stream(entity: &Root<Example>) -> Outcome<eventsourcing::StreamId> {
    Ok(eventsourcing::StreamId::new(
        "example",
        &entity.id().to_string(),
    )?)
}
