//! Values on their way into and out of columns: borrowed, without a copy, and checked.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{Timestamp, Version};

/// Microseconds from 1970 to 2000, where PostgreSQL's times begin.
const EPOCH: i64 = 946_684_800_000_000;

/// A column's bytes, whatever its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a>(pub(super) &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The bytes of a text: that they are UTF-8 was checked, or the server checks it.
impl ToSql for Raw<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

/// A time in a column of the type `timestamptz`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(i64);

impl Time {
    /// `None` beyond what the column can hold.
    pub(super) fn new(time: Timestamp) -> Option<Self> {
        // From 4714 BC to 294276.
        const FIRST: i64 = -211_813_488_000_000_000;
        const END: i64 = 9_223_371_331_200_000_000;
        let micros = time.unix_micros().checked_sub(EPOCH)?;
        (FIRST..END).contains(&micros).then_some(Self(micros))
    }

    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.saturating_add(EPOCH))
    }
}

impl<'a> FromSql<'a> for Time {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        i64::from_sql(&Type::INT8, raw).map(Self)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

impl ToSql for Time {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.0.to_sql(&Type::INT8, out)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

/// For SQL, held at the highest integer that it knows.
pub(super) fn from_u64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// For SQL. A version beyond [`Version::MAX`] is held there.
pub(super) fn from_version(version: Version) -> i64 {
    from_u64(version.get())
}

/// `None` if it is below 1.
pub(super) fn version(value: i64) -> Option<Version> {
    u64::try_from(value)
        .ok()
        .filter(|value| *value > 0)
        .map(Version::new)
}
