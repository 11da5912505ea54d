//! The checks of `EventStore::head`.

use crate::testing::conformance::prelude::*;

pub(crate) async fn a_stream_that_does_not_exist_is_at_zero(t: Trial) -> Checked {
    let store = t.events()?;
    same!(store.head("1").await?, 0, "the head in an empty store");
    store.put("2", 0, 3).await?;
    same!(store.head("1").await?, 0, "the head beside another stream");
    Ok(())
}

pub(crate) async fn the_head_counts_events(t: Trial) -> Checked {
    let store = t.events()?;
    let mut head = 0;
    for count in [1, 2, 7, 1] {
        store.put("1", head, count).await?;
        head += count as u64;
        same!(
            store.head("1").await?,
            head,
            "the head after {count} more events"
        );
    }
    Ok(())
}

pub(crate) async fn refusals_and_repetitions_do_not_move_the_head(t: Trial) -> Checked {
    let store = t.events()?;
    let one = commit("1", 0, 2)?;
    store.append(&one).await?;
    store.append(&one).await?;
    same!(store.head("1").await?, 2, "the head after a repetition");
    refused(store.append(&commit("1", 1, 5)?).await, "a stale commit")?;
    same!(store.head("1").await?, 2, "the head after a refusal");
    Ok(())
}

pub(crate) async fn heads_of_similar_streams_stay_apart(t: Trial) -> Checked {
    let store = t.events()?;
    let ids = ["a", "A", "a ", "ab", "a/b", "%", "_"];
    for (count, id) in (1..).zip(ids) {
        store.put(id, 0, count).await?;
    }
    for (count, id) in (1..).zip(ids) {
        same!(store.head(id).await?, count, "the head of {id:?}");
    }
    Ok(())
}

pub(crate) async fn the_head_of_a_long_stream(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 5_000).await?;
    store.put("1", 5_000, 1).await?;
    same!(store.head("1").await?, 5_001, "the head");
    let (last, _) = store.seen("1", crate::store::ReadStream::last()).await?;
    same!(last, [5_001], "the last event's version");
    Ok(())
}

pub(crate) async fn the_head_shows_what_was_just_acknowledged(t: Trial) -> Checked {
    let store = t.prompt_events()?;
    let mut tasks = Vec::new();
    for writer in 0..4 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for expected in 0..20 {
                let id = format!("own-{writer}");
                store.put(&id, expected, 1).await?;
                same!(
                    store.head(&id).await?,
                    expected + 1,
                    "the head right after an append"
                );
                tokio::task::yield_now().await;
            }
            Ok(())
        }));
    }
    for task in tasks {
        joined(task).await??;
    }
    Ok(())
}

pub(crate) async fn the_head_through_another_handle(t: Trial) -> Checked {
    let (store, second) = (t.prompt_events()?, t.second().await?);
    let other = second.prompt_events()?;
    for expected in 0..10 {
        same!(
            other.head("1").await?,
            expected,
            "the head through another handle"
        );
        store.put("1", expected, 1).await?;
        same!(
            other.head("1").await?,
            expected + 1,
            "the head through another handle"
        );
    }
    Ok(())
}

pub(crate) async fn the_head_after_reopening(mut t: Trial) -> Checked {
    t.events()?.put("1", 0, 3).await?;
    t.reopen().await?;
    same!(t.events()?.head("1").await?, 3, "the head after reopening");
    Ok(())
}
