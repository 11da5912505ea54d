//! Commits that can't be, whatever is stored.

use uuid::Uuid;

use crate::{ErrorKind, store::Commit, testing::conformance::prelude::*};

/// It must be refused as `InvalidConfiguration`, with nothing stored.
async fn is_invalid(store: &Events, commit: &Commit, what: &str) -> Checked {
    let before = store.all().await?;
    let answer = store.append(commit).await;
    refused_as(answer, &ErrorKind::InvalidConfiguration, what)?;
    same!(
        versions(&store.all().await?),
        versions(&before),
        "the versions in the store after {what}"
    );
    Ok(())
}

pub(crate) async fn a_stream_named_twice_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    for second in [0, 1] {
        let twice = commit_of(vec![part("1", 0, 1)?, part("1", second, 1)?]);
        let error = refused(store.append(&twice).await, "a stream named twice")?;
        same!(
            *error.kind(),
            ErrorKind::InvalidConfiguration,
            "the error's kind"
        );
    }
    same!(store.head("1").await?, 0, "the head");
    Ok(())
}

pub(crate) async fn a_stream_named_twice_stores_nothing_of_the_others(t: Trial) -> Checked {
    let store = t.events()?;
    let parts = vec![
        part("a", 0, 1)?,
        part("b", 0, 1)?,
        part("c", 0, 1)?,
        part("b", 1, 1)?,
    ];
    refused(
        store.append(&commit_of(parts)).await,
        "a stream named twice",
    )?;
    same!(store.all().await?.len(), 0, "the events in the store");
    Ok(())
}

pub(crate) async fn a_stream_named_twice_without_events_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    let what = "a commit without events that names a stream twice";
    let parts = vec![part("1", 0, 0)?, part("2", 0, 0)?, part("1", 0, 0)?];
    is_invalid(&store, &commit_of(parts), what).await?;
    // More streams than anybody compares in pairs.
    let parts = (0..100).map(|n| part(&(n % 99).to_string(), 0, 0));
    is_invalid(&store, &commit_of(parts.collect::<Result<_, _>>()?), what).await
}

/// Two events of one id, the second behind `between` others.
fn with_an_id_twice(expected: u64, between: usize) -> Result<Commit, Failure> {
    let mut one = commit("1", expected, between + 1)?;
    let again = one.streams[0].events[0].clone();
    one.streams[0].events.push(again);
    Ok(one)
}

pub(crate) async fn an_event_id_twice_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    for between in [0, 1, 50] {
        let twice = with_an_id_twice(0, between)?;
        is_invalid(&store, &twice, "a commit with an event id twice").await?;
    }
    store.put("1", 0, 2).await?;
    is_invalid(
        &store,
        &with_an_id_twice(2, 3)?,
        "one to a stream with events",
    )
    .await
}

pub(crate) async fn an_event_id_twice_in_two_streams_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    let mut one = commit_of(vec![part("a", 0, 2)?, part("b", 0, 2)?]);
    one.streams[1].events[1].id = one.streams[0].events[0].id;
    is_invalid(&store, &one, "a commit with an event id in both streams").await
}

pub(crate) async fn an_event_before_the_first_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    for after in [Uuid::now_v7(), Uuid::nil()] {
        let mut one = commit("1", 0, 1)?;
        one.streams[0].after = Some(after);
        is_invalid(&store, &one, "`after` with the expected version 0").await?;
    }
    Ok(())
}

pub(crate) async fn an_event_before_the_first_is_refused_in_a_part_without_events(
    t: Trial,
) -> Checked {
    let store = t.events()?;
    let mut one = commit_of(vec![part("a", 0, 1)?, part("b", 0, 0)?]);
    one.streams[1].after = Some(Uuid::now_v7());
    let what = "`after` with the expected version 0 in a part without events";
    is_invalid(&store, &one, what).await
}

pub(crate) async fn a_commit_that_cannot_be_is_no_conflict(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    for stale in [0, 2, 9] {
        let twice = with_an_id_twice(stale, 1)?;
        is_invalid(&store, &twice, "a stale commit with an event id twice").await?;
    }
    let mut one = commit("1", 0, 1)?;
    one.streams[0].after = Some(Uuid::now_v7());
    is_invalid(&store, &one, "a stale commit with `after` at 0").await
}

pub(crate) async fn a_commit_that_cannot_be_is_no_repetition(t: Trial) -> Checked {
    let store = t.events()?;
    let mut one = commit("1", 0, 2)?;
    store.append(&one).await?;
    one.streams[0].after = Some(Uuid::now_v7());
    is_invalid(&store, &one, "a stored commit again, with `after` at 0").await
}

pub(crate) async fn a_stale_commit_to_a_stream_twice_is_no_conflict(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    let twice = commit_of(vec![part("1", 0, 1)?, part("1", 1, 1)?]);
    is_invalid(&store, &twice, "a stale commit to a stream twice").await
}

pub(crate) async fn a_stale_commit_of_too_many_events_is_no_conflict(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    let most = t.declared().max_commit_events.unwrap_or(LARGE_COMMIT);
    let answer = store.append(&commit("1", 1, most + 1)?).await;
    refused_as(
        answer,
        &ErrorKind::TooLarge,
        "a stale commit of too many events",
    )?;
    Ok(())
}

pub(crate) async fn a_stale_commit_to_too_many_streams_is_no_conflict(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    let one = commit_of(vec![part("1", 1, 1)?, part("2", 0, 1)?]);
    let answer = store.append(&one).await;
    refused_as(
        answer,
        &ErrorKind::Unsupported,
        "a stale commit to too many streams",
    )?;
    Ok(())
}
