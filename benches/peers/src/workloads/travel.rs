//! Time travel: the state in the middle of a stream of 10,000 events, in a SQLite file.

use eventsourcing::{Repository, SqliteStore};

use super::{
    Kind, Place, Workload, no_such,
    repeated::{order_of, repeat},
};
use crate::{
    Result,
    domain::Order,
    sample::Sample,
    subjects::{Subject, bare_sqlite},
};

const EVENTS: u64 = 10_000;
const AT: u64 = EVENTS / 2;

pub(super) fn workload() -> Workload {
    Workload {
        name: "travel".to_owned(),
        title: format!("the state at event {AT} of {EVENTS}, SQLite"),
        kind: Kind::Travel,
        subjects: vec![Subject::Bare, Subject::Ours],
    }
}

pub(super) async fn prepare(place: &Place) -> Result {
    let bare = bare_sqlite::open(&place.prepared.join("events.db")).await?;
    bare_sqlite::fill(&bare, 1, EVENTS)
}

pub(super) async fn measure(subject: Subject, place: &Place) -> Result<Sample> {
    let path = place.prepared.join("events.db");
    match subject {
        Subject::Bare => {
            let (bare, stream) = (bare_sqlite::open(&path).await?, bare_sqlite::stream("0"));
            repeat(
                place,
                async || bare_sqlite::fold(&bare, &stream, AT),
                order_of(AT),
            )
            .await
        }
        Subject::Ours => {
            let store = SqliteStore::open(&path).await?;
            let orders = Repository::<Order>::builder(store).build()?;
            let id = "0".to_owned();
            let load = async || Ok(orders.load_at(&id, AT).await?.state().totals);
            repeat(place, load, order_of(AT)).await
        }
        _ => Err(no_such(subject)),
    }
}
