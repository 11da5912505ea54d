//! The types of other crates that the crate knows. The names are hashed: never change one.

use super::{Describer, Schema, description::Shape, known::known};

known! {
    "Uuid": [] uuid::Uuid, ();
    "Timestamp": [] crate::Timestamp, ();
    "Version": [] crate::Version, ();
}

#[cfg(feature = "chrono")]
known! {
    "chrono::DateTime<Utc>": [] chrono::DateTime<chrono::Utc>, ();
    "chrono::DateTime<FixedOffset>": [] chrono::DateTime<chrono::FixedOffset>, ();
    "chrono::NaiveDateTime": [] chrono::NaiveDateTime, ();
    "chrono::NaiveDate": [] chrono::NaiveDate, ();
    "chrono::NaiveTime": [] chrono::NaiveTime, ();
    "chrono::TimeDelta": [] chrono::TimeDelta, ();
    "chrono::Weekday": [] chrono::Weekday, ();
    "chrono::Month": [] chrono::Month, ();
}

#[cfg(feature = "time")]
known! {
    "time::OffsetDateTime": [] time::OffsetDateTime, ();
    "time::UtcDateTime": [] time::UtcDateTime, ();
    "time::PrimitiveDateTime": [] time::PrimitiveDateTime, ();
    "time::Date": [] time::Date, ();
    "time::Time": [] time::Time, ();
    "time::UtcOffset": [] time::UtcOffset, ();
    "time::Duration": [] time::Duration, ();
    "time::Weekday": [] time::Weekday, ();
    "time::Month": [] time::Month, ();
}

#[cfg(feature = "rust_decimal")]
known! {
    "rust_decimal::Decimal": [] rust_decimal::Decimal, ();
}

#[cfg(feature = "serde_json")]
known! {
    "serde_json::Value": [] serde_json::Value, ();
    "serde_json::Map": [] serde_json::Map<String, serde_json::Value>, ();
    "serde_json::Number": [] serde_json::Number, ();
}
