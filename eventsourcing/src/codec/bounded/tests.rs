//! What positional formats never ask for; the rest is in the tests of the limits.
use std::{collections::BTreeMap, fmt::Debug};

use serde::{
    Deserialize,
    de::{
        DeserializeOwned, IgnoredAny,
        value::{Error, SeqAccessDeserializer, SeqDeserializer},
    },
};

use super::*;
use crate::codec::limits::tests::shapes::{Hint, Pair, Shapes, shapes};

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
        let limits = Limits::new(text.len());
        let decoded = T::deserialize(limits.bound(&mut json)).unwrap();
        assert_eq!(decoded, serde_json::from_str::<T>(text).unwrap());
    }
    check::<Shapes>(&serde_json::to_string(&shapes()).unwrap());
    check::<serde_json::Value>(&serde_json::to_string(&shapes()).unwrap());
    check::<Flat>(r#"{"id": 1, "name": [null, {"nested": -1.5e3}]}"#);
    check::<IgnoredAny>(r#"{"unknown": [1, "two", {}]}"#);
    check::<Pair>(r#"[1, "text"]"#);
}

#[test]
fn a_length_of_the_input_reserves_little() {
    let hint = |limits: Limits, length: usize| {
        let sequence = SeqDeserializer::<_, Error>::new(std::iter::repeat_n(1_u8, length));
        let sequence = SeqAccessDeserializer::new(sequence);
        Hint::deserialize(limits.bound(sequence)).map(|hint| hint.0)
    };
    let many = 2 * MAX_UNSIZED_ELEMENTS;
    assert_eq!(
        hint(Limits::new(many), many),
        Ok(Some(MAX_UNSIZED_ELEMENTS))
    );
    assert_eq!(hint(Limits::new(many), 3), Ok(Some(3)));
    assert_eq!(hint(Limits::new(2), 3), Ok(Some(2)));
}
