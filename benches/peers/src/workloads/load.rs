//! Loading a stream that has no snapshot, from a SQLite file.

use std::path::PathBuf;

use cqrs_es::EventStore as _;
use eventsourcing::{Repository, SqliteStore};

use super::{
    Kind, Place, Workload, no_such,
    repeated::{order_of, repeat},
};
use crate::{
    Result,
    domain::Order,
    sample::{Sample, file_size, float},
    subjects::{Subject, bare_sqlite, cqrs},
};

pub(super) fn workload(events: u64) -> Workload {
    let mut subjects = vec![
        Subject::Bare,
        Subject::BareAllColumns,
        Subject::Ours,
        Subject::Cqrs,
    ];
    // More would take them minutes.
    if events <= 10_000 {
        subjects.extend([Subject::PythonEventsourcing, Subject::PythonEventsource]);
    }
    Workload {
        name: format!("load/{events}"),
        title: format!("load of {events} events, no snapshot, SQLite"),
        kind: Kind::Load { events },
        subjects,
    }
}

fn ours(place: &Place) -> PathBuf {
    place.prepared.join("ours.db")
}

fn theirs(place: &Place) -> PathBuf {
    place.prepared.join("cqrs.db")
}

pub(super) async fn prepare(events: u64, subjects: &[Subject], place: &Place) -> Result {
    bare_sqlite::fill(&bare_sqlite::open(&ours(place)).await?, 1, events)?;
    if subjects.contains(&Subject::Cqrs) {
        cqrs::sqlite::fill(&theirs(place), 1, events)?;
    }
    Ok(())
}

pub(super) async fn measure(subject: Subject, events: u64, place: &Place) -> Result<Sample> {
    let path = if subject == Subject::Cqrs {
        theirs(place)
    } else {
        ours(place)
    };
    let right = order_of(events);
    let stream = bare_sqlite::stream("0");
    let sample = match subject {
        Subject::Bare => {
            let bare = bare_sqlite::open(&path).await?;
            repeat(
                place,
                async || bare_sqlite::fold(&bare, &stream, events),
                right,
            )
            .await?
        }
        Subject::BareAllColumns => {
            let bare = bare_sqlite::open(&path).await?;
            repeat(
                place,
                async || bare_sqlite::fold_all_columns(&bare, &stream),
                right,
            )
            .await?
        }
        Subject::Ours => {
            let store = SqliteStore::open(&path).await?;
            let orders = Repository::<Order>::builder(store).build()?;
            let id = "0".to_owned();
            repeat(place, async || Ok(orders.load(&id).await?.totals), right).await?
        }
        Subject::Cqrs => {
            let store = cqrs::sqlite::store(cqrs::sqlite::pool(&path, 10).await?);
            let load = async || Ok(store.load_aggregate("0").await?.aggregate.totals);
            repeat(place, load, right).await?
        }
        _ => return Err(no_such(subject)),
    };
    Ok(Sample {
        bytes_per_event: Some(float(file_size(&path)) / float(events)),
        ..sample
    })
}
