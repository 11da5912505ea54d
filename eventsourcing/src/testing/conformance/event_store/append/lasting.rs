//! What was answered stays, for every handle.

use crate::testing::conformance::prelude::*;

pub(crate) async fn what_was_appended_is_read_at_once(t: Trial) -> Checked {
    let store = t.events()?;
    for expected in 0..30 {
        store.put("1", expected, 1).await?;
        let head = expected + 1;
        same!(
            store.head("1").await?,
            head,
            "the head right after an append"
        );
        same!(
            store.read("1").await?.len() as u64,
            head,
            "the events right after an append"
        );
        same!(
            store.all().await?.len() as u64,
            head,
            "all events right after an append"
        );
    }
    Ok(())
}

pub(crate) async fn another_handle_sees_what_was_appended(t: Trial) -> Checked {
    let (store, second) = (t.events()?, t.second().await?);
    let other = second.events()?;
    // Once before, so that a handle that keeps what it saw is found out.
    same!(
        other.read("1").await?.len(),
        0,
        "the events before the first append"
    );
    for expected in 0..10 {
        store.put("1", expected, 1).await?;
        let here = store.read("1").await?;
        same!(
            other.read("1").await?,
            here,
            "the stream through another handle"
        );
        same!(
            other.all().await?,
            store.all().await?,
            "all events through another handle"
        );
    }
    Ok(())
}

pub(crate) async fn two_handles_append_in_turns(t: Trial) -> Checked {
    let (store, second) = (t.events()?, t.second().await?);
    let other = second.events()?;
    for expected in 0..20 {
        let writer = if expected % 2 == 0 { &store } else { &other };
        writer.put("1", expected, 1).await?;
    }
    conflict(
        store.append(&commit("1", 18, 1)?).await,
        "a stale append after the other's",
    )?;
    same!(
        versions(&store.read("1").await?),
        (1..=20).collect::<Vec<_>>(),
        "the versions"
    );
    same!(
        store.read("1").await?,
        other.read("1").await?,
        "the stream through both"
    );
    Ok(())
}

pub(crate) async fn reopened_the_store_has_every_byte(mut t: Trial) -> Checked {
    let before = {
        let store = t.events()?;
        let mut one = commit("1", 0, 3)?;
        one.streams[0].events[1].codec = "bincode".into();
        one.streams[0].events[1].payload = (0..=u8::MAX).collect::<Vec<_>>().into();
        one.streams[0].events[2].metadata = "{\"actor\":\"Zoë \\u0000\"}".into();
        store.append(&one).await?;
        store.put("2", 0, 1).await?;
        store.all().await?
    };
    t.reopen().await?;
    let store = t.events()?;
    same!(store.all().await?, before, "the events after reopening");
    same!(
        store.read("1").await?.len(),
        3,
        "the stream after reopening"
    );
    Ok(())
}

pub(crate) async fn reopened_the_store_goes_on(mut t: Trial) -> Checked {
    t.events()?.put("1", 0, 2).await?;
    for expected in 2..5 {
        t.reopen().await?;
        let store = t.events()?;
        conflict(
            store.append(&commit("1", 0, 1)?).await,
            "a creation after reopening",
        )?;
        store.put("1", expected, 1).await?;
    }
    same!(
        versions(&t.events()?.read("1").await?),
        [1, 2, 3, 4, 5],
        "the versions"
    );
    Ok(())
}
