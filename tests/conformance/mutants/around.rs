//! Bugs before and behind the mutant's `append`.

use std::sync::atomic::Ordering;

use eventsourcing::{
    Error, ErrorKind, Position, Result,
    store::{Appended, Commit},
};
use tokio::task::yield_now;
use uuid::Uuid;

use super::{Bug, store::Mutant};

impl Mutant {
    /// What `append` does, and what is wrong around it.
    pub(super) async fn append_anyhow(&self, mut commit: Commit) -> Result<Appended> {
        match self.bug {
            Some(Bug::CommitsWithoutStreamsAreErrors) if commit.streams.is_empty() => {
                return Err(Error::new(ErrorKind::InvalidConfiguration));
            }
            Some(Bug::PartsBeforeAStreamTwiceAreStored) if commit.check().is_err() => {
                commit.streams.truncate(1);
                self.append_commit(commit).await?;
                return Err(Error::new(ErrorKind::InvalidConfiguration));
            }
            Some(Bug::LargeCommitsAreCut) => {
                let parts = commit.streams.iter_mut();
                parts.for_each(|part| part.events.truncate(4_096));
            }
            Some(Bug::ManyStreamsAreCut) => commit.streams.truncate(100),
            Some(Bug::TooManyStreamsAreSaidLate) if commit.event_count() > 0 => {
                let late = self.capabilities_of().check(&commit);
                if late.is_err() && self.conflict(&self.data(), &commit).is_none() {
                    late?;
                }
            }
            Some(Bug::WritersAreTurnedAway) => return self.append_alone(commit).await,
            Some(Bug::DroppedAppendsStayInPart) if commit.event_count() > 0 => {
                return self.append_in_part(commit).await;
            }
            Some(Bug::DroppedAppendsKeepTheirLock) => {
                return self.append_under_a_flag(commit).await;
            }
            Some(Bug::DroppedAppendsHideWhatFollows) if commit.event_count() > 0 => {
                return self.append_visibly(commit).await;
            }
            Some(Bug::DroppedAppendsAreTakenForStored) if commit.event_count() > 0 => {
                return self.append_noted(commit).await;
            }
            Some(Bug::EventIdsAreUnique) if self.has_an_event_of(&commit) => {
                return Err(Error::new(ErrorKind::Storage));
            }
            _ => {}
        }
        let mut appended = self.append_commit(commit).await?;
        let repeated = appended.repeated;
        for positions in appended.streams.iter_mut().map(|part| &mut part.positions) {
            match self.bug {
                Some(Bug::LargeRepetitionsAreAnsweredInPart) if repeated => {
                    positions.truncate(1_000);
                }
                Some(Bug::AnsweredPositionsAreOneAhead) => {
                    let ahead = |at: &Position| Position::new(at.store(), 0, at.offset() + 1);
                    *positions = positions.iter().map(ahead).collect();
                }
                Some(Bug::AnsweredPositionsHaveAnotherIdentity) => {
                    let other = |at: &Position| Position::new(Uuid::now_v7(), 0, at.offset());
                    *positions = positions.iter().map(other).collect();
                }
                _ => {}
            }
        }
        Ok(appended)
    }

    fn has_an_event_of(&self, commit: &Commit) -> bool {
        let data = self.data();
        self.conflict(&data, commit).is_none()
            && commit.streams.iter().any(|part| {
                let ids = |id| part.events.iter().any(|event| event.id == id);
                data.of(&self.name(&part.stream))
                    .any(|stored| ids(stored.event.id))
            })
    }

    async fn append_alone(&self, commit: Commit) -> Result<Appended> {
        if self.shared.busy.swap(true, Ordering::SeqCst) {
            let part = &commit.streams[0];
            let (expected, stream) = (part.expected, part.stream.clone());
            return Err(Error::conflict(stream, expected, expected));
        }
        yield_now().await;
        let answer = self.append_commit(commit).await;
        self.shared.busy.store(false, Ordering::SeqCst);
        answer
    }
}
