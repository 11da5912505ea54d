//! Attacks are refused, the bounds are where they are said to be, and nothing else changes what decodes.
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, LinkedList},
    ffi::CString,
    fmt::Debug,
    hash::{BuildHasherDefault, DefaultHasher},
    marker::PhantomData,
    net::IpAddr,
    num::NonZeroU16,
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned, de::IgnoredAny};

use super::{super::Bincode, super::Codec, *};

type Outcome<T> = Result<T, String>;
/// A map that is printed in the same order every time.
type OrderedHashMap<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ 64 << 20 }>()
}

fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    Bincode.encode(value, &mut bytes).unwrap();
    bytes
}

fn whole<T>(read: (T, usize), bytes: &[u8]) -> Outcome<T> {
    let (value, read) = read;
    let rest = bytes.len() - read;
    if rest == 0 {
        Ok(value)
    } else {
        Err(format!("{rest} bytes are left over"))
    }
}

fn bounded<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    Bincode.decode(bytes).map_err(|error| error.to_string())
}

fn bounded_by<T: DeserializeOwned>(limits: &Limits, bytes: &[u8]) -> Outcome<T> {
    let seed = limits.bound(PhantomData::<T>);
    bincode::serde::seed_decode_from_slice(seed, bytes, config())
        .map_err(|error| error.to_string())
        .and_then(|read| whole(read, bytes))
}

fn unbounded<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    bincode::serde::decode_from_slice(bytes, config())
        .map_err(|error| error.to_string())
        .and_then(|read| whole(read, bytes))
}

fn error_of<T: DeserializeOwned + Debug>(bytes: &[u8]) -> String {
    bounded::<T>(bytes).unwrap_err()
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
enum Tree {
    Leaf,
    Node(Box<Tree>),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
enum Wide {
    Leaf,
    Tuple(u8, Box<Wide>),
    Struct { next: Box<Wide> },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Link(Option<Box<Link>>);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Person {
    children: Vec<Person>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct Folder(BTreeMap<u8, (u8, Folder)>);

#[test]
fn a_recursive_type_cannot_overflow_the_stack() {
    let ones = vec![1; 1 << 20];
    let nested = "nested deeper than the limit of 128 levels";
    for error in [
        error_of::<Tree>(&ones),
        error_of::<Wide>(&ones),
        error_of::<Link>(&ones),
        error_of::<Person>(&ones),
        error_of::<Folder>(&ones),
    ] {
        assert!(error.contains(nested), "{error}");
    }
}

#[test]
#[expect(clippy::zero_sized_map_values, reason = "the attack")]
fn elements_without_size_cannot_go_on_forever() {
    let mut many = encode(&(1_u64 << 40));
    many.resize(20, 0);
    let elements = "more than 65556 elements";
    for error in [
        error_of::<Vec<()>>(&many),
        error_of::<LinkedList<PhantomData<u8>>>(&many),
        error_of::<BTreeSet<()>>(&many),
        error_of::<BTreeMap<(), [(); 3]>>(&many),
        error_of::<(u64, Vec<()>)>(&[&[0], &many[..19]].concat()),
    ] {
        assert!(error.contains(elements), "{error}");
    }
    let several = encode(&vec![vec![(); 60_000]; 2]);
    assert!(error_of::<Vec<Vec<()>>>(&several).contains("elements"));
}

/// How often `level` can be repeated before `end` until it is too deep.
fn deepest<T: DeserializeOwned>(level: &[u8], end: &[u8]) -> usize {
    let decodes = |levels| bounded::<T>(&[&level.repeat(levels), end].concat()).is_ok();
    let deepest = (0..=MAX_DEPTH as usize + 1).take_while(|&levels| decodes(levels));
    deepest.count() - 1
}

#[test]
fn values_of_128_levels_decode_and_of_129_do_not() {
    assert_eq!(MAX_DEPTH, 128);
    assert_eq!(deepest::<Tree>(&[1], &[0]), 128);
    assert_eq!(deepest::<Wide>(&[1, 7], &[0]), 128);
    assert_eq!(deepest::<Wide>(&[2], &[0]), 128);
    // Newtype and `Some`; the innermost is a newtype and `None`.
    assert_eq!(deepest::<Link>(&[1], &[0]), 63);
    // Struct and sequence; newtype, map and tuple. The innermost sequence and map are empty.
    assert_eq!(deepest::<Person>(&[1], &[0]), 63);
    assert_eq!(deepest::<Folder>(&[1, 7, 7], &[0]), 42);
}

#[test]
fn depth_counts_what_a_value_is_in_and_not_what_is_beside_it() {
    let beside = vec![vec![Some(vec![Some(1_u8)])]; 500];
    assert_eq!(bounded(&encode(&beside)), Ok(beside));
}

#[test]
fn elements_without_size_decode_up_to_the_limit() {
    let most = vec![(); MAX_UNSIZED_ELEMENTS + 5];
    let bytes = encode(&most);
    assert_eq!(bytes.len(), 5);
    assert_eq!(bounded(&bytes), Ok(most));
    let one_more = encode(&vec![(); MAX_UNSIZED_ELEMENTS + 6]);
    assert_eq!(one_more.len(), 5);
    assert!(error_of::<Vec<()>>(&one_more).contains("more than 65541 elements"));
}

#[test]
fn elements_of_one_byte_are_never_too_many() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Inner {
        on: bool,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Outer {
        Unit,
        One(Inner),
        Two((), Option<()>),
    }
    const MANY: usize = 2 * MAX_UNSIZED_ELEMENTS;
    same(&vec![(((Inner { on: true },),),); MANY]);
    same(&vec![Vec::<u8>::new(); MANY]);
    same(&vec![vec![vec![Outer::Unit; 2]; 2]; MANY / 4]);
    same(&vec![Outer::One(Inner { on: false }); MANY]);
    same(&vec![Outer::Two((), Some(())); MANY]);
    same(
        &(0..200_u8)
            .map(|key| (key, vec![key; 2_000]))
            .collect::<BTreeMap<_, _>>(),
    );
}

#[test]
fn a_length_read_from_the_input_reserves_little() {
    #[derive(Debug)]
    struct Hint(Option<usize>);
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
    let hint = |length: u64| bounded::<Hint>(&encode(&length)).unwrap().0;
    assert_eq!(hint(1 << 40), Some(MAX_UNSIZED_ELEMENTS));
    assert_eq!(hint(3), Some(3));
    let few: Hint = bounded_by(&Limits::of_elements(2), &encode(&3_u64)).unwrap();
    assert_eq!(few.0, Some(2));
}

/// Decodes to the same value with and without bounds.
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let bytes = encode(value);
    assert!(
        unbounded::<T>(&bytes).is_ok_and(|decoded| decoded == *value),
        "{}",
        std::any::type_name::<T>()
    );
    let decoded = bounded::<T>(&bytes);
    assert!(
        decoded.as_ref() == Ok(value),
        "{}: {:?}",
        std::any::type_name::<T>(),
        decoded.err()
    );
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newtype(i128);
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pair(u8, String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Variants {
    Unit,
    Newtype(Newtype),
    Tuple(u8, Box<Pair>),
    Struct { id: u128, name: Option<String> },
    Empty {},
}

/// Every shape but recursion and elements without size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shapes {
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

fn shapes() -> Shapes {
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

#[test]
fn every_shape_decodes_to_the_same_value() {
    same(&shapes());
    same(&vec![shapes(); 40]);
    same(&Err::<(), _>(Some(shapes())));
    same(&HashMap::from(
        [(shapes().unit, shapes().variants)].map(|(_, value)| (1, value)),
    ));
    same(
        &(0..3_000)
            .map(|n| (n, n.to_string()))
            .collect::<HashMap<u32, _>>(),
    );
}

#[test]
fn text_and_bytes_are_still_borrowed() {
    type Borrowed<'a> = (&'a str, &'a [u8]);
    let bytes = encode(&("text", CString::new("bytes").unwrap()));
    let limits = Limits::of_input(bytes.len());
    let seed = limits.bound(PhantomData::<Borrowed<'_>>);
    let ((text, raw), _) = bincode::serde::seed_decode_from_slice(seed, &bytes, config()).unwrap();
    assert_eq!((text, raw), ("text", b"bytes".as_slice()));
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
    assert!(bytes.as_ptr_range().contains(&raw.as_ptr()));
}

#[test]
fn formats_that_describe_themselves_decode_to_the_same_value() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u64),
        Rest(BTreeMap<String, serde_json::Value>),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        id: Untagged,
        #[serde(flatten)]
        rest: Untagged,
    }
    fn check<T: DeserializeOwned + PartialEq + Debug>(text: &str) {
        let mut json = serde_json::Deserializer::from_str(text);
        let limits = Limits::of_input(text.len());
        let decoded = T::deserialize(limits.bound(&mut json)).unwrap();
        assert_eq!(decoded, serde_json::from_str::<T>(text).unwrap());
    }
    check::<Shapes>(&serde_json::to_string(&shapes()).unwrap());
    check::<serde_json::Value>(&serde_json::to_string(&shapes()).unwrap());
    check::<Flat>(r#"{"id": 1, "name": [null, {"nested": -1.5e3}]}"#);
    check::<IgnoredAny>(r#"{"unknown": [1, "two", {}]}"#);
    check::<Pair>(r#"[1, "text"]"#);
}

/// Damages `bytes` many times: how often they decoded, and how often `decode` and no bounds did not agree.
fn decode_damaged(decode: impl Fn(&[u8]) -> Outcome<Shapes>) -> (usize, usize) {
    let mut rng = fastrand::Rng::with_seed(128);
    let good = encode(&shapes());
    let (mut decoded, mut differences) = (0, 0);
    for _ in 0..6_000 {
        let mut bytes = good.clone();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..8) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, rng.u8(..)),
                2 => bytes[at] = rng.u8(250..),
                3 => bytes[at] = rng.u8(..3),
                4 => rng.fill(&mut bytes[at..]),
                _ => bytes[at] ^= 1 << rng.u8(..8),
            }
        }
        let expected = unbounded::<Shapes>(&bytes);
        decoded += usize::from(expected.is_ok());
        // Printed, since a damaged float may be NaN.
        let same = format!("{:?}", decode(&bytes)) == format!("{expected:?}");
        differences += usize::from(!same);
    }
    (decoded, differences)
}

#[test]
fn damaged_bytes_have_the_same_outcome() {
    let (decoded, differences) = decode_damaged(bounded);
    assert!((500..5_500).contains(&decoded), "{decoded} decoded");
    assert_eq!(differences, 0);
}

#[test]
fn the_check_of_damaged_bytes_finds_a_limit_that_is_too_low() {
    let (_, differences) = decode_damaged(|bytes| bounded_by(&Limits::of_elements(8), bytes));
    assert!(differences > 500, "{differences} differences");
}
