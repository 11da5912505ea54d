//! Types that are written as one type and read as another.

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

use super::holder::{ALL, Began, check, state};

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct Turned {
    second: u8,
    first: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Turned")]
struct ReadAsTurned {
    first: u8,
    second: u8,
}

impl From<Turned> for ReadAsTurned {
    fn from(of: Turned) -> Self {
        let (first, second) = (of.first, of.second);
        Self { first, second }
    }
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct FirstAndThird {
    first: u8,
    #[serde(default)]
    third: u8,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(from = "FirstAndThird")]
struct ReadAsFewer {
    first: u8,
    second: u8,
}

impl From<FirstAndThird> for ReadAsFewer {
    fn from(of: FirstAndThird) -> Self {
        let (first, second) = (of.first, of.third);
        Self { first, second }
    }
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
struct ReadAsFewerTrusted {
    #[schema(trusted)]
    all: Vec<ReadAsFewer>,
}

#[derive(Schema, Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(of: String) -> Result<Self, Self::Error> {
        (!of.is_empty()).then_some(Self(of)).ok_or("empty")
    }
}

#[test]
fn what_is_written_as_one_type_and_read_as_another() {
    let words = "in one form and read in another";
    check(state!(ReadAsTurned), &["json"], "Holder.inner", words);
    check(state!(ReadAsFewer), &[], "Holder.inner", words);
    check(state!(ReadAsFewerTrusted), ALL, "", "");
    check(state!(Name), ALL, "", "");
}
