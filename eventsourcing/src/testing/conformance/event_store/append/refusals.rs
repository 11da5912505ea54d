//! Commits that can't be, commits without events, and what is left behind by those that failed.

use std::time::Duration;

use crate::{ErrorKind, Version, store::Capabilities, testing::conformance::prelude::*};

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

pub(crate) async fn a_commit_without_streams_is_no_error(t: Trial) -> Checked {
    let store = t.events()?;
    let appended = store.append(&commit_of(Vec::new())).await?;
    same!(appended.streams.len(), 0, "the streams in the answer");
    ensure!(!appended.repeated, "it is answered as a repetition");
    same!(store.all().await?.len(), 0, "the events in the store");
    Ok(())
}

pub(crate) async fn a_commit_without_events_is_no_error(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 1).await?;
    let appended = store.append(&commit("1", 1, 0)?).await?;
    let positions: Vec<_> = appended
        .streams
        .iter()
        .map(|part| part.positions.len())
        .collect();
    same!(positions, [0], "the positions of each stream in the answer");
    same!(store.head("1").await?, 1, "the head");
    Ok(())
}

pub(crate) async fn a_commit_without_events_checks_no_version(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    for expected in [0, 2, 3, 9] {
        store.append(&commit("1", expected, 0)?).await?;
        store.append(&commit("none", expected, 0)?).await?;
    }
    same!(store.head("1").await?, 3, "the head");
    Ok(())
}

pub(crate) async fn a_commit_without_events_makes_no_stream(t: Trial) -> Checked {
    let store = t.events()?;
    store.append(&commit("1", 0, 0)?).await?;
    same!(store.head("1").await?, 0, "the head");
    same!(store.read("1").await?.len(), 0, "the events in the stream");
    same!(store.all().await?.len(), 0, "the events in the store");
    store.put("1", 0, 1).await?;
    Ok(())
}

pub(crate) async fn a_part_without_events_has_its_version_checked(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 2).await?;
    for wrong in [0, 1, 3] {
        let parts = vec![part("a", 0, 1)?, part("b", wrong, 0)?];
        let what = "a part without events at a wrong version";
        let (error, expected, actual) = conflict(store.append(&commit_of(parts)).await, what)?;
        same!(error.stream(), Some(&stream("b")?), "the conflict's stream");
        same!(
            (expected, actual),
            (wrong, 2),
            "expected and actual version"
        );
    }
    same!(store.head("a").await?, 0, "the head of the other stream");
    store
        .append(&commit_of(vec![part("a", 0, 1)?, part("b", 2, 0)?]))
        .await?;
    same!(store.head("a").await?, 1, "the head of the other stream");
    same!(
        store.head("b").await?,
        2,
        "the head of the stream without new events"
    );
    Ok(())
}

pub(crate) async fn a_part_without_events_is_answered_without_positions(t: Trial) -> Checked {
    let store = t.events()?;
    let parts = vec![part("a", 0, 1)?, part("none", 0, 0)?, part("c", 0, 2)?];
    let one = commit_of(parts);
    for _ in 0..2 {
        let appended = store.append(&one).await?;
        let counts = appended.streams.iter().map(|part| part.positions.len());
        same!(
            counts.collect::<Vec<_>>(),
            [1, 0, 2],
            "the positions of each stream"
        );
    }
    same!(
        store.head("none").await?,
        0,
        "the head of the stream without events"
    );
    Ok(())
}

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
