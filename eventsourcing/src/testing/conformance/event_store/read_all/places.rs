//! Positions as a reader's place.

use uuid::Uuid;

use super::{after, filtered};
use crate::{ErrorKind, Position, store::ReadAll, testing::conformance::prelude::*};

/// Five events; the place of a reader after the second, and the ids of the others.
async fn place(store: &Events) -> Result<(Position, Vec<Uuid>), Failure> {
    store.put("1", 0, 3).await?;
    store.put("2", 0, 2).await?;
    let all = store.all().await?;
    same_len(&all)?;
    Ok((all[1].position, ids(&all[2..])))
}

fn same_len(all: &[Seen]) -> Checked {
    same!(all.len(), 5, "the events");
    Ok(())
}

pub(crate) async fn a_reader_goes_on_from_a_position_in_its_text_form(t: Trial) -> Checked {
    let store = t.events()?;
    let (place, wanted) = place(&store).await?;
    let text = place.to_string();
    let Ok(parsed) = text.parse() else {
        return Err(Failure(format!("the position {text:?} can't be parsed")));
    };
    let seen = store.follow(after(Some(parsed), 2)).await?;
    same!(ids(&seen), wanted, "the events after {text}");
    Ok(())
}

pub(crate) async fn a_reader_goes_on_through_another_handle(t: Trial) -> Checked {
    let (place, wanted) = place(&t.events()?).await?;
    let second = t.second().await?;
    let seen = second.events()?.follow(after(Some(place), 2)).await?;
    same!(
        ids(&seen),
        wanted,
        "the events after {place} through another handle"
    );
    Ok(())
}

pub(crate) async fn a_reader_goes_on_after_reopening(mut t: Trial) -> Checked {
    let (place, mut wanted) = place(&t.events()?).await?;
    t.reopen().await?;
    let store = t.events()?;
    let seen = store.follow(after(Some(place), 2)).await?;
    same!(
        ids(&seen),
        wanted,
        "the events after {place} after reopening"
    );
    let one = commit("2", 2, 1)?;
    store.append(&one).await?;
    wanted.push(one.streams[0].events[0].id);
    let seen = store.follow(after(Some(place), 512)).await?;
    same!(
        ids(&seen),
        wanted,
        "the events after {place} after reopening and one more append"
    );
    Ok(())
}

async fn is_refused(store: &Events, place: Position) -> Checked {
    for category in [None, Some("order"), Some("invoice")] {
        for (first_only, limit) in [(false, 1), (false, 512), (true, 1), (true, 512)] {
            let read = ReadAll {
                after: Some(place),
                ..filtered(category, first_only, limit)
            };
            let what = format!("a position of another store, in {read:?},");
            refused_as(
                store.store().read_all(read).await,
                &ErrorKind::InvalidConfiguration,
                &what,
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn an_invented_position_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    is_refused(&store, Position::new(Uuid::now_v7(), 0, 1)).await?;
    is_refused(&store, Position::new(Uuid::nil(), 0, 0)).await
}

pub(crate) async fn a_position_of_another_store_of_this_kind_is_refused(t: Trial) -> Checked {
    let store = t.events()?;
    store.put("1", 0, 3).await?;
    let stranger = t.stranger().await;
    let appended = stranger.events()?.put("1", 0, 2).await?;
    is_refused(
        &store,
        *first(&entry(&appended)?.positions, "the answer's positions")?,
    )
    .await
}

pub(crate) async fn a_position_of_another_store_is_refused_in_an_empty_store(t: Trial) -> Checked {
    let stranger = t.stranger().await;
    let appended = stranger.events()?.put("1", 0, 1).await?;
    is_refused(
        &t.events()?,
        *first(&entry(&appended)?.positions, "the answer's positions")?,
    )
    .await
}
