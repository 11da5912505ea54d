//! The mutant's `append`.

use std::collections::HashSet;

use bytes::Bytes;
use eventsourcing::{
    Error, ErrorKind, Result, Timestamp, Version,
    store::{Appended, AppendedStream, Commit, NewEvent, StreamCommit},
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::yield_now,
};
use uuid::Uuid;

use super::{
    Bug,
    store::{Data, Mutant, Stored},
};

/// Declared, so that the kit's checks of limits apply too.
pub(super) const MOST_EVENTS: usize = 5_000;

impl Mutant {
    fn check(&self, commit: &Commit) -> Result<()> {
        let empty = commit.event_count() == 0;
        if self.has_a_stream_twice(commit, empty)
            || (!empty || self.is(Bug::EmptyCommitsAreChecked)) && self.has_no_event_before(commit)
            || self.has_an_event_twice(commit)
        {
            return Err(Error::new(ErrorKind::InvalidConfiguration));
        }
        if empty && commit.streams.len() > 5 && self.is(Bug::EmptyCommitsToManyStreamsAreRefused) {
            return Err(Error::new(ErrorKind::Unsupported));
        }
        for part in &commit.streams {
            let last = part.expected.checked_add(part.events.len() as u64);
            if !part.events.is_empty() && last.is_none() && !self.is(Bug::VersionsHaveNoLimit) {
                return Err(Error::new(ErrorKind::TooLarge));
            }
        }
        let most = self.capabilities_of().max_commit_events;
        if most.is_some_and(|most| commit.event_count() > most) && !self.is(Bug::CommitsHaveNoLimit)
        {
            return Err(Error::new(ErrorKind::TooLarge));
        }
        Ok(())
    }

    fn has_a_stream_twice(&self, commit: &Commit, empty: bool) -> bool {
        let accepted = self.is(Bug::AStreamTwiceIsAccepted)
            || empty && self.is(Bug::AStreamTwiceWithoutEventsIsAccepted);
        let names: Vec<_> = commit.streams.iter().map(|part| &part.stream).collect();
        !accepted && self.has_twice(&names)
    }

    fn has_an_event_twice(&self, commit: &Commit) -> bool {
        let ids = |part: &StreamCommit| part.events.iter().map(|event| event.id).collect();
        let mut lists: Vec<Vec<Uuid>> = commit.streams.iter().map(ids).collect();
        if !self.is(Bug::EventIdsAreComparedByStream) {
            lists = vec![lists.concat()];
        }
        !self.is(Bug::AnEventIdTwiceIsAccepted) && lists.iter().any(|ids| self.has_twice(ids))
    }

    fn has_twice<T: Eq + std::hash::Hash>(&self, items: &[T]) -> bool {
        if self.is(Bug::NeighboursOnlyAreCompared) {
            return items.windows(2).any(|pair| pair[0] == pair[1]);
        }
        items.iter().collect::<HashSet<_>>().len() < items.len()
    }

    fn has_no_event_before(&self, commit: &Commit) -> bool {
        let mut parts = commit.streams.iter().filter(|part| {
            !part.events.is_empty() || !self.is(Bug::PartsWithoutEventsAreNotChecked)
        });
        !self.is(Bug::AnEventBeforeTheFirstIsAccepted)
            && parts.any(|part| part.after.is_some() && part.expected == 0)
    }

    pub(super) fn conflict(&self, data: &Data, commit: &Commit) -> Option<Error> {
        let parts = commit.streams.iter().enumerate();
        parts.into_iter().find_map(|(index, part)| {
            let (expected, actual) = (part.expected.get(), data.head(&self.name(&part.stream)));
            let last = data.of(&self.name(&part.stream)).next_back();
            let another = last.is_some_and(|last| part.after.is_some_and(|id| id != last.event.id))
                && !self.is(Bug::AnotherHistoryIsAccepted)
                && !(part.events.is_empty() && self.is(Bug::EventsBeforeNoEventsAreNotCompared));
            let fine = match self.bug {
                Some(Bug::VersionsAreNotCompared) => true,
                Some(Bug::HigherVersionsAreAccepted) => expected >= actual,
                Some(Bug::OnlyTheFirstStreamIsCompared) => index > 0 || expected == actual,
                Some(Bug::CreationIsNotCompared) => expected == 0 || expected == actual,
                Some(Bug::PartsWithoutEventsAreNotCompared) => {
                    part.events.is_empty() || expected == actual
                }
                _ => expected == actual,
            };
            let (mut named, mut versions) = (&part.stream, (part.expected, Version::from(actual)));
            if self.is(Bug::ConflictsSwapVersions) {
                versions = (versions.1, versions.0);
            }
            if self.is(Bug::ConflictsNameTheFirstStream) {
                named = &commit.streams[0].stream;
            }
            (!fine || another).then(|| Error::conflict(named.clone(), versions.0, versions.1))
        })
    }

    /// The answer if it isn't to be stored, of a look of its own.
    pub(super) fn refused(&self, commit: &Commit) -> Option<Result<Appended>> {
        let data = self.data();
        let conflict = self.conflict(&data, commit)?;
        Some(self.repeated(&data, commit).ok_or(conflict))
    }

    /// What becomes of an event on its way into the store.
    fn kept(&self, mut event: NewEvent) -> NewEvent {
        match self.bug {
            Some(Bug::JsonIsReformatted) if event.codec == "json" => {
                if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&event.payload) {
                    event.payload = value.to_string().into();
                }
            }
            Some(Bug::PayloadsAreTexts) => {
                let text = String::from_utf8_lossy(&event.payload).into_owned();
                event.payload = text.into();
            }
            Some(Bug::NulEndsAPayload) => {
                let end = event.payload.iter().position(|byte| *byte == 0);
                event.payload = end.map_or(event.payload.clone(), |end| event.payload.slice(..end));
            }
            Some(Bug::EmptyMetadataIsAnObject) if event.metadata.is_empty() => {
                event.metadata = Bytes::from_static(b"{}");
            }
            Some(Bug::MetadataIsLost) => event.metadata = Bytes::new(),
            Some(Bug::EventVersionsHave16Bits) => event.event_version &= 0xFFFF,
            Some(Bug::NamesAreTrimmed) => event.name = event.name.trim().to_owned().into(),
            Some(Bug::CodecsAreLowerCase) => event.codec = event.codec.to_lowercase().into(),
            Some(Bug::EventIdsAreMadeHere) => event.id = Uuid::now_v7(),
            _ => return self.kept_texts(event),
        }
        event
    }

    fn time(&self, data: &Data, name: &str, now: Timestamp) -> Timestamp {
        let last = match self.bug {
            Some(Bug::TimesGoBackwards) => None,
            Some(Bug::TimesAreHeldUpByOtherStreams) => data.log.last(),
            _ => data.of(name).next_back(),
        };
        last.map_or(now, |last| last.recorded_at.max(now))
    }

    pub(super) fn store(
        &self,
        data: &mut Data,
        id: Uuid,
        now: Timestamp,
        part: StreamCommit,
    ) -> AppendedStream {
        let name = self.name(&part.stream);
        let recorded_at =
            if part.events.is_empty() && !self.is(Bug::PartsWithoutEventsHaveTheLastTime) {
                now
            } else {
                self.time(data, &name, now)
            };
        let mut positions = Vec::new();
        for (index, event) in part.events.into_iter().enumerate() {
            data.next_position += 1;
            let stored = Stored {
                position: data.next_position,
                stream: part.stream.clone(),
                version: data.head(&name) + 1,
                commit_id: if index > 0 && self.is(Bug::OnlyTheFirstEventHasTheCommitId) {
                    Uuid::nil()
                } else {
                    id
                },
                recorded_at: if self.is(Bug::TimesDifferWithinACommit) {
                    Timestamp::from_unix_micros(
                        recorded_at.unix_micros() + i64::try_from(index).unwrap_or(0),
                    )
                } else {
                    recorded_at
                },
                event: self.kept(event),
            };
            positions.push(self.position(&stored));
            data.push(name.clone(), stored);
        }
        if self.is(Bug::PositionsAreAnsweredBackwards) {
            positions.reverse();
        }
        AppendedStream {
            positions,
            recorded_at,
        }
    }

    fn nothing(&self, commit: &Commit) -> Appended {
        let (data, now) = (self.data(), self.now());
        let entry = |part: &StreamCommit| {
            let last = data.of(&self.name(&part.stream)).next_back();
            let last = last.filter(|_| self.is(Bug::EmptyCommitsHaveTheLastTime));
            AppendedStream {
                positions: Vec::new(),
                recorded_at: last.map_or(now, |last| last.recorded_at),
            }
        };
        let streams = commit.streams.iter().map(entry);
        Appended {
            streams: streams
                .filter(|_| !self.is(Bug::EmptyCommitsHaveNoEntries))
                .collect(),
            repeated: false,
        }
    }

    /// What is stored although the commit is refused.
    fn torn(&self, data: &mut Data, commit: &Commit) {
        for part in commit.streams.clone() {
            let (head, expected) = (data.head(&self.name(&part.stream)), part.expected.get());
            let mut rest = part;
            if self.is(Bug::FreeVersionsAreStored) && head >= expected {
                let taken = usize::try_from(head - expected).unwrap_or(usize::MAX);
                rest.events = rest.events.into_iter().skip(taken).collect();
            } else if !self.is(Bug::StreamsBeforeAConflictAreStored) || head != expected {
                return;
            }
            self.store(data, commit.id, self.now(), rest);
        }
    }

    /// Draws positions first and shows the events later, as a slow transaction does.
    async fn store_late(&self, commit: Commit) -> Result<Appended> {
        let (mut drawn, slow) = {
            let mut data = self.data();
            if let Some(conflict) = self.conflict(&data, &commit) {
                return self.repeated(&data, &commit).ok_or(conflict);
            }
            let first = data.next_position + 1;
            data.next_position += commit.event_count() as u64;
            (first, first % 4)
        };
        for _ in 0..slow {
            yield_now().await;
        }
        let mut data = self.data();
        if let Some(conflict) = self.conflict(&data, &commit) {
            return self.repeated(&data, &commit).ok_or(conflict);
        }
        let next = data.next_position;
        let mut streams = Vec::new();
        for part in commit.streams {
            data.next_position = drawn - 1;
            drawn += part.events.len() as u64;
            streams.push(self.store(&mut data, commit.id, self.now(), part));
        }
        data.next_position = next;
        Ok(Appended {
            streams,
            repeated: false,
        })
    }

    /// Shows a commit in pieces, with an await between them.
    async fn store_in_pieces(&self, commit: Commit) -> Result<Appended> {
        let refused = self.refused(&commit);
        if let Some(answer) = refused {
            return answer;
        }
        let mut streams: Vec<AppendedStream> = Vec::new();
        for part in commit.streams {
            let size = if self.is(Bug::EventsOfACommitAreShownOneByOne) {
                1
            } else {
                usize::MAX
            };
            let mut entry: Option<AppendedStream> = None;
            let mut events = part.events.into_iter().peekable();
            while events.peek().is_some() || entry.is_none() {
                let piece = StreamCommit {
                    stream: part.stream.clone(),
                    expected: part.expected,
                    after: None,
                    events: events.by_ref().take(size).collect(),
                };
                let stored = self.store(&mut self.data(), commit.id, self.now(), piece);
                match &mut entry {
                    Some(entry) => entry.positions.extend(stored.positions),
                    None => entry = Some(stored),
                }
                if events.peek().is_some() {
                    yield_now().await;
                }
            }
            streams.extend(entry);
            yield_now().await;
        }
        Ok(Appended {
            streams,
            repeated: false,
        })
    }

    /// What `append` does.
    pub(super) async fn append_commit(&self, commit: Commit) -> Result<Appended> {
        if let Err(error) = self.check(&commit) {
            let data = self.data();
            return match self.bug {
                Some(Bug::RepetitionsComeFirst) => self.repeated(&data, &commit).ok_or(error),
                Some(Bug::ConflictsComeFirst) => {
                    Err(self.conflict(&data, &commit).unwrap_or(error))
                }
                _ => Err(error),
            };
        }
        if commit.event_count() == 0 {
            let conflict = self.conflict(&self.data(), &commit);
            return match conflict.filter(|_| self.is(Bug::EmptyCommitsAreCompared)) {
                Some(conflict) => Err(conflict),
                None => Ok(self.nothing(&commit)),
            };
        }
        match self.bug {
            Some(Bug::PositionsAreDrawnEarly) => return self.store_late(commit).await,
            Some(Bug::EventsOfACommitAreShownOneByOne | Bug::StreamsOfACommitAreShownOneByOne) => {
                return self.store_in_pieces(commit).await;
            }
            Some(Bug::CommitIdsAreGlobal) => {
                let known = |stored: &Stored| stored.commit_id == commit.id;
                if self.data().log.iter().any(known) {
                    return Ok(self.nothing(&commit));
                }
            }
            Some(Bug::AppendsCheckAndThenAct) => {
                let refused = self.refused(&commit);
                if let Some(answer) = refused {
                    return answer;
                }
                // With several threads nothing lies between the two locks.
                if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
                    yield_now().await;
                }
            }
            _ => {}
        }
        let mut data = self.data();
        let conflict = self.conflict(&data, &commit);
        let conflict = conflict.filter(|_| !self.is(Bug::AppendsCheckAndThenAct));
        if let Some(conflict) = conflict {
            if let Some(repeated) = self.repeated(&data, &commit) {
                if !self.is(Bug::RepetitionsAreStoredAgain) {
                    return Ok(repeated);
                }
            } else {
                self.torn(&mut data, &commit);
                return Err(conflict);
            }
        }
        let now = self.now();
        let parts = commit.streams.into_iter();
        let streams = parts.map(|part| self.store(&mut data, commit.id, now, part));
        let mut streams: Vec<_> = streams.collect();
        if self.is(Bug::EntriesAreInAnotherOrder) {
            streams.reverse();
        }
        Ok(Appended {
            streams,
            repeated: self.is(Bug::EveryAppendIsMarkedRepeated),
        })
    }
}
