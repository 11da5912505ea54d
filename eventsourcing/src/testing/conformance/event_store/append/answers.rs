//! The answer of an append, and positions.

use std::collections::HashSet;

use crate::{Position, store::Appended, testing::conformance::prelude::*};

fn positions(appended: &Appended) -> Vec<Position> {
    let parts = appended.streams.iter();
    parts
        .flat_map(|part| part.positions.iter().copied())
        .collect()
}

/// Whether each is after the one before it.
fn rise(positions: &[Position]) -> bool {
    positions.windows(2).all(|pair| pair[0] < pair[1])
}

fn unique(positions: &[Position]) -> bool {
    positions.iter().collect::<HashSet<_>>().len() == positions.len()
}

pub(crate) async fn the_answer_has_an_entry_for_each_stream_in_order(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("b", 0, 1).await?;
    let one = commit_of(vec![part("c", 0, 3)?, part("b", 1, 1)?, part("a", 0, 2)?]);
    let appended = store.append(&one).await?;
    same!(appended.streams.len(), 3, "the entries");
    for (id, entry) in ["c", "b", "a"].into_iter().zip(&appended.streams) {
        let seen = store.read(id).await?;
        let of_commit = seen.iter().filter(|event| event.commit_id == one.id);
        let read: Vec<_> = of_commit.map(|event| event.position).collect();
        same!(entry.positions, read, "the positions in the entry of {id}");
    }
    Ok(())
}

pub(crate) async fn positions_rise_within_a_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let appended = store.put("1", 0, 200).await?;
    same!(appended.streams.len(), 1, "the entries");
    let positions = &entry(&appended)?.positions;
    same!(positions.len(), 200, "the positions");
    ensure!(rise(positions), "the positions of a commit don't rise");
    Ok(())
}

pub(crate) async fn positions_are_those_that_reads_give(t: Trial) -> Checked {
    let store = t.events()?;
    let mut answered = Vec::new();
    for (id, expected, count) in [("1", 0, 2), ("2", 0, 1), ("1", 2, 3)] {
        let appended = store.put(id, expected, count).await?;
        answered.extend(positions(&appended));
    }
    let all = store.all().await?;
    let mut read: Vec<_> = all.iter().map(|event| event.position).collect();
    for positions in [&mut answered, &mut read] {
        positions.sort_by_key(|position| (position.partition(), position.offset()));
    }
    same!(read, answered, "the positions that read_all gives");
    Ok(())
}

pub(crate) async fn positions_rise_from_commit_to_commit(t: Trial) -> Checked {
    let store = t.events()?;
    let mut answered = Vec::new();
    for number in 0..40 {
        let id = (number % 5).to_string();
        let appended = store.put(&id, number / 5, 1).await?;
        answered.extend(positions(&appended));
    }
    ensure!(
        rise(&answered),
        "a later commit has an earlier position: {answered:?}"
    );
    Ok(())
}

async fn of_racing_writers(handles: &[Events]) -> Checked {
    let mut tasks = Vec::new();
    for (writer, store) in handles.iter().cycle().take(8).enumerate() {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut answered = Vec::new();
            for expected in 0..15 {
                let appended = store.put(&writer.to_string(), expected * 2, 2).await?;
                answered.extend(positions(&appended));
                tokio::task::yield_now().await;
            }
            Ok::<_, Failure>(answered)
        }));
    }
    let mut answered = Vec::new();
    for task in tasks {
        answered.extend(joined(task).await??);
    }
    same!(answered.len(), 240, "the positions of 240 events");
    ensure!(
        unique(&answered),
        "a position was handed out twice to racing writers"
    );
    Ok(())
}

pub(crate) async fn positions_of_racing_writers_are_unique(t: Trial) -> Checked {
    of_racing_writers(&[t.events()?]).await
}

pub(crate) async fn positions_through_two_handles_are_unique(t: Trial) -> Checked {
    let second = t.second().await?;
    of_racing_writers(&[t.events()?, second.events()?]).await
}

pub(crate) async fn positions_are_not_handed_out_again_after_refusals(t: Trial) -> Checked {
    let store = t.events()?;
    let mut answered = positions(&store.put("1", 0, 2).await?);
    for round in 0..10 {
        refused(store.append(&commit("1", 0, 3)?).await, "a stale commit")?;
        answered.extend(positions(&store.put("2", round, 1).await?));
    }
    ensure!(
        unique(&answered),
        "a position was handed out twice: {answered:?}"
    );
    Ok(())
}

pub(crate) async fn positions_go_on_after_reopening(mut t: Trial) -> Checked {
    let mut answered = positions(&t.events()?.put("1", 0, 3).await?);
    for expected in 3..6 {
        t.reopen().await?;
        answered.extend(positions(&t.events()?.put("1", expected, 1).await?));
    }
    ensure!(
        rise(&answered),
        "positions don't go on after reopening: {answered:?}"
    );
    Ok(())
}

pub(crate) async fn positions_are_of_one_store_identity(t: Trial) -> Checked {
    let store = t.events()?;
    let mut answered = positions(&store.put("1", 0, 2).await?);
    answered.extend(positions(&store.put("2", 0, 2).await?));
    let stores: HashSet<_> = answered.iter().map(|position| position.store()).collect();
    same!(
        stores.len(),
        1,
        "the identities in the positions of one store"
    );
    let other = t.stranger().await;
    let stranger = positions(&other.events()?.put("1", 0, 1).await?);
    let same = stranger
        .iter()
        .any(|position| stores.contains(&position.store()));
    ensure!(
        !same,
        "two stores have the same identity in their positions"
    );
    Ok(())
}
