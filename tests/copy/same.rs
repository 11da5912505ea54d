//! Whether two stores have the same, seen without the code that copies.

use eventsourcing::{
    EventStore, Position, StreamId, Version,
    snapshot::SnapshotInfo,
    store::{ReadAll, ReadStream},
};

/// Everything of an event but its position.
pub(crate) type Row = (
    String,
    Version,
    [uuid::Uuid; 2],
    String,
    u32,
    String,
    i64,
    Vec<u8>,
    Vec<u8>,
);

/// All events in their order, each with its position, which rise.
pub(crate) async fn rows(store: &dyn EventStore) -> Vec<(Position, Row)> {
    let (mut rows, mut read) = (Vec::<(Position, Row)>::new(), ReadAll::default());
    loop {
        let page = store.read_all(read.clone()).await.expect("a page");
        for event in page.iter() {
            if let Some((last, _)) = rows.last() {
                assert!(*last < event.position);
            }
            rows.push((
                event.position,
                (
                    event.stream.to_owned(),
                    event.version,
                    [event.id, event.commit_id],
                    event.name.to_owned(),
                    event.event_version,
                    event.codec.to_owned(),
                    event.recorded_at.unix_micros(),
                    event.payload.to_vec(),
                    event.metadata.to_vec(),
                ),
            ));
        }
        let Some(last) = page.last() else {
            return rows;
        };
        read.after = Some(last.position);
    }
}

pub(crate) async fn snapshots(store: &dyn EventStore) -> Vec<SnapshotInfo> {
    let kept = store.snapshot_store().expect("snapshots");
    let mut found = Vec::new();
    let mut streams: Vec<_> = rows(store)
        .await
        .into_iter()
        .map(|(_, row)| row.0)
        .collect();
    streams.sort_unstable();
    streams.dedup();
    for stream in streams {
        let stream = StreamId::parse(&stream).expect("a stream");
        found.extend(kept.list(&stream).await.expect("a list"));
    }
    found
}

/// Same events in the same order, stream by stream as well, and the same snapshots.
pub(crate) async fn assert_same(source: &dyn EventStore, target: &dyn EventStore) {
    let (wanted, found) = (rows(source).await, rows(target).await);
    assert_eq!(wanted.len(), found.len());
    for ((_, wanted), (_, found)) in wanted.iter().zip(&found) {
        assert_eq!(wanted, found);
    }
    for (_, row) in wanted.iter().filter(|(_, row)| row.1 == 1) {
        let stream = StreamId::parse(&row.0).expect("a stream");
        let [one, other] = [source, target].map(|store| {
            let stream = &stream;
            async move {
                let read = ReadStream::from(Version::from(1));
                let page = store.read_stream(stream, read).await.expect("a page");
                page.iter().map(|event| event.id).collect::<Vec<_>>()
            }
        });
        assert_eq!(one.await, other.await);
    }
    assert_eq!(snapshots(source).await, snapshots(target).await);
}
