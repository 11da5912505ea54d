//! Whatever order rows arrive in, the highest version is the newest.

use crate::{Timestamp, snapshot::SnapshotRow, testing::conformance::prelude::*};

/// After saving these versions in this order, each is the newest at or below itself.
async fn in_order(t: &Trial, versions: &[u64]) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let mut highest = 0;
    for version in versions {
        store.put(&key, &[*version]).await?;
        highest = highest.max(*version);
        let newest = store
            .newest(&key, u64::MAX)
            .await?
            .map(|row| row.version.get());
        same!(
            newest,
            Some(highest),
            "the newest version after saving {version}"
        );
    }
    for version in versions {
        let newest = store
            .newest(&key, *version)
            .await?
            .map(|row| row.version.get());
        same!(
            newest,
            Some(*version),
            "the newest version at or below {version}"
        );
    }
    Ok(())
}

pub(crate) async fn an_older_row_does_not_become_the_newest(t: Trial) -> Checked {
    in_order(&t, &[10, 5]).await
}

pub(crate) async fn rows_in_rising_order(t: Trial) -> Checked {
    in_order(&t, &[1, 2, 3, 10, 100, 1_000]).await
}

pub(crate) async fn rows_in_falling_order(t: Trial) -> Checked {
    in_order(&t, &[1_000, 100, 10, 3, 2, 1]).await
}

pub(crate) async fn rows_in_any_order(t: Trial) -> Checked {
    in_order(&t, &(1..=50).map(|n| n * 37 % 101).collect::<Vec<_>>()).await
}

/// A hundred rows at once, each through the next of the handles.
async fn at_once(handles: &[Snapshots]) -> Checked {
    let key = key("1", 1)?;
    let mut tasks = Vec::new();
    for (number, store) in (1..=100).zip(handles.iter().cycle()) {
        let (store, key) = (store.clone(), key.clone());
        tasks.push(tokio::spawn(async move {
            let version = number * 37 % 101;
            store.put(&key, &[version]).await?;
            tokio::task::yield_now().await;
            let newest = store
                .newest(&key, u64::MAX)
                .await?
                .map(|row| row.version.get());
            ensure!(
                newest >= Some(version),
                "after version {version} the newest is {newest:?}"
            );
            Ok(())
        }));
    }
    for task in tasks {
        joined(task).await??;
    }
    for at_most in [1, 50, 99, 100, 101] {
        let newest = handles[0]
            .newest(&key, at_most)
            .await?
            .map(|row| row.version.get());
        same!(
            newest,
            Some(at_most.min(100)),
            "the newest version at or below {at_most}"
        );
    }
    Ok(())
}

pub(crate) async fn rows_in_any_order_at_once(t: Trial) -> Checked {
    at_once(&[t.snapshots()?]).await
}

pub(crate) async fn rows_in_any_order_through_two_handles(t: Trial) -> Checked {
    let second = t.second().await?;
    at_once(&[t.snapshots()?, second.snapshots()?]).await
}

pub(crate) async fn a_row_taken_earlier_by_the_clock_can_be_the_newest(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    for (version, micros) in [(5, 9_000_000), (10, 1_000_000), (7, 20_000_000)] {
        let row = row(&key, version);
        let time = Timestamp::from_unix_micros(micros);
        let row = SnapshotRow::new(row.key, row.version, row.last_event, time, row.state);
        store.save(&row).await?;
    }
    let newest = store.newest(&key, 100).await?.map(|row| row.version.get());
    same!(
        newest,
        Some(10),
        "the newest version, which was taken first by the clock"
    );
    Ok(())
}

pub(crate) async fn versions_are_compared_as_numbers(t: Trial) -> Checked {
    // As texts, 9 is after 10; in 32 bits, 2^32 + 1 is 1.
    in_order(
        &t,
        &[
            9,
            10,
            100,
            99,
            (1 << 32) + 1,
            1 << 31,
            (1 << 53) + 1,
            1 << 53,
        ],
    )
    .await
}

pub(crate) async fn older_rows_are_kept(t: Trial) -> Checked {
    let store = t.snapshots()?;
    let key = key("1", 1)?;
    let rows = store.put(&key, &[10, 20, 5, 15]).await?;
    for row in &rows {
        let found = store.newest(&key, row.version.get()).await?;
        same!(
            found.as_ref(),
            Some(row),
            "the row of version {}",
            row.version
        );
    }
    same!(store.list("1").await?.len(), 4, "the rows listed");
    Ok(())
}
