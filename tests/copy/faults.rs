//! Copies that fail: what they say, and that they can go on.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use eventsourcing::{
    ErrorKind, EventStore, MemoryStore, Result, StreamId, Version,
    copy::StoreCopy,
    snapshot::{SnapshotKey, SnapshotStore},
    store::{
        Appended, Atomicity, Capabilities, Commit, EventPage, FromSnapshot, ReadAll, ReadStream,
    },
    testing::{Fault, FaultyStore, Operation},
};

use crate::{
    bed::{Kind, commit, event, fill, part},
    same::{assert_same, rows},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_copy_goes_on() {
    for kind in Kind::ALL {
        let Some(target) = kind.fresh().await else {
            continue;
        };
        let source = Kind::Sqlite.fresh().await.expect("a file");
        fill(&source).await;
        let faulty = FaultyStore::new(Arc::clone(&target.store));
        let mut tries = 0;
        for fault in [Fault::Error, Fault::LostAfter, Fault::LostBefore] {
            // Each run comes a little further, and stops at an append.
            for _ in 0..4 {
                faulty.next(Operation::Append, fault);
            }
        }
        let copied = loop {
            tries += 1;
            let copy = StoreCopy::new(&source.store, &faulty, Arc::clone(&target.clock));
            match copy.run(|_| {}).await {
                Ok(copied) => break copied,
                Err(error) => assert!(error.is_retryable() && tries < 20, "{error}"),
            }
        };
        assert!(tries > 10, "{tries}");
        assert_eq!(copied.digest.events, rows(&source.store).await.len() as u64);
        assert_same(&source.store, &target.store).await;
    }
}

#[tokio::test]
async fn a_target_with_other_events_is_refused() {
    let source = Kind::Memory.fresh().await.expect("a store");
    let target = Kind::Memory.fresh().await.expect("a store");
    fill(&source).await;
    let theirs = commit(vec![part("theirs", 0, vec![event("json", b"1")])]);
    target.store.append(theirs).await.expect("a commit");
    let error = StoreCopy::new(&source.store, &target.store, Arc::clone(&target.clock))
        .run(|_| {})
        .await
        .expect_err("it is not empty");
    assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
    assert_eq!(error.operation(), Some("copy"));
    assert!(
        error
            .to_string()
            .contains("differs from the source in its stream"),
        "{error}"
    );
    assert_eq!(rows(&target.store).await.len(), 1, "nothing was added");

    // Nor one that has more than the source.
    let empty = MemoryStore::new();
    let error = StoreCopy::new(&empty, &target.store, Arc::clone(&target.clock))
        .run(|_| {})
        .await
        .expect_err("it has more");
    assert!(
        error.to_string().contains("is not in the source"),
        "{error}"
    );
}

#[tokio::test]
async fn a_target_with_a_clock_of_its_own_is_refused() {
    let source = Kind::Memory.fresh().await.expect("a store");
    fill(&source).await;
    let target = MemoryStore::new();
    let error = StoreCopy::new(&source.store, &target, Arc::default())
        .run(|_| {})
        .await
        .expect_err("times would be lost");
    assert_eq!(*error.kind(), ErrorKind::InvalidConfiguration);
    assert!(
        error.to_string().contains("doesn't go by the clock"),
        "{error}"
    );
}

/// A target that is worse than it says.
#[derive(Debug)]
struct Bad {
    inner: Arc<dyn EventStore>,
    how: How,
    appends: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
enum How {
    /// Changes a byte of a payload.
    Damages,
    /// Has lost an event by the time it is read.
    Forgets,
    /// Takes one stream at a time.
    IsSmall,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl EventStore for Bad {
    async fn append(&self, mut commit: Commit) -> Result<Appended> {
        let tenth = self.appends.fetch_add(1, Ordering::Relaxed) == 9;
        match self.how {
            How::Damages if tenth => {
                let payload = &mut commit.streams[0].events[0].payload;
                let mut bytes = payload.to_vec();
                bytes[3] ^= 1;
                *payload = bytes.into();
            }
            How::IsSmall => self.capabilities().check(&commit)?,
            How::Damages | How::Forgets => {}
        }
        self.inner.append(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, read: ReadStream) -> Result<EventPage> {
        self.inner.read_stream(stream, read).await
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let page = self.inner.read_all(read).await?;
        if !matches!(self.how, How::Forgets) {
            return Ok(page);
        }
        let kept = page.iter().filter(|event| event.payload != b"null");
        Ok(EventPage::filled(kept, usize::MAX))
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        self.inner.head(stream).await
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.inner.snapshot_store()
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        self.inner.read_from_snapshot(key, at_most, limit).await
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::full();
        if matches!(self.how, How::IsSmall) {
            capabilities.atomic = Atomicity::OneStream;
            capabilities.max_commit_events = Some(2);
        }
        capabilities
    }
}

async fn into_bad(how: How) -> (Result<eventsourcing::copy::Copied>, bool) {
    let source = Kind::Memory.fresh().await.expect("a store");
    let target = Kind::Memory.fresh().await.expect("a store");
    fill(&source).await;
    let bad = Bad {
        inner: Arc::clone(&target.store),
        how,
        appends: AtomicU64::new(0),
    };
    let copied = StoreCopy::new(&source.store, &bad, Arc::clone(&target.clock))
        .run(|_| {})
        .await;
    let same = rows(&source.store).await.into_iter().map(|(_, row)| row);
    let same = same.eq(rows(&target.store).await.into_iter().map(|(_, row)| row));
    (copied, same)
}

/// Twins of the copies that succeed: the verification sees what a store has damaged or lost.
#[tokio::test]
async fn a_target_that_damages_or_forgets_events_is_found_out() {
    let (damaged, same) = into_bad(How::Damages).await;
    assert!(!same);
    let error = damaged.expect_err("a byte is another");
    assert_eq!(*error.kind(), ErrorKind::Storage);
    assert_eq!(error.stream().map(StreamId::as_str), Some("account/10"));
    assert_eq!(error.version(), Some(Version::from(1)));
    assert!(
        error
            .to_string()
            .contains("differs from the source in its payload"),
        "{error}"
    );

    let (forgotten, _) = into_bad(How::Forgets).await;
    let error = forgotten.expect_err("the last event is missing");
    assert_eq!(*error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("were copied"), "{error}");
}

#[tokio::test]
async fn commits_are_cut_to_what_the_target_can_take() {
    let (copied, same) = into_bad(How::IsSmall).await;
    assert!(copied.is_ok() && same, "{copied:?}");
}
