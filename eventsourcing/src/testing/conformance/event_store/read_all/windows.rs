//! Filters that pass few of many events, and pages larger than a server's own.

use uuid::Uuid;

use super::{after, filtered};
use crate::{store::ReadAll, testing::conformance::prelude::*};

/// So many events that don't pass between two that do: more than a store looks at in one go.
const BETWEEN: usize = 2_500;

/// Wanted streams with an event each in between others of another category and of versions above 1: the ids of all
/// first events of orders, in order.
async fn far_apart(t: &Trial) -> Result<(Events, Vec<Uuid>), Failure> {
    let store = t.events()?;
    let mut wanted = Vec::new();
    for (gap, count) in [(0, 2), (1, 7), (2, 1), (3, 0)] {
        for number in 0..count {
            wanted.extend(
                store
                    .fill(&stream(&format!("{gap}-{number}"))?, 1, 1)
                    .await?,
            );
        }
        // Their first events come before the gap.
        let foreign = named("invoice", &gap.to_string())?;
        if gap < 3 {
            store.fill(&foreign, BETWEEN, t.most_events()).await?;
        }
    }
    Ok((store, wanted))
}

async fn are_found(store: &Events, read: &ReadAll, wanted: &[Uuid]) -> Checked {
    for limit in [1, 5, 512] {
        let read = ReadAll {
            limit,
            ..read.clone()
        };
        let (mut seen, mut place) = (Vec::new(), None);
        loop {
            let read = ReadAll {
                after: place,
                ..read.clone()
            };
            let page = store.page_of_all(&read).await?;
            seen.extend(page.iter().map(|event| event.id));
            place = page.last().map(|event| event.position);
            same!(
                (page.has_more(), page.is_empty()),
                (seen.len() < wanted.len(), wanted.is_empty()),
                "`has_more`, and whether the page is empty, after {} of {} events that pass {read:?}",
                seen.len(),
                wanted.len()
            );
            if !page.has_more() {
                break;
            }
        }
        same!(seen, wanted, "the events that pass {read:?}");
    }
    Ok(())
}

pub(crate) async fn events_of_a_category_are_found_among_thousands(t: Trial) -> Checked {
    let (store, wanted) = far_apart(&t).await?;
    are_found(&store, &filtered(Some("order"), false, 1), &wanted).await?;
    are_found(&store, &filtered(Some("order"), true, 1), &wanted).await
}

pub(crate) async fn first_events_are_found_among_thousands(t: Trial) -> Checked {
    let (store, _) = far_apart(&t).await?;
    let all = store.all().await?;
    let firsts: Vec<_> = all.into_iter().filter(|event| event.version == 1).collect();
    are_found(&store, &filtered(None, true, 1), &ids(&firsts)).await
}

pub(crate) async fn pages_of_all_of_thousands(t: Trial) -> Checked {
    let store = t.events()?;
    let wanted = store.fill(&stream("1")?, BETWEEN, t.most_events()).await?;
    for limit in [2_000, BETWEEN - 1, BETWEEN, usize::MAX] {
        let mut place = None;
        let mut seen = Vec::new();
        loop {
            let page = store.page_of_all(&after(place, limit)).await?;
            seen.extend(page.iter().map(|event| event.id));
            place = page.last().map(|event| event.position);
            same!(
                (page.has_more(), page.is_empty()),
                (seen.len() < wanted.len(), false),
                "`has_more`, and whether the page is empty, after {} of {BETWEEN} events, limit {limit}",
                seen.len()
            );
            if !page.has_more() {
                break;
            }
        }
        ensure!(
            seen == wanted,
            "the {BETWEEN} events are others, limit {limit}"
        );
    }
    Ok(())
}
