//! The checks of `SnapshotStore::delete`.

use super::neighbours;
use crate::{
    Timestamp, Version,
    snapshot::{SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow},
    testing::conformance::prelude::*,
};

/// The key "1" with rows of these versions.
async fn of(
    t: &Trial,
    versions: &[u64],
) -> Result<(Snapshots, SnapshotKey, Vec<SnapshotRow>), Failure> {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    let rows = store.put(&key, versions).await?;
    Ok((store, key, rows))
}

/// A row described otherwise than the stored one is not removed.
async fn is_another(t: &Trial, change: impl FnOnce(&mut SnapshotInfo)) -> Checked {
    let (store, _, rows) = of(t, &[10]).await?;
    let mut other = SnapshotInfo::from(&rows[0]);
    change(&mut other);
    ensure!(
        !store.delete(&other).await?,
        "says that it removed {other:?}, which isn't stored"
    );
    same!(
        store.list("1").await?,
        [SnapshotInfo::from(&rows[0])],
        "the rows listed"
    );
    Ok(())
}

pub(crate) async fn the_row_that_was_seen_is_removed(t: Trial) -> Checked {
    let (store, key, rows) = of(&t, &[10]).await?;
    let listed = store.list("1").await?;
    ensure!(
        store.delete(first(&listed, "the rows listed")?).await?,
        "says that the row that was listed isn't there"
    );
    same!(
        store.newest(&key, 99).await?,
        None,
        "the newest row after it was removed"
    );
    same!(
        store.save(&rows[0]).await?,
        SavedSnapshot::Stored,
        "the answer to saving it again"
    );
    let info = SnapshotInfo::from(&rows[0]);
    ensure!(
        store.delete(&info).await?,
        "says that the row that was saved isn't there"
    );
    same!(store.list("1").await?.len(), 0, "the rows listed");
    Ok(())
}

pub(crate) async fn another_checksum_is_another_row(t: Trial) -> Checked {
    is_another(&t, |info| info.checksum ^= 1).await
}

pub(crate) async fn another_creation_time_is_another_row(t: Trial) -> Checked {
    is_another(&t, |info| {
        info.created_at = Timestamp::from_unix_micros(info.created_at.unix_micros() + 1);
    })
    .await
}

pub(crate) async fn another_version_is_another_row(t: Trial) -> Checked {
    is_another(&t, |info| info.version = Version::from(11)).await
}

pub(crate) async fn another_key_is_another_row(t: Trial) -> Checked {
    let (store, key, rows) = of(&t, &[10]).await?;
    let (_, others) = neighbours("1")?;
    let elsewhere = SnapshotKey {
        stream: stream("2")?,
        ..key
    };
    for other in others.into_iter().chain([elsewhere]) {
        let mut info = SnapshotInfo::from(&rows[0]);
        info.key = other;
        ensure!(
            !store.delete(&info).await?,
            "says that it removed {info:?}, which isn't stored"
        );
    }
    same!(
        store.list("1").await?,
        [SnapshotInfo::from(&rows[0])],
        "the rows listed"
    );
    Ok(())
}

pub(crate) async fn a_row_that_was_replaced_stays(t: Trial) -> Checked {
    let (store, key, rows) = of(&t, &[10]).await?;
    let seen = SnapshotInfo::from(&rows[0]);
    store.delete(&seen).await?;
    let replaced = row_with(&key, 10, "mended");
    store.save(&replaced).await?;
    ensure!(
        !store.delete(&seen).await?,
        "says that it removed the row that is no longer there"
    );
    same!(
        store.newest(&key, 10).await?,
        Some(replaced),
        "the row that took its place"
    );
    Ok(())
}

pub(crate) async fn a_damaged_row_can_be_removed(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    let mut damaged = row(&key, 10);
    damaged.checksum = !damaged.checksum;
    store.save(&damaged).await?;
    let info = SnapshotInfo::from(&damaged);
    ensure!(
        store.delete(&info).await?,
        "says that the damaged row isn't there"
    );
    same!(
        store.newest(&key, 99).await?,
        None,
        "the newest row after it was removed"
    );
    Ok(())
}

pub(crate) async fn removing_twice_removes_once(t: Trial) -> Checked {
    let (store, _, rows) = of(&t, &[10]).await?;
    let info = SnapshotInfo::from(&rows[0]);
    same!(
        store.delete(&info).await?,
        true,
        "whether the row was there"
    );
    same!(
        store.delete(&info).await?,
        false,
        "whether the row was there the second time"
    );
    let mut unknown = info;
    unknown.key.stream = stream("unknown")?;
    same!(
        store.delete(&unknown).await?,
        false,
        "whether a row of an unknown stream was there"
    );
    Ok(())
}

pub(crate) async fn of_many_that_remove_a_row_one_is_told_so(t: Trial) -> Checked {
    let (store, key, _) = of(&t, &[]).await?;
    for version in t.rounds(1_000).map(|round| round + 1) {
        let rows = store.put(&key, &[version]).await?;
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (store, info) = (store.clone(), SnapshotInfo::from(&rows[0]));
                tokio::spawn(async move { store.delete(&info).await })
            })
            .collect();
        let mut removed = 0;
        for task in tasks {
            removed += u32::from(joined(task).await??);
        }
        same!(
            removed,
            1,
            "of 16 that removed one row at once, those told that it was there"
        );
    }
    Ok(())
}

pub(crate) async fn rows_beside_it_stay(t: Trial) -> Checked {
    let (store, _, rows) = of(&t, &[5, 10, 15]).await?;
    let (_, others) = neighbours("1")?;
    let mut wanted = vec![SnapshotInfo::from(&rows[0]), SnapshotInfo::from(&rows[2])];
    for (version, other) in (20..).zip(&others) {
        wanted.extend(
            store
                .put(other, &[version])
                .await?
                .iter()
                .map(SnapshotInfo::from),
        );
        store
            .put(
                &SnapshotKey {
                    stream: stream("2")?,
                    ..other.clone()
                },
                &[10],
            )
            .await?;
    }
    store.delete(&SnapshotInfo::from(&rows[1])).await?;
    same!(
        store.list("1").await?,
        wanted,
        "the rows listed after one was removed"
    );
    same!(
        store.versions("2").await?,
        [10, 10, 10],
        "the rows of another stream"
    );
    Ok(())
}

pub(crate) async fn the_version_can_be_saved_again(t: Trial) -> Checked {
    let (store, key, rows) = of(&t, &[10]).await?;
    for round in 0..3 {
        let seen = store.list("1").await?;
        same!(seen.len(), 1, "the rows listed");
        same!(
            store.delete(first(&seen, "the rows listed")?).await?,
            true,
            "whether the row was there"
        );
        let next = row_with(&key, 10, format!("again {round}"));
        same!(
            store.save(&next).await?,
            SavedSnapshot::Stored,
            "the answer to saving it again"
        );
        same!(
            store.newest(&key, 10).await?,
            Some(next),
            "the row that was saved again"
        );
    }
    ensure!(rows.len() == 1, "one row was saved at first");
    Ok(())
}

pub(crate) async fn the_older_row_is_the_newest_again(t: Trial) -> Checked {
    let (store, key, rows) = of(&t, &[5, 10]).await?;
    store.delete(&SnapshotInfo::from(&rows[1])).await?;
    same!(
        store.newest(&key, 99).await?.as_ref(),
        rows.first(),
        "the newest row"
    );
    Ok(())
}

pub(crate) async fn another_handle_misses_what_was_removed(t: Trial) -> Checked {
    let (store, key, rows) = of(&t, &[5, 10]).await?;
    let second = t.second().await?;
    let other = second.snapshots()?;
    same!(
        other.newest(&key, 99).await?.as_ref(),
        rows.last(),
        "the newest row through another handle"
    );
    same!(other.versions("1").await?, [5, 10], "the versions listed");
    store.delete(&SnapshotInfo::from(&rows[1])).await?;
    same!(
        other.newest(&key, 99).await?.as_ref(),
        rows.first(),
        "the newest row through another handle, after one was removed"
    );
    same!(other.versions("1").await?, [5], "the versions listed");
    ensure!(
        !other.delete(&SnapshotInfo::from(&rows[1])).await?,
        "another handle says that it removed a row that was removed"
    );
    Ok(())
}

pub(crate) async fn every_bit_of_a_checksum_counts(t: Trial) -> Checked {
    for bit in [0, 31, 32, 52, 62, 63] {
        let (store, key) = (t.snapshots()?, key(&format!("bit-{bit}"), 1)?);
        let rows = store.put(&key, &[10]).await?;
        let mut other = SnapshotInfo::from(&rows[0]);
        other.checksum ^= 1 << bit;
        ensure!(
            !store.delete(&other).await?,
            "says that it removed a row whose checksum differs in bit {bit}"
        );
    }
    Ok(())
}
