//! Types that come with the crate: which of their values a codec loses, and what can be the key of a map.

use super::{
    Unfaithful, Walk,
    forms::{Form, Way},
};
use crate::{
    codec::Format,
    schema::description::{Body, Shape, Tagging},
};

/// What is written as a text whatever its value, and read from one.
const TEXTS: [&str; 16] = [
    "String",
    "char",
    "PathBuf",
    "Uuid",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "SocketAddr",
    "SocketAddrV4",
    "SocketAddrV6",
    "chrono::DateTime<Utc>",
    "chrono::NaiveDateTime",
    "chrono::NaiveDate",
    "chrono::NaiveTime",
    "chrono::Weekday",
    "chrono::Month",
];

/// What has no type arguments, and can't be a key all the same. What the types of `time` are written as is decided by a
/// feature that can't be seen from here; only its names of days and months are texts or numbers with and without it.
fn is_never_key(name: &str) -> bool {
    let is_other = matches!(
        name,
        "()" | "PhantomData"
            | "Duration"
            | "SystemTime"
            | "OsString"
            | "CString"
            | "chrono::TimeDelta"
    );
    let is_named = matches!(name, "time::Weekday" | "time::Month");
    let is_of_time = name.starts_with("time::") && !is_named;
    is_other || is_of_time || name.starts_with("serde_json::")
}

impl Walk<'_> {
    /// What a codec of this format loses of the values of a type, or can't read.
    pub(super) fn known(&self, name: &str, arguments: &[Shape]) -> Result<(), Unfaithful> {
        if matches!(name, "Mutex" | "RwLock") || name.starts_with("Atomic") {
            return self.refuse(format!(
                "what a `{name}` holds is changed through every clone that shares it, so that what a handler does to one state is done to its copies as well: keep the value itself, or accept that with `#[schema(trusted)]`"
            ));
        }
        if name == "RangeInclusive" {
            return self.refuse(
                "a `RangeInclusive` that was walked to its end is written as one that holds its last value: keep a `Range`, or the two ends, or accept that with `#[schema(trusted)]`",
            );
        }
        if matches!(name, "SocketAddr" | "SocketAddrV6") {
            return self.refuse(format!(
                "`{name}` is written without the flow and the scope of an IPv6 address: keep an `IpAddr` and a port, or accept that with `#[schema(trusted)]`"
            ));
        }
        if name == "chrono::DateTime<FixedOffset>" {
            return self.refuse(
                "a `DateTime<FixedOffset>` is written without the seconds of its offset, which moves the instant: keep a `DateTime<Utc>`, or accept that with `#[schema(trusted)]`",
            );
        }
        if self.is_positional() && name.starts_with("serde_json::") {
            return self.refuse(format!(
                "`{name}` is read by what its bytes say, which a positional codec's don't: use `Json`, or store it as a text"
            ));
        }
        if self.is_positional() && name == "rust_decimal::Decimal" {
            return self.refuse(
                "a `Decimal` is read by what its bytes say, which a positional codec's don't: use `Json`, or store it as a text (`#[serde(with = \"rust_decimal::serde::str\")]` and `#[schema(opaque = \"decimal-text\")]`), or, with its feature `serde-str`, accept it with `#[schema(trusted)]`",
            );
        }
        #[cfg(feature = "rust_decimal")]
        if name == "rust_decimal::Decimal" && !is_decimal_exact() {
            return self.refuse(
                "a crate of this program enables `rust_decimal/serde-float`, by which a `Decimal` is written as a float and rounded: store it as a text (`#[serde(with = \"rust_decimal::serde::str\")]` and `#[schema(opaque = \"decimal-text\")]`), or accept that with `#[schema(trusted)]`",
            );
        }
        if self.format == Format::SelfDescribing {
            self.self_described(name, arguments)?;
        }
        Ok(())
    }

    /// What a self-describing codec can't write as a key, and what serde can't read from a buffer.
    fn self_described(&self, name: &str, arguments: &[Shape]) -> Result<(), Unfaithful> {
        let is_wide = matches!(name, "u128" | "i128" | "NonZeroU128" | "NonZeroI128");
        if self.is_buffered && is_wide {
            return self.refuse(format!(
                "inside `flatten` and `tag` a `{name}` beyond 64 bits can't be read: store it as a text, or leave out what is around it"
            ));
        }
        if self.is_buffered && name == "f32" {
            return self.refuse(
                "inside `flatten` and `tag` an `f32` is read as an `f64` and rounded twice, which makes some of them others: use `f64`, or leave out what is around it",
            );
        }
        let Some(key) = arguments
            .first()
            .filter(|_| matches!(name, "BTreeMap" | "HashMap"))
        else {
            return Ok(());
        };
        if !self.is_key(key) {
            return self.refuse(
                "a key of a map is a text in a self-describing codec, which this isn't: use a list of pairs, or a positional codec such as `Postcard`, or accept that with `#[schema(trusted)]`",
            );
        }
        if self.is_buffered && !self.is_text(key) {
            return self.refuse(
                "inside `flatten` and `tag` the keys of a map are texts, and can't be read as anything else (numbers, truth values) than is known to be one: use `String`, or leave out what is around it, or accept that with `#[schema(trusted)]`",
            );
        }
        Ok(())
    }

    /// Whether a value of this shape is written as a text, or a number that can be one.
    fn is_key(&self, shape: &Shape) -> bool {
        self.both_ways(shape, |form| match form {
            Form::Shape(Shape::Tuple(_) | Shape::Array(..)) => false,
            // Those with arguments are lists, maps, ranges, options.
            Form::Shape(Shape::Known(name, arguments)) => {
                arguments.is_empty() && !is_never_key(name)
            }
            Form::Shape(_) => true,
            Form::Body(body) => is_name(body),
        })
    }

    /// Whether it is known that a value of this shape is written as a text.
    fn is_text(&self, shape: &Shape) -> bool {
        self.both_ways(shape, |form| match form {
            Form::Shape(Shape::Known(name, _)) => TEXTS.contains(name),
            Form::Shape(_) => false,
            Form::Body(body) => is_name(body),
        })
    }

    fn both_ways(&self, shape: &Shape, is: impl Fn(Form<'_>) -> bool) -> bool {
        [Way::Writing, Way::Reading]
            .into_iter()
            .all(|way| is(self.form(shape, way)))
    }
}

/// Whether a decimal is read as it was written. What it is written as is decided by features of its crate, which
/// any crate of a program can enable.
#[cfg(feature = "rust_decimal")]
fn is_decimal_exact() -> bool {
    let precise = rust_decimal::Decimal::from_i128_with_scale(i128::from(u64::MAX) << 24, 26);
    let read = serde_json::to_vec(&precise).and_then(|bytes| serde_json::from_slice(&bytes));
    read.is_ok_and(|read: rust_decimal::Decimal| read == precise)
}

/// Whether all that is written of it is the name of a variant.
fn is_name(body: &Body) -> bool {
    let Body::Enum(Tagging::External, variants) = body else {
        return false;
    };
    let mut variants = variants.iter();
    variants.all(|variant| variant.is_unit && !variant.is_untagged)
}
