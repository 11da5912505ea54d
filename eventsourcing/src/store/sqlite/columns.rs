//! Columns of hostile rows: each value is checked for type, length and range, and nothing is copied.

use rusqlite::{Row, types::ValueRef};
use uuid::Uuid;

use super::errors::Sql;
use crate::{Timestamp, Version};

/// `None` if it is not an integer.
pub(super) fn integer(row: &Row<'_>, column: usize) -> Sql<Option<i64>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(value) => Some(value),
        _ => None,
    })
}

/// `None` if it is not an integer from 1.
pub(super) fn version(row: &Row<'_>, column: usize) -> Sql<Option<Version>> {
    let value = integer(row, column)?.and_then(|value| u64::try_from(value).ok());
    Ok(value.filter(|value| *value > 0).map(Version::new))
}

/// `None` if it is not an integer.
pub(super) fn time(row: &Row<'_>, column: usize) -> Sql<Option<Timestamp>> {
    Ok(integer(row, column)?.map(Timestamp::from_unix_micros))
}

/// `None` if it is not a text in UTF-8.
pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Sql<Option<&'r str>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    })
}

/// `None` if it is not a text, in whatever encoding.
pub(super) fn any_text<'r>(row: &'r Row<'_>, column: usize) -> Sql<Option<&'r [u8]>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) => Some(bytes),
        _ => None,
    })
}

/// `None` if it is neither a text nor a blob.
pub(super) fn bytes<'r>(row: &'r Row<'_>, column: usize) -> Sql<Option<&'r [u8]>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    })
}

/// `None` if it is not a blob of 16 bytes.
pub(super) fn uuid(row: &Row<'_>, column: usize) -> Sql<Option<Uuid>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok(),
        _ => None,
    })
}

/// For SQL. A version beyond [`Version::MAX`] is held there.
pub(super) fn from_version(version: Version) -> i64 {
    from_u64(version.get())
}

/// For SQL, held at the highest integer that it knows.
pub(super) fn from_u64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
