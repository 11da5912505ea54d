//! Appending: many at once, each with its own answer; a pool that is exhausted; settings of the role that get in the way.

use std::time::Duration;

use eventsourcing::{
    ErrorKind, EventStore as _, StreamId, Version,
    store::{Commit, PostgresOptions, ReadStream},
};
use uuid::Uuid;

use crate::bed::{client, commit, database, ids, open, open_with, part, put, visible};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_saves_that_wait_share_a_transaction_and_keep_their_own_answers() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    put(&store, "taken", 0, 1).await;
    let stored = put(&store, "repeated", 0, 2).await;
    let repeated = {
        let mut again = commit("repeated", 0, 0);
        let client = client(database.config()).await;
        let sql = "SELECT id, commit_id FROM eventsourcing.events WHERE stream = 'order/repeated' ORDER BY version";
        for row in client.query(sql, &[]).await.expect("rows") {
            let mut event = part("repeated", 0, 1).events.remove(0);
            event.id = row.get(0);
            again.id = row.get(1);
            again.streams[0].events.push(event);
        }
        again
    };
    let mut saves = Vec::new();
    for number in 0..200 {
        let one = match number % 4 {
            0 => commit("taken", 0, 1),
            1 => repeated.clone(),
            // Half of it is refused, so all of it is.
            2 => Commit {
                id: Uuid::now_v7(),
                streams: vec![part(&format!("half-{number}"), 0, 1), part("taken", 0, 1)],
            },
            _ => commit(&format!("new-{number}"), 0, 3),
        };
        let store = store.clone();
        saves.push(tokio::spawn(
            async move { (number, store.append(one).await) },
        ));
    }
    for save in saves {
        let (number, answer) = save.await.expect("no panic");
        match (number % 4, answer) {
            (0 | 2, Err(error)) => {
                assert!(error.is_conflict(), "{error}");
                assert_eq!(error.stream().map(StreamId::id), Some("taken"));
            }
            (1, Ok(answer)) => assert!(answer.repeated && answer.streams == stored.streams),
            (3, Ok(answer)) => assert!(!answer.repeated && answer.streams[0].positions.len() == 3),
            (_, answer) => panic!("save {number}: {answer:?}"),
        }
    }
    assert_eq!(visible(&store).await, 1 + 2 + 50 * 3);
    let client = client(database.config()).await;
    let sql = "SELECT count(DISTINCT xmin::text) FROM eventsourcing.events WHERE stream LIKE 'order/new-%'";
    let transactions: i64 = client.query_one(sql, &[]).await.expect("a count").get(0);
    assert!(
        transactions < 50,
        "50 saves at once took {transactions} transactions"
    );
}

/// Several processes that race for the same versions: each version is won once, whole commits win.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_processes_that_race_for_versions_store_whole_commits() {
    let Some(database) = database().await else {
        return;
    };
    let mut racers = Vec::new();
    for number in 0..6 {
        let options = PostgresOptions::default()
            .coalesce(number % 2 == 0)
            .connections(4);
        let store = open_with(database.config(), options).await;
        racers.push(tokio::spawn(async move {
            let mut won = Vec::new();
            for _ in 0..60 {
                let head = store
                    .head(&crate::bed::stream("race"))
                    .await
                    .expect("a head")
                    .get();
                let one = commit("race", head, 1 + number % 3);
                match store.append(one.clone()).await {
                    Ok(_) => won.push(one),
                    Err(error) => assert!(error.is_conflict(), "{error}"),
                }
            }
            won
        }));
    }
    let mut won = Vec::new();
    for racer in racers {
        won.extend(racer.await.expect("no panic"));
    }
    won.sort_by_key(|one| one.streams[0].expected);
    let wanted: Vec<_> = won
        .iter()
        .flat_map(|one| &one.streams[0].events)
        .map(|event| event.id)
        .collect();
    assert!(!wanted.is_empty());
    assert_eq!(ids(&open(&database).await, "race").await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_says_that_its_pool_is_exhausted() {
    let Some(database) = database().await else {
        return;
    };
    let options = PostgresOptions::default().connections(2).coalesce(false);
    let store = open_with(
        database.config(),
        options.pool_wait(Duration::from_millis(300)),
    )
    .await;
    put(&store, "1", 0, 1).await;
    let mut holder = client(database.config()).await;
    let open = holder.transaction().await.expect("a transaction");
    // An open transaction has version 2: who wants it too waits.
    store
        .append_in(&open, commit("1", 1, 1))
        .await
        .expect("an append");
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(commit("1", 1, 1)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let error = store
        .append(commit("2", 0, 1))
        .await
        .expect_err("there is no connection");
    assert_eq!(*error.kind(), ErrorKind::Unavailable);
    assert!(
        error
            .to_string()
            .contains("none of the pool's 2 connections was free"),
        "{error}"
    );
    open.commit().await.expect("the commit");
    for save in waiting {
        assert!(
            save.await
                .expect("no panic")
                .expect_err("it lost")
                .is_conflict()
        );
    }
    put(&store, "2", 0, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_works_under_a_role_with_other_defaults() {
    for isolation in ["repeatable read", "serializable"] {
        let Some(database) = database().await else {
            return;
        };
        let client = client(database.config()).await;
        let name = database.name();
        for setting in [
            format!("default_transaction_isolation = '{isolation}'"),
            "synchronous_commit = off".to_owned(),
            "search_path = pg_catalog".to_owned(),
            "standard_conforming_strings = off".to_owned(),
            "bytea_output = escape".to_owned(),
            "\"DateStyle\" = 'German'".to_owned(),
            "\"TimeZone\" = 'Asia/Tokyo'".to_owned(),
        ] {
            let sql = format!("ALTER DATABASE {name} SET {setting}");
            client.batch_execute(&sql).await.expect(&sql);
        }
        let store = open(&database).await;
        let saves: Vec<_> = (0..40)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(
                    async move { store.append(commit(&(number % 20).to_string(), 0, 2)).await },
                )
            })
            .collect();
        let mut stored = 0;
        for save in saves {
            match save.await.expect("no panic") {
                Ok(_) => stored += 1,
                Err(error) => assert!(error.is_conflict(), "{error}"),
            }
        }
        assert_eq!((stored, visible(&store).await), (20, 40));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_commits_beyond_a_message_are_too_large() {
    let Some(database) = database().await else {
        return;
    };
    let options = PostgresOptions::default().deadline(Duration::from_secs(5));
    let store = open_with(database.config(), options).await;
    let shared = bytes::Bytes::from(vec![b'1'; 1 << 20]);
    let mut one = commit("1", 0, 1_024);
    for event in &mut one.streams[0].events {
        event.payload = shared.clone();
    }
    let refused = store.append(one).await.expect_err("it is 1 GiB");
    assert_eq!(*refused.kind(), ErrorKind::TooLarge, "{refused}");
    assert_eq!(refused.stream().map(StreamId::id), Some("1"));
    put(&store, "1", 0, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_json_that_nests_deep_is_stored_as_bytes() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let text = format!(r#"["\"{}", "\\", {{}}]"#, "[{".repeat(500));
    let payloads = [nested(128), text, nested(129), nested(100_000)];
    let mut one = commit("1", 0, payloads.len());
    for (event, payload) in one.streams[0].events.iter_mut().zip(&payloads) {
        event.payload = payload.clone().into();
    }
    store.append(one).await.expect("the events are stored");
    let read = ReadStream::from(Version::from(1));
    let page = store.read_stream(&crate::bed::stream("1"), read).await;
    let page = page.expect("a page");
    let stored = page.iter().map(|event| event.payload);
    assert!(stored.eq(payloads.iter().map(String::as_bytes)));
    let client = client(database.config()).await;
    let sql = "SELECT array_agg(payload IS NULL ORDER BY version) FROM eventsourcing.events";
    let row = client.query_one(sql, &[]).await.expect("a row");
    let as_bytes: Vec<bool> = row.get(0);
    assert_eq!(as_bytes, [false, false, true, true]);
}

/// What no stream can have is refused, alone and beside others in one statement.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_an_append_at_the_highest_versions_is_a_conflict_and_no_trouble_to_others() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let most = Version::MAX.get();
    let mut beside = commit("beside", 0, 1);
    beside.streams.push(part("far", most, 0));
    let far = [
        commit("last", most - 1, 1),
        commit("before", most - 2, 1),
        commit("before", most - 2, 2),
        beside,
    ];
    for one in far.clone() {
        let refused = store.append(one).await.expect_err("there is no such event");
        assert!(refused.is_conflict(), "{refused}");
    }
    let others = (0..20).map(|number| commit(&number.to_string(), 0, 1));
    let saves: Vec<_> = others
        .chain(far)
        .map(|one| {
            let store = store.clone();
            tokio::spawn(async move { store.append(one).await })
        })
        .collect();
    for (number, save) in saves.into_iter().enumerate() {
        match save.await.expect("no panic") {
            Ok(_) => assert!(number < 20),
            Err(refused) => assert!(number >= 20 && refused.is_conflict(), "{refused}"),
        }
    }
}

/// Whether the stream is behind or ahead, and whichever statement decides.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_conflict_says_where_the_stream_is() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    put(&store, "three", 0, 3).await;
    let streams = [("three", 3, [0, 2, 4, 900]), ("none", 0, [1, 2, 3, 900])];
    let mut refused = Vec::new();
    for (id, head, wrong) in streams {
        for expected in wrong {
            for count in 1..3 {
                refused.push((commit(id, expected, count), head));
            }
            let mut beside = commit("beside", 0, 1);
            beside.streams.push(part(id, expected, 1));
            refused.push((beside, head));
        }
    }
    let says = |one: &Commit, head: u64, answer: eventsourcing::Result<_>| {
        let expected = one.streams.last().expect("a part").expected;
        let answer = answer.map(drop).expect_err("it is refused");
        let wanted = ErrorKind::Conflict {
            expected,
            actual: Version::from(head),
        };
        assert_eq!(*answer.kind(), wanted, "{answer}");
    };
    for (one, head) in refused.clone() {
        let answer = store.append(one.clone()).await;
        says(&one, head, answer);
    }
    let saves: Vec<_> = refused
        .into_iter()
        .map(|(one, head)| {
            let (store, asked) = (store.clone(), one.clone());
            (
                one,
                head,
                tokio::spawn(async move { store.append(asked).await }),
            )
        })
        .collect();
    for (one, head, save) in saves {
        says(&one, head, save.await.expect("no panic"));
    }
    assert_eq!(visible(&store).await, 3);
}

/// In the order in which they were asked for, also without waiting for each.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_appends_to_one_stream_are_stored_in_the_order_of_asking() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    for round in 0..30 {
        let id = round.to_string();
        let (first, second, third) = tokio::join!(
            store.append(commit(&id, 0, 1)),
            store.append(commit(&id, 1, 1)),
            store.append(commit(&id, 2, 1)),
        );
        first.expect("stored");
        second.expect("stored");
        third.expect("stored");
    }
}

/// To "1" and "2", of which the second event of a stream is left out.
async fn none_is_acknowledged(what: &str) {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    put(&store, "1", 0, 1).await;
    let client = client(database.config()).await;
    client.batch_execute(what).await.expect("it is made");
    let in_order = vec![part("1", 1, 1), part("2", 0, 3)];
    let out_of_order = vec![part("2", 0, 3), part("1", 1, 1)];
    let (one, several) = (vec![part("1", 1, 1)], vec![part("2", 0, 3)]);
    for streams in [one, several, in_order, out_of_order] {
        let id = Uuid::now_v7();
        let appended = store.append(Commit { id, streams }).await;
        let error = appended.expect_err("not all is stored");
        assert_eq!(*error.kind(), ErrorKind::Storage, "{error}");
        assert!(ids(&store, "2").await.is_empty(), "{error}");
    }
    assert_eq!(ids(&store, "1").await.len(), 1);
}

#[tokio::test]
async fn postgres_an_event_that_a_trigger_had_ignored_is_not_acknowledged() {
    let sql = "CREATE FUNCTION ignore() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RETURN CASE WHEN NEW.version <> 2 THEN NEW END; END';
        CREATE TRIGGER ignore BEFORE INSERT ON eventsourcing.events FOR EACH ROW EXECUTE FUNCTION ignore()";
    none_is_acknowledged(sql).await;
}

#[tokio::test]
async fn postgres_events_that_a_rule_had_put_elsewhere_are_not_acknowledged() {
    let table = "CREATE TABLE public.other (LIKE eventsourcing.events)";
    for then in ["INSERT INTO public.other VALUES (NEW.*)", "NOTHING"] {
        for of in ["", "WHERE NEW.version = 2"] {
            let rule = "CREATE RULE elsewhere AS ON INSERT TO eventsourcing.events";
            none_is_acknowledged(&format!("{table}; {rule} {of} DO INSTEAD {then}")).await;
        }
    }
}
