//! How the mutant knows a repetition.

use eventsourcing::store::{Appended, AppendedStream, Commit, StreamCommit};
use uuid::Uuid;

use super::{
    Bug,
    store::{Data, Mutant, Stored},
};

impl Mutant {
    /// The first answer, if the commit is stored.
    pub(super) fn repeated(&self, data: &Data, commit: &Commit) -> Option<Appended> {
        if self.is(Bug::RepetitionsAreConflicts) {
            return None;
        }
        if self.is(Bug::OldRepetitionsAreForgotten) {
            let mut last = data.log.iter().rev().take(1_000);
            if !last.any(|stored| stored.commit_id == commit.id) {
                return None;
            }
        }
        let mut streams = Vec::new();
        for (index, part) in commit.streams.iter().enumerate() {
            let name = self.name(&part.stream);
            let from = usize::try_from(part.expected.get()).ok()?;
            let stored: Vec<_> = data.of(&name).skip(from).take(part.events.len()).collect();
            let first_part = index == 0 || !self.is(Bug::RepetitionsAreKnownByTheFirstStream);
            let at_head = data.head(&name) == (from.saturating_add(part.events.len())) as u64;
            let unknown = !part.events.is_empty()
                && !self.is_stored(data, commit.id, part, &stored)
                || self.is(Bug::RepetitionsAreKnownAtTheHeadOnly) && !at_head
                || self.is(Bug::RepetitionsComparePartsWithoutEvents)
                    && part.events.is_empty()
                    && !at_head
                || self.is(Bug::RepetitionsCompareTheEventBefore)
                    && part.after.is_some()
                    && part.after != data.of(&name).take(from).last().map(|last| last.event.id);
            if first_part && unknown {
                return None;
            }
            let first = stored.first().map(|stored| stored.recorded_at);
            let first = first.filter(|_| !self.is(Bug::RepetitionsHaveANewTime));
            streams.push(AppendedStream {
                positions: stored.iter().map(|stored| self.position(stored)).collect(),
                recorded_at: first.unwrap_or_else(|| self.now()),
            });
        }
        match self.bug {
            Some(Bug::RepetitionsHaveOneTime) => {
                let time = streams.first().map(|first| first.recorded_at);
                for entry in &mut streams {
                    entry.recorded_at = time.unwrap_or(entry.recorded_at);
                }
            }
            Some(Bug::RepetitionsAreInTheFirstOrder) => {
                let at = |entry: &AppendedStream| entry.positions.first().map(|at| at.offset());
                streams.sort_by_key(at);
            }
            _ => {}
        }
        Some(Appended {
            streams,
            repeated: !self.is(Bug::RepetitionsAreNotMarked),
        })
    }

    /// Whether these, behind the expected version, are the part's events.
    fn is_stored(&self, data: &Data, id: Uuid, part: &StreamCommit, stored: &[&Stored]) -> bool {
        let of_commit = stored.iter().all(|stored| stored.commit_id == id);
        let whole = stored.len() == part.events.len();
        let mut wanted: Vec<_> = part.events.iter().map(|event| event.id).collect();
        let mut found: Vec<_> = stored.iter().map(|stored| stored.event.id).collect();
        match self.bug {
            Some(Bug::RepetitionsAreKnownByTheFirstEvent) => {
                return stored.first().is_none_or(|first| first.commit_id == id);
            }
            Some(Bug::RepetitionsAreNotCompared) => return whole,
            Some(Bug::RepetitionsAreKnownByTheCommitId) => return of_commit && whole,
            // These stores never had the caller's ids.
            Some(Bug::EventIdsAreMadeHere) => found.clone_from(&wanted),
            Some(Bug::RepetitionsAreKnownByTheFirstEventId) => {
                wanted.truncate(1);
                found.truncate(1);
            }
            Some(Bug::EventIdsAreComparedAsASet) => {
                wanted.sort_unstable();
                found.sort_unstable();
            }
            _ => {}
        }
        let has = |version: u64| {
            let mut all = data.of(part.stream.as_str());
            all.any(|stored| stored.version == version && stored.commit_id == id)
        };
        let from = part.expected.get();
        let end = from.saturating_add(part.events.len() as u64);
        let begins = !has(from) || self.is(Bug::ASuffixIsARepetition);
        let ends = !has(end.saturating_add(1)) || self.is(Bug::APrefixIsARepetition);
        of_commit && whole && wanted == found && begins && ends
    }
}
