//! Categories and first events.

use super::filtered;
use crate::{store::ReadAll, testing::conformance::prelude::*};

/// Two streams of two events in each of these categories, in turns.
async fn stored(t: &Trial, categories: &[&str]) -> Result<Events, Failure> {
    let store = t.events()?;
    for expected in 0..2 {
        for id in ["1", "2"] {
            for category in categories {
                store.put_in(named(category, id)?, expected).await?;
            }
        }
    }
    Ok(store)
}

/// A category shows its own four events and no others.
async fn shows_its_own(store: &Events, category: &str) -> Checked {
    let seen = store.follow(filtered(Some(category), false, 512)).await?;
    let prefix = format!("{category}/");
    let strangers = seen
        .iter()
        .filter(|event| !event.stream.starts_with(&prefix));
    let strangers: Vec<_> = strangers.map(|event| &*event.stream).collect();
    ensure!(
        strangers.is_empty(),
        "the category {category:?} shows events of {strangers:?}"
    );
    same!(seen.len(), 4, "the events of the category {category:?}");
    Ok(())
}

async fn shows_none(store: &Events, category: &str) -> Checked {
    for first_only in [false, true] {
        let page = store
            .page_of_all(&filtered(Some(category), first_only, 9))
            .await?;
        same!(
            page.len(),
            0,
            "the events of the category {category:?}, which has none"
        );
        ensure!(
            !page.has_more(),
            "the category {category:?}, which has no events, has more"
        );
    }
    Ok(())
}

pub(crate) async fn only_events_of_the_category(t: Trial) -> Checked {
    let store = stored(&t, &["order", "invoice"]).await?;
    shows_its_own(&store, "order").await?;
    shows_its_own(&store, "invoice").await
}

pub(crate) async fn a_category_that_begins_like_another(t: Trial) -> Checked {
    let categories = [
        "order",
        "orders",
        "order-line",
        "ord",
        "order.",
        "order0",
        "order ",
    ];
    let store = stored(&t, &categories).await?;
    for category in categories {
        shows_its_own(&store, category).await?;
    }
    shows_none(&store, "orde").await
}

pub(crate) async fn categories_that_differ_in_case_only(t: Trial) -> Checked {
    let categories = ["order", "Order", "ORDER"];
    let store = stored(&t, &categories).await?;
    for category in categories {
        shows_its_own(&store, category).await?;
    }
    shows_none(&store, "ordeR").await
}

pub(crate) async fn wildcards_in_a_category_are_plain_characters(t: Trial) -> Checked {
    let categories = ["order", "or_er", "or%", "or*", "or?er", "%"];
    let store = stored(&t, &categories).await?;
    for category in categories {
        shows_its_own(&store, category).await?;
    }
    for wildcard in ["_rder", "ord%", "*", "o?der", ".*", "order%"] {
        shows_none(&store, wildcard).await?;
    }
    Ok(())
}

pub(crate) async fn an_unknown_category_is_an_empty_page(t: Trial) -> Checked {
    let store = stored(&t, &["order"]).await?;
    shows_none(&store, "invoice").await
}

pub(crate) async fn a_category_that_cannot_be_is_an_empty_page(t: Trial) -> Checked {
    let store = stored(&t, &["order"]).await?;
    for impossible in ["", "/", "order/", "order/1", "\0", "order\0"] {
        shows_none(&store, impossible).await?;
    }
    Ok(())
}

pub(crate) async fn first_events_only(t: Trial) -> Checked {
    let store = stored(&t, &["order", "invoice"]).await?;
    let seen = store.follow(filtered(None, true, 512)).await?;
    let mut streams: Vec<_> = seen.iter().map(|event| &*event.stream).collect();
    streams.sort_unstable();
    let wanted = ["invoice/1", "invoice/2", "order/1", "order/2"];
    same!(streams, wanted, "the streams of first events");
    same!(versions(&seen), [1; 4], "the versions of first events");
    Ok(())
}

pub(crate) async fn first_events_of_a_category(t: Trial) -> Checked {
    let store = stored(&t, &["order", "orders"]).await?;
    let seen = store.follow(filtered(Some("order"), true, 512)).await?;
    let mut streams: Vec<_> = seen.iter().map(|event| &*event.stream).collect();
    streams.sort_unstable();
    same!(
        streams,
        ["order/1", "order/2"],
        "the streams of the category's first events"
    );
    same!(versions(&seen), [1, 1], "the versions of first events");
    Ok(())
}

pub(crate) async fn first_events_after_a_position(t: Trial) -> Checked {
    let store = t.events()?;
    for id in ["1", "2", "3"] {
        store.put(id, 0, 2).await?;
    }
    let all = store.all().await?;
    for (index, event) in all.iter().enumerate() {
        let read = ReadAll {
            after: Some(event.position),
            ..filtered(None, true, 512)
        };
        let seen = store.follow(read).await?;
        let wanted = all[index + 1..].iter().filter(|event| event.version == 1);
        let wanted: Vec<_> = wanted.cloned().collect();
        same!(ids(&seen), ids(&wanted), "first events after event {index}");
    }
    Ok(())
}

pub(crate) async fn has_more_counts_only_the_wanted_category(t: Trial) -> Checked {
    let store = stored(&t, &["order", "invoice"]).await?;
    for (limit, len, more) in [(3, 3, true), (4, 4, false), (5, 4, false)] {
        let page = store
            .page_of_all(&filtered(Some("order"), false, limit))
            .await?;
        same!(
            (page.len(), page.has_more()),
            (len, more),
            "length and `has_more`, limit {limit}"
        );
    }
    Ok(())
}

pub(crate) async fn has_more_counts_only_first_events(t: Trial) -> Checked {
    let store = stored(&t, &["order", "invoice"]).await?;
    for (category, limit, len, more) in [
        (None, 3, 3, true),
        (None, 4, 4, false),
        (Some("invoice"), 1, 1, true),
        (Some("invoice"), 2, 2, false),
    ] {
        let page = store.page_of_all(&filtered(category, true, limit)).await?;
        same!(
            (page.len(), page.has_more()),
            (len, more),
            "length and `has_more` of first events, {category:?}, limit {limit}"
        );
    }
    Ok(())
}

pub(crate) async fn filters_and_pages_of_one(t: Trial) -> Checked {
    let store = stored(&t, &["order", "invoice", "orders"]).await?;
    for category in [None, Some("order"), Some("invoice")] {
        for first_only in [false, true] {
            let whole = store.follow(filtered(category, first_only, 512)).await?;
            let single = store.follow(filtered(category, first_only, 1)).await?;
            same!(
                ids(&single),
                ids(&whole),
                "{category:?}, {first_only} in pages of one"
            );
        }
    }
    Ok(())
}

pub(crate) async fn categories_that_look_alike(t: Trial) -> Checked {
    for group in lookalikes() {
        // A store of its own: other groups have the same names.
        let stranger = t.stranger().await;
        let names: Vec<_> = group.iter().map(String::as_str).collect();
        let store = stored(&stranger, &names).await?;
        for category in names {
            shows_its_own(&store, category).await?;
        }
    }
    Ok(())
}

pub(crate) async fn a_category_that_looks_like_a_stored_one_is_an_empty_page(t: Trial) -> Checked {
    for group in lookalikes() {
        let stranger = t.stranger().await;
        let (stored_one, others) = (first(&group, "the names")?, &group[1..]);
        let store = stored(&stranger, &[stored_one]).await?;
        for other in others {
            shows_none(&store, other).await?;
        }
    }
    Ok(())
}

pub(crate) async fn ids_with_slashes_are_no_part_of_the_category(t: Trial) -> Checked {
    let store = t.events()?;
    for id in ["a/b", "a/b/c", "/", "a"] {
        store.put_in(named("order", id)?, 0).await?;
    }
    let seen = store.follow(filtered(Some("order"), false, 512)).await?;
    same!(seen.len(), 4, "the events of the category \"order\"");
    for none in ["order/a", "order/a/b", "order/", "a", "a/b"] {
        shows_none(&store, none).await?;
    }
    Ok(())
}
