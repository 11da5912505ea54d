//! An account whose state shows each lost, doubled or reordered event, and whose events say how large their commit was.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    num::TryFromIntError,
};

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

/// `of` is how many events of this stream the commit has.
#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) of: u32,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Booked {
    pub(crate) tag: String,
    pub(crate) of: u32,
}

#[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Closed;

#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(
    name = "account",
    id = String,
    create(Opened),
    events(Booked),
    discard(Closed),
    event_derive(PartialEq)
)]
pub(crate) struct Account {
    pub(crate) bookings: u64,
    /// Over all tags in their order.
    pub(crate) trace: u64,
}

impl AccountHandlers for Account {
    fn opened(_: &String, _: Opened) -> Self {
        Account {
            bookings: 0,
            trace: 0,
        }
    }

    fn booked(&mut self, event: Booked) {
        self.bookings += 1;
        let mut hasher = DefaultHasher::new();
        (self.trace, event.tag).hash(&mut hasher);
        self.trace = hasher.finish();
    }
}

impl Account {
    /// Always the same decision: as many bookings as there are tags.
    #[allow(clippy::unused_self, reason = "the form of a command")]
    pub(crate) fn book(&self, tags: &[String]) -> Result<Vec<Booked>, TryFromIntError> {
        let of = u32::try_from(tags.len())?;
        let booked = |tag: &String| Booked {
            tag: tag.clone(),
            of,
        };
        Ok(tags.iter().map(booked).collect())
    }
}

/// The stored account, or one that is opened and saved.
pub(crate) async fn find_or_open(accounts: &Repository<Account>, id: &str) -> Root<Account> {
    let id = id.to_owned();
    if let Some(root) = accounts.find(&id).await.expect("the account loads") {
        return root;
    }
    let mut root = accounts.create(id.clone(), Opened { of: 1 });
    match accounts.save(&mut root).await {
        Ok(_) => root,
        // Another process was first.
        Err(error) if error.is_conflict() => accounts.load(&id).await.expect("the account loads"),
        Err(error) => panic!("{error}"),
    }
}
