//! What is refused, and that what is accepted has the bytes it had without the check.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    marker::PhantomData,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::super::{Codec, Json};

fn encode<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    let mut bytes = Vec::new();
    Json.encode(value, &mut bytes)
        .map(|()| String::from_utf8(bytes).unwrap())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn refused<T: Serialize + ?Sized>(value: &T, why: &str) {
    let error = encode(value).unwrap_err();
    assert!(error.contains(why), "{error}");
}

/// Accepted, with the same bytes as without the check.
#[track_caller]
fn same_bytes<T: Serialize + ?Sized>(value: &T) -> String {
    let text = encode(value).unwrap();
    assert_eq!(text, serde_json::to_string(value).unwrap());
    text
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = same_bytes(value);
    assert_eq!(Json.decode::<T>(text.as_bytes()).unwrap(), *value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype<T>(T);
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Field<T> {
    field: T,
}
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Variants<T> {
    Unit,
    Newtype(T),
    Tuple(T, u8),
    Struct { field: T },
}

const LOST_SOME: &str = "can't tell `Some(None)` or `Some(())` from `None`";

#[test]
fn numbers_that_json_has_not() {
    struct FloatKey;
    impl Serialize for FloatKey {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(f64::NAN, 1)])
        }
    }
    refused(&f64::NAN, "JSON has no number NaN");
    refused(&f64::INFINITY, "JSON has no number inf");
    refused(&f32::NEG_INFINITY, "JSON has no number -inf");
    refused(&Some(f32::NAN), "no number");
    refused(
        &Field {
            field: [1.0, f64::NAN],
        },
        "no number",
    );
    refused(&Variants::Tuple(f64::NAN, 1), "no number");
    refused(&Variants::Struct { field: f64::NAN }, "no number");
    refused(&Variants::Newtype(f64::NAN), "no number");
    refused(&BTreeMap::from([(1, f64::NAN)]), "no number");
    refused(&Newtype((1_u8, f64::NAN)), "no number");
    refused(&FloatKey, "no number");
    comes_back(&(f64::MAX, f64::MIN_POSITIVE, f32::MIN, 0.1_f32, 5e-324_f64));
    assert_eq!(same_bytes(&-0.0_f64), "-0.0");
}

#[test]
fn options_that_json_has_not() {
    refused(&Some(None::<u8>), LOST_SOME);
    refused(&Some(()), LOST_SOME);
    refused(&Some(Unit), LOST_SOME);
    refused(&Some(PhantomData::<u8>), LOST_SOME);
    refused(&Some(Newtype(None::<u8>)), LOST_SOME);
    refused(&Some(Newtype(Newtype(()))), LOST_SOME);
    refused(
        &Some(Box::new(Cow::<'_, Option<u8>>::Owned(None))),
        LOST_SOME,
    );
    refused(&Some(Some(None::<u8>)), LOST_SOME);
    refused(
        &Field {
            field: Some(None::<u8>),
        },
        LOST_SOME,
    );
    refused(&[Some(())], LOST_SOME);
    refused(&BTreeMap::from([("a", Some(()))]), LOST_SOME);
    refused(&Some(Value::Null), LOST_SOME);
}

#[test]
fn options_that_json_has() {
    comes_back(&None::<Option<u8>>);
    comes_back(&Some(Some(1)));
    comes_back(&(None::<u8>, (), Unit));
    comes_back(&Some(Field { field: None::<u8> }));
    comes_back(&Some((None::<u8>, ())));
    comes_back(&Some(vec![None::<u8>]));
    comes_back(&Some(Variants::<Option<u8>>::Unit));
    comes_back(&Some(Variants::Newtype(None::<u8>)));
    comes_back(&Some(Variants::Tuple(None::<u8>, 1)));
    comes_back(&Some(Variants::Struct { field: None::<u8> }));
    comes_back(&Some(BTreeMap::from([("a".to_owned(), None::<u8>)])));
    comes_back(&Newtype(None::<u8>));
    comes_back(&Some("null".to_owned()));
}

fn nested(arrays: usize) -> Value {
    (0..arrays).fold(json!(1), |inner, _| json!([inner]))
}

#[test]
fn as_deep_as_it_is_read_and_no_deeper() {
    let deepest = usize::from(super::MAX_DEPTH);
    comes_back(&nested(deepest));
    refused(&nested(deepest + 1), "nested deeper than the 127 levels");
    let unchecked = serde_json::to_string(&nested(deepest + 1)).unwrap();
    assert!(Json.decode::<Value>(unchecked.as_bytes()).is_err());
}

/// Each shape around a value that is as deep as can be.
#[test]
fn each_shape_counts_what_it_writes() {
    #[track_caller]
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(
        levels: usize,
        around: impl Fn(Value) -> T,
    ) {
        let deepest = usize::from(super::MAX_DEPTH) - levels;
        comes_back(&around(nested(deepest)));
        let deeper = around(nested(deepest + 1));
        refused(&deeper, "nested deeper");
        let unchecked = serde_json::to_string(&deeper).unwrap();
        assert!(Json.decode::<T>(unchecked.as_bytes()).is_err());
    }
    check(0, Newtype);
    check(0, Some);
    check(1, |value| Field { field: value });
    check(1, |value| (value, 1));
    check(1, |value| vec![value]);
    check(1, |value| BTreeMap::from([("a".to_owned(), value)]));
    check(1, Variants::Newtype);
    check(2, |value| Variants::Tuple(value, 1));
    check(2, |value| Variants::Struct { field: value });
    // What is beside does not count.
    comes_back(&vec![nested(126), nested(126)]);
}

#[test]
fn bytes_are_an_array() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&[1, 2])
        }
    }
    struct Deep(usize);
    impl Serialize for Deep {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => Bytes.serialize(serializer),
                levels => serializer.collect_seq([Deep(levels - 1)]),
            }
        }
    }
    assert_eq!(same_bytes(&Bytes), "[1,2]");
    same_bytes(&Deep(126));
    refused(&Deep(127), "nested deeper");
}

#[test]
fn every_shape_has_the_bytes_it_had() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        One { value: Option<u8> },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        tagged: Tagged,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
    }
    comes_back(&(
        u64::MAX,
        i64::MIN,
        u128::MAX,
        i128::MIN,
        true,
        'ő',
        i8::MIN,
        u16::MAX,
    ));
    comes_back(&HashMap::from([(u128::MAX, "text".to_owned())]));
    comes_back(&BTreeMap::from([(true, vec!["a\"\n".to_owned()])]));
    comes_back(&BTreeMap::from([('k', Vec::<Unit>::new())]));
    comes_back(&[
        Variants::Unit,
        Variants::Newtype(1),
        Variants::Tuple(2, 3),
        Variants::Struct { field: 4 },
    ]);
    comes_back(&json!({"a": [1, -2.5, null, {"b": []}], "": {}}));
    comes_back(&std::time::Duration::from_millis(1_500));
    comes_back(&"127.0.0.1".parse::<std::net::Ipv4Addr>().unwrap());
    same_bytes(&format_args!("displayed {}", 1));
    let tagged = Tagged::One { value: None };
    comes_back(&Some(Flat {
        tagged,
        absent: None,
    }));
}

/// The shape that `RawValue` has for a serializer; the feature itself would change what `serde_json` does for everybody.
#[test]
fn private_structs_of_serde_json_are_no_level() {
    struct Raw(&'static str);
    impl Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            const NAME: &str = "$serde_json::private::RawValue";
            let mut raw = serializer.serialize_struct(NAME, 1)?;
            raw.serialize_field(NAME, self.0)?;
            raw.end()
        }
    }
    struct Deep(usize);
    impl Serialize for Deep {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => Raw("1").serialize(serializer),
                levels => serializer.collect_seq([Deep(levels - 1)]),
            }
        }
    }
    same_bytes(&Deep(127));
    same_bytes(&Some(Raw("[null]")));
    same_bytes(&Raw("null"));
    refused(&Some(Raw("null")), LOST_SOME);
    refused(&Some(Newtype(Raw("null"))), LOST_SOME);
}
