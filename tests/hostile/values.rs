//! What is stored: an aggregate with something of everything, and a type that contains itself.

use std::collections::{BTreeMap, HashMap};

use eventsourcing::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Unit,
    Number(u64),
    Pair(i8, String),
    Named { id: u128, note: Option<String> },
}

#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) weight: Option<f64>,
    pub(crate) kind: Kind,
}

#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rich {
    pub(crate) text: String,
    pub(crate) numbers: Vec<u32>,
    pub(crate) units: Vec<()>,
    pub(crate) by_name: BTreeMap<String, Vec<Option<i64>>>,
    pub(crate) by_id: HashMap<u64, Line>,
    pub(crate) lines: Vec<Vec<Line>>,
    pub(crate) maybe: Option<Box<Line>>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) large: (u128, i128),
    pub(crate) floats: (f64, f32),
    pub(crate) bytes: Vec<u8>,
    pub(crate) letters: [char; 3],
    pub(crate) flag: bool,
}

/// Contains itself in every way there is.
#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Tree {
    Leaf,
    Branch(Vec<Tree>),
    Boxed(Box<Tree>),
    Named { inner: Option<Box<Tree>> },
    Mapped(BTreeMap<String, Tree>),
}

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Began {
    pub(crate) rich: Rich,
}

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Changed {
    pub(crate) rich: Rich,
    pub(crate) by: Option<String>,
}

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Over;

#[derive(Aggregate, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[aggregate(name = "parcel", id = String, create(Began), events(Changed), discard(Over))]
pub(crate) struct Parcel {
    pub(crate) rich: Rich,
    pub(crate) changes: Vec<Option<String>>,
}

impl ParcelHandlers for Parcel {
    fn began(_: &String, event: Began) -> Self {
        Parcel {
            rich: event.rich,
            changes: Vec::new(),
        }
    }

    fn changed(&mut self, event: Changed) {
        self.rich = event.rich;
        self.changes.push(event.by);
    }
}

fn line(n: u32) -> Line {
    Line {
        sku: format!("sku-{n}"),
        quantity: n * 1_000,
        weight: n.is_multiple_of(2).then_some(f64::from(n) / 8.0),
        kind: kind(n),
    }
}

fn kind(n: u32) -> Kind {
    match n % 4 {
        0 => Kind::Unit,
        1 => Kind::Number(u64::MAX - u64::from(n)),
        2 => Kind::Pair(-3, "pair".into()),
        _ => Kind::Named {
            id: u128::MAX / 3,
            note: Some("ő \"quoted\" \n".into()),
        },
    }
}

pub(crate) fn rich(n: u32) -> Rich {
    Rich {
        text: "some text ".repeat(n as usize),
        numbers: (0..n * 3).map(|each| each * 70_000).collect(),
        units: vec![(); n as usize],
        by_name: (0..n)
            .map(|each| (format!("n{each}"), vec![None, Some(-1)]))
            .collect(),
        by_id: (0..n).map(|each| (u64::from(each), line(each))).collect(),
        lines: vec![vec![line(n)], (0..n).map(line).collect(), vec![]],
        maybe: (n % 2 == 1).then(|| Box::new(line(n))),
        kinds: (0..n).map(kind).collect(),
        large: (u128::MAX, i128::MIN),
        floats: (-0.0, f32::MIN_POSITIVE),
        bytes: vec![0, 255, 127],
        letters: ['a', 'ő', '🦀'],
        flag: true,
    }
}

pub(crate) fn riches() -> Vec<Rich> {
    (0..4).map(rich).collect()
}

pub(crate) fn trees() -> Vec<Tree> {
    let named = Tree::Named {
        inner: Some(Box::new(Tree::Named { inner: None })),
    };
    let boxed = (0..40).fold(Tree::Leaf, |inner, _| Tree::Boxed(Box::new(inner)));
    let branch = Tree::Branch(vec![Tree::Leaf, named.clone(), Tree::Branch(vec![])]);
    let entries = [
        ("a".to_owned(), branch.clone()),
        ("b".to_owned(), Tree::Leaf),
    ];
    vec![named, boxed, branch, Tree::Mapped(entries.into())]
}
