//! Appends that leave something behind when they are dropped.

use std::sync::atomic::Ordering;

use eventsourcing::{
    Result,
    store::{Appended, AppendedStream, Commit},
};
use tokio::{sync::MutexGuard, task::yield_now};

use super::{Bug, store::Mutant};

impl Mutant {
    /// What readers wait for.
    pub(super) async fn writer(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is(Bug::DroppedAppendsStayInPart) {
            return Some(self.shared.writers.lock().await);
        }
        None
    }

    /// The last position before an append that isn't over.
    pub(super) fn settled(&self) -> u64 {
        let first = self.data().under_way.first().copied();
        first.map_or(u64::MAX, |first| first - 1)
    }

    /// Under a lock, with many awaits before and some between the streams.
    pub(super) async fn append_in_part(&self, commit: Commit) -> Result<Appended> {
        let _writer = self.shared.writers.lock().await;
        let refused = self.refused(&commit);
        if let Some(answer) = refused {
            return answer;
        }
        for _ in 0..30 {
            yield_now().await;
        }
        let mut streams: Vec<AppendedStream> = Vec::new();
        for part in commit.streams {
            yield_now().await;
            streams.push(self.store(&mut self.data(), commit.id, self.now(), part));
        }
        Ok(Appended {
            streams,
            repeated: false,
        })
    }

    pub(super) async fn append_under_a_flag(&self, commit: Commit) -> Result<Appended> {
        while self.shared.busy.swap(true, Ordering::SeqCst) {
            yield_now().await;
        }
        yield_now().await;
        let answer = self.append_commit(commit).await;
        self.shared.busy.store(false, Ordering::SeqCst);
        answer
    }

    pub(super) async fn append_visibly(&self, commit: Commit) -> Result<Appended> {
        let place = {
            let mut data = self.data();
            data.next_position += 1;
            let place = data.next_position;
            data.under_way.insert(place);
            place
        };
        yield_now().await;
        let answer = self.append_commit(commit).await;
        self.data().under_way.remove(&place);
        answer
    }

    pub(super) async fn append_noted(&self, commit: Commit) -> Result<Appended> {
        let known = {
            let mut data = self.data();
            let stored = data.log.iter().any(|stored| stored.commit_id == commit.id);
            let fits = self.conflict(&data, &commit).is_none();
            !stored && fits && !data.noted.insert(commit.id)
        };
        if known {
            return Ok(Appended {
                repeated: true,
                ..Appended::nothing(&commit, self.now())
            });
        }
        yield_now().await;
        self.append_commit(commit).await
    }
}
