//! The reader reads what the crate writes and what the crate reads, and refuses what it refuses.
use std::{ffi::CString, fmt::Debug};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::*;
use crate::codec::limits::{MAX_UNSIZED_ELEMENTS, tests::shapes::Hint};

fn encode(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut bytes = Vec::new();
    Bincode.encode(value, &mut bytes).unwrap();
    bytes
}

/// What the crate itself decodes. Printed, since a float may be NaN.
fn by_the_crate<T: DeserializeOwned + Debug>(bytes: &[u8]) -> Option<String> {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let (value, read) = bincode::serde::decode_from_slice::<T, _>(bytes, config).ok()?;
    (read == bytes.len()).then(|| format!("{value:?}"))
}

/// How often this first byte and others behind it are read as a `T`. As often, and as the same, as by the crate.
fn read_behind<T: DeserializeOwned + Debug>(first: u8) -> usize {
    let mut read = 0;
    for others in 0..18 {
        for other in [0, 1, 0xbf, 0xff] {
            let bytes = [vec![first], vec![other; others]].concat();
            let decoded = Bincode.decode::<T>(&bytes).ok();
            let decoded = decoded.map(|value| format!("{value:?}"));
            let name = std::any::type_name::<T>();
            assert_eq!(decoded, by_the_crate::<T>(&bytes), "{name} of {bytes:?}");
            read += usize::from(decoded.is_some());
        }
    }
    read
}

macro_rules! read_by {
    ($first:ident: $($type:ty,)*) => {
        [$(read_behind::<$type>($first)),*]
    };
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
enum Either {
    One(u8),
    Other { text: String, more: Option<u16> },
}

#[test]
fn every_first_byte_is_read_as_by_the_crate() {
    let mut read = [0; 21];
    for first in 0..=u8::MAX {
        let each = read_by! { first:
            bool, char, u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, usize, isize, f32, f64,
            String, CString, (u16, char), Option<i32>, Either,
        };
        read.iter_mut()
            .zip(each)
            .for_each(|(sum, read)| *sum += read);
    }
    // Each of them can be read in several ways.
    assert!(read.iter().all(|&read| read > 1), "{read:?}");
}

#[test]
fn every_integer_comes_back() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(number: &T) {
        assert_eq!(Bincode.decode::<T>(&encode(number)).unwrap(), *number);
    }
    for bits in 0..128 {
        for number in [1_u128 << bits, (1 << bits) - 1, !(1 << bits), 250 << bits] {
            check(&number);
            check(&number.cast_signed());
            u64::try_from(number).iter().for_each(check);
            i64::try_from(number.cast_signed()).iter().for_each(check);
            u32::try_from(number).iter().for_each(check);
            i32::try_from(number.cast_signed()).iter().for_each(check);
            u16::try_from(number).iter().for_each(check);
            i16::try_from(number.cast_signed()).iter().for_each(check);
        }
    }
}

#[test]
fn the_limit_on_bytes_is_where_the_crate_has_it() {
    // Lengths count as eight bytes, and these integers as sixteen, though each takes one.
    for (length, fits) in [(LIMIT - 48, true), (LIMIT - 47, false)] {
        let bytes = encode(&("x".repeat(length), [1_u128; 2].as_slice()));
        let decoded = Bincode.decode::<(String, Vec<u128>)>(&bytes);
        assert_eq!(decoded.is_ok(), fits);
        assert_eq!(by_the_crate::<(String, Vec<u128>)>(&bytes).is_some(), fits);
    }
    for (length, fits) in [(LIMIT - 8, true), (LIMIT - 7, false)] {
        let bytes = encode(&"x".repeat(length));
        assert_eq!(Bincode.decode::<String>(&bytes).is_ok(), fits);
        assert_eq!(by_the_crate::<String>(&bytes).is_some(), fits);
    }
    let error = Bincode.decode::<String>(&encode(&"x".repeat(LIMIT)));
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "more than 67108864 bytes, the limit for a value");
}

#[test]
fn what_is_no_value_says_why() {
    fn error_of<T: DeserializeOwned + Debug>(bytes: &[u8]) -> String {
        Bincode.decode::<T>(bytes).unwrap_err().to_string()
    }
    assert_eq!(error_of::<u8>(&[1, 2, 3]), "2 bytes are left over");
    assert_eq!(
        error_of::<String>(&[3, b'a']),
        "the bytes end within a value"
    );
    assert_eq!(
        error_of::<u16>(&[252, 0, 0, 0, 0]),
        "an integer is larger than its type"
    );
    assert_eq!(
        error_of::<Option<u8>>(&[2, 0]),
        "2 where only 0 or 1 can stand"
    );
    assert!(error_of::<String>(&[1, 0xff]).starts_with("a text is not UTF-8: "));
    assert!(error_of::<Either>(&[7]).contains("variant index"));
    assert!(error_of::<serde_json::Value>(&[0]).contains("asks for that"));
}

#[test]
fn texts_and_bytes_are_borrowed() {
    let bytes = encode(&("text", CString::new("bytes").unwrap()));
    let mut reader = Reader::new(&bytes, LIMIT, 0);
    let (text, raw) = <(&str, &[u8])>::deserialize(reader.value()).unwrap();
    assert_eq!((text, raw), ("text", b"bytes".as_slice()));
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
    assert!(bytes.as_ptr_range().contains(&raw.as_ptr()));
}

#[test]
fn a_length_read_from_the_input_reserves_little() {
    let hint = |length: u64| Bincode.decode::<Hint>(&encode(&length)).unwrap().0;
    assert_eq!(hint(1 << 40), Some(MAX_UNSIZED_ELEMENTS));
    assert_eq!(hint(3), Some(3));
    let few: Hint = decode_within(2, &encode(&3_u64)).unwrap();
    assert_eq!(few.0, Some(2));
}
