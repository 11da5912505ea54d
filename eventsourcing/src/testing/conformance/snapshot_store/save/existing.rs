//! A row of the key and version is there already.

use crate::{
    ErrorKind, Timestamp, Version,
    snapshot::{SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow},
    testing::conformance::prelude::*,
};

/// The second row must be answered with the first, which stays.
async fn stays(store: &Snapshots, first: &SnapshotRow, second: &SnapshotRow) -> Checked {
    let answer = store.save(second).await?;
    same!(
        answer,
        SavedSnapshot::Existing(first.clone()),
        "the answer to a second row"
    );
    let found = store.newest(&first.key, first.version.get()).await?;
    same!(
        found.as_ref(),
        Some(first),
        "the row after a second one was refused"
    );
    Ok(())
}

pub(crate) async fn the_same_row_twice_is_stored_once(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let rows = store.put(&key("1", 1)?, &[10]).await?;
    stays(&store, &rows[0], &rows[0]).await?;
    same!(store.versions("1").await?, [10], "the versions listed");
    Ok(())
}

pub(crate) async fn another_row_of_the_same_version_is_not_stored(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let rows = store.put(&key, &[10]).await?;
    stays(&store, &rows[0], &row_with(&key, 10, "another state")).await?;
    same!(store.versions("1").await?, [10], "the versions listed");
    Ok(())
}

pub(crate) async fn the_existing_row_comes_whole(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let first = row_with(&key, 10, vec![0, 255, 10, 13, 0]);
    store.save(&first).await?;
    let answer = store.save(&row_with(&key, 10, "")).await?;
    let SavedSnapshot::Existing(existing) = answer else {
        return Err(Failure(format!("a second row was answered {answer:?}")));
    };
    same!(
        existing.last_event,
        first.last_event,
        "the existing row's last event"
    );
    same!(
        existing.created_at,
        first.created_at,
        "the existing row's creation time"
    );
    same!(existing.state, first.state, "the existing row's state");
    ensure!(
        existing.is_intact(),
        "the existing row's checksum doesn't fit it"
    );
    Ok(())
}

pub(crate) async fn an_existing_row_without_state_stays(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let row = row(&key, 10);
    let discarded = SnapshotRow::new(key, row.version, row.last_event, row.created_at, None);
    store.save(&discarded).await?;
    stays(&store, &discarded, &row).await
}

pub(crate) async fn an_existing_older_row_is_found(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let rows = store.put(&key, &[10, 20, 30]).await?;
    stays(&store, &rows[0], &row_with(&key, 10, "another state")).await?;
    stays(&store, &rows[1], &row_with(&key, 20, "another state")).await?;
    same!(
        store.newest(&key, 99).await?.as_ref(),
        rows.last(),
        "the newest row"
    );
    Ok(())
}

pub(crate) async fn an_existing_damaged_row_is_not_replaced(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let mut damaged = row(&key, 10);
    damaged.checksum ^= 1;
    store.save(&damaged).await?;
    stays(&store, &damaged, &row(&key, 10)).await
}

/// As the row, taken so many microseconds later; damaged if asked.
fn variant(row: &SnapshotRow, later: i64, damaged: bool) -> SnapshotRow {
    let state = format!("state {later}").into();
    let taken = Timestamp::from_unix_micros(row.created_at.unix_micros() + later);
    let last = uuid::Uuid::now_v7();
    let mut variant = SnapshotRow::new(row.key.clone(), row.version, last, taken, Some(state));
    variant.checksum ^= u64::from(damaged);
    variant
}

pub(crate) async fn the_first_row_stays_whenever_the_second_was_taken(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let mut version = 0;
    for first_damaged in [false, true] {
        for second_damaged in [false, true] {
            for later in [-3_600_000_000, 0, 1, 3_600_000_000] {
                version += 1;
                let row = row(&key("1", 1)?, version);
                let first = variant(&row, 0, first_damaged);
                store.save(&first).await?;
                stays(&store, &first, &variant(&row, later, second_damaged)).await?;
                same!(
                    store.list("1").await?.last(),
                    Some(&SnapshotInfo::from(&first)),
                    "the row as it is listed"
                );
            }
        }
    }
    Ok(())
}

/// Twenty rows of one key and version at once, each through the next of the handles.
async fn one_is_stored(handles: &[Snapshots], key: &SnapshotKey, version: u64) -> Checked {
    let rows: Vec<_> = (0..20)
        .map(|n| row_with(key, version, format!("state {n}")))
        .collect();
    let mut tasks = Vec::new();
    for (row, store) in rows.iter().zip(handles.iter().cycle()) {
        let (row, store) = (row.clone(), store.clone());
        tasks.push(tokio::spawn(async move { store.save(&row).await }));
    }
    let (mut stored, mut existing) = (Vec::new(), Vec::new());
    for (row, task) in rows.into_iter().zip(tasks) {
        match joined(task).await?? {
            SavedSnapshot::Stored => stored.push(row),
            SavedSnapshot::Existing(row) => existing.push(row),
        }
    }
    same!(
        stored.len(),
        1,
        "rows that were answered as stored, of 20 at once"
    );
    let strangers = existing.iter().filter(|row| **row != stored[0]).count();
    same!(
        strangers,
        0,
        "answers with another row than the one that was stored"
    );
    let found = handles[0].newest(key, version).await?;
    same!(found.as_ref(), stored.first(), "the row that is there");
    Ok(())
}

pub(crate) async fn of_many_saves_at_once_one_is_stored(t: Trial) -> Checked {
    let store = [t.snapshots()?];
    for version in t.rounds(1_000).map(|round| round + 1) {
        one_is_stored(&store, &key("1", 1)?, version).await?;
    }
    Ok(())
}

pub(crate) async fn of_many_saves_through_two_handles_one_is_stored(t: Trial) -> Checked {
    let second = t.second().await?;
    let handles = [t.snapshots()?, second.snapshots()?];
    for version in t.rounds(1_000).map(|round| round + 1) {
        one_is_stored(&handles, &key("1", 1)?, version).await?;
    }
    Ok(())
}

pub(crate) async fn another_handle_finds_what_was_saved(t: Trial) -> Checked {
    let (store, second) = (t.snapshots()?, t.second().await?);
    let other = second.snapshots()?;
    let key = key("1", 1)?;
    same!(
        other.newest(&key, 99).await?,
        None,
        "the newest row before any was saved"
    );
    for version in [5, 10] {
        let rows = store.put(&key, &[version]).await?;
        same!(
            other.newest(&key, 99).await?.as_ref(),
            rows.first(),
            "the newest row"
        );
        stays(&other, &rows[0], &row_with(&key, version, "another state")).await?;
    }
    Ok(())
}

pub(crate) async fn reopened_the_store_has_its_rows(mut t: Trial) -> Checked {
    let key = key("1", 1)?;
    let (rows, listed) = {
        let store = t.snapshots()?;
        let mut rows = store.put(&key, &[5, 10]).await?;
        let row = row(&key, 15);
        rows.push(SnapshotRow::new(
            row.key,
            row.version,
            row.last_event,
            row.created_at,
            None,
        ));
        store.save(&rows[2]).await?;
        (rows, store.list("1").await?)
    };
    t.reopen().await?;
    let store = t.snapshots()?;
    for row in &rows {
        let found = store.newest(&key, row.version.get()).await?;
        same!(found.as_ref(), Some(row), "a row after reopening");
    }
    same!(store.list("1").await?, listed, "the list after reopening");
    Ok(())
}

pub(crate) async fn a_row_beyond_the_highest_version_is_too_large(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    for version in [Version::MAX.get() + 1, u64::MAX] {
        let answer = store.0.save(row(&key, version)).await;
        let error = refused(answer, "a row beyond the highest version")?;
        same!(*error.kind(), ErrorKind::TooLarge, "the error's kind");
    }
    same!(store.list("1").await?.len(), 0, "the rows listed");
    Ok(())
}
