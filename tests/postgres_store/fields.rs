//! What a load asks for, and what it leaves in the table.

use eventsourcing::{
    EventStore as _, Version,
    store::{NewEvent, ReadStream},
};
use uuid::Uuid;

use crate::bed::{commit, database, event, open, stream};

#[tokio::test]
async fn postgres_what_is_not_folded_is_not_sent() {
    let Some(database) = database().await else {
        return;
    };
    let store = open(&database).await;
    let mut one = commit("1", 0, 0);
    one.streams[0].events = vec![NewEvent {
        metadata: "{\"user\":\"7\"}".into(),
        ..event("1")
    }];
    let appended = store.append(one.clone()).await.expect("it is stored");
    let offset = appended.streams[0].positions[0].offset();

    let read = ReadStream::from(Version::from(1));
    let page = async |read| store.read_stream(&stream("1"), read).await.expect("a page");
    let all = page(read.clone()).await;
    let row = all.first().expect("an event");
    assert_eq!((row.position.offset(), row.commit_id), (offset, one.id));
    assert_eq!(row.metadata, b"{\"user\":\"7\"}");

    let folded = page(read.folded()).await;
    let row = folded.first().expect("an event");
    assert_eq!((row.position.offset(), row.commit_id), (0, Uuid::nil()));
    assert_eq!((row.metadata, row.payload), (&b""[..], &b"1"[..]));
}
