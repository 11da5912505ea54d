//! Commits that are too large, and what is left behind by those that failed.

use std::time::Duration;

use crate::{ErrorKind, Version, store::Capabilities, testing::conformance::prelude::*};

async fn is_too_large(t: &Trial, expected: u64) -> Checked {
    let store = t.events()?;
    let error = refused(
        store.append(&commit("1", expected, 2)?).await,
        "a version beyond the highest",
    )?;
    same!(*error.kind(), ErrorKind::TooLarge, "the error's kind");
    same!(store.head("1").await?, 0, "the head");
    store.put("1", 0, 1).await?;
    Ok(())
}

pub(crate) async fn a_version_beyond_the_highest_is_too_large(t: Trial) -> Checked {
    is_too_large(&t, Version::MAX.get() - 1).await
}

pub(crate) async fn the_highest_number_as_expected_version_is_too_large(t: Trial) -> Checked {
    is_too_large(&t, u64::MAX).await
}

pub(crate) async fn more_events_than_declared_are_too_large(t: Trial) -> Checked {
    let store = t.events()?;
    let Capabilities {
        max_commit_events, ..
    } = t.declared();
    let most = max_commit_events.unwrap_or(LARGE_COMMIT);
    let error = refused(
        store.append(&commit("1", 0, most + 1)?).await,
        "one event too many",
    )?;
    same!(*error.kind(), ErrorKind::TooLarge, "the error's kind");
    same!(store.head("1").await?, 0, "the head");
    store.put("1", 0, most).await?;
    same!(
        store.head("1").await?,
        most as u64,
        "the head after as many events as declared"
    );
    Ok(())
}

pub(crate) async fn a_refused_commit_leaves_no_trace(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 2).await?;
    let before = store.all().await?;
    for expected in [0, 1, 3] {
        refused(
            store.append(&commit("1", expected, 3)?).await,
            "a stale commit",
        )?;
        same!(store.all().await?, before, "the events after a refusal");
    }
    store.put("1", 2, 1).await?;
    same!(versions(&store.read("1").await?), [1, 2, 3], "the versions");
    Ok(())
}

pub(crate) async fn a_dropped_append_is_stored_whole_or_not_at_all(t: Trial) -> Checked {
    let store = t.events()?;
    for round in 0..t.rounds(400) {
        let id = round.to_string();
        let one = commit(&id, 0, 3)?;
        let micros = Duration::from_micros(round % 7 * 50);
        // Dropped at its deadline, wherever it is by then.
        let _ = tokio::time::timeout(micros, store.append(&one)).await;
        // What was dropped may still be on its way: this one waits behind it, or is refused because of it.
        let settled = store.append(&commit(&id, 0, 1)?).await;
        let head = store.head(&id).await?;
        same!(
            head,
            if settled.is_ok() { 1 } else { 3 },
            "the head after a dropped append of 3"
        );
    }
    Ok(())
}

pub(crate) async fn a_dropped_append_can_be_repeated(t: Trial) -> Checked {
    let store = t.events()?;
    for round in 0..t.rounds(400) {
        let id = round.to_string();
        let one = commit(&id, 0, 2)?;
        let micros = Duration::from_micros(round % 7 * 50);
        let _ = tokio::time::timeout(micros, store.append(&one)).await;
        store.append(&one).await?;
        same!(
            store.head(&id).await?,
            2,
            "the head after a dropped append and its repetition"
        );
    }
    Ok(())
}
