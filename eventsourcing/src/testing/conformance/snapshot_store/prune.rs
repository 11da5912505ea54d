//! The checks of `SnapshotStore::prune`.

use super::neighbours;
use crate::{snapshot::SnapshotKey, testing::conformance::prelude::*};

pub(crate) async fn rows_below_are_removed_and_the_border_stays(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    store.put(&key, &[5, 9, 10, 11, 100]).await?;
    store.prune(&key, 10).await?;
    same!(
        store.versions("1").await?,
        [10, 11, 100],
        "the versions after pruning below 10"
    );
    same!(
        store.newest(&key, 9).await?,
        None,
        "the newest row at or below 9"
    );
    Ok(())
}

pub(crate) async fn rows_of_other_keys_stay(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let (key, others) = neighbours("1")?;
    store.put(&key, &[5]).await?;
    for other in &others {
        store.put(other, &[5]).await?;
    }
    store.prune(&key, 10).await?;
    for other in &others {
        let found = store.newest(other, 5).await?.map(|row| row.version.get());
        same!(found, Some(5), "the row of another key after pruning");
    }
    same!(
        store.newest(&key, 99).await?,
        None,
        "the newest row of the key"
    );
    Ok(())
}

pub(crate) async fn rows_of_other_streams_stay(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    store.put(&key, &[5]).await?;
    for stream in [
        named("order", "2")?,
        named("order", "10")?,
        named("invoice", "1")?,
    ] {
        let other = SnapshotKey {
            stream,
            ..key.clone()
        };
        store.put(&other, &[5]).await?;
        store.prune(&key, 10).await?;
        let found = store.newest(&other, 5).await?.map(|row| row.version.get());
        same!(found, Some(5), "the row of {} after pruning", other.stream);
    }
    Ok(())
}

pub(crate) async fn before_zero_removes_none(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    store.put(&key, &[0, 5]).await?;
    same!(store.prune(&key, 0).await?, 0, "the rows pruned below 0");
    same!(
        store.versions("1").await?,
        [0, 5],
        "the versions after pruning below 0"
    );
    Ok(())
}

pub(crate) async fn before_the_highest_number_removes_all(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    store.put(&key, &[0, 5, 1 << 40]).await?;
    same!(
        store.prune(&key, u64::MAX).await?,
        3,
        "the rows pruned below the highest number"
    );
    same!(store.list("1").await?.len(), 0, "the rows left");
    Ok(())
}

pub(crate) async fn the_number_pruned(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    same!(
        store.prune(&key, 99).await?,
        0,
        "the rows pruned in an empty store"
    );
    store.put(&key, &[1, 2, 3, 4]).await?;
    store
        .put(
            &SnapshotKey {
                schema_version: 2,
                ..key.clone()
            },
            &[1, 2],
        )
        .await?;
    same!(store.prune(&key, 4).await?, 3, "the rows pruned below 4");
    same!(
        store.prune(&key, 4).await?,
        0,
        "the rows pruned below 4 the second time"
    );
    same!(store.prune(&key, 5).await?, 1, "the rows pruned below 5");
    Ok(())
}

pub(crate) async fn thousands_of_rows_are_pruned(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    let versions: Vec<_> = (1..=1_500).collect();
    store.put(&key, &versions).await?;
    same!(
        store.prune(&key, 1_500).await?,
        1_499,
        "the rows pruned of 1,500"
    );
    same!(store.versions("1").await?, [1_500], "the versions left");
    Ok(())
}

pub(crate) async fn another_handle_misses_what_was_pruned(t: Trial) -> Checked {
    let (store, second, key) = (t.snapshots()?, t.second().await?, key("1", 1)?);
    let other = second.snapshots()?;
    store.put(&key, &[5, 10]).await?;
    same!(
        other.newest(&key, 7).await?.map(|row| row.version.get()),
        Some(5),
        "the newest row at or below 7 through another handle"
    );
    same!(other.versions("1").await?, [5, 10], "the versions listed");
    store.prune(&key, 10).await?;
    same!(
        other.newest(&key, 7).await?,
        None,
        "the newest row at or below 7 through another handle, after it was pruned"
    );
    same!(other.versions("1").await?, [10], "the versions listed");
    Ok(())
}
