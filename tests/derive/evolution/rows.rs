//! Rows as earlier programs stored them, each with what it does to an order.

use std::sync::Arc;

use eventsourcing::{
    EventStore, MemoryStore, SqliteStore, StreamId,
    prelude::*,
    store::{Commit, NewEvent, StreamCommit},
};
use uuid::Uuid;

use super::domain::Order;

pub(super) type Store = Arc<dyn EventStore>;

pub(super) const ID: &str = "o-1";

/// What a row is, and what an order is after it.
#[derive(Clone, Copy)]
pub(super) struct Row {
    name: &'static str,
    version: u32,
    payload: &'static str,
    creates: bool,
    log: &'static [&'static str],
    closes: bool,
    /// How many events it is read as.
    pub(super) events: usize,
}

const fn row(name: &'static str, version: u32, payload: &'static str) -> Row {
    Row {
        name,
        version,
        payload,
        creates: false,
        log: &[],
        closes: false,
        events: 0,
    }
}

const fn says(row: Row, log: &'static [&'static str]) -> Row {
    Row {
        log,
        events: row.events + log.len(),
        ..row
    }
}

const fn creates(row: Row) -> Row {
    Row {
        creates: true,
        events: row.events + 1,
        ..row
    }
}

const fn closes(row: Row) -> Row {
    Row {
        closes: true,
        events: row.events + 1,
        ..row
    }
}

pub(super) const CREATED: Row = creates(row("order-created", 1, r#"{"customer":"Ada"}"#));
pub(super) const ITEM_V1: Row = says(row("item-added", 1, r#"{"sku":"a"}"#), &["1 a at 10"]);
pub(super) const ITEM_V2: Row = says(
    row("item-added", 2, r#"{"sku":"b","quantity":4}"#),
    &["4 b at 10"],
);
pub(super) const ITEM_V3: Row = says(
    row("item-added", 3, r#"{"sku":"c","quantity":5,"price":6}"#),
    &["5 c at 6"],
);
pub(super) const ITEM_PUT_V1: Row = says(row("ItemPut", 1, r#"{"sku":"d"}"#), &["1 d at 10"]);
pub(super) const ITEM_PLACED_V2: Row = says(
    row("ItemPlaced", 2, r#"{"sku":"e","quantity":7}"#),
    &["7 e at 10"],
);
pub(super) const CLOSED: Row = closes(row("order-closed", 1, "null"));
pub(super) const SEEN: Row = row("Seen", 9, "no matter what");
pub(super) const VIEWED: Row = row("Viewed", 1, "null");
pub(super) const PLACED_V1: Row = creates(row("order-placed", 1, r#"{"customer":"Ada"}"#));
pub(super) const PLACED: Row = says(
    creates(row(
        "order-placed",
        2,
        r#"{"customer":"Ada","skus":["f","g"],"closed":false}"#,
    )),
    &["2 f at 10", "2 g at 10"],
);
pub(super) const PLACED_AND_CLOSED: Row = closes(says(
    creates(row(
        "order-placed",
        2,
        r#"{"customer":"Ada","skus":["f"],"closed":true}"#,
    )),
    &["2 f at 10"],
));
pub(super) const CHANGED_0: Row = row("OrderChanged", 1, r#"{"skus":[],"closed":false}"#);
pub(super) const CHANGED_1: Row = says(
    row("OrderChanged", 1, r#"{"skus":["h"],"closed":false}"#),
    &["2 h at 10"],
);
pub(super) const CHANGED_3: Row = says(
    row(
        "OrderChanged",
        1,
        r#"{"skus":["i","j","k"],"closed":false}"#,
    ),
    &["2 i at 10", "2 j at 10", "2 k at 10"],
);
pub(super) const CHANGED_AND_CLOSED: Row = closes(says(
    row("OrderChanged", 1, r#"{"skus":["l"],"closed":true}"#),
    &["2 l at 10"],
));

pub(super) const HISTORIES: &[&[Row]] = &[
    &[
        SEEN, VIEWED, CREATED, ITEM_V1, SEEN, CHANGED_0, CHANGED_3, ITEM_V3, VIEWED, ITEM_V2,
        CHANGED_0,
    ],
    &[
        PLACED,
        ITEM_PUT_V1,
        CHANGED_1,
        SEEN,
        ITEM_PLACED_V2,
        CLOSED,
        SEEN,
        CHANGED_0,
    ],
    &[SEEN, CHANGED_0, PLACED_V1, CHANGED_AND_CLOSED, VIEWED],
    &[SEEN, VIEWED, CHANGED_0],
    &[PLACED_AND_CLOSED, SEEN],
    &[CHANGED_0, PLACED_AND_CLOSED],
];

/// The state after these rows; none before the creation and from the end on. By the table, not by the library.
pub(super) fn after(rows: &[Row]) -> Option<Order> {
    let mut order = None;
    for row in rows {
        if row.creates {
            order = Some(Order {
                customer: "Ada".into(),
                log: Vec::new(),
            });
        }
        if let Some(order) = &mut order {
            order
                .log
                .extend(row.log.iter().map(|&line| line.to_owned()));
        }
        if row.closes {
            order = None;
        }
    }
    order
}

/// Stores a row behind so many, by the JSON codec.
pub(super) async fn put(store: &Store, behind: usize, row: Row) -> Uuid {
    put_bytes(store, behind, row, "json", row.payload.into()).await
}

pub(super) async fn put_bytes(
    store: &Store,
    behind: usize,
    row: Row,
    codec: &'static str,
    payload: Vec<u8>,
) -> Uuid {
    let event = NewEvent {
        id: Uuid::now_v7(),
        name: row.name.into(),
        event_version: row.version,
        codec: codec.into(),
        payload: payload.into(),
        metadata: "".into(),
    };
    let id = event.id;
    let part = StreamCommit {
        stream: stream(),
        expected: Version::from(behind as u64),
        after: None,
        events: vec![event],
    };
    let commit = Commit {
        id: Uuid::now_v7(),
        streams: vec![part],
    };
    store.append(commit).await.expect("a row that fits");
    id
}

pub(super) async fn put_all(store: &Store, rows: &[Row]) {
    for (behind, row) in rows.iter().enumerate() {
        put(store, behind, *row).await;
    }
}

/// The row of another program.
pub(super) const fn foreign(name: &'static str, version: u32, payload: &'static str) -> Row {
    row(name, version, payload)
}

pub(super) fn stream() -> StreamId {
    StreamId::new("order", ID).expect("a plain name")
}

pub(super) fn memory() -> Store {
    Arc::new(MemoryStore::new())
}

pub(super) async fn sqlite() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(folder.path().join("events.db")).await;
    (Arc::new(store.expect("a new file opens")), folder)
}

/// A repository without a policy.
pub(super) fn orders(store: &Store) -> Repository<Order> {
    let built = Repository::<Order>::builder(Arc::clone(store)).build();
    built.expect("nothing to refuse")
}
