//! The checks of `SnapshotStore::delete_category`.

use crate::{snapshot::SnapshotKey, testing::conformance::prelude::*};

fn of(category: &str, id: &str, schema_version: u32) -> Result<SnapshotKey, Failure> {
    Ok(SnapshotKey {
        stream: named(category, id)?,
        ..key("1", schema_version)?
    })
}

/// Deletes by category; the rows of this other one must stay.
async fn stays(t: &Trial, deleted: &str, category: &str) -> Checked {
    let store = t.snapshots()?;
    let key = of(category, "1", 1)?;
    if store.newest(&key, 9).await?.is_none() {
        store.put(&key, &[5]).await?;
    }
    let removed = store.delete_category(deleted, None).await?;
    same!(
        removed,
        0,
        "the rows removed of {deleted:?}, beside one of {category:?}"
    );
    let found = store.newest(&key, 9).await?.map(|row| row.version.get());
    same!(
        found,
        Some(5),
        "the row of {category:?} after {deleted:?} was deleted"
    );
    Ok(())
}

pub(crate) async fn all_streams_of_the_category_lose_their_rows(t: Trial) -> Checked {
    let store = t.snapshots()?;
    for id in ["1", "2", "a/b", "日本", "\u{10FFFF}", " "] {
        for schema_version in [1, 2] {
            store
                .put(&of("order", id, schema_version)?, &[5, 10])
                .await?;
        }
    }
    store.delete_category("order", None).await?;
    for id in ["1", "2", "a/b", "日本", "\u{10FFFF}", " "] {
        same!(
            store.list(id).await?.len(),
            0,
            "the rows left in the stream {id:?}"
        );
    }
    Ok(())
}

pub(crate) async fn a_category_that_begins_alike_keeps_its_rows(t: Trial) -> Checked {
    for category in ["orders", "order-line", "ord", "order.", "order0", "order "] {
        stays(&t, "order", category).await?;
    }
    Ok(())
}

pub(crate) async fn a_category_in_another_case_keeps_its_rows(t: Trial) -> Checked {
    for category in ["Order", "ORDER"] {
        stays(&t, "order", category).await?;
    }
    Ok(())
}

pub(crate) async fn wildcards_remove_nothing(t: Trial) -> Checked {
    for wildcard in ["%", "_rder", "ord%", "*", "ord*", ".*", "order%"] {
        stays(&t, wildcard, "order").await?;
    }
    Ok(())
}

pub(crate) async fn a_category_that_cannot_be_removes_nothing(t: Trial) -> Checked {
    for impossible in ["", "/", "order/", "order/1", "\0"] {
        stays(&t, impossible, "order").await?;
    }
    Ok(())
}

pub(crate) async fn events_of_the_category_stay(t: Trial) -> Checked {
    let (events, store) = (t.events()?, t.snapshots()?);
    events.put("1", 0, 3).await?;
    store.put(&of("order", "1", 1)?, &[2]).await?;
    store.delete_category("order", None).await?;
    same!(
        events.head("1").await?,
        3,
        "the head after snapshots were deleted"
    );
    same!(
        versions(&events.read("1").await?),
        [1, 2, 3],
        "the versions"
    );
    Ok(())
}

pub(crate) async fn only_rows_of_the_schema_version(t: Trial) -> Checked {
    let store = t.snapshots()?;
    for schema_version in [1, 2, 12] {
        for id in ["1", "2"] {
            store
                .put(&of("order", id, schema_version)?, &[5, 10])
                .await?;
        }
    }
    store.delete_category("order", Some(2)).await?;
    for id in ["1", "2"] {
        let mut left: Vec<_> = store
            .list(id)
            .await?
            .iter()
            .map(|info| info.key.schema_version)
            .collect();
        left.sort_unstable();
        same!(left, [1, 1, 12, 12], "the schema versions left in {id}");
    }
    Ok(())
}

pub(crate) async fn the_schema_version_zero_is_one(t: Trial) -> Checked {
    let store = t.snapshots()?;
    store.put(&of("order", "1", 0)?, &[5]).await?;
    store.put(&of("order", "1", 1)?, &[6]).await?;
    same!(
        store.delete_category("order", Some(0)).await?,
        1,
        "the rows of schema version 0"
    );
    same!(store.versions("1").await?, [6], "the versions left");
    Ok(())
}

pub(crate) async fn the_number_deleted(t: Trial) -> Checked {
    let store = t.snapshots()?;
    same!(
        store.delete_category("order", None).await?,
        0,
        "the rows deleted in an empty store"
    );
    for id in ["1", "2", "3"] {
        store.put(&of("order", id, 1)?, &[5, 10]).await?;
        store.put(&of("order", id, 2)?, &[5]).await?;
    }
    store.put(&of("invoice", "1", 1)?, &[5]).await?;
    same!(
        store.delete_category("order", Some(1)).await?,
        6,
        "the rows of schema version 1"
    );
    same!(
        store.delete_category("order", None).await?,
        3,
        "the rows of any schema version"
    );
    same!(
        store.delete_category("order", None).await?,
        0,
        "the rows the second time"
    );
    Ok(())
}

pub(crate) async fn thousands_of_rows_are_deleted(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let versions: Vec<_> = (1..=300).collect();
    for id in 0..5 {
        store
            .put(&of("order", &id.to_string(), 1)?, &versions)
            .await?;
    }
    same!(
        store.delete_category("order", None).await?,
        1_500,
        "the rows deleted of 1,500"
    );
    for id in 0..5 {
        same!(
            store.list(&id.to_string()).await?.len(),
            0,
            "the rows left of stream {id}"
        );
    }
    Ok(())
}

pub(crate) async fn another_handle_misses_what_was_deleted(t: Trial) -> Checked {
    let (store, second, key) = (t.snapshots()?, t.second().await?, of("order", "1", 1)?);
    let other = second.snapshots()?;
    let rows = store.put(&key, &[5, 10]).await?;
    same!(
        other.newest(&key, 99).await?.as_ref(),
        rows.last(),
        "the newest row through another handle"
    );
    same!(other.versions("1").await?, [5, 10], "the versions listed");
    store.delete_category("order", None).await?;
    same!(
        other.newest(&key, 99).await?,
        None,
        "the newest row through another handle, after all were deleted"
    );
    same!(other.list("1").await?.len(), 0, "the rows listed");
    Ok(())
}

pub(crate) async fn categories_that_look_alike_keep_their_rows(t: Trial) -> Checked {
    let store = t.snapshots()?;
    for group in lookalikes() {
        for category in &group {
            store.put(&of(category, "1", 1)?, &[5]).await?;
        }
        for category in &group {
            same!(
                store.delete_category(category, None).await?,
                1,
                "the rows deleted of {category:?}, beside one each of {group:?}"
            );
            let own = store.newest(&of(category, "1", 1)?, 9).await?;
            same!(own, None, "the row of {category:?} after it was deleted");
        }
    }
    Ok(())
}

pub(crate) async fn ids_with_slashes_are_no_part_of_the_category_to_delete(t: Trial) -> Checked {
    for other in ["order/a", "order/a/b", "order/"] {
        let store = t.snapshots()?;
        let key = of("order", "a/b/c", 1)?;
        if store.newest(&key, 9).await?.is_none() {
            store.put(&key, &[5]).await?;
        }
        same!(
            store.delete_category(other, None).await?,
            0,
            "the rows deleted of {other:?}, beside one of order/a/b/c"
        );
        ensure!(
            store.newest(&key, 9).await?.is_some(),
            "the row of order/a/b/c is gone after {other:?} was deleted"
        );
    }
    Ok(())
}
