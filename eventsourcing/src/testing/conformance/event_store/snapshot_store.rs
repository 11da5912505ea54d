//! The checks of `EventStore::snapshot_store`.

use crate::testing::conformance::prelude::*;

fn of(t: &Trial) -> Result<Snapshots, Failure> {
    let store = t.events()?.store().snapshot_store();
    let missing = || Failure("the store has no snapshot store any more".to_owned());
    Ok(Snapshots(store.ok_or_else(missing)?))
}

pub(crate) async fn asked_for_twice_it_has_the_same_rows(t: Trial) -> Checked {
    let key = key("1", 1)?;
    let rows = of(&t)?.put(&key, &[3]).await?;
    same!(
        of(&t)?.newest(&key, 9).await?.as_ref(),
        rows.first(),
        "the row"
    );
    Ok(())
}

pub(crate) async fn another_handle_has_the_same_rows(t: Trial) -> Checked {
    let key = key("1", 1)?;
    let rows = of(&t)?.put(&key, &[3]).await?;
    let second = t.second().await?;
    same!(
        of(&second)?.newest(&key, 9).await?.as_ref(),
        rows.first(),
        "the row"
    );
    Ok(())
}

pub(crate) async fn snapshots_leave_events_alone(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 2).await?;
    let before = store.all().await?;
    of(&t)?.put(&key("1", 1)?, &[1, 2, 9]).await?;
    of(&t)?.put(&key("2", 1)?, &[4]).await?;
    same!(store.all().await?, before, "the events beside snapshots");
    same!(
        store.head("1").await?,
        2,
        "the head of a stream with snapshots beyond it"
    );
    same!(
        store.head("2").await?,
        0,
        "the head of a stream that has only snapshots"
    );
    of(&t)?.delete_category("order", None).await?;
    same!(
        store.all().await?,
        before,
        "the events after snapshots were deleted"
    );
    Ok(())
}
