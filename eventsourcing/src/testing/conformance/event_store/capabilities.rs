//! The checks of `EventStore::capabilities`.

use crate::{ErrorKind, testing::conformance::prelude::*};

pub(crate) async fn they_are_those_that_were_declared(t: Trial) -> Checked {
    let store = t.events()?;
    for when in ["at first", "after an append"] {
        let capabilities = store.store().capabilities();
        same!(
            capabilities,
            *t.declared(),
            "what the store says of itself {when}, and what was declared"
        );
        store.put(when, 0, 1).await?;
    }
    Ok(())
}

pub(crate) async fn another_handle_has_the_same_capabilities(t: Trial) -> Checked {
    let second = t.second().await?;
    let capabilities = second.events()?.store().capabilities();
    same!(
        capabilities,
        t.events()?.store().capabilities(),
        "what another handle says"
    );
    Ok(())
}

pub(crate) async fn several_streams_are_refused_if_one_is_declared(t: Trial) -> Checked {
    let store = t.events()?;
    let parts = vec![part("a", 0, 1)?, part("b", 0, 1)?];
    let error = refused(
        store.append(&commit_of(parts)).await,
        "a commit to two streams",
    )?;
    same!(*error.kind(), ErrorKind::Unsupported, "the error's kind");
    same!(store.head("a").await?, 0, "the head of the first stream");
    same!(store.head("b").await?, 0, "the head of the second stream");
    Ok(())
}
