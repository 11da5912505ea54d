//! Legacy and retired rows and the life of an aggregate: `load`, `load_at`, `contains`, `history`, `ids`.

use eventsourcing::{ErrorKind, prelude::*};

use super::{
    domain::Noted,
    rows::{
        CHANGED_1, CLOSED, CREATED, HISTORIES, ID, ITEM_V1, PLACED, PLACED_AND_CLOSED, Row, SEEN,
        Store, VIEWED, after, memory, orders, put, put_all, sqlite,
    },
};

async fn every_history(store: impl AsyncFn() -> (Store, Option<tempfile::TempDir>)) {
    for rows in HISTORIES {
        let (store, _folder) = store().await;
        let orders = orders(&store);
        for (behind, row) in rows.iter().enumerate() {
            put(&store, behind, *row).await;
            let expected = after(&rows[..=behind]);
            let contained = orders.contains(ID.to_owned()).await.unwrap();
            assert_eq!(contained, expected.is_some(), "after {}", behind + 1);
            let found = orders.find(ID.to_owned()).await.unwrap();
            assert_eq!(found.as_deref(), expected.as_ref());
            if let Some(found) = found {
                assert_eq!(
                    found.version().get(),
                    behind as u64 + 1,
                    "a row is one version"
                );
            }
        }
        for version in 0..=rows.len() + 1 {
            let then = orders.find_at(ID.to_owned(), version as u64).await.unwrap();
            let last = version.min(rows.len());
            assert_eq!(
                then.as_ref().map(Historical::state),
                after(&rows[..last]).as_ref()
            );
            if let Some(then) = then {
                assert_eq!(then.version().get(), last as u64);
            }
        }
        check_history(&orders, rows).await;
        assert_eq!(orders.ids().collect().await.unwrap(), [ID]);
    }
}

async fn check_history(orders: &Repository<super::domain::Order>, rows: &[Row]) {
    let history = orders.history(ID.to_owned()).collect().await.unwrap();
    assert_eq!(history.len(), rows.len(), "an entry is a row");
    for (index, (entry, row)) in history.iter().zip(rows).enumerate() {
        assert_eq!(entry.version.get(), index as u64 + 1);
        assert_eq!(entry.events.len(), row.events);
        assert_eq!(entry.state.as_deref(), after(&rows[..=index]).as_ref());
        let then = orders.find_as_of(ID.to_owned(), entry.recorded_at).await;
        // Rows of one microsecond are one moment.
        let at_once = history
            .iter()
            .filter(|other| other.recorded_at <= entry.recorded_at)
            .count();
        assert_eq!(
            then.unwrap().as_ref().map(Historical::state),
            after(&rows[..at_once]).as_ref()
        );
    }
}

pub(crate) async fn every_history_in_memory() {
    every_history(async || (memory(), None)).await;
}

pub(crate) async fn every_history_in_sqlite() {
    every_history(async || {
        let (store, folder) = sqlite().await;
        (store, Some(folder))
    })
    .await;
}

/// A page of a history may begin with rows before the creation, and behind the end.
#[tokio::test]
async fn a_history_goes_on_behind_pages_of_retired_rows() {
    let store = memory();
    let mut rows = vec![SEEN; 130];
    rows.extend([PLACED, ITEM_V1]);
    rows.extend([VIEWED; 130]);
    rows.push(CLOSED);
    rows.extend([SEEN; 130]);
    put_all(&store, &rows).await;
    let orders = orders(&store);
    check_history(&orders, &rows).await;
    assert!(!orders.contains(ID.to_owned()).await.unwrap());
    assert!(orders.load_at(ID.to_owned(), 262).await.is_ok());
}

#[tokio::test]
async fn contains_looks_behind_pages_of_retired_rows() {
    for (first, alive) in [(PLACED, true), (PLACED_AND_CLOSED, false), (SEEN, false)] {
        let store = memory();
        put(&store, 0, first).await;
        for behind in 1..300 {
            put(&store, behind, VIEWED).await;
        }
        assert_eq!(orders(&store).contains(ID.to_owned()).await.unwrap(), alive);
    }
}

/// Saving goes on at the version of the rows, whatever they are read as.
#[tokio::test]
async fn new_events_follow_the_rows() {
    let store = memory();
    put_all(&store, &[SEEN, PLACED, VIEWED]).await;
    let orders = orders(&store);
    let noted = orders.execute(ID.to_owned(), |_| {
        Ok::<_, std::convert::Infallible>(Noted("n".into()))
    });
    assert_eq!(noted.await.unwrap().version, 4);
    let order = orders.load(ID.to_owned()).await.unwrap();
    assert_eq!(order.log, ["2 f at 10", "2 g at 10", "n"]);
}

/// Each event of a row keeps the rules of the life cycle; the error names the row and what it was read as.
#[tokio::test]
async fn events_that_cannot_happen_are_errors() {
    for (rows, row, read_as) in [
        (&[CHANGED_1][..], "OrderChanged", "item-added"),
        (&[CREATED, PLACED], "order-placed", "order-created"),
        (&[PLACED, CLOSED, CHANGED_1], "OrderChanged", "item-added"),
        (
            &[PLACED_AND_CLOSED, PLACED],
            "order-placed",
            "order-created",
        ),
    ] {
        let store = memory();
        put_all(&store, rows).await;
        let orders = orders(&store);
        let error = orders.load(ID.to_owned()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::LifeCycle);
        assert_eq!(error.version(), Some(Version::from(rows.len() as u64)));
        let shown = error.to_string();
        assert!(shown.contains(row) && shown.contains(read_as), "{shown}");
        let history = orders.history(ID.to_owned()).collect().await;
        assert_eq!(*history.unwrap_err().kind(), ErrorKind::LifeCycle);
    }
}
