//! The checks of `SnapshotStore::list`.

use super::neighbours;
use crate::{
    snapshot::{SnapshotInfo, SnapshotRow},
    testing::conformance::prelude::*,
};

pub(crate) async fn rows_of_every_key_are_listed(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let (key, others) = neighbours("1")?;
    let mut wanted = store.put(&key, &[10]).await?;
    for (version, other) in (11..).zip(&others) {
        wanted.extend(store.put(other, &[version]).await?);
    }
    let wanted: Vec<_> = wanted.iter().map(SnapshotInfo::from).collect();
    same!(store.list("1").await?, wanted, "the rows listed");
    Ok(())
}

pub(crate) async fn rows_of_other_streams_are_not_listed(t: Trial) -> Checked {
    let store = t.snapshots()?;
    store.put(&key("1", 1)?, &[5]).await?;
    for id in ["2", "10", "1/1", "1 ", "%", "_"] {
        store.put(&key(id, 1)?, &[6]).await?;
    }
    same!(store.versions("1").await?, [5], "the versions listed");
    same!(
        store.versions("%").await?,
        [6],
        "the versions listed of the stream \"%\""
    );
    Ok(())
}

pub(crate) async fn a_stream_without_rows_lists_none(t: Trial) -> Checked {
    let store = t.snapshots()?;
    same!(
        store.list("1").await?.len(),
        0,
        "the rows listed in an empty store"
    );
    store.put(&key("2", 1)?, &[5]).await?;
    same!(
        store.list("1").await?.len(),
        0,
        "the rows listed of a stream without rows"
    );
    Ok(())
}

pub(crate) async fn hundreds_of_rows_are_listed(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let versions: Vec<_> = (1..=300).collect();
    store.put(&key("1", 1)?, &versions).await?;
    same!(store.versions("1").await?, versions, "the versions listed");
    Ok(())
}

pub(crate) async fn rows_are_listed_by_version(t: Trial) -> Checked {
    let store = t.snapshots()?;
    store.put(&key("1", 1)?, &[10, 100, 9]).await?;
    store.put(&key("1", 2)?, &[50, 2]).await?;
    store.put(&key("1", 0)?, &[70, 1]).await?;
    same!(
        store.versions("1").await?,
        [1, 2, 9, 10, 50, 70, 100],
        "the versions listed"
    );
    Ok(())
}

pub(crate) async fn each_row_is_described(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let rows = store.put(&key("1", 7)?, &[3, 12]).await?;
    let wanted: Vec<_> = rows.iter().map(SnapshotInfo::from).collect();
    same!(store.list("1").await?, wanted, "the rows listed");
    Ok(())
}

pub(crate) async fn the_length_of_no_state_and_of_an_empty_one(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    store.save(&row_with(&key, 1, "")).await?;
    store.save(&row_with(&key, 2, "日本")).await?;
    let row = row(&key, 3);
    let discarded = SnapshotRow::new(row.key, row.version, row.last_event, row.created_at, None);
    store.save(&discarded).await?;
    store.save(&row_with(&key, 4, vec![0; 100_000])).await?;
    let list = store.list("1").await?;
    let lengths: Vec<_> = list.iter().map(|info| info.state_len).collect();
    same!(
        lengths,
        [Some(0), Some(6), None, Some(100_000)],
        "the lengths of the states"
    );
    Ok(())
}

pub(crate) async fn thousands_of_rows_are_listed(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let versions: Vec<_> = (1..=1_500).collect();
    store.put(&key("1", 1)?, &versions).await?;
    let seen = store.versions("1").await?;
    same!(seen.len(), versions.len(), "the rows listed");
    ensure!(seen == versions, "the versions listed are others");
    Ok(())
}
