//! What comes back, what is refused, and with which words.

use std::{collections::BTreeMap, fmt::Debug};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::*;

fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = b"before".to_vec();
    Postcard.encode(value, &mut bytes).unwrap();
    assert!(bytes.starts_with(b"before"));
    bytes.split_off(6)
}

fn error_of<T: DeserializeOwned + Debug>(bytes: &[u8]) -> String {
    Postcard.decode::<T>(bytes).unwrap_err().to_string()
}

fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(Postcard.decode::<T>(&encode(value)).unwrap(), *value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Link(Option<Box<Link>>);

#[test]
fn values_come_back() {
    same(&(
        u128::MAX,
        i128::MIN,
        -0.0_f64,
        f32::INFINITY,
        'ő',
        "text".to_owned(),
    ));
    same(&(
        Some(None::<u8>),
        Some(()),
        vec![Ok::<u8, String>(1), Err("no".into())],
    ));
    same(&BTreeMap::from([
        ("a".to_owned(), vec![Some(1_u64)]),
        ("b".to_owned(), vec![]),
    ]));
    same(&Link(Some(Box::new(Link(None)))));
    let nan: f64 = Postcard.decode(&encode(&f64::NAN)).unwrap();
    assert!(nan.is_nan());
}

#[test]
fn bytes_are_the_formats_own() {
    assert_eq!(
        encode(&(300_u32, Some(true), "ab")),
        [0xac, 2, 1, 1, 2, b'a', b'b']
    );
}

#[test]
fn a_recursive_type_cannot_overflow_the_stack() {
    let ones = vec![1; 1 << 20];
    assert_eq!(
        error_of::<Link>(&ones),
        "nested deeper than the limit of 128 levels"
    );
}

#[test]
fn elements_without_size_cannot_go_on_forever() {
    let mut many = encode(&(1_u64 << 40));
    many.resize(20, 0);
    assert_eq!(
        error_of::<Vec<()>>(&many),
        "more than 65556 elements, the limit for an input of this size"
    );
}

#[test]
fn what_is_no_value_is_an_error() {
    assert_eq!(error_of::<u8>(&[1, 2, 3]), "2 bytes are left over");
    error_of::<Vec<u64>>(&encode(&(1_u64 << 40)));
    error_of::<String>(&[3, b'a']);
    error_of::<String>(&[1, 0xff]);
    error_of::<Option<u8>>(&[2, 0]);
    error_of::<bool>(&[]);
}

#[test]
fn beyond_the_limit_nothing_is_written_or_read() {
    let most = "x".repeat(LIMIT - 4);
    let bytes = encode(&most);
    assert_eq!(bytes.len(), LIMIT);
    assert!(Postcard.decode::<String>(&bytes).is_ok());
    let more = (most, 1_u8);
    let limit = "67108865 bytes, more than the limit of 67108864";
    let error = Postcard.encode(&more, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), limit);
    assert_eq!(error_of::<String>(&[bytes, vec![0]].concat()), limit);
}

#[test]
fn what_has_no_length_cannot_be_written() {
    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    let rest = [("a".to_owned(), 1)].into();
    assert!(Postcard.encode(&Flat { rest }, &mut Vec::new()).is_err());
}
