//! The checks of `SnapshotStore::newest`.

use super::neighbours;
use crate::{
    Version,
    snapshot::{SnapshotKey, SnapshotRow},
    testing::conformance::prelude::*,
};

/// The key "1" with rows of these versions.
async fn of(t: &Trial, versions: &[u64]) -> Result<(Snapshots, SnapshotKey), Failure> {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    store.put(&key, versions).await?;
    Ok((store, key))
}

async fn at_most(store: &Snapshots, key: &SnapshotKey, at_most: u64, wanted: u64) -> Checked {
    let found = store
        .newest(key, at_most)
        .await?
        .map(|row| row.version.get());
    let wanted = (wanted > 0).then_some(wanted);
    same!(found, wanted, "the newest version at or below {at_most}");
    Ok(())
}

pub(crate) async fn the_newest_of_many(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5, 10, 15, 20]).await?;
    at_most(&store, &key, 100, 20).await
}

pub(crate) async fn the_version_asked_for_is_included(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5, 10, 15]).await?;
    for version in [5, 10, 15] {
        at_most(&store, &key, version, version).await?;
    }
    Ok(())
}

pub(crate) async fn the_nearest_below(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5, 10, 15]).await?;
    for (wanted, version) in [(9, 5), (11, 10), (14, 10), (16, 15), (1 << 40, 15)] {
        at_most(&store, &key, wanted, version).await?;
    }
    Ok(())
}

pub(crate) async fn below_the_oldest_there_is_none(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5, 10]).await?;
    at_most(&store, &key, 4, 0).await?;
    at_most(&store, &key, 0, 0).await
}

pub(crate) async fn the_highest_number_asks_for_the_newest(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5, Version::MAX.get()]).await?;
    at_most(&store, &key, u64::MAX, Version::MAX.get()).await?;
    at_most(&store, &key, Version::MAX.get(), Version::MAX.get()).await?;
    at_most(&store, &key, Version::MAX.get() - 1, 5).await
}

pub(crate) async fn a_newer_row_of_another_key_does_not_hide_it(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let (key, others) = neighbours("1")?;
    let rows = store.put(&key, &[5]).await?;
    for other in &others {
        store.put(other, &[3, 5, 10]).await?;
    }
    for wanted in [5, 9, 100] {
        let found = store.newest(&key, wanted).await?;
        same!(
            found.as_ref(),
            rows.first(),
            "the row among newer ones of other keys"
        );
    }
    Ok(())
}

pub(crate) async fn a_row_without_state_is_found(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5]).await?;
    let row = row(&key, 10);
    let discarded = SnapshotRow::new(row.key, row.version, row.last_event, row.created_at, None);
    store.save(&discarded).await?;
    same!(
        store.newest(&key, 99).await?,
        Some(discarded),
        "the newest row, without state"
    );
    at_most(&store, &key, 9, 5).await
}

pub(crate) async fn a_row_at_version_zero_is_found(t: Trial) -> Checked {
    let (store, key) = of(&t, &[0]).await?;
    let found = store.newest(&key, 0).await?.map(|row| row.version.get());
    same!(found, Some(0), "the newest version at or below 0");
    Ok(())
}

pub(crate) async fn a_stream_without_rows_has_no_other_keys(t: Trial) -> Checked {
    let store = t.snapshots()?;
    same!(
        store.others(&key("1", 1)?, 99).await?.len(),
        0,
        "the other keys of a new stream"
    );
    Ok(())
}

pub(crate) async fn other_keys_are_named(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let (one, two) = (key("1", 1)?, key("1", 2)?);
    store.put(&one, &[5]).await?;
    store.put(&two, &[7]).await?;
    same!(
        store.others(&key("1", 3)?, 99).await?,
        [one.clone(), two],
        "the other keys"
    );
    same!(
        store.others(&key("1", 3)?, 5).await?,
        [one],
        "the other keys at or below 5"
    );
    Ok(())
}

pub(crate) async fn each_other_key_is_named_once(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let (one, two) = (key("1", 1)?, key("1", 2)?);
    for versions in [[3, 9], [1, 5], [7, 8]] {
        store.put(&one, &versions).await?;
        store.put(&two, &versions).await?;
    }
    same!(
        store.others(&key("1", 3)?, 99).await?,
        [one, two],
        "the other keys"
    );
    Ok(())
}

pub(crate) async fn other_keys_above_the_wanted_version_are_not_named(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let two = key("1", 2)?;
    store.put(&two, &[10]).await?;
    same!(
        store.others(&key("1", 1)?, 9).await?.len(),
        0,
        "the other keys at or below 9"
    );
    same!(
        store.others(&key("1", 1)?, 10).await?,
        [two],
        "the other keys at or below 10"
    );
    Ok(())
}

pub(crate) async fn its_own_key_is_not_another(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5]).await?;
    same!(
        store.others(&key, 4).await?.len(),
        0,
        "the other keys below its own oldest row"
    );
    Ok(())
}

pub(crate) async fn keys_of_other_streams_are_not_named(t: Trial) -> Checked {
    let store = t.snapshots()?;
    for id in ["2", "10", "1/1", "1 ", "%"] {
        store.put(&key(id, 2)?, &[5]).await?;
    }
    same!(
        store.others(&key("1", 1)?, 99).await?.len(),
        0,
        "the other keys of a new stream"
    );
    Ok(())
}

pub(crate) async fn other_keys_differ_in_each_column(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let (key, others) = neighbours("1")?;
    for other in &others {
        store.put(other, &[5]).await?;
    }
    same!(
        store.others(&key, 99).await?,
        sorted(others.into()),
        "the other keys"
    );
    Ok(())
}

pub(crate) async fn a_damaged_row_is_found_as_it_is(t: Trial) -> Checked {
    let (store, key) = (t.snapshots()?, key("1", 1)?);
    let mut damaged = row(&key, 5);
    damaged.checksum = damaged.checksum.wrapping_add(1);
    store.save(&damaged).await?;
    let found = store.newest(&key, 99).await?;
    same!(found, Some(damaged), "a row whose checksum is wrong");
    Ok(())
}

pub(crate) async fn a_damaged_row_does_not_fall_back_to_an_older_one(t: Trial) -> Checked {
    let (store, key) = of(&t, &[5]).await?;
    let mut damaged = row(&key, 10);
    damaged.state = Some("torn".into());
    store.save(&damaged).await?;
    same!(
        store.newest(&key, 99).await?,
        Some(damaged),
        "the newest row, which is damaged"
    );
    at_most(&store, &key, 9, 5).await
}

pub(crate) async fn the_oldest_of_thousands(t: Trial) -> Checked {
    let versions: Vec<_> = (1..=1_500).collect();
    let (store, key) = of(&t, &versions).await?;
    for version in [1, 2, 50, 499, 1_400, 1_500] {
        at_most(&store, &key, version, version).await?;
    }
    at_most(&store, &key, 0, 0).await
}

pub(crate) async fn twenty_other_keys_are_named(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let mut others = Vec::new();
    for number in 0..20 {
        let mut other = key("1", number % 3 + 2)?;
        other.codec = format!("codec-{number}");
        store.put(&other, &[5, 10]).await?;
        others.push(other);
    }
    same!(
        store.others(&key("1", 1)?, 7).await?,
        sorted(others),
        "the other keys"
    );
    Ok(())
}
