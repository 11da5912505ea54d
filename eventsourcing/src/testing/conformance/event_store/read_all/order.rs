//! Order and pages.

use std::collections::HashMap;

use super::{after, filtered};
use crate::testing::conformance::prelude::*;

/// Streams "0" to "3" in turns, in commits of one to three events. Answers the ids of the events in that order.
async fn interleaved(store: &Events, commits: u64) -> Result<Vec<uuid::Uuid>, Failure> {
    let (mut heads, mut wanted) = ([0; 4], Vec::new());
    for (number, turn) in (0..commits).zip((0..4).cycle()) {
        let count = number % 3 + 1;
        let one = commit(
            &turn.to_string(),
            heads[turn],
            usize::try_from(count).unwrap_or(1),
        )?;
        heads[turn] += count;
        store.append(&one).await?;
        wanted.extend(one.streams[0].events.iter().map(|event| event.id));
    }
    Ok(wanted)
}

pub(crate) async fn everything_from_the_beginning(t: Trial) -> Checked {
    let store = t.events()?;
    let mut wanted = interleaved(&store, 12).await?;
    let mut read = ids(&store.all().await?);
    for ids in [&mut wanted, &mut read] {
        ids.sort_unstable();
    }
    same!(read, wanted, "the ids of all events");
    Ok(())
}

pub(crate) async fn the_position_itself_is_not_read_again(t: Trial) -> Checked {
    let store = t.events()?;
    interleaved(&store, 9).await?;
    let all = store.all().await?;
    for (index, event) in all.iter().enumerate() {
        let rest = store.follow(after(Some(event.position), 512)).await?;
        let again = rest.iter().any(|other| other.position == event.position);
        ensure!(
            !again,
            "the event at {} came again after its position",
            event.position
        );
        if *t.declared() == crate::store::Capabilities::full() {
            same!(
                ids(&rest),
                ids(&all[index + 1..]),
                "the events after event {index}"
            );
        }
    }
    Ok(())
}

pub(crate) async fn positions_rise_over_all_pages(t: Trial) -> Checked {
    let store = t.events()?;
    interleaved(&store, 20).await?;
    for limit in [1, 7, 512] {
        let seen = store.follow(after(None, limit)).await?;
        let rise = seen
            .windows(2)
            .all(|pair| pair[0].position < pair[1].position);
        ensure!(rise, "positions don't rise over pages of {limit}");
    }
    Ok(())
}

pub(crate) async fn interleaved_streams_come_in_the_order_of_their_commits(t: Trial) -> Checked {
    let store = t.events()?;
    let wanted = interleaved(&store, 20).await?;
    same!(
        ids(&store.all().await?),
        wanted,
        "the events of four streams in turns"
    );
    Ok(())
}

pub(crate) async fn each_stream_keeps_the_order_of_its_versions(t: Trial) -> Checked {
    let store = t.events()?;
    interleaved(&store, 40).await?;
    let mut heads: HashMap<String, u64> = HashMap::new();
    for event in store.all().await? {
        let head = heads.entry(event.stream.clone()).or_default();
        *head += 1;
        same!(event.version, *head, "the next version of {}", event.stream);
    }
    same!(heads.len(), 4, "the streams");
    Ok(())
}

pub(crate) async fn an_empty_store_is_an_empty_page(t: Trial) -> Checked {
    let store = t.events()?;
    for read in [
        after(None, 1),
        filtered(Some("order"), false, 9),
        filtered(None, true, 9),
    ] {
        let page = store.page_of_all(&read).await?;
        same!(page.len(), 0, "the events in an empty store, by {read:?}");
        ensure!(!page.has_more(), "an empty store has more, by {read:?}");
    }
    Ok(())
}

pub(crate) async fn after_the_last_there_is_nothing(t: Trial) -> Checked {
    let store = t.events()?;
    let appended = store.put("1", 0, 3).await?;
    let last = entry(&appended)?.positions.last().copied();
    let page = store.page_of_all(&after(last, 9)).await?;
    same!(page.len(), 0, "the events after the last");
    ensure!(!page.has_more(), "there is more after the last event");
    Ok(())
}

pub(crate) async fn pages_of_all_of_every_size_show_the_same(t: Trial) -> Checked {
    let store = t.events()?;
    let wanted = interleaved(&store, 10).await?;
    for limit in 1..=wanted.len() + 2 {
        let seen = store.follow(after(None, limit)).await?;
        same!(ids(&seen), wanted, "all events in pages of {limit}");
    }
    Ok(())
}

pub(crate) async fn a_page_of_all_ends_at_the_limit(t: Trial) -> Checked {
    let store = t.events()?;
    let events = interleaved(&store, 8).await?.len();
    for (limit, len, more) in [
        (1, 1, true),
        (events - 1, events - 1, true),
        (events, events, false),
        (events + 1, events, false),
        (usize::MAX, events, false),
    ] {
        let page = store.page_of_all(&after(None, limit)).await?;
        same!(
            (page.len(), page.has_more()),
            (len, more),
            "length and `has_more`, limit {limit}"
        );
    }
    Ok(())
}

pub(crate) async fn a_limit_of_zero_in_all_counts_as_one(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 2).await?;
    let page = store.page_of_all(&after(None, 0)).await?;
    same!(
        (page.len(), page.has_more()),
        (1, true),
        "length and `has_more`, limit 0"
    );
    let first = page.last().map(|event| event.position);
    let page = store.page_of_all(&after(first, 0)).await?;
    same!(
        (page.len(), page.has_more()),
        (1, false),
        "length and `has_more`, limit 0"
    );
    Ok(())
}

pub(crate) async fn large_payloads_of_all_come_in_pages(t: Trial) -> Checked {
    let store = t.events()?;
    let mut wanted = Vec::new();
    for id in 0..10 {
        let mut one = commit(&id.to_string(), 0, 0)?;
        let size = if id == 4 { 3_000_000 } else { 300_000 };
        one.streams[0].events = vec![event(format!("\"{}\"", "x".repeat(size)))];
        wanted.push(one.streams[0].events[0].id);
        store.append(&one).await?;
    }
    same!(ids(&store.all().await?), wanted, "ten large events");
    Ok(())
}
