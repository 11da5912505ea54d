//! A file that an earlier version of the library wrote (`../fixtures`): this one reads all of it.
//!
//! While nothing is released a change of the format may write it again, and "Stored format" of the changelog says so:
//! `WRITE_FIXTURE=1 cargo test -p eventsourcing-tests --test sqlite_store fixtures` writes it and prints `ROWS`.

use std::{collections::BTreeMap, path::PathBuf};

use eventsourcing::{
    EventStore, Root, StreamId, Timestamp,
    codec::{Bincode, Json},
    prelude::*,
    store::ReadAll,
    testing::CountingStore,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
#[event(name = "order-placed", version = 1)]
struct Placed {
    customer: String,
    at: Timestamp,
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct ItemAdded {
    item: Item,
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct Cancelled;

#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    sku: String,
    price: i64,
    tags: BTreeMap<String, Option<u8>>,
}

/// Events in JSON, snapshots in bincode.
#[derive(Aggregate, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[aggregate(id = String, schema_version = 2, create(Placed), events(ItemAdded), discard(Cancelled))]
struct Order {
    customer: String,
    at: Timestamp,
    items: Vec<Item>,
}

impl OrderHandlers for Order {
    fn placed(_: &String, event: Placed) -> Self {
        Self {
            customer: event.customer,
            at: event.at,
            items: Vec::new(),
        }
    }

    fn item_added(&mut self, event: ItemAdded) {
        self.items.push(event.item);
    }
}

/// Before its edit: another shape, the same version.
mod before {
    use super::{Cancelled, Item, ItemAdded, Placed};
    use eventsourcing::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Aggregate, Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[aggregate(
        name = "order",
        id = String,
        schema_version = 2,
        create(Placed),
        events(ItemAdded),
        discard(Cancelled)
    )]
    pub(super) struct OldOrder {
        customer: String,
        items: Vec<Item>,
    }

    impl OldOrderHandlers for OldOrder {
        fn placed(_: &String, event: Placed) -> Self {
            Self {
                customer: event.customer,
                items: Vec::new(),
            }
        }

        fn item_added(&mut self, event: ItemAdded) {
            self.items.push(event.item);
        }
    }
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct Counted {
    by: i32,
    kind: Kind,
}

#[derive(Schema, Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Once,
    Times(u16),
    Measured { meters: f64 },
}

/// Events in bincode, snapshots in JSON.
#[derive(Aggregate, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[aggregate(id = u64, snapshot_codec = Json, create(Counted as begun), events(Stepped))]
struct Counter {
    sum: i64,
    last: Kind,
}

#[derive(Event, Debug, Clone, Serialize, Deserialize)]
struct Stepped {
    by: i32,
    kind: Kind,
}

impl CounterHandlers for Counter {
    fn begun(_: &u64, event: Counted) -> Self {
        Self {
            sum: event.by.into(),
            last: event.kind,
        }
    }

    fn stepped(&mut self, event: Stepped) {
        self.sum += i64::from(event.by);
        self.last = event.kind;
    }
}

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/format-1.sqlite")
}

fn orders(store: impl EventStore) -> Repository<Order> {
    let orders = Repository::builder(store).snapshots(SnapshotPolicy::every(3));
    orders.build().expect("settings that can work")
}

fn counters(store: impl EventStore) -> Repository<Counter> {
    let counters = Repository::builder(store).snapshots(SnapshotPolicy::every(2));
    let counters = counters.event_codec(Bincode);
    counters.build().expect("settings that can work")
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_unix_micros(seconds * 1_000_000 + 123_456)
}

fn item(number: u8) -> Item {
    Item {
        sku: format!("sku-{number}"),
        price: -5 * i64::from(number),
        tags: BTreeMap::from([("grün".to_owned(), None), ("n".to_owned(), Some(number))]),
    }
}

async fn add<A>(orders: &Repository<A>, root: &mut Root<A>, numbers: std::ops::Range<u8>)
where
    A: Aggregate,
    ItemAdded: eventsourcing::IntoEvents<A>,
{
    for number in numbers {
        root.record(ItemAdded { item: item(number) });
    }
    orders.save(root).await.expect("no rival");
}

async fn write() {
    let path = fixture();
    drop(std::fs::remove_file(&path));
    let store = SqliteStore::open(&path).await.expect("a new file");
    let placed = |customer: &str| Placed {
        customer: customer.to_owned(),
        at: time(1_700_000_000),
    };
    let old = Repository::<before::OldOrder>::builder(store.clone())
        .snapshots(SnapshotPolicy::every(1))
        .snapshot_codec(Json)
        .build()
        .expect("settings that can work");
    let mut first = old.create("a/ü 1".to_owned(), placed("ada"));
    add(&old, &mut first, 1..3).await;
    let orders = orders(store.clone());
    let mut first = orders.load("a/ü 1".to_owned()).await.expect("it is there");
    let stamped = orders.with(Metadata::new().actor("eve").insert("käse", "ja"));
    add(&stamped, &mut first, 3..8).await;
    let mut second = orders.create("b".to_owned(), placed("bob"));
    add(&orders, &mut second, 0..1).await;
    let Ok(()) = second.discard(|_| Ok::<_, std::convert::Infallible>(Cancelled));
    orders.save(&mut second).await.expect("no rival");
    let counters = counters(store.clone());
    let mut counter = counters.create(
        u64::MAX,
        Counted {
            by: i32::MIN,
            kind: Kind::Once,
        },
    );
    for kind in [Kind::Times(300), Kind::Measured { meters: -0.1 }] {
        counter.record(Stepped { by: 7, kind });
        counters.save(&mut counter).await.expect("no rival");
    }
    store.close().await;
    println!(
        "{}",
        rows(&SqliteStore::open(&path).await.expect("it opens"))
            .await
            .join("\n")
    );
}

/// Every row as a line: events in the global order, then the snapshots of each stream.
async fn rows(store: &SqliteStore) -> Vec<String> {
    let mut rows = Vec::new();
    let mut streams: Vec<StreamId> = Vec::new();
    let page = store.read_all(ReadAll::default()).await.expect("it reads");
    for row in page.iter() {
        let stream = StreamId::parse(row.stream).expect("a stream");
        let metadata = String::from_utf8_lossy(row.metadata).into_owned();
        rows.push(format!(
            "{} {} {} {} {} {} {} {} {} {metadata}",
            row.position,
            row.stream,
            row.version,
            row.id,
            row.name,
            row.event_version,
            row.codec,
            row.commit_id,
            row.recorded_at,
        ));
        if !streams.contains(&stream) {
            streams.push(stream);
        }
    }
    let snapshots = store.snapshot_store().expect("it has one");
    for stream in streams {
        for info in snapshots.list(&stream).await.expect("it lists") {
            let key = info.key;
            rows.push(format!(
                "{stream} {} {} {} {} {} {:?} {:016x}",
                info.version,
                key.schema_version,
                key.fingerprint,
                key.codec,
                info.created_at,
                info.state_len,
                info.checksum,
            ));
        }
    }
    rows
}

#[tokio::test]
async fn format_1_is_read() {
    if std::env::var_os("WRITE_FIXTURE").is_some() {
        return write().await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.sqlite");
    std::fs::copy(fixture(), &copy).expect("the fixture is there");
    let store = SqliteStore::open(&copy).await.expect("it opens");
    let found = rows(&store).await;
    assert_eq!(
        found.iter().map(|row| row.trim_end()).collect::<Vec<_>>(),
        ROWS.lines().collect::<Vec<_>>()
    );

    let counting = CountingStore::new(store);
    let orders = orders(counting.clone());
    let expected = Order {
        customer: "ada".to_owned(),
        at: time(1_700_000_000),
        items: (1..8).map(item).collect(),
    };
    for (load, read) in [("through a snapshot", 3), ("again", 3)] {
        counting.take();
        let first = orders.load("a/ü 1".to_owned()).await.expect("it is there");
        assert_eq!(*first.state(), expected, "{load}");
        assert_eq!(counting.take().events_read.rows, read, "{load}");
    }
    let past = orders.load_at("a/ü 1".to_owned(), Version::from(2)).await;
    assert_eq!(past.expect("it was there").items, [item(1)]);
    assert!(
        orders
            .find("b".to_owned())
            .await
            .expect("it reads")
            .is_none()
    );
    assert!(!orders.contains("b".to_owned()).await.expect("it reads"));
    assert_eq!(
        orders.snapshot_stats().hits,
        3,
        "that of the discarded one is used too"
    );

    let old = Repository::<before::OldOrder>::builder(counting.clone())
        .snapshot_codec(Json)
        .build()
        .expect("settings that can work");
    counting.take();
    old.load("a/ü 1".to_owned()).await.expect("it is there");
    assert_eq!(
        counting.take().events_read.rows,
        6,
        "from its own, of version 3"
    );

    let counters = counters(counting.clone());
    let counter = counters.load(u64::MAX).await.expect("it is there");
    let expected = Counter {
        sum: i64::from(i32::MIN) + 14,
        last: Kind::Measured { meters: -0.1 },
    };
    assert_eq!(*counter.state(), expected);
    assert_eq!(counting.take().events_read.rows, 2);
    assert_eq!(counters.snapshot_stats().hits, 1);
}

/// What the file was written with, as it was printed then.
const ROWS: &str = r#"01a201f870ad73a599536a303efa724e:0:1 order/a/ü 1 1 01a201f8-7137-727e-909b-a036a6cb61c4 order-placed 1 json 01a201f8-7137-727e-909b-a0399b0adf44 2026-11-22 06:36:28.856209+00:00
01a201f870ad73a599536a303efa724e:0:2 order/a/ü 1 2 01a201f8-7137-727e-909b-a03740a026a7 ItemAdded 1 json 01a201f8-7137-727e-909b-a0399b0adf44 2026-11-22 06:36:28.856209+00:00
01a201f870ad73a599536a303efa724e:0:3 order/a/ü 1 3 01a201f8-7137-727e-909b-a0387ad20532 ItemAdded 1 json 01a201f8-7137-727e-909b-a0399b0adf44 2026-11-22 06:36:28.856209+00:00
01a201f870ad73a599536a303efa724e:0:4 order/a/ü 1 4 01a201f8-7166-7553-ad64-3dcc482d75d8 ItemAdded 1 json 01a201f8-7166-7553-ad64-3dd1be045f72 2026-11-22 06:36:28.905874+00:00 {"actor":"eve","käse":"ja"}
01a201f870ad73a599536a303efa724e:0:5 order/a/ü 1 5 01a201f8-7166-7553-ad64-3dcda691077b ItemAdded 1 json 01a201f8-7166-7553-ad64-3dd1be045f72 2026-11-22 06:36:28.905874+00:00 {"actor":"eve","käse":"ja"}
01a201f870ad73a599536a303efa724e:0:6 order/a/ü 1 6 01a201f8-7166-7553-ad64-3dceb4893729 ItemAdded 1 json 01a201f8-7166-7553-ad64-3dd1be045f72 2026-11-22 06:36:28.905874+00:00 {"actor":"eve","käse":"ja"}
01a201f870ad73a599536a303efa724e:0:7 order/a/ü 1 7 01a201f8-7166-7553-ad64-3dcf46ffadb2 ItemAdded 1 json 01a201f8-7166-7553-ad64-3dd1be045f72 2026-11-22 06:36:28.905874+00:00 {"actor":"eve","käse":"ja"}
01a201f870ad73a599536a303efa724e:0:8 order/a/ü 1 8 01a201f8-7166-7553-ad64-3dd079b35f34 ItemAdded 1 json 01a201f8-7166-7553-ad64-3dd1be045f72 2026-11-22 06:36:28.905874+00:00 {"actor":"eve","käse":"ja"}
01a201f870ad73a599536a303efa724e:0:9 order/b 1 01a201f8-71b5-7524-bcb5-9497151ebac7 order-placed 1 json 01a201f8-71b5-7524-bcb5-9499bd133af6 2026-11-22 06:36:28.982011+00:00
01a201f870ad73a599536a303efa724e:0:10 order/b 2 01a201f8-71b5-7524-bcb5-949880eeec6c ItemAdded 1 json 01a201f8-71b5-7524-bcb5-9499bd133af6 2026-11-22 06:36:28.982011+00:00
01a201f870ad73a599536a303efa724e:0:11 order/b 3 01a201f8-71c0-756f-be00-7d4a7f18df9c Cancelled 1 json 01a201f8-71c0-756f-be00-7d4b7ac07e52 2026-11-22 06:36:28.993578+00:00
01a201f870ad73a599536a303efa724e:0:12 counter/18446744073709551615 1 01a201f8-71d2-773c-a072-adbf9eba2b2b Counted 1 bincode 01a201f8-71d2-773c-a072-adc1e9349976 2026-11-22 06:36:29.011254+00:00
01a201f870ad73a599536a303efa724e:0:13 counter/18446744073709551615 2 01a201f8-71d2-773c-a072-adc0b5010be5 Stepped 1 bincode 01a201f8-71d2-773c-a072-adc1e9349976 2026-11-22 06:36:29.011254+00:00
01a201f870ad73a599536a303efa724e:0:14 counter/18446744073709551615 3 01a201f8-71e5-7480-9d75-7e46ce4fafe0 Stepped 1 bincode 01a201f8-71e5-7480-9d75-7e470f0b5a72 2026-11-22 06:36:29.030021+00:00
order/a/ü 1 3 2 771aa3ae35e2be70a512d95909c3cd78 json 2026-11-22 06:36:28.876118+00:00 Some(139) 3635942fd56d5f5c
order/a/ü 1 3 2 efe53210aef8fbbdcd4f32481fd495dd bincode 2026-11-22 06:36:28.902021+00:00 Some(52) c9401adeedba83c7
order/a/ü 1 6 2 efe53210aef8fbbdcd4f32481fd495dd bincode 2026-11-22 06:36:28.951111+00:00 Some(109) 73f5bd3795eef56d
order/b 3 2 efe53210aef8fbbdcd4f32481fd495dd bincode 2026-11-22 06:36:28.997514+00:00 None c35ab7f67447543e
counter/18446744073709551615 2 1 c7eb5c01b53e868d8c1e31742425016b json 2026-11-22 06:36:29.014580+00:00 Some(40) 8a0a21d4f757b45b"#;
