//! Whether a value comes back from its codec as it was.

use std::{any::type_name, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};

use super::lines::diff;
use crate::{
    aggregate::Aggregate,
    codec::{Codec, Format, Json},
    event::Event,
};

/// Writes a value with the codec that it is stored with, reads it back, and shows what was lost.
///
/// Its path is `eventsourcing::testing::assert_faithful`, with the feature `testing`. The value has to be `PartialEq` and `Debug`: it
/// is compared with what was read, and both are shown.
///
/// A state is tried with its own snapshot codec, an event with [`Json`]. If a repository sets others, or for a value that
/// is only a part of these, say which: [`assert_faithful_in`].
///
/// Worth a test for each state and event with types from other crates, or with serde attributes: what `#[serde(skip)]` or a
/// `Serialize` written by hand lose is lost in silence.
///
/// ```
/// use eventsourcing::{prelude::*, testing::assert_faithful};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct Weighed { grams: Option<f64> }
/// #[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
/// #[aggregate(id = u64, create(Weighed))]
/// struct Parcel { grams: f64 }
/// # impl ParcelHandlers for Parcel {
/// #     fn weighed(_: &u64, event: Weighed) -> Self { Parcel { grams: event.grams.unwrap_or(f64::NAN) } }
/// # }
///
/// assert_faithful(&Weighed { grams: Some(12.5) });
/// assert_faithful(&Parcel { grams: f64::NAN }); // bincode keeps it
/// ```
///
/// # Panics
///
/// If the value can't be written or read, or isn't the same, with a diff (`-` written, `+` read) and what to look for.
///
/// ```should_panic
/// # use eventsourcing::{prelude::*, testing::assert_faithful};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Clone, Debug, PartialEq, Serialize, Deserialize)]
/// # struct Weighed { grams: Option<f64> }
/// assert_faithful(&Weighed { grams: Some(f64::NAN) }); // panics: JSON has no number NaN
/// ```
#[track_caller]
pub fn assert_faithful<Kind, T: StoredAs<Kind>>(value: &T) {
    assert_faithful_in(T::Codec::default(), value);
}

/// As [`assert_faithful`], with this codec and for any value.
///
/// ```
/// use eventsourcing::{codec::Json, testing::assert_faithful_in};
///
/// assert_faithful_in(Json, &vec![Some(1), None]);
/// ```
///
/// # Panics
///
/// As [`assert_faithful`] does.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`&Json` would be one sign more in each test"
)]
pub fn assert_faithful_in<C: Codec, T>(codec: C, value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    if let Err(lost) = check(&codec, value) {
        panic!("`{}` in {}: {lost}", type_name::<T>(), C::NAME);
    }
}

/// What [`assert_faithful`] takes: events and states, told apart by `Kind`, which is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither an event nor an aggregate that can be compared",
    note = "derive `PartialEq` for it; for any other value there is `assert_faithful_in(Json, &value)`"
)]
pub trait StoredAs<Kind>: Serialize + DeserializeOwned + PartialEq + Debug {
    /// The codec that it is stored with.
    type Codec: Codec + Default;
}

/// An event.
#[derive(Debug)]
pub enum AnEvent {}

/// A state, in snapshots.
#[derive(Debug)]
pub enum AState {}

impl<E: Event + PartialEq> StoredAs<AnEvent> for E {
    type Codec = Json;
}

impl<A: Aggregate + PartialEq> StoredAs<AState> for A {
    type Codec = A::SnapshotCodec;
}

fn check<C: Codec, T>(codec: &C, value: &T) -> Result<(), String>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut bytes = Vec::new();
    codec
        .encode(value, &mut bytes)
        .map_err(|error| format!("can't be written: {error}"))?;
    let read: T = codec.decode(&bytes).map_err(|error| {
        let suspects = suspects(C::FORMAT);
        format!("is written but can't be read back: {error}\nlook for {suspects}\nin {value:#?}")
    })?;
    // Not equal to itself: there is a NaN in it.
    #[expect(clippy::eq_op, reason = "a NaN isn't")]
    let is_comparable = value == value;
    let (written, read_back) = (format!("{value:#?}"), format!("{read:#?}"));
    if *value == read || (!is_comparable && written == read_back) {
        return Ok(());
    }
    let suspects = suspects(C::FORMAT);
    let lost =
        diff(&written, &read_back).unwrap_or_else(|| format!("(both are shown as)\n{written}"));
    Err(format!(
        "is not read back as it was written (- written, + read):\n{lost}\nlook there for {suspects}"
    ))
}

/// What usually loses a value in formats of this kind.
fn suspects(format: Format) -> &'static str {
    match format {
        Format::SelfDescribing => {
            "`#[serde(skip)]`, `default`, `untagged`, and `Serialize` or `#[serde(with)]` that writes less than is read"
        }
        Format::Positional | Format::Unstated => {
            "`#[serde(skip)]`, `skip_serializing_if`, `flatten`, `untagged`, and `Serialize` or `#[serde(with)]` that writes \
             less than is read; `Json` keeps more of these (`#[aggregate(snapshot_codec = eventsourcing::codec::Json)]`)"
        }
    }
}
