//! Commits that are too large, and what is left behind by those that were refused.

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
