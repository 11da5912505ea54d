//! The memory that a load of a very long stream takes, above a process that has opened the store and holds the state.

use cqrs_es::EventStore as _;
use eventsourcing::{Repository, SqliteStore};

use super::{Kind, Place, Workload, no_such, repeated::order_of};
use crate::{
    Result,
    domain::{Item, Opened, Order},
    sample::{Sample, float, peak_memory},
    subjects::{Subject, bare_sqlite, cqrs},
};

pub(super) fn workload() -> Workload {
    Workload {
        name: "memory".to_owned(),
        title: "peak memory of a process that loads 1,000,000 events, SQLite".to_owned(),
        kind: Kind::Memory,
        subjects: vec![
            Subject::StateOnly,
            Subject::Bare,
            Subject::Ours,
            Subject::Cqrs,
        ],
    }
}

fn events(place: &Place) -> u64 {
    place.size(1_000_000, 20_000)
}

pub(super) async fn prepare(place: &Place) -> Result {
    let bare = bare_sqlite::open(&place.prepared.join("ours.db")).await?;
    bare_sqlite::fill(&bare, 1, events(place))?;
    cqrs::sqlite::fill(&place.prepared.join("cqrs.db"), 1, events(place))
}

pub(super) async fn measure(subject: Subject, place: &Place) -> Result<Sample> {
    let id = "0".to_owned();
    let totals = match subject {
        Subject::StateOnly | Subject::Ours => {
            let store = SqliteStore::open(place.prepared.join("ours.db")).await?;
            let orders = Repository::<Order>::builder(store).build()?;
            if subject == Subject::Ours {
                Some(orders.load(&id).await?.totals)
            } else {
                let held = orders.create(id, Opened(Item::of_version(1)));
                assert_eq!(held.totals.items, 1);
                None
            }
        }
        // Its cache of pages is as large as that of the library's connection that writes.
        Subject::Bare => {
            let bare = bare_sqlite::open(&place.prepared.join("ours.db")).await?;
            Some(bare_sqlite::fold(
                &bare,
                &bare_sqlite::stream(&id),
                u64::MAX,
            )?)
        }
        Subject::Cqrs => {
            let pool = cqrs::sqlite::pool(&place.prepared.join("cqrs.db"), 10).await?;
            Some(
                cqrs::sqlite::store(pool)
                    .load_aggregate(&id)
                    .await?
                    .aggregate
                    .totals,
            )
        }
        _ => return Err(no_such(subject)),
    };
    let peak = peak_memory().ok_or("the system does not say how much memory a process has had")?;
    Ok(Sample {
        value: float(peak) / 1_048_576.0,
        peak_memory: Some(peak),
        checked: totals.map(|totals| order_of(events(place))(&totals)),
        ..Sample::default()
    })
}
