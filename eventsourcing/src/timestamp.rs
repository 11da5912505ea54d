//! `Timestamp`: UTC microseconds; and the clocks that tell it.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, PrimitiveDateTime};

/// A point in time: microseconds since 1970-01-01 00:00:00 UTC, without leap seconds.
///
/// Converts from and to `std::time::SystemTime` and `time::OffsetDateTime`; from and to
/// `chrono::DateTime<Utc>` with the feature `chrono`. Finer times are cut down to the microsecond
/// that has begun.
///
/// ```
/// use eventsourcing::Timestamp;
///
/// let then = Timestamp::from_unix_micros(1_705_314_645_123_456);
/// assert_eq!(then.to_string(), "2024-01-15 10:30:45.123456+00:00");
/// ```
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// This many microseconds after 1970-01-01 00:00:00 UTC (before it, if negative).
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds after 1970-01-01 00:00:00 UTC.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Now, by the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }
}

/// As `YYYY-MM-DD HH:MM:SS.ffffff+00:00`; beyond the year 9999, as microseconds since 1970.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000) {
            Ok(t) => write!(
                f,
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00:00",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second(),
                t.microsecond()
            ),
            Err(_) => write!(f, "{} µs since 1970", self.0),
        }
    }
}

/// Times outside of ±292,000 years are held at the end of that range.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => micros(after),
            Err(before) => {
                let before = before.duration();
                // Round towards the past, as after 1970.
                let rest = i64::from(before.subsec_nanos() % 1_000 != 0);
                (-micros(before)).saturating_sub(rest)
            }
        })
    }
}

/// Times that the platform can't represent are held at 1970.
impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_micros(time.0.unsigned_abs());
        let moved = if time.0 >= 0 {
            UNIX_EPOCH.checked_add(distance)
        } else {
            UNIX_EPOCH.checked_sub(distance)
        };
        moved.unwrap_or(UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        let micros = time.unix_timestamp_nanos().div_euclid(1_000);
        Self(i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX }))
    }
}

/// Times beyond the years ±9999 are held at the ends of that range.
impl From<Timestamp> for OffsetDateTime {
    fn from(time: Timestamp) -> Self {
        let end = if time.0 < 0 {
            PrimitiveDateTime::MIN
        } else {
            PrimitiveDateTime::MAX
        };
        Self::from_unix_timestamp_nanos(i128::from(time.0) * 1_000).unwrap_or(end.assume_utc())
    }
}

#[cfg(feature = "chrono")]
impl From<chrono::DateTime<chrono::Utc>> for Timestamp {
    fn from(time: chrono::DateTime<chrono::Utc>) -> Self {
        Self(time.timestamp_micros())
    }
}

/// Times beyond what `chrono` can represent are held at its ends.
#[cfg(feature = "chrono")]
impl From<Timestamp> for chrono::DateTime<chrono::Utc> {
    fn from(time: Timestamp) -> Self {
        Self::from_timestamp_micros(time.0).unwrap_or(if time.0 < 0 {
            Self::MIN_UTC
        } else {
            Self::MAX_UTC
        })
    }
}

/// What tells the time. Stores stamp events by theirs, a repository stamps snapshots by its own.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The system's clock: the default everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is set: for tests.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: Timestamp) -> Self {
        Self(AtomicI64::new(time.unix_micros()))
    }

    /// Sets it, forwards or backwards.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.unix_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_agree_and_hold_at_their_ends() {
        for micros in [0, 1, -1, 1_705_314_645_123_456, -62_135_596_800_000_000] {
            let t = Timestamp::from_unix_micros(micros);
            assert_eq!(Timestamp::from(SystemTime::from(t)), t);
            assert_eq!(Timestamp::from(OffsetDateTime::from(t)), t);
            #[cfg(feature = "chrono")]
            assert_eq!(Timestamp::from(chrono::DateTime::from(t)), t);
        }
        // Cut down to the microsecond that has begun, before 1970 too.
        let before = UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(Timestamp::from(before).unix_micros(), -1);
        assert_eq!(OffsetDateTime::from(Timestamp(i64::MAX)).year(), 9999);
        assert_eq!(OffsetDateTime::from(Timestamp(i64::MIN)).year(), -9999);
        assert_eq!(
            Timestamp(i64::MIN).to_string(),
            format!("{} µs since 1970", i64::MIN)
        );
    }
}
