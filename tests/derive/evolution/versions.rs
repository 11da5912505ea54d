//! Rows of older versions and of older names.

use eventsourcing::{
    Codec as _, ErrorKind, codec, event::EventVersion, prelude::*, store::ReadStream,
};
use serde::{Deserialize, Serialize};

use super::{
    domain::{
        ItemAdded, ItemAddedV1, ItemAddedV2, Noted, Order, OrderCreated, OrderPlaced, OrderPlacedV1,
    },
    rows::{
        CREATED, ID, ITEM_PLACED_V2, ITEM_PUT_V1, ITEM_V1, ITEM_V2, ITEM_V3, PLACED_V1, SEEN,
        Store, foreign, memory, orders, put, put_all, put_bytes, stream,
    },
};

#[tokio::test]
async fn each_version_and_each_name_is_read() {
    let store = memory();
    let rows = [
        CREATED,
        ITEM_V1,
        ITEM_V2,
        ITEM_V3,
        ITEM_PUT_V1,
        ITEM_PLACED_V2,
    ];
    put_all(&store, &rows).await;
    let order = orders(&store).load(ID.to_owned()).await.unwrap();
    assert_eq!(
        order.log,
        [
            "1 a at 10",
            "4 b at 10",
            "5 c at 6",
            "1 d at 10",
            "7 e at 10"
        ]
    );
}

/// An older version is written no more, whatever name it came by.
#[tokio::test]
async fn what_is_stored_is_the_newest() {
    let store = memory();
    put_all(&store, &[CREATED, ITEM_PUT_V1]).await;
    let orders = orders(&store);
    let item = ItemAdded::from(ItemAddedV2::from(ItemAddedV1 { sku: "a".into() }));
    let added = orders.execute(ID.to_owned(), |_| {
        Ok::<_, std::convert::Infallible>(item.clone())
    });
    added.await.unwrap();
    let stream = stream();
    let page = store.read_stream(&stream, ReadStream::last());
    let page = page.await.unwrap();
    let last = page.last().unwrap();
    assert_eq!((last.name, last.event_version), ("item-added", 3));
}

/// A row's codec is its own, also in an older version.
#[tokio::test]
async fn an_older_version_is_read_by_its_rows_codec() {
    let store = memory();
    put(&store, 0, CREATED).await;
    let mut payload = Vec::new();
    let old = ItemAddedV1 { sku: "z".into() };
    codec::Bincode.encode(&old, &mut payload).unwrap();
    put_bytes(&store, 1, ITEM_V1, codec::Bincode::NAME, payload).await;
    let order = orders(&store).load(ID.to_owned()).await.unwrap();
    assert_eq!(order.log, ["1 z at 10"]);
}

async fn failure(store: &Store) -> eventsourcing::Error {
    let error = orders(store).load(ID.to_owned()).await.unwrap_err();
    assert_eq!(error.stream(), Some(&stream()), "{error}");
    error
}

#[tokio::test]
async fn a_version_that_nothing_reads_is_an_error_that_names_it() {
    for (name, stored, known) in [
        ("item-added", 4, 3),
        ("ItemPut", 4, 3),
        ("item-added", 0, 1),
        ("noted", 1, 2),
        ("order-placed", 3, 2),
    ] {
        let store = memory();
        put_all(&store, &[CREATED, foreign(name, stored, "{}")]).await;
        let error = failure(&store).await;
        let expected = ErrorKind::UnsupportedEventVersion {
            name: name.into(),
            stored,
            known,
        };
        assert_eq!(*error.kind(), expected);
        assert_eq!(error.version(), Some(Version::from(2_u64)));
    }
}

#[tokio::test]
async fn an_unknown_name_is_an_error_that_names_it() {
    let store = memory();
    put_all(&store, &[CREATED, SEEN, foreign("Sighted", 1, "{}")]).await;
    let error = failure(&store).await;
    let name = "Sighted".to_owned();
    assert_eq!(*error.kind(), ErrorKind::UnknownEvent { name });
    assert_eq!(error.version(), Some(Version::from(3_u64)));
    let error = orders(&store).contains(ID.to_owned()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownEvent { .. }));
}

#[tokio::test]
async fn an_older_version_that_is_damaged_is_an_error() {
    let store = memory();
    put_all(&store, &[CREATED, foreign("item-added", 1, "{")]).await;
    let error = failure(&store).await;
    assert_eq!(*error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("item-added"), "{error}");
}

/// A retired row is never decoded, so that its codec needn't be known.
#[tokio::test]
async fn a_retired_row_needs_no_codec() {
    let store = memory();
    put(&store, 0, CREATED).await;
    put_bytes(&store, 1, SEEN, "forgotten", vec![0xff]).await;
    let order = orders(&store).load(ID.to_owned()).await.unwrap();
    assert_eq!(order.version(), 2);
}

#[test]
fn versions_can_be_walked() {
    const NEWEST: EventVersion = EventVersion::of::<ItemAdded>();
    const BEFORE: u32 = match NEWEST.previous {
        Some(previous) => previous.version,
        None => 0,
    };
    assert_eq!(BEFORE, 2);
    let versions = |versions: &mut dyn Iterator<Item = EventVersion>| -> Vec<_> {
        versions.map(|each| (each.name, each.version)).collect()
    };
    let items = &Order::EVENTS[1];
    let expected = [("item-added", 3), ("item-added", 2), ("item-added", 1)];
    assert_eq!(versions(&mut items.versions()), expected);
    assert!(items.versions().last().unwrap().is::<ItemAddedV1>());
    assert!(items.is_stored_as("ItemPut") && items.is_stored_as("ItemPlaced"));
    assert!(Noted::PREVIOUS.is_none());

    assert_eq!(Order::LEGACY.len(), 2);
    let placed = &Order::LEGACY[0];
    assert!(placed.is::<OrderPlaced>());
    let expected = [("order-placed", 2), ("order-placed", 1)];
    assert_eq!(versions(&mut placed.versions()), expected);
    assert_eq!(Order::RETIRED, ["Seen", "Viewed"]);
}

/// Only what is stored can be waited for.
#[test]
fn a_policy_names_events_of_today() {
    use eventsourcing::SnapshotPolicy;
    let build = |policy| {
        Repository::<Order>::builder(MemoryStore::new())
            .snapshots(policy)
            .build()
    };
    assert!(build(SnapshotPolicy::on::<ItemAdded>()).is_ok());
    assert!(build(SnapshotPolicy::on::<ItemAddedV1>()).is_err());
    assert!(build(SnapshotPolicy::on::<OrderPlaced>()).is_err());
}

#[test]
fn given_events_may_be_those_of_earlier_programs() {
    use eventsourcing::testing::Given;
    let placed = OrderPlaced::from(OrderPlacedV1 {
        customer: "Ada".into(),
    });
    let put = ItemAdded::from(ItemAddedV2::from(ItemAddedV1 { sku: "a".into() }));
    Given::<Order>::events((Vec::<super::domain::OrderEvent>::from(placed), put))
        .when(|order| Ok::<_, std::convert::Infallible>(Noted(order.log.concat())))
        .then([Noted("1 a at 10".into())]);
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(name = "measured")]
struct MeasuredV1<T>(T);

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(name = "measured", version = 2, upcast(MeasuredV1<T>))]
struct Measured<T>(T, String);

impl<T> From<MeasuredV1<T>> for Measured<T> {
    fn from(old: MeasuredV1<T>) -> Self {
        Self(old.0, "m".into())
    }
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(name = "order", id = String, create(OrderCreated), events(Measured<u32>))]
struct Survey(Vec<String>);

impl SurveyHandlers for Survey {
    fn order_created(_: &String, _: OrderCreated) -> Self {
        Self(Vec::new())
    }

    fn measured(&mut self, event: Measured<u32>) {
        self.0.push(format!("{} {}", event.0, event.1));
    }
}

#[tokio::test]
async fn events_with_parameters_have_older_versions_too() {
    let store = memory();
    let old = foreign("measured", 1, "7");
    let new = foreign("measured", 2, r#"[8,"km"]"#);
    put_all(&store, &[CREATED, old, new]).await;
    let surveys = Repository::<Survey>::builder(store).build().unwrap();
    let survey = surveys.load(ID.to_owned()).await.unwrap();
    assert_eq!(survey.0, ["7 m", "8 km"]);
    assert!(Measured::<u32>::PREVIOUS.unwrap().is::<MeasuredV1<u32>>());
}

/// Where no type fits any more.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(name = "weighed")]
struct WeighedV1(serde_json::Value);

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(name = "weighed", version = 2, upcast(WeighedV1))]
struct Weighed(String);

impl From<WeighedV1> for Weighed {
    fn from(old: WeighedV1) -> Self {
        Self(old.0["grams"].to_string())
    }
}

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
#[aggregate(name = "order", id = String, create(Weighed))]
struct Scale(String);

impl ScaleHandlers for Scale {
    fn weighed(_: &String, event: Weighed) -> Self {
        Self(event.0)
    }
}

#[tokio::test]
async fn an_older_version_may_be_any_json() {
    let store = memory();
    put(
        &store,
        0,
        foreign("weighed", 1, r#"{"grams":7,"by":["Ada"]}"#),
    )
    .await;
    let scales = Repository::<Scale>::builder(store).build().unwrap();
    assert_eq!(scales.load(ID.to_owned()).await.unwrap().0, "7");
}

/// What `upcast` says of a type is there whether or not its rows are legacy.
#[tokio::test]
async fn a_legacy_event_has_older_versions_too() {
    let store = memory();
    put(&store, 0, PLACED_V1).await;
    let order = orders(&store).load(ID.to_owned()).await.unwrap();
    assert_eq!((order.customer.as_str(), order.log.len()), ("Ada", 0));
}
