//! The checks of `EventStore::read_from_snapshot`: it answers what its two halves answer.

use tokio::task::yield_now;

use crate::{
    Version,
    snapshot::{Newest, SnapshotKey, SnapshotRow},
    store::{EventPage, FromSnapshot, ReadStream},
    testing::conformance::prelude::*,
};

async fn ask(
    store: &Events,
    key: &SnapshotKey,
    at_most: u64,
    limit: usize,
) -> Result<FromSnapshot, Failure> {
    let store = store.store();
    let answer = store.read_from_snapshot(key, Version::from(at_most), limit);
    let none = || Failure("it was not answered, as it was at first".to_owned());
    answer.await?.ok_or_else(none)
}

/// It answers what `newest` and `read_stream` answer. Gives the versions of its events.
async fn as_its_halves(
    t: &Trial,
    key: &SnapshotKey,
    at_most: u64,
    limit: usize,
) -> Result<Vec<u64>, Failure> {
    let what = format!("at most {at_most}, limit {limit}");
    let (store, snapshots) = (t.events()?, t.snapshots()?);
    let FromSnapshot { newest, events } = ask(&store, key, at_most, limit).await?;
    let wanted = snapshots.look(key, at_most).await?;
    let named = |newest| match newest {
        Newest::Absent(others) => Newest::Absent(sorted(others)),
        found @ Newest::Found(_) => found,
    };
    let wanted = named(wanted);
    same!(named(newest), wanted, "the answer of newest, {what}");
    let Newest::Found(row) = wanted else {
        ensure!(events.is_none(), "events without a snapshot, {what}");
        return Ok(Vec::new());
    };
    let events = events.ok_or_else(|| Failure(format!("no events, {what}")))?;
    let read = ReadStream::from(row.version).up_to(Version::from(at_most));
    let page = store.store().read_stream(&key.stream, read.limit(limit));
    let page = page.await?;
    let seen: Vec<_> = events.iter().map(Seen::from).collect();
    let wanted: Vec<_> = page.iter().map(Seen::from).collect();
    same!(versions(&seen), versions(&wanted), "the versions, {what}");
    same!(seen, wanted, "the events, {what}");
    same!(events.has_more(), page.has_more(), "has_more, {what}");
    Ok(versions(&seen))
}

/// The key "1", a stream of so many events, and rows of these versions.
async fn of(t: &Trial, events: usize, rows: &[u64]) -> Result<SnapshotKey, Failure> {
    let key = key("1", 1)?;
    let store = t.events()?;
    store.fill(&key.stream, events, t.most_events()).await?;
    t.snapshots()?.put(&key, rows).await?;
    Ok(key)
}

pub(crate) async fn it_is_answered_whatever_is_there(t: Trial) -> Checked {
    let store = t.events()?;
    for (id, events, rows) in [("1", 0, 0), ("2", 2, 0), ("3", 0, 2), ("4", 3, 2)] {
        let key = key(id, 1)?;
        if events > 0 {
            store.put(id, 0, events).await?;
        }
        if rows > 0 {
            t.snapshots()?.put(&key, &[rows]).await?;
        }
        for at_most in [0, 1, 2, 3, u64::MAX] {
            as_its_halves(&t, &key, at_most, 10).await?;
        }
    }
    Ok(())
}

pub(crate) async fn it_finds_the_row_that_newest_finds(t: Trial) -> Checked {
    let key = of(&t, 20, &[15, 5, 10]).await?;
    for at_most in [
        5,
        6,
        9,
        10,
        11,
        14,
        15,
        16,
        100,
        Version::MAX.get(),
        u64::MAX,
    ] {
        let found = as_its_halves(&t, &key, at_most, 100).await?;
        let first = (at_most / 5 * 5).min(15);
        same!(found.first(), Some(&first), "the first, at most {at_most}");
    }
    Ok(())
}

pub(crate) async fn it_finds_the_row_of_its_key(t: Trial) -> Checked {
    let key = of(&t, 12, &[5]).await?;
    let mut others = vec![key.clone(), key.clone(), key.clone()];
    others[0].schema_version = 2;
    others[1].fingerprint = crate::snapshot::Fingerprint::from_bytes([8; 16]);
    others[2].codec.push_str("+zstd");
    for other in &others {
        t.snapshots()?.put(other, &[3, 5, 9]).await?;
    }
    for at_most in [5, 8, 9, 100] {
        let found = as_its_halves(&t, &key, at_most, 100).await?;
        same!(found.first(), Some(&5), "the first, at most {at_most}");
    }
    Ok(())
}

pub(crate) async fn it_finds_a_row_without_state(t: Trial) -> Checked {
    let key = of(&t, 4, &[2]).await?;
    let SnapshotRow {
        last_event,
        created_at,
        ..
    } = row(&key, 4);
    let discarded = SnapshotRow::new(key.clone(), 4.into(), last_event, created_at, None);
    t.snapshots()?.save(&discarded).await?;
    let found = as_its_halves(&t, &key, 9, 10).await?;
    same!(found, [4], "the versions");
    Ok(())
}

pub(crate) async fn without_a_row_it_names_the_other_keys(t: Trial) -> Checked {
    let two = of(&t, 9, &[4, 8]).await?;
    let (mut one, mut three) = (two.clone(), two.clone());
    one.schema_version = 7;
    three.codec.push_str("+zstd");
    t.snapshots()?.put(&three, &[6]).await?;
    for (at_most, wanted) in [(3, 0), (4, 1), (5, 1), (6, 2), (100, 2)] {
        as_its_halves(&t, &one, at_most, 10).await?;
        let Newest::Absent(others) = ask(&t.events()?, &one, at_most, 10).await?.newest else {
            return Err(Failure(format!("a row at or below {at_most}")));
        };
        same!(others.len(), wanted, "the other keys at or below {at_most}");
    }
    Ok(())
}

pub(crate) async fn without_a_row_it_has_no_events(t: Trial) -> Checked {
    let key = of(&t, 5, &[3]).await?;
    for at_most in [0, 1, 2] {
        let found = as_its_halves(&t, &key, at_most, 10).await?;
        same!(found.len(), 0, "the events, at most {at_most}");
    }
    Ok(())
}

pub(crate) async fn its_events_begin_at_the_snapshot(t: Trial) -> Checked {
    let key = of(&t, 7, &[4]).await?;
    let found = as_its_halves(&t, &key, u64::MAX, 100).await?;
    same!(found, [4, 5, 6, 7], "the versions");
    t.snapshots()?.put(&key, &[7]).await?;
    let found = as_its_halves(&t, &key, u64::MAX, 100).await?;
    same!(found, [7], "the versions, from the last");
    Ok(())
}

pub(crate) async fn its_events_end_at_the_wanted_version(t: Trial) -> Checked {
    let key = of(&t, 9, &[3]).await?;
    for at_most in 3..=9 {
        let found = as_its_halves(&t, &key, at_most, 100).await?;
        let wanted: Vec<_> = (3..=at_most).collect();
        same!(found, wanted, "the versions, at most {at_most}");
    }
    Ok(())
}

pub(crate) async fn its_page_has_a_limit(t: Trial) -> Checked {
    let key = of(&t, 9, &[3]).await?;
    for limit in [0, 1, 2, 3, 6, 7, 8, 100] {
        for at_most in [3, 4, 8, 9, 100] {
            as_its_halves(&t, &key, at_most, limit).await?;
        }
    }
    let page = ask(&t.events()?, &key, 100, 2).await?.events;
    let page = page.map(|page| (page.len(), page.has_more()));
    same!(page, Some((2, true)), "events, and whether there are more");
    Ok(())
}

pub(crate) async fn large_payloads_end_its_page_as_any(t: Trial) -> Checked {
    let key = of(&t, 1, &[1]).await?;
    for version in 1..5 {
        let mut one = commit("1", version, 0)?;
        let text = "large ".repeat(100_000);
        one.streams[0].events.push(event(format!("\"{text}\"")));
        t.events()?.append(&one).await?;
    }
    as_its_halves(&t, &key, u64::MAX, 100).await?;
    Ok(())
}

pub(crate) async fn a_row_ahead_of_its_stream_comes_without_events(t: Trial) -> Checked {
    let key = of(&t, 3, &[5]).await?;
    let found = as_its_halves(&t, &key, u64::MAX, 100).await?;
    same!(found.len(), 0, "the events from a version beyond the head");
    Ok(())
}

pub(crate) async fn a_damaged_row_comes_with_its_events(t: Trial) -> Checked {
    let key = of(&t, 6, &[2]).await?;
    let mut damaged = row(&key, 5);
    damaged.state = Some("torn".into());
    t.snapshots()?.save(&damaged).await?;
    let found = as_its_halves(&t, &key, 100, 10).await?;
    same!(found, [5, 6], "the versions");
    Ok(())
}

pub(crate) async fn its_events_are_those_of_its_stream(t: Trial) -> Checked {
    let store = t.events()?;
    for id in ["1", "2", "10", "1/1", "1 ", "A", "a"] {
        store.put(id, 0, 4).await?;
        t.snapshots()?.put(&key(id, 1)?, &[2]).await?;
        store.put(id, 4, 2).await?;
    }
    for id in ["1", "2", "10", "1/1", "1 ", "A", "a"] {
        let found = as_its_halves(&t, &key(id, 1)?, 5, 10).await?;
        same!(found, [2, 3, 4, 5], "the versions of {id:?}");
    }
    Ok(())
}

pub(crate) async fn it_sees_what_was_stored_before_the_snapshot(t: Trial) -> Checked {
    let (store, snapshots, key) = (t.events()?, t.snapshots()?, key("1", 1)?);
    let (writing, of, rounds) = (store.clone(), key.clone(), t.rounds(20));
    let writer = tokio::spawn(async move {
        for round in rounds {
            writing.put("1", round, 1).await?;
            snapshots.put(&of, &[round + 1]).await?;
            yield_now().await;
        }
        Ok::<_, Failure>(())
    });
    loop {
        let last_look = writer.is_finished();
        let answer = ask(&store, &key, u64::MAX, 10).await?;
        if let Newest::Found(row) = answer.newest {
            let first = answer.events.as_ref().and_then(EventPage::first);
            let first = first.map(|first| first.version);
            same!(first, Some(row.version), "the snapshot's own event");
        }
        if last_look {
            return joined(writer).await?;
        }
        yield_now().await;
    }
}

pub(crate) async fn it_sees_what_another_handle_stored(t: Trial) -> Checked {
    let key = key("1", 1)?;
    let second = t.second().await?;
    for version in 1..=5 {
        second.events()?.put("1", version - 1, 1).await?;
        second.snapshots()?.put(&key, &[version]).await?;
        let found = as_its_halves(&t, &key, u64::MAX, 10).await?;
        same!(found, [version], "the versions");
    }
    Ok(())
}
