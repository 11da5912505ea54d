//! For each codec with these limits: attacks are refused, the bounds are where they are said to be, and nothing else changes
//! what decodes.
pub(in crate::codec) mod shapes;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, LinkedList},
    fmt::Debug,
    marker::PhantomData,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use self::shapes::{Shapes, shapes};
use super::{super::Codec, *};

type Outcome<T> = Result<T, String>;

/// A codec, and the crate that its format is of.
trait Limited: Codec + Default {
    /// Whether errors are the crate's, in its words.
    const HAS_ITS_ERRORS: bool;

    /// With another limit on elements.
    fn decode_within<T: DeserializeOwned>(elements: usize, bytes: &[u8]) -> Outcome<T>;

    /// Without limits but on bytes.
    fn decode_unlimited<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T>;
}

#[cfg(feature = "bincode")]
impl Limited for crate::codec::Bincode {
    const HAS_ITS_ERRORS: bool = false;

    fn decode_within<T: DeserializeOwned>(elements: usize, bytes: &[u8]) -> Outcome<T> {
        crate::codec::bincode::decode_within(elements, bytes).map_err(|error| error.to_string())
    }

    fn decode_unlimited<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
        let config = ::bincode::config::standard().with_limit::<{ 64 << 20 }>();
        ::bincode::serde::decode_from_slice(bytes, config)
            .map_err(|error| error.to_string())
            .and_then(|(value, read)| whole(value, bytes.len() - read))
    }
}

#[cfg(feature = "postcard")]
impl Limited for crate::codec::Postcard {
    const HAS_ITS_ERRORS: bool = true;

    fn decode_within<T: DeserializeOwned>(elements: usize, bytes: &[u8]) -> Outcome<T> {
        crate::codec::postcard::decode_within(elements, bytes).map_err(|error| error.to_string())
    }

    fn decode_unlimited<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
        ::postcard::take_from_bytes(bytes)
            .map_err(|error| error.to_string())
            .and_then(|(value, rest)| whole(value, rest.len()))
    }
}

fn whole<T>(value: T, rest: usize) -> Outcome<T> {
    if rest == 0 {
        Ok(value)
    } else {
        Err(format!("{rest} bytes are left over"))
    }
}

fn encode<C: Limited>(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut bytes = Vec::new();
    C::default().encode(value, &mut bytes).unwrap();
    bytes
}

fn decode<C: Limited, T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    C::default()
        .decode(bytes)
        .map_err(|error| error.to_string())
}

fn error_of<C: Limited, T: DeserializeOwned + Debug>(bytes: &[u8]) -> String {
    decode::<C, T>(bytes).unwrap_err()
}

/// The tests of every codec.
macro_rules! of {
    ($($codec:ident $feature:literal: $name:ident),* $(,)?) => {$(
        #[cfg(feature = $feature)]
        mod $name {
            use crate::codec::$codec;

            of! { @ $codec:
                a_recursive_type_cannot_overflow_the_stack
                elements_without_size_cannot_go_on_forever
                values_of_128_levels_decode_and_of_129_do_not
                depth_counts_what_a_value_is_in_and_not_what_is_beside_it
                elements_without_size_decode_up_to_the_limit
                elements_of_one_byte_are_never_too_many
                every_shape_decodes_to_the_same_value
                damaged_bytes_have_the_same_outcome
                the_check_of_damaged_bytes_finds_a_limit_that_is_too_low
            }
        }
    )*};
    (@ $codec:ident: $($test:ident)*) => {$(
        #[test]
        fn $test() {
            super::$test::<$codec>();
        }
    )*};
}

of! {
    Bincode "bincode": bincode,
    Postcard "postcard": postcard,
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

fn a_recursive_type_cannot_overflow_the_stack<C: Limited>() {
    let ones = vec![1; 1 << 20];
    let nested = "nested deeper than the limit of 128 levels";
    for error in [
        error_of::<C, Tree>(&ones),
        error_of::<C, Wide>(&ones),
        error_of::<C, Link>(&ones),
        error_of::<C, Person>(&ones),
        error_of::<C, Folder>(&ones),
    ] {
        assert!(error.contains(nested), "{error}");
    }
}

#[expect(clippy::zero_sized_map_values, reason = "the attack")]
fn elements_without_size_cannot_go_on_forever<C: Limited>() {
    let mut many = encode::<C>(&(1_u64 << 40));
    many.resize(20, 0);
    let elements = "more than 65556 elements";
    for error in [
        error_of::<C, Vec<()>>(&many),
        error_of::<C, LinkedList<PhantomData<u8>>>(&many),
        error_of::<C, BTreeSet<()>>(&many),
        error_of::<C, BTreeMap<(), [(); 3]>>(&many),
        error_of::<C, (u64, Vec<()>)>(&[&[0], &many[..19]].concat()),
    ] {
        assert!(error.contains(elements), "{error}");
    }
    let several = encode::<C>(&vec![vec![(); 60_000]; 2]);
    assert!(error_of::<C, Vec<Vec<()>>>(&several).contains("elements"));
}

/// How often `level` can be repeated before `end` until it is too deep.
fn deepest<C: Limited, T: DeserializeOwned>(level: &[u8], end: &[u8]) -> usize {
    let decodes = |levels| decode::<C, T>(&[&level.repeat(levels), end].concat()).is_ok();
    let deepest = (0..=MAX_DEPTH as usize + 1).take_while(|&levels| decodes(levels));
    deepest.count() - 1
}

fn values_of_128_levels_decode_and_of_129_do_not<C: Limited>() {
    assert_eq!(MAX_DEPTH, 128);
    assert_eq!(deepest::<C, Tree>(&[1], &[0]), 128);
    assert_eq!(deepest::<C, Wide>(&[1, 7], &[0]), 128);
    assert_eq!(deepest::<C, Wide>(&[2], &[0]), 128);
    // Newtype and `Some`; the innermost is a newtype and `None`.
    assert_eq!(deepest::<C, Link>(&[1], &[0]), 63);
    // Struct and sequence; newtype, map and tuple. The innermost sequence and map are empty.
    assert_eq!(deepest::<C, Person>(&[1], &[0]), 63);
    assert_eq!(deepest::<C, Folder>(&[1, 7, 7], &[0]), 42);
}

fn depth_counts_what_a_value_is_in_and_not_what_is_beside_it<C: Limited>() {
    let beside = vec![vec![Some(vec![Some(1_u8)])]; 500];
    assert_eq!(decode::<C, _>(&encode::<C>(&beside)), Ok(beside));
}

fn elements_without_size_decode_up_to_the_limit<C: Limited>() {
    // Of which the length takes as many bytes.
    let length = encode::<C>(&MAX_UNSIZED_ELEMENTS).len();
    let limit = MAX_UNSIZED_ELEMENTS + length;
    let (most, more) = (vec![(); limit], vec![(); limit + 1]);
    let (most_bytes, more_bytes) = (encode::<C>(&most), encode::<C>(&more));
    assert_eq!((most_bytes.len(), more_bytes.len()), (length, length));
    assert_eq!(decode::<C, _>(&most_bytes), Ok(most));
    let refused = format!("more than {limit} elements");
    assert!(error_of::<C, Vec<()>>(&more_bytes).contains(&refused));
}

fn elements_of_one_byte_are_never_too_many<C: Limited>() {
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
    same::<C, _>(&vec![(((Inner { on: true },),),); MANY]);
    same::<C, _>(&vec![Vec::<u8>::new(); MANY]);
    same::<C, _>(&vec![vec![vec![Outer::Unit; 2]; 2]; MANY / 4]);
    same::<C, _>(&vec![Outer::One(Inner { on: false }); MANY]);
    same::<C, _>(&vec![Outer::Two((), Some(())); MANY]);
    same::<C, _>(
        &(0..200_u8)
            .map(|key| (key, vec![key; 2_000]))
            .collect::<BTreeMap<_, _>>(),
    );
}

/// Decodes to the same value with and without bounds.
fn same<C: Limited, T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let bytes = encode::<C>(value);
    assert!(
        C::decode_unlimited::<T>(&bytes).is_ok_and(|decoded| decoded == *value),
        "{}",
        std::any::type_name::<T>()
    );
    let decoded = decode::<C, T>(&bytes);
    assert!(
        decoded.as_ref() == Ok(value),
        "{}: {:?}",
        std::any::type_name::<T>(),
        decoded.err()
    );
}

fn every_shape_decodes_to_the_same_value<C: Limited>() {
    same::<C, _>(&shapes());
    same::<C, _>(&vec![shapes(); 40]);
    same::<C, _>(&Err::<(), _>(Some(shapes())));
    same::<C, _>(&HashMap::from([(1, shapes())]));
    same::<C, _>(
        &(0..3_000)
            .map(|n| (n, n.to_string()))
            .collect::<HashMap<u32, _>>(),
    );
}

/// Damages `bytes` many times: how often they decoded, and how often `decode` and no bounds did not agree.
fn decode_damaged<C: Limited>(decode: impl Fn(&[u8]) -> Outcome<Shapes>) -> (usize, usize) {
    let mut rng = fastrand::Rng::with_seed(128);
    let good = encode::<C>(&shapes());
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
        let expected = C::decode_unlimited::<Shapes>(&bytes);
        decoded += usize::from(expected.is_ok());
        // Printed, since a damaged float may be NaN.
        let printed = |outcome: Outcome<Shapes>| match outcome {
            Err(_) if !C::HAS_ITS_ERRORS => String::new(),
            outcome => format!("{outcome:?}"),
        };
        differences += usize::from(printed(decode(&bytes)) != printed(expected));
    }
    (decoded, differences)
}

fn damaged_bytes_have_the_same_outcome<C: Limited>() {
    let (decoded, differences) = decode_damaged::<C>(decode::<C, _>);
    assert!((500..5_500).contains(&decoded), "{decoded} decoded");
    assert_eq!(differences, 0);
}

fn the_check_of_damaged_bytes_finds_a_limit_that_is_too_low<C: Limited>() {
    let (_, differences) = decode_damaged::<C>(|bytes| C::decode_within(8, bytes));
    assert!(differences > 500, "{differences} differences");
}
