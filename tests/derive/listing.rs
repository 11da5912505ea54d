//! Lists of events: the names that follow from them, `as`, shared and foreign events, raw identifiers, generics.

use eventsourcing::{event::Stage, prelude::*};
use serde::{Deserialize, Serialize};

macro_rules! events {
    ($($vis:vis $name:ident),+ $(,)?) => { $(
        #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[allow(non_camel_case_types)]
        $vis struct $name;
    )+ };
}

/// As another crate would export it.
mod elsewhere {
    use super::*;

    events!(pub(super) Audited);

    #[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[event(name = "elsewhere-added")]
    pub(super) struct Added;
}

events!(
    Opened,
    Added,
    HTTPMoved,
    ItemV2Added,
    Match,
    r#Type,
    Crate,
    Closed,
    ABTested,
    Already_Snaked
);

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Noted<T>(T);

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[event(name = "small-noted")]
struct Small<T>(T);

#[derive(Aggregate, Debug, Clone, Default, Serialize, Deserialize)]
#[aggregate(
    id = String,
    discard(Closed),
    events(
        Added,
        elsewhere::Added as elsewhere_added,
        elsewhere::Audited,
        HTTPMoved,
        ItemV2Added,
        Match,
        r#Type,
        Crate as crate_event,
        ABTested,
        Already_Snaked,
        Noted<u32>,
        Small<Option<Vec<(u8, String)>>> as r#ref,
    ),
    create(Opened),
)]
struct Shelf {
    log: Vec<String>,
}

impl Shelf {
    fn saw(&mut self, what: &str) {
        self.log.push(what.to_owned());
    }
}

impl ShelfHandlers for Shelf {
    fn opened(id: &String, _: Opened) -> Self {
        Self {
            log: vec![id.clone()],
        }
    }
    fn added(&mut self, _: Added) {
        self.saw("added");
    }
    fn elsewhere_added(&mut self, _: elsewhere::Added) {
        self.saw("elsewhere_added");
    }
    fn audited(&mut self, _: elsewhere::Audited) {
        self.saw("audited");
    }
    fn http_moved(&mut self, _: HTTPMoved) {
        self.saw("http_moved");
    }
    fn item_v2_added(&mut self, _: ItemV2Added) {
        self.saw("item_v2_added");
    }
    fn r#match(&mut self, _: Match) {
        self.saw("match");
    }
    fn r#type(&mut self, _: r#Type) {
        self.saw("type");
    }
    fn crate_event(&mut self, _: Crate) {
        self.saw("crate_event");
    }
    fn ab_tested(&mut self, _: ABTested) {
        self.saw("ab_tested");
    }
    fn already_snaked(&mut self, _: Already_Snaked) {
        self.saw("already_snaked");
    }
    fn noted(&mut self, event: Noted<u32>) {
        self.saw(&event.0.to_string());
    }
    fn r#ref(&mut self, event: Small<Option<Vec<(u8, String)>>>) {
        self.saw(&format!("{:?}", event.0));
    }
}

#[derive(Aggregate, Debug, Clone, Serialize, Deserialize)]
#[aggregate(id = u32, create(Opened as started), events(elsewhere::Audited))]
struct Till(u32);

impl TillHandlers for Till {
    fn started(id: &u32, _: Opened) -> Self {
        Self(*id)
    }
    fn audited(&mut self, _: elsewhere::Audited) {
        self.0 += 1;
    }
}

#[test]
fn each_event_reaches_its_own_handler() {
    let mut shelf = Shelf::__begin(&"s".to_owned(), Opened.into()).expect("a creation");
    let events: Vec<ShelfEvent> = vec![
        Added.into(),
        elsewhere::Added.into(),
        elsewhere::Audited.into(),
        HTTPMoved.into(),
        ItemV2Added.into(),
        Match.into(),
        r#Type.into(),
        Crate.into(),
        ABTested.into(),
        Already_Snaked.into(),
        Noted(7).into(),
        Small(None).into(),
    ];
    for event in events {
        shelf.__apply(event).expect("a change");
    }
    assert_eq!(
        shelf.log,
        [
            "s",
            "added",
            "elsewhere_added",
            "audited",
            "http_moved",
            "item_v2_added",
            "match",
            "type",
            "crate_event",
            "ab_tested",
            "already_snaked",
            "7",
            "None"
        ]
    );
}

#[test]
fn variants_are_named_for_the_event_or_what_follows_as() {
    assert!(matches!(Added.into(), ShelfEvent::Added(Added)));
    assert!(matches!(
        elsewhere::Added.into(),
        ShelfEvent::ElsewhereAdded(elsewhere::Added)
    ));
    assert!(matches!(Small(None).into(), ShelfEvent::Ref(Small(None))));
    assert!(matches!(r#Type.into(), ShelfEvent::Type(r#Type)));
    assert!(matches!(Opened.into(), TillEvent::Started(Opened)));
}

#[test]
fn events_stand_in_the_order_of_their_stages() {
    let stages: Vec<Stage> = Shelf::EVENTS.iter().map(|event| event.stage).collect();
    assert_eq!(stages[0], Stage::Create);
    assert_eq!(stages[13], Stage::Discard);
    assert!(stages[1..13].iter().all(|stage| *stage == Stage::Change));
    assert!(Shelf::EVENTS[0].is::<Opened>());
    assert!(Shelf::EVENTS[2].is::<elsewhere::Added>());
    assert!(Shelf::EVENTS[11].is::<Noted<u32>>());
    assert!(Shelf::EVENTS[13].is::<Closed>());
    assert_eq!(Shelf::EVENTS[12].name, "small-noted");
}

#[test]
fn an_event_may_belong_to_two_aggregates() {
    let mut till = Till::__begin(&3, Opened.into()).expect("a creation");
    till.__apply(elsewhere::Audited.into()).expect("a change");
    assert_eq!(till.0, 4);
}

#[test]
fn events_of_another_stage_are_given_back() {
    let mut shelf = Shelf::default();
    assert!(matches!(
        shelf.__apply(Opened.into()),
        Err(ShelfEvent::Opened(_))
    ));
    assert!(matches!(
        shelf.__apply(Closed.into()),
        Err(ShelfEvent::Closed(_))
    ));
    assert!(matches!(
        Shelf::__begin(&String::new(), Added.into()),
        Err(ShelfEvent::Added(_))
    ));
    assert!(shelf.log.is_empty());
}

#[test]
fn the_enum_clones_and_shows_its_events() {
    let event = ShelfEvent::from(Noted(7));
    assert_eq!(format!("{:?}", event.clone()), "Noted(Noted(7))");
    let renamed = ShelfEvent::from(elsewhere::Added);
    assert_eq!(format!("{renamed:?}"), "ElsewhereAdded(Added)");
}

#[test]
fn index_and_payload_are_those_of_the_event() {
    let event = ShelfEvent::from(Noted(7));
    assert!(Shelf::EVENTS[Shelf::__index(&event)].is::<Noted<u32>>());
    let payload = Shelf::__payload(&event).downcast_ref::<Noted<u32>>();
    assert_eq!(payload, Some(&Noted(7)));
}
