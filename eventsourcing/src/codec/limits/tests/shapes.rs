//! Every shape of serde's data model but recursion and elements without size.
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::CString,
    fmt,
    hash::{BuildHasherDefault, DefaultHasher},
    net::IpAddr,
    num::NonZeroU16,
    time::Duration,
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};

/// A map that is printed in the same order every time.
type OrderedHashMap<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::codec) struct Unit;
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::codec) struct Newtype(i128);
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::codec) struct Pair(u8, String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::codec) enum Variants {
    Unit,
    Newtype(Newtype),
    Tuple(u8, Box<Pair>),
    Struct { id: u128, name: Option<String> },
    Empty {},
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::codec) struct Shapes {
    small: (bool, u8, i8, u16, i16, char),
    large: (u32, i32, u64, i64, u128, i128, usize, isize),
    floats: (f32, f64),
    text: (String, Box<str>, Cow<'static, str>),
    bytes: (Box<[u8]>, CString),
    unit: ((), Unit, Newtype, Pair),
    options: (Option<u8>, Option<Box<Option<Pair>>>, Option<Unit>),
    variants: Vec<Variants>,
    array: [u16; 3],
    tree_map: BTreeMap<u32, Vec<Option<Pair>>>,
    hash_map: OrderedHashMap<String, BTreeSet<char>>,
    result: Result<Duration, NonZeroU16>,
    address: IpAddr,
    range: std::ops::Range<u32>,
}

pub(in crate::codec) fn shapes() -> Shapes {
    let pair = || Pair(7, "seven".into());
    Shapes {
        small: (true, u8::MAX, i8::MIN, u16::MAX, i16::MIN, '🦀'),
        large: (
            u32::MAX,
            i32::MIN,
            u64::MAX,
            i64::MIN,
            u128::MAX,
            i128::MIN,
            usize::MAX,
            isize::MIN,
        ),
        floats: (f32::MIN_POSITIVE, -0.0),
        text: ("text".into(), "ő".into(), Cow::Borrowed("")),
        bytes: ([0, 255].into(), CString::new("bytes").unwrap()),
        unit: ((), Unit, Newtype(-1), pair()),
        options: (None, Some(Box::new(Some(pair()))), Some(Unit)),
        variants: vec![
            Variants::Unit,
            Variants::Newtype(Newtype(i128::MAX)),
            Variants::Tuple(1, Box::new(pair())),
            Variants::Struct {
                id: 1 << 100,
                name: Some("name".into()),
            },
            Variants::Empty {},
        ],
        array: [1, 2, 3],
        tree_map: [(1, vec![None, Some(pair())]), (2, vec![])].into(),
        hash_map: [("ab".to_owned(), ['a', 'b'].into())].into_iter().collect(),
        result: Ok(Duration::from_millis(1_500)),
        address: "::1".parse().unwrap(),
        range: 3..9,
    }
}

/// How many elements a sequence is said to have, none of which is read.
#[derive(Debug, PartialEq)]
pub(in crate::codec) struct Hint(pub(in crate::codec) Option<usize>);

impl<'de> Deserialize<'de> for Hint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(HintVisitor)
    }
}

struct HintVisitor;

impl<'de> Visitor<'de> for HintVisitor {
    type Value = Hint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Hint, A::Error> {
        Ok(Hint(elements.size_hint()))
    }
}
