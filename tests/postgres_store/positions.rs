//! The last position drawn, which fences and horizons are made of: never one that is still to be drawn.

use eventsourcing::{EventStore as _, store::tokio_postgres::Config};
use futures_util::future::join_all;

use crate::bed::{client, commit, database, open, put};

/// How often the last position by this expression was one that was drawn only afterwards, among so many looks.
async fn too_high(config: &Config, expression: &str, looks: u32) -> i64 {
    let sql = format!(
        "CREATE OR REPLACE FUNCTION looks() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE last bigint; drawn bigint; wrong bigint := 0;
        BEGIN
            FOR look IN 1..{looks} LOOP
                last := {expression};
                drawn := nextval('eventsourcing.events_position');
                IF drawn <= last THEN wrong := wrong + 1; END IF;
            END LOOP;
            RETURN wrong;
        END $$"
    );
    let maker = client(config).await;
    maker.batch_execute(&sql).await.expect("the function");
    let sessions = (0..6).map(async |_| {
        let session = client(config).await;
        let row = session.query_one("SELECT looks()", &[]).await;
        row.expect("a count").get::<_, i64>(0)
    });
    join_all(sessions).await.iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_the_last_position_is_never_one_to_be_drawn() {
    let Some(database) = database().await else {
        return;
    };
    let _store = open(&database).await;
    let config = database.config();
    // What a scan says is now and then: the test looks often enough.
    let scan = "(SELECT last_value FROM eventsourcing.events_position)";
    let mut found = 0;
    for _ in 0..20 {
        found += too_high(config, scan, 50_000).await;
        if found > 0 {
            break;
        }
    }
    assert!(found > 0, "the scan was never wrong");
    let last = "eventsourcing.last_position_1()";
    assert_eq!(too_high(config, last, 200_000).await, 0);
    let last = "(SELECT h.last FROM eventsourcing.horizon_1() h)";
    assert_eq!(too_high(config, last, 20_000).await, 0);
    let last = "pg_sequence_last_value('eventsourcing.events_position'::regclass)";
    assert_eq!(too_high(config, last, 200_000).await, 0);
    // The fence, which can't be asked that often, has it from there.
    let sql = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'eventsourcing'::regnamespace
        AND (proname = 'horizon_1' AND prosrc LIKE '%.last_position_1()%' AND prosrc NOT LIKE '%last_value%'
            OR proname IN ('fence_1', 'last_position_1') AND prosrc ~ 'pg_sequence_last_value' AND prosrc !~ '[^_]last_value')";
    let row = client(config).await;
    let row = row.query_one(sql, &[]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 3);
}

/// The advisory lock's function does nothing with NULL: an append without a fence would pass in silence.
#[tokio::test]
async fn postgres_no_append_without_a_last_position() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    put(&store, "1", 0, 3).await;
    let client = client(database.config()).await;
    let sql = "ALTER SEQUENCE eventsourcing.events_position RESTART WITH 4";
    client.batch_execute(sql).await.expect("the restart");
    let refused = store.append(commit("2", 0, 1)).await;
    let refused = refused.expect_err("there is no last position").to_string();
    assert!(refused.contains("has no last position"), "{refused}");
    assert!(refused.contains("setval"), "{refused}");
    assert!(store.order().await.is_err());
    let sql = "SELECT setval('eventsourcing.events_position', 3)";
    client.batch_execute(sql).await.expect("the position");
    let position = put(&store, "2", 0, 1).await.streams[0].positions[0];
    assert_eq!(position.offset(), 4);
}
