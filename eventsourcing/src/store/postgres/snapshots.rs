//! Snapshots in a table of their own.
//!
//! A damaged row is never an error here: what can't be read is replaced by a default, so that the row's checksum no longer
//! matches, and the caller can replay, and delete what it saw.

use bytes::Bytes;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{
    columns::{self, Raw},
    connection::{Parameter, Sql},
    errors::{Failure, Fate},
    read::category_range,
    shared::Shared,
};
use crate::{
    StreamId, Timestamp, Version,
    snapshot::{Fingerprint, Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow},
};

/// The rows of a key.
pub(super) const OF_KEY: &str =
    "stream = $1 AND schema_version = $2 AND fingerprint = $3 AND codec = $4";

/// The columns of a snapshot.
pub(super) const ROW: &str = "version, last_event, created_at, checksum, state";

/// The statements about snapshots.
#[derive(Debug)]
pub(super) struct Statements {
    save: String,
    newest: String,
    existing: String,
    other_keys: String,
    list: String,
    delete: String,
    prune: String,
    delete_category: String,
}

impl Statements {
    pub(super) fn new(schema: &str) -> Self {
        let (of_key, row) = (OF_KEY, ROW);
        Self {
            save: format!(
                "INSERT INTO {schema}.snapshots
                    (stream, schema_version, fingerprint, codec, version, last_event, created_at, checksum, state)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (stream, schema_version, fingerprint, codec, version) DO NOTHING RETURNING 1"
            ),
            newest: format!(
                "SELECT {row} FROM {schema}.snapshots WHERE {of_key} AND version <= $5
                ORDER BY version DESC LIMIT 1"
            ),
            existing: format!(
                "SELECT {row} FROM {schema}.snapshots WHERE {of_key} AND version = $5"
            ),
            other_keys: format!(
                "SELECT DISTINCT schema_version, fingerprint, codec FROM {schema}.snapshots
                WHERE stream = $1 AND version <= $2 ORDER BY schema_version, fingerprint, codec"
            ),
            list: format!(
                "SELECT schema_version, fingerprint, codec, version, created_at, checksum, octet_length(state)
                FROM {schema}.snapshots WHERE stream = $1 ORDER BY version, schema_version, fingerprint, codec"
            ),
            delete: format!(
                "DELETE FROM {schema}.snapshots WHERE {of_key} AND version = $5 AND created_at = $6 AND checksum = $7
                    AND octet_length(state) IS NOT DISTINCT FROM $8 RETURNING 1"
            ),
            prune: format!(
                "WITH gone AS (DELETE FROM {schema}.snapshots WHERE {of_key} AND version < $5 RETURNING 1)
                SELECT count(*) FROM gone"
            ),
            delete_category: format!(
                "WITH gone AS (
                    DELETE FROM {schema}.snapshots
                    WHERE stream >= $1 AND stream < $2 AND ($3::bigint IS NULL OR schema_version = $3) RETURNING 1
                ) SELECT count(*) FROM gone"
            ),
        }
    }
}

/// A key as SQL has it.
pub(super) struct KeyColumns<'a> {
    stream: &'a str,
    schema_version: i64,
    fingerprint: &'a [u8],
    codec: Raw<'a>,
}

impl<'a> KeyColumns<'a> {
    pub(super) fn new(key: &'a SnapshotKey) -> Self {
        Self {
            stream: key.stream.as_str(),
            schema_version: i64::from(key.schema_version),
            fingerprint: key.fingerprint.as_bytes(),
            codec: Raw(key.codec.as_bytes()),
        }
    }

    fn parameters(&self) -> [Parameter<'_>; 4] {
        [
            (&self.stream, Type::TEXT),
            (&self.schema_version, Type::INT8),
            (&self.fingerprint, Type::BYTEA),
            (&self.codec, Type::TEXT),
        ]
    }

    /// With more behind it.
    pub(super) fn and<'b>(
        &'b self,
        more: impl IntoIterator<Item = Parameter<'b>>,
    ) -> Vec<Parameter<'b>> {
        self.parameters().into_iter().chain(more).collect()
    }
}

pub(super) async fn save(shared: &Shared, row: &SnapshotRow) -> Result<SavedSnapshot, Failure> {
    let key = KeyColumns::new(&row.key);
    let version = columns::from_version(row.version);
    let (created_at, checksum) = (row.created_at.unix_micros(), row.checksum.cast_signed());
    let state = row.state.as_deref();
    let parameters = key.and([
        (&version as _, Type::INT8),
        (&row.last_event as _, Type::UUID),
        (&created_at as _, Type::INT8),
        (&checksum as _, Type::INT8),
        (&state as _, Type::BYTEA),
    ]);
    let statements = &shared.sql.snapshots;
    loop {
        let stored = shared
            .database
            .rows(Sql::Kept(&statements.save), &parameters)
            .await?;
        if !stored.is_empty() {
            return Ok(SavedSnapshot::Stored);
        }
        if let Some(existing) = find(
            shared,
            Sql::Once(&statements.existing),
            &row.key,
            row.version,
        )
        .await?
        {
            return Ok(SavedSnapshot::Existing(existing));
        }
        // Somebody has taken it away in between.
    }
}

pub(super) async fn newest(
    shared: &Shared,
    key: &SnapshotKey,
    at_most: Version,
) -> Result<Newest, Failure> {
    let statements = &shared.sql.snapshots;
    if let Some(row) = find(shared, Sql::Kept(&statements.newest), key, at_most).await? {
        return Ok(Newest::Found(row));
    }
    Ok(Newest::Absent(other_keys(shared, key, at_most).await?))
}

/// The other keys with a snapshot of the stream.
pub(super) async fn other_keys(
    shared: &Shared,
    key: &SnapshotKey,
    at_most: Version,
) -> Result<Vec<SnapshotKey>, Failure> {
    let statements = &shared.sql.snapshots;
    let at_most = columns::from_version(at_most);
    let parameters: [Parameter<'_>; 2] =
        [(&key.stream.as_str(), Type::TEXT), (&at_most, Type::INT8)];
    let rows = shared
        .database
        .rows(Sql::Once(&statements.other_keys), &parameters)
        .await?;
    let mut others = Vec::new();
    for row in &rows {
        let other = lenient_key(&key.stream, row);
        // Its own key can have been saved since the first look; damaged columns can make two keys alike.
        if other != *key && !others.contains(&other) {
            others.push(other);
        }
    }
    Ok(others)
}

async fn find(
    shared: &Shared,
    sql: Sql<'_>,
    key: &SnapshotKey,
    version: Version,
) -> Result<Option<SnapshotRow>, Failure> {
    let columns = KeyColumns::new(key);
    let version = columns::from_version(version);
    let parameters = columns.and([(&version as _, Type::INT8)]);
    let rows = shared.database.rows(sql, &parameters).await?;
    Ok(rows.first().map(|found| row(found, 0, key)))
}

/// The snapshot in the columns from `first` on.
pub(super) fn row(row: &Row, first: usize, key: &SnapshotKey) -> SnapshotRow {
    SnapshotRow {
        key: key.clone(),
        version: integer(row, first)
            .and_then(columns::version)
            .unwrap_or_default(),
        last_event: row.try_get(first + 1).unwrap_or(Uuid::nil()),
        created_at: Timestamp::from_unix_micros(integer(row, first + 2).unwrap_or_default()),
        checksum: integer(row, first + 3).unwrap_or_default().cast_unsigned(),
        state: row
            .try_get::<_, Option<&[u8]>>(first + 4)
            .unwrap_or_default()
            .map(Bytes::copy_from_slice),
    }
}

fn integer(row: &Row, column: usize) -> Option<i64> {
    row.try_get(column).ok()
}

pub(super) async fn list(shared: &Shared, stream: &StreamId) -> Result<Vec<SnapshotInfo>, Failure> {
    let parameters: [Parameter<'_>; 1] = [(&stream.as_str(), Type::TEXT)];
    let rows = shared
        .database
        .rows(Sql::Once(&shared.sql.snapshots.list), &parameters)
        .await?;
    let info = |row: &Row| SnapshotInfo {
        key: lenient_key(stream, row),
        version: integer(row, 3)
            .and_then(columns::version)
            .unwrap_or_default(),
        created_at: Timestamp::from_unix_micros(integer(row, 4).unwrap_or_default()),
        state_len: row
            .try_get::<_, Option<i32>>(6)
            .unwrap_or_default()
            .map(|length| usize::try_from(length).unwrap_or_default()),
        checksum: integer(row, 5).unwrap_or_default().cast_unsigned(),
    };
    Ok(rows.iter().map(info).collect())
}

/// The key in the first three columns.
fn lenient_key(stream: &StreamId, row: &Row) -> SnapshotKey {
    let schema_version = integer(row, 0).and_then(|value| u32::try_from(value).ok());
    let fingerprint = row.try_get::<_, &[u8]>(1).ok();
    let fingerprint = fingerprint.and_then(|bytes| bytes.try_into().ok());
    SnapshotKey {
        stream: stream.clone(),
        schema_version: schema_version.unwrap_or_default(),
        fingerprint: fingerprint.map(Fingerprint::from_bytes).unwrap_or_default(),
        codec: row.try_get(2).unwrap_or_default(),
    }
}

pub(super) async fn delete(shared: &Shared, info: &SnapshotInfo) -> Result<bool, Failure> {
    let key = KeyColumns::new(&info.key);
    let version = columns::from_version(info.version);
    let (created_at, checksum) = (info.created_at.unix_micros(), info.checksum.cast_signed());
    let length = info
        .state_len
        .map(|length| i32::try_from(length).unwrap_or(i32::MAX));
    let parameters = key.and([
        (&version as _, Type::INT8),
        (&created_at as _, Type::INT8),
        (&checksum as _, Type::INT8),
        (&length as _, Type::INT4),
    ]);
    let sql = Sql::Once(&shared.sql.snapshots.delete);
    // Asked again, it would say no of what it has removed itself.
    let until = shared.database.until();
    let gone = shared.database.rows_once(sql, &parameters, until).await;
    match gone {
        Ok(rows) => Ok(!rows.is_empty()),
        Err(failure) if failure.fate == Fate::Unknown => Err(failure.in_doubt()),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn prune(
    shared: &Shared,
    key: &SnapshotKey,
    before: Version,
) -> Result<u64, Failure> {
    let columns = KeyColumns::new(key);
    let before = columns::from_version(before);
    let parameters = columns.and([(&before as _, Type::INT8)]);
    count(shared, &shared.sql.snapshots.prune, &parameters).await
}

pub(super) async fn delete_category(
    shared: &Shared,
    category: &str,
    schema_version: Option<u32>,
) -> Result<u64, Failure> {
    let Some((from, to)) = category_range(category) else {
        return Ok(0);
    };
    let schema_version = schema_version.map(i64::from);
    let parameters: [Parameter<'_>; 3] = [
        (&from, Type::TEXT),
        (&to, Type::TEXT),
        (&schema_version, Type::INT8),
    ];
    count(shared, &shared.sql.snapshots.delete_category, &parameters).await
}

async fn count(shared: &Shared, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, Failure> {
    let rows = shared.database.rows(Sql::Once(sql), parameters).await?;
    let count = rows.first().and_then(|row| integer(row, 0));
    Ok(count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0))
}
