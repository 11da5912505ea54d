//! Reading every event of every stream in global order, from a SQLite file.

use std::time::Instant;

use eventsourcing::{EventStore as _, SqliteStore, store::ReadAll};

use super::{Kind, Place, Workload, no_such};
use crate::{
    Result,
    sample::{Checked, Sample, float, peak_memory},
    subjects::{Subject, bare_sqlite},
};

const STREAMS: u64 = 10_000;

pub(super) fn workload() -> Workload {
    Workload {
        name: "global".to_owned(),
        title: format!("a read of 1,000,000 events of {STREAMS} streams in global order, SQLite"),
        kind: Kind::Global,
        subjects: vec![Subject::Bare, Subject::Ours],
    }
}

fn events_each(place: &Place) -> u64 {
    place.size(100, 2)
}

pub(super) async fn prepare(place: &Place) -> Result {
    let bare = bare_sqlite::open(&place.prepared.join("events.db")).await?;
    bare_sqlite::fill(&bare, STREAMS, events_each(place))
}

/// What a reader was shown: of each stream the last version.
#[derive(Debug)]
struct Seen {
    last: Vec<u64>,
    checked: Checked,
}

impl Seen {
    fn show(&mut self, stream: &str, version: u64) -> Result {
        let id = stream
            .strip_prefix("order/")
            .ok_or("a stream of another category")?;
        let last = self
            .last
            .get_mut(id.parse::<usize>()?)
            .ok_or("a stream that was not stored")?;
        self.checked.skipped += version.saturating_sub(*last + 1);
        self.checked.doubled += u64::from(version <= *last);
        *last = version;
        Ok(())
    }
}

pub(super) async fn measure(subject: Subject, place: &Place) -> Result<Sample> {
    let path = place.prepared.join("events.db");
    let mut seen = Seen {
        last: vec![0; usize::try_from(STREAMS)?],
        checked: Checked::default(),
    };
    let took = match subject {
        Subject::Bare => {
            let bare = bare_sqlite::open(&path).await?;
            let mut statement = bare.prepare(
                "SELECT position, version, id, name, event_version, codec, commit_id, recorded_at, payload, metadata,
                    stream FROM events ORDER BY position",
            )?;
            let begun = Instant::now();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                std::hint::black_box(row.get_ref(8)?.as_bytes()?);
                seen.show(row.get_ref(10)?.as_str()?, row.get(1)?)?;
            }
            begun.elapsed()
        }
        Subject::Ours => {
            let store = SqliteStore::open(&path).await?;
            let begun = Instant::now();
            let mut read = ReadAll::default();
            loop {
                let page = store.read_all(read.clone()).await?;
                for event in page.iter() {
                    std::hint::black_box(event.payload);
                    seen.show(event.stream, event.version.get())?;
                }
                read.after = page.last().map(|event| event.position).or(read.after);
                if !page.has_more() {
                    break;
                }
            }
            begun.elapsed()
        }
        _ => return Err(no_such(subject)),
    };
    let shown: u64 = seen.last.iter().sum();
    seen.checked.lost = (STREAMS * events_each(place)).saturating_sub(shown);
    Ok(Sample {
        value: float(shown) / took.as_secs_f64(),
        peak_memory: peak_memory(),
        checked: Some(seen.checked),
        ..Sample::default()
    })
}
