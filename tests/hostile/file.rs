//! Rows that were written into the file behind the store's back: its columns are what SQLite lets anybody write there.

use std::{convert::Infallible, path::Path};

use bytes::Bytes;
use eventsourcing::{
    ErrorKind, StreamId,
    codec::Codec,
    prelude::*,
    snapshot::SnapshotRow,
    store::{ReadAll, ReadStream},
};
use fastrand::Rng;
use futures_util::StreamExt as _;
use rusqlite::types::Value;

use crate::{
    damage::hostile,
    decoders::{encode, hostile_row, id, runtime},
    run::{Decode, Decoded, MOST_TIME},
    values::{Began, Changed, Parcel, rich, riches},
};

/// Loads through a hostile row of the table of snapshots.
pub(crate) fn snapshots(codec: impl Codec) -> impl Decode {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("hostile.db");
    let runtime = runtime();
    let valid: Vec<_> = riches()
        .into_iter()
        .map(|rich| {
            encode(
                &codec,
                &Parcel {
                    rich,
                    changes: Vec::new(),
                },
            )
        })
        .collect();
    let (parcels, row, state) = runtime.block_on(async {
        let store = SqliteStore::open(&path).await.expect("a new file opens");
        let parcels = Repository::<Parcel>::builder(store)
            .snapshot_codec(codec)
            .build();
        let parcels = parcels.expect("valid settings");
        let mut root = parcels.create(id(), Began { rich: rich(3) });
        parcels
            .save(&mut root)
            .await
            .expect("the samples can be saved");
        let snapshot = parcels
            .create_snapshot(&root)
            .await
            .expect("and be a snapshot");
        (
            parcels.clone(),
            snapshot.row().clone(),
            root.state().clone(),
        )
    });
    let columns = rusqlite::Connection::open(&path).expect("the file opens");
    columns
        .execute_batch("PRAGMA synchronous = OFF")
        .expect("a pragma");
    let mut hits = 0;
    move |rng| {
        let _keep = &folder;
        let bytes = Bytes::from(hostile(rng, &valid));
        let (hostile, is_wrapped) = hostile_row(rng, &row, bytes);
        write(&columns, &hostile);
        let column = ["last_event", "created_at", "checksum", "state"][rng.usize(..4)];
        let mangled = rng.u8(..4) == 0 && mangle(&columns, rng, column);
        let loaded = runtime.block_on(parcels.load(id()));
        let loaded = loaded.map_err(|error| format!("a snapshot failed a load: {error:?}"))?;
        let before = std::mem::replace(&mut hits, parcels.snapshot_stats().hits);
        let hit = hits > before;
        if !(is_wrapped && hit && !mangled) && *loaded.state() != state {
            return Err(format!(
                "loaded another state, {}",
                if hit { "by a damaged row" } else { "by replay" }
            ));
        }
        Ok(if hit {
            Decoded::Value
        } else {
            Decoded::Refused
        })
    }
}

#[expect(
    clippy::cast_possible_wrap,
    reason = "the store keeps the checksum's bits"
)]
fn write(columns: &rusqlite::Connection, row: &SnapshotRow) {
    let sql = "UPDATE snapshots SET version = ?1, last_event = ?2, created_at = ?3, checksum = ?4, state = ?5";
    let version = i64::try_from(row.version.get()).expect("a small version");
    let parameters = rusqlite::params![
        version,
        row.last_event.as_bytes(),
        row.created_at.unix_micros(),
        row.checksum as i64,
        row.state.as_deref(),
    ];
    let mut statement = columns.prepare_cached(sql).expect("the columns are there");
    statement.execute(parameters).expect("the row is written");
}

/// Puts a value of any type into a column. False if the table refused it.
fn mangle(columns: &rusqlite::Connection, rng: &mut Rng, column: &str) -> bool {
    let sql = format!("UPDATE snapshots SET {column} = ?1");
    let mut statement = columns.prepare_cached(&sql).expect("the column is there");
    statement.execute([value(rng)]).is_ok()
}

fn value(rng: &mut Rng) -> Value {
    match rng.u8(..6) {
        0 => Value::Null,
        1 => Value::Integer(rng.i64(..)),
        2 => Value::Real(f64::from_bits(rng.u64(..))),
        3 => Value::Text("\u{0}ő".repeat(rng.usize(..100))),
        4 => Value::Blob(vec![rng.u8(..); rng.usize(..40)]),
        _ => Value::Blob(Vec::new()),
    }
}

const COLUMNS: [&str; 11] = [
    "position",
    "stream",
    "version",
    "id",
    "name",
    "event_version",
    "codec",
    "commit_id",
    "recorded_at",
    "payload",
    "metadata",
];
/// What a column that holds numbers, or texts, could hold instead.
const NUMBERS: [i64; 8] = [i64::MIN, -1, 0, 1, 2, 1 << 32, i64::MAX - 1, i64::MAX];
const TEXTS: [&str; 12] = [
    "",
    "json",
    "bincode",
    "postcard",
    "json+zstd",
    "json+zstd+zstd+zstd+zstd+zstd+zstd+zstd+zstd+zstd",
    "+",
    "Began",
    "Changed",
    "Over",
    "parcel/",
    "{\"a\":",
];

/// Reads streams of four events, one of which is hostile in any of its columns, in every way there is to read them.
pub(crate) fn events(codec: impl Codec) -> impl Decode {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("hostile.db");
    let runtime = runtime();
    let (store, parcels) = runtime.block_on(async {
        let store = SqliteStore::open(&path).await.expect("a new file opens");
        let parcels = Repository::<Parcel>::builder(store.clone())
            .event_codec(codec)
            .build()
            .expect("valid settings");
        let mut root = parcels.create(id(), Began { rich: rich(1) });
        for n in 0..3 {
            root.record(changed(n));
        }
        parcels
            .save(&mut root)
            .await
            .expect("the samples can be saved");
        (store, parcels)
    });
    let rows = Rows::open(&path);
    let reads = Reads { store, parcels };
    move |rng| {
        let _keep = &folder;
        let mangled = rows.replace(rng);
        let done = async { tokio::time::timeout(MOST_TIME, reads.all(rng, &mangled)).await };
        let done = runtime.block_on(done);
        done.unwrap_or_else(|_| Err("no answer".into()))
    }
}

fn changed(n: u32) -> Changed {
    Changed {
        rich: rich(n),
        by: Some("Ada".into()),
    }
}

/// The table of events, from outside.
struct Rows {
    table: rusqlite::Connection,
    payloads: Vec<Vec<u8>>,
}

impl Rows {
    fn open(path: &Path) -> Self {
        let table = rusqlite::Connection::open(path).expect("the file opens");
        table
            .execute_batch(
                "PRAGMA synchronous = OFF; CREATE TEMP TABLE sound AS SELECT * FROM events;",
            )
            .expect("a copy of the rows");
        let mut statement = table
            .prepare("SELECT CAST(payload AS BLOB) FROM sound")
            .expect("the payloads");
        let payloads = statement
            .query_map([], |row| row.get(0))
            .expect("the payloads")
            .collect::<Result<_, _>>()
            .expect("the payloads");
        drop(statement);
        Self { table, payloads }
    }

    /// The sound rows, one of which is then made hostile; says in which columns.
    fn replace(&self, rng: &mut Rng) -> Vec<&'static str> {
        let table = &self.table;
        table
            .execute_batch(
                "BEGIN IMMEDIATE; DELETE FROM events; DELETE FROM sqlite_sequence;
                INSERT INTO events SELECT * FROM sound;",
            )
            .expect("the sound rows");
        let bad = rng.usize(1..=self.payloads.len());
        let mut mangled = Vec::new();
        if rng.bool() {
            let payload = Value::Blob(hostile(rng, &self.payloads));
            mangled.extend(self.set(rng, bad, "payload", &payload));
        }
        for _ in 0..rng.usize(..3) {
            let column = COLUMNS[rng.usize(..COLUMNS.len())];
            let value = match rng.u8(..4) {
                0 => Value::Integer(NUMBERS[rng.usize(..NUMBERS.len())]),
                1 => Value::Text(TEXTS[rng.usize(..TEXTS.len())].to_owned()),
                2 if rng.u8(..) == 0 => Value::Blob(vec![0; rng.usize(..8 << 20)]),
                2 => Value::Blob(hostile(rng, &self.payloads)),
                _ => value(rng),
            };
            mangled.extend(self.set(rng, bad, column, &value));
        }
        table.execute_batch("COMMIT").expect("the rows are stored");
        mangled
    }

    /// None if the table refused it. The row is known by its place, whatever became of its columns.
    fn set(
        &self,
        rng: &mut Rng,
        row: usize,
        column: &'static str,
        value: &Value,
    ) -> Option<&'static str> {
        // As a text, bytes needn't be UTF-8.
        let new = if matches!(value, Value::Blob(_)) && rng.bool() {
            "CAST(?1 AS TEXT)"
        } else {
            "?1"
        };
        let place = i64::try_from(row - 1).expect("a small number");
        let sql = format!(
            "UPDATE events SET {column} = {new}
            WHERE rowid = (SELECT rowid FROM events ORDER BY rowid LIMIT 1 OFFSET ?2)"
        );
        let mut statement = self.table.prepare_cached(&sql).expect("such a column");
        statement
            .execute(rusqlite::params![value, place])
            .is_ok()
            .then_some(column)
    }
}

/// All ways to read what is stored.
struct Reads {
    store: SqliteStore,
    parcels: Repository<Parcel>,
}

impl Reads {
    async fn all(&self, rng: &mut Rng, mangled: &[&str]) -> Result<Decoded, String> {
        self.one(rng).await?;
        match self.parcels.load(id()).await {
            Ok(_) => Ok(Decoded::Value),
            // Renamed to a discard, with bytes that are one, it is gone, and rightly.
            Err(error) if error.is_not_found() && !mangled.contains(&"name") => {
                Err(format!("{error}, of a stream with events"))
            }
            Err(error) => shown(error).map(|()| Decoded::Refused),
        }
    }

    async fn one(&self, rng: &mut Rng) -> Result<(), String> {
        let Self { store, parcels } = self;
        let stream = StreamId::of::<Parcel>(&id()).expect("a valid id");
        match rng.u8(..10) {
            0 => few(parcels
                .history(id())
                .take(MOST_ITEMS)
                .collect::<Vec<_>>()
                .await),
            1 => few(parcels.ids().take(MOST_ITEMS).collect::<Vec<_>>().await),
            2 => told(
                store
                    .read_stream(&stream, ReadStream::from(Version::ZERO))
                    .await,
            ),
            3 => told(store.read_stream(&stream, ReadStream::last()).await),
            4 => self.everything().await,
            5 => told(store.head(&stream).await),
            6 => told(parcels.contains(id()).await),
            7 => told(parcels.load_at(id(), rng.u64(..6)).await),
            8 => {
                let time = Timestamp::from_unix_micros(rng.i64(..));
                told(parcels.find_as_of(id(), time).await)
            }
            _ => {
                let change = |_: &Parcel| Ok::<_, Infallible>(changed(1));
                match parcels.execute(id(), change).await {
                    Ok(_) => Ok(()),
                    Err(CommandError::Failed(error)) => shown(error),
                }
            }
        }
    }

    /// Page by page, as a subscriber would.
    async fn everything(&self) -> Result<(), String> {
        let mut after = None;
        for _ in 0..MOST_ITEMS {
            let mut read = ReadAll::default();
            (read.after, read.limit) = (after, 2);
            match self.store.read_all(read).await {
                Err(error) => return shown(error),
                Ok(page) => match page.last() {
                    Some(last) => after = Some(last.position),
                    None => return Ok(()),
                },
            }
        }
        Err("four rows have no end".into())
    }
}

const MOST_ITEMS: usize = 20;

fn few<T>(items: Vec<eventsourcing::Result<T>>) -> Result<(), String> {
    if items.len() >= MOST_ITEMS {
        return Err("four rows have no end".into());
    }
    items.into_iter().try_for_each(told)
}

fn told<T>(outcome: eventsourcing::Result<T>) -> Result<(), String> {
    outcome.map_or_else(shown, |_| Ok(()))
}

/// Errors are shown to people: that must work too. A row that is wrong is no fault of the caller's settings.
#[expect(clippy::needless_pass_by_value, reason = "the end of it")]
fn shown(error: eventsourcing::Error) -> Result<(), String> {
    if format!("{error}{error:?}").is_empty() || error.kind() == &ErrorKind::InvalidConfiguration {
        return Err(format!("{error:?}"));
    }
    Ok(())
}
