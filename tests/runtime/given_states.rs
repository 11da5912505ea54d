//! Given/when/then: how states are compared, and what a snapshot loses.

use std::collections::{HashMap, HashSet};

use eventsourcing::{prelude::*, testing::Given};
use serde::{Deserialize, Serialize};

use crate::{domain::Overdrawn, given::panics};

/// What isn't stored is seen by `==` only.
#[derive(Aggregate, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Moved))]
struct Watched {
    moves: u64,
    #[serde(skip)]
    #[schema(trusted)]
    seen: u32,
}

impl WatchedHandlers for Watched {
    fn started(_: &u64, _: Started) -> Self {
        Self { moves: 0, seen: 0 }
    }

    fn moved(&mut self, _: Moved) {
        self.moves += 1;
        self.seen += 1;
    }
}

#[test]
fn a_state_is_also_compared_by_eq_where_it_can() {
    let moved = || Moved { by: 1.0 };
    let message = panics(|| {
        Given::<Watched>::events((Started, moved())).then_state(Watched { moves: 1, seen: 2 });
    });
    assert_eq!(
        message,
        r#"given 2 events of "watched":
    1. Started
    2. Moved {"by":1.0}
the state is another (- expected, + happened):
  - seen: 2,
  + seen: 1,
their stored forms are equal, but `==` says no: a field that is not stored differs, such as one with `#[serde(skip)]`"#
    );
    // A robot has no `==`.
    let robot = Robot {
        name: "robot 7".into(),
        place: 3.0,
    };
    Given::<Robot>::events((Started, Moved { by: 3.0 }))
        .id(7)
        .then_state(robot);
}

#[test]
fn what_a_snapshot_skips_is_named() {
    let moved = || Moved { by: 1.0 };
    let message = panics(|| {
        Given::<Watched>::events((Started, moved(), moved()))
            .when(|watched| {
                Ok::<_, Overdrawn>(Moved {
                    by: f64::from(watched.seen),
                })
            })
            .then(Moved { by: 2.0 });
    });
    assert_eq!(
        message,
        r#"given 3 events of "watched":
    1. Started
    2. Moved {"by":1.0}
    3. Moved {"by":1.0}
this shows only from a snapshot of the first 2 of 3 given events, where the case comes to something else (- without, + from the snapshot):
    Moved {
  -   "by": 2.0
  +   "by": 1.0
    }
the state before (-) and after (+) that snapshot:
  - seen: 1,
  + seen: 0,
hint: the state does not survive its snapshot: a field that serde skips (`#[serde(skip)]`), or a type whose serialised form does not give back what was written"#
    );
}

/// Its snapshots lose what they should keep: a hand-written form that rounds.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = u64, create(Started), events(Moved))]
struct Robot {
    name: String,
    #[serde(with = "rounded")]
    #[schema(opaque = "rounded-v1")]
    place: f64,
}

mod rounded {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(place: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(place.round())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        f64::deserialize(from)
    }
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Started;
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Moved {
    by: f64,
}

impl RobotHandlers for Robot {
    fn started(id: &u64, _: Started) -> Self {
        Self {
            name: format!("robot {id}"),
            place: 0.0,
        }
    }

    fn moved(&mut self, event: Moved) {
        self.place += event.by;
    }
}

#[test]
fn a_snapshot_that_changes_the_case_fails_it() {
    let case = |rival: bool| {
        let mut given = Given::<Robot>::events((Started, Moved { by: 0.4 }, Moved { by: 0.4 }));
        if rival {
            given = given.racing(Moved { by: 0.1 });
        }
        let decide = |robot: &Robot| Ok::<_, Overdrawn>(Moved { by: robot.place });
        let place = if rival { 0.9 } else { 0.8 };
        given.when(decide).then(Moved { by: place });
    };
    for rival in [false, true] {
        let message = panics(|| case(rival));
        assert!(
            message.contains(
                "this shows only from a snapshot of the first 2 of 3 given events, where"
            ),
            "{message}"
        );
        assert!(
            message.contains("\n  - place: 0.4,\n  + place: 0.0,\nhint: "),
            "{message}"
        );
        assert!(
            message.contains("+   \"by\": 0.4") || message.contains("+   \"by\": 0.5"),
            "{message}"
        );
    }
}

/// Sets have no order: neither the comparison nor the snapshots may depend on it.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(id = uuid::Uuid, create(Started), events(Tagged))]
struct Shelf {
    tags: HashSet<String>,
    places: HashMap<(u8, u8), HashSet<u8>>,
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
struct Tagged {
    tags: HashSet<String>,
}

impl ShelfHandlers for Shelf {
    fn started(_: &uuid::Uuid, _: Started) -> Self {
        Self {
            tags: HashSet::new(),
            places: HashMap::new(),
        }
    }

    fn tagged(&mut self, event: Tagged) {
        self.places = (0..9).map(|n| ((n, n), HashSet::from([n]))).collect();
        self.tags.extend(event.tags);
    }
}

#[test]
fn collections_without_an_order() {
    let tags = || Tagged {
        tags: (0..20).map(|n| n.to_string()).collect(),
    };
    Given::<Shelf>::events((Started, tags()))
        .when(|_| Ok::<_, Overdrawn>(tags()))
        .then(tags())
        .then_state_where(|shelf| shelf.tags.len() == 20);
}
