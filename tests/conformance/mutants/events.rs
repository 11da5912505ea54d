//! The mutant as an event store: reading, and what it says of itself.

use std::{
    future,
    sync::{Arc, atomic::Ordering},
};

use async_trait::async_trait;
use eventsourcing::{
    Error, ErrorKind, EventStore, Position, Result, StreamId, Timestamp, Version,
    snapshot::{SnapshotKey, SnapshotStore},
    store::{
        Appended, Atomicity, Capabilities, Commit, Direction, EventFields, EventPage, FromSnapshot,
        ReadAll, ReadStream, RecordedEvent,
    },
};
use uuid::Uuid;

use super::{
    Bug,
    append::MOST_EVENTS,
    store::{Data, Mutant, Stored},
};

const PAGE_BYTES: usize = 1 << 20;

/// What is declared where this bug is planted.
pub(super) fn capabilities(bug: Option<Bug>, lags: bool) -> Capabilities {
    let mut capabilities = Capabilities::full();
    capabilities.max_commit_events = Some(MOST_EVENTS);
    capabilities.reads_may_lag = lags && bug != Some(Bug::ReadsLagUndeclared);
    match bug {
        Some(
            Bug::LargeCommitsAreCut
            | Bug::ManyStreamsAreCut
            | Bug::LargeRepetitionsAreAnsweredInPart
            | Bug::HeadsHave12Bits,
        ) => capabilities.max_commit_events = None,
        Some(Bug::MoreStreamsThanDeclaredAreStored | Bug::TooManyStreamsAreSaidLate) => {
            capabilities.atomic = Atomicity::OneStream;
        }
        _ => {}
    }
    capabilities
}

impl Mutant {
    pub(super) fn capabilities_of(&self) -> Capabilities {
        let mut capabilities = capabilities(self.bug, self.shared.lags);
        if self.second && self.is(Bug::HandlesDeclareOtherwise) {
            capabilities.max_commit_events = Some(1);
        }
        capabilities
    }

    /// The last position that reads show. Where they lag, each call is behind by what came since the one before it.
    fn shown(&self, data: &Data) -> u64 {
        if self.shared.lags {
            self.shared.shown.swap(data.next_position, Ordering::SeqCst)
        } else {
            u64::MAX
        }
    }

    fn page<'a>(&self, wanted: impl Iterator<Item = &'a Stored>, limit: usize) -> EventPage {
        let mut page = EventPage::new();
        let limit = if self.is(Bug::ALimitOfZeroIsEmpty) {
            limit
        } else {
            limit.max(1)
        };
        for stored in wanted {
            let large = stored.event.payload.len() > PAGE_BYTES;
            let full = page.byte_len() >= PAGE_BYTES || large && self.is(Bug::LargeEventsNeverFit);
            let more = self.is(Bug::PagesHoldOneMore) && page.len() == limit;
            if page.len() >= limit && !more || full {
                page.set_has_more(!self.is(Bug::HasMoreIsNeverSaid));
                return page;
            }
            page.push(&self.view(stored));
        }
        if self.is(Bug::HasMoreIsSaidOfAFullPage) && page.len() == limit {
            page.set_has_more(true);
        }
        page
    }

    fn view<'a>(&self, stored: &'a Stored) -> RecordedEvent<'a> {
        RecordedEvent {
            position: self.position(stored),
            stream: stored.stream.as_str(),
            version: Version::from(stored.version),
            id: stored.event.id,
            name: &stored.event.name,
            event_version: stored.event.event_version,
            codec: &stored.event.codec,
            commit_id: stored.commit_id,
            recorded_at: stored.recorded_at,
            payload: &stored.event.payload,
            metadata: &stored.event.metadata,
        }
    }

    /// Without what isn't asked for.
    fn folded(&self, page: &EventPage, fields: EventFields) -> EventPage {
        let mut folded = EventPage::new();
        let last = page.last().map_or(Uuid::nil(), |last| last.id);
        for (place, event) in page.iter().enumerate() {
            let (no_id, no_time) = match fields {
                EventFields::Folded if place + 1 < page.len() => {
                    let is_layered = event.codec.contains('+');
                    let no_id = !is_layered || self.is(Bug::FoldedLayeredEventsHaveNoIds);
                    (no_id, !is_layered)
                }
                EventFields::Folded => (
                    self.is(Bug::FoldedPagesEndWithoutId),
                    self.is(Bug::FoldedPagesEndWithoutTime),
                ),
                _ => (
                    self.is(Bug::IdentifiedEventsHaveNoIds),
                    self.is(Bug::IdentifiedEventsHaveNoTimes),
                ),
            };
            folded.push(&RecordedEvent {
                position: Position::new(self.shared.id, 0, 0),
                id: match self.bug {
                    Some(Bug::FoldedEventsHaveOtherIds) => last,
                    _ if no_id => Uuid::nil(),
                    _ => event.id,
                },
                commit_id: match self.bug {
                    Some(Bug::FoldedEventsHaveOtherCommits) => event.id,
                    _ => Uuid::nil(),
                },
                recorded_at: if no_time {
                    Timestamp::from_unix_micros(0)
                } else {
                    event.recorded_at
                },
                metadata: &[],
                ..event
            });
        }
        folded.set_has_more(page.has_more() && !self.is(Bug::FoldedPagesAreTheLast));
        folded
    }

    fn is_of(&self, stored: &Stored, wanted: &str) -> bool {
        let category = stored.stream.category();
        let bugs = [
            Bug::CategoriesAreBeforeASlash,
            Bug::CategoriesAreNormalized,
            Bug::CategoriesIgnoreUnicodeCase,
        ];
        if let Some(is_in) = self.is_in(&stored.stream, wanted, bugs) {
            return is_in;
        }
        match self.bug {
            Some(Bug::CategoriesArePrefixes) => category.starts_with(wanted),
            Some(Bug::CategoriesIgnoreCase) => category.eq_ignore_ascii_case(wanted),
            Some(Bug::CategoriesArePatterns) => {
                let same = |(a, b): (char, char)| a == b || b == '_';
                match wanted.split_once('%') {
                    Some((start, _)) => category.starts_with(start),
                    None => {
                        category.chars().count() == wanted.chars().count()
                            && category.chars().zip(wanted.chars()).all(same)
                    }
                }
            }
            _ => category == wanted,
        }
    }

    fn passes(&self, stored: &Stored, read: &ReadAll) -> bool {
        let category = read.category.as_ref();
        let of_category = category.is_none_or(|category| self.is_of(stored, category));
        let first = !read.first_only || stored.version == 1;
        match self.bug {
            Some(Bug::FirstOnlyForgetsTheCategory) if read.first_only => first,
            Some(Bug::FirstOnlyIsIgnored) => of_category,
            _ => of_category && first,
        }
    }
}

#[async_trait]
impl EventStore for Mutant {
    async fn append(&self, commit: Commit) -> Result<Appended> {
        self.append_anyhow(commit).await
    }

    async fn read_stream(&self, stream: &StreamId, mut read: ReadStream) -> Result<EventPage> {
        let is_folded = read.fields != EventFields::All
            || self.is(Bug::FoldedReadsStayFolded) && self.shared.folded.load(Ordering::SeqCst);
        self.shared.folded.fetch_or(is_folded, Ordering::SeqCst);
        if is_folded && self.is(Bug::FoldedReadsAreForwards) {
            read.direction = Direction::Forward;
        }
        let _writer = self.writer().await;
        let name = self.name(stream);
        if self.data().head(&name) == 0 {
            match self.bug {
                Some(Bug::UnknownStreamsAreErrors) => return Err(Error::new(ErrorKind::NotFound)),
                Some(Bug::UnknownStreamsHang) if read.direction == Direction::Backward => {
                    future::pending::<()>().await;
                }
                _ => {}
            }
        }
        let (from, to) = (*read.versions.start(), *read.versions.end());
        assert!(
            from <= to || !self.is(Bug::InvertedRangesPanic),
            "a range from {from} to {to}"
        );
        let data = self.data();
        let (head, shown) = (data.head(&name), self.shown(&data));
        let stored = data.of(&name).filter(|stored| stored.position <= shown);
        let wanted = stored.filter(|stored| match self.bug {
            Some(Bug::RangesBehindTheHeadAreTheLast) if from > head => stored.version == head,
            Some(Bug::RangesEndBeforeTheirEnd) => stored.version >= from && stored.version < to,
            Some(Bug::RangesBeginBehindTheirBegin) => stored.version > from && stored.version <= to,
            Some(Bug::BackwardsIgnoresTheEnd) if read.direction == Direction::Backward => {
                stored.version >= from
            }
            _ => read.versions.contains(&stored.version),
        });
        let page = match read.direction {
            Direction::Backward if self.is(Bug::BackwardsIsForwards) => {
                self.page(wanted, read.limit)
            }
            Direction::Backward if self.is(Bug::BackwardsTurnsTheFirstPage) => {
                let first: Vec<_> = wanted.take(read.limit).collect();
                self.page(first.into_iter().rev(), read.limit)
            }
            _ if self.is(Bug::PagesOfAStreamAreCapped) && read.limit > 1_000 => {
                let mut wanted: Vec<_> = wanted.collect();
                if read.direction == Direction::Backward {
                    wanted.reverse();
                }
                let more = wanted.len() > read.limit;
                let mut page = self.page(wanted.into_iter(), 1_000);
                page.set_has_more(more);
                page
            }
            Direction::Backward => self.page(wanted.rev(), read.limit),
            Direction::Forward => self.page(wanted, read.limit),
        };
        Ok(if is_folded {
            self.folded(&page, read.fields)
        } else {
            page
        })
    }

    async fn read_all(&self, read: ReadAll) -> Result<EventPage> {
        let _writer = self.writer().await;
        let settled = self.settled();
        let foreign = read
            .after
            .is_some_and(|after| after.store() != self.shared.id);
        let accepted = match self.bug {
            Some(Bug::ForeignPositionsAreAccepted) => true,
            Some(Bug::ForeignPositionsPassFilters) => read.category.is_some(),
            Some(Bug::ForeignPositionsPassFirstOnly) => read.first_only,
            _ => false,
        };
        if foreign && !accepted {
            return Err(Error::new(ErrorKind::InvalidConfiguration));
        }
        let data = self.data();
        if data.log.is_empty() && self.is(Bug::AnEmptyStoreIsAnError) {
            return Err(Error::new(ErrorKind::NotFound));
        }
        let shown = self.shown(&data);
        let after = read.after.map_or(0, eventsourcing::Position::offset);
        let mut wanted: Vec<_> = data
            .log
            .iter()
            .filter(|stored| match self.bug {
                Some(Bug::AfterIncludesThePosition) => stored.position >= after,
                _ => self.position(stored).offset() > after,
            })
            .filter(|stored| stored.position <= shown && stored.position <= settled)
            .collect();
        wanted.sort_by_key(|stored| stored.position);
        if self.is(Bug::AllIsBackwards) {
            wanted.reverse();
        }
        if self.is(Bug::AllIsGroupedByStream) {
            wanted.sort_by_key(|stored| stored.stream.clone());
        }
        match self.bug {
            Some(Bug::FiltersSeeAThousandEvents) => wanted.truncate(1_000),
            Some(Bug::FiltersComeBehindTheLimit) => {
                wanted.truncate(read.limit.saturating_mul(4).max(16));
            }
            _ => {}
        }
        let (most, capped) = match self.bug {
            Some(Bug::PagesOfAllAreCapped) => (512, wanted.len() > read.limit),
            _ => (usize::MAX, false),
        };
        let mut page = self.page(
            wanted
                .iter()
                .copied()
                .filter(|stored| self.passes(stored, &read)),
            read.limit.min(most),
        );
        if page.len() == most {
            page.set_has_more(capped);
        }
        if self.is(Bug::HasMoreCountsWhatIsFilteredOut) && !page.is_empty() {
            page.set_has_more(wanted.len() > page.len());
        }
        Ok(page)
    }

    async fn head(&self, stream: &StreamId) -> Result<Version> {
        let _writer = self.writer().await;
        let name = self.name(stream);
        let data = self.data();
        let head = match self.bug {
            Some(Bug::HeadsCountCommits) => {
                let mut commits: Vec<_> = data.of(&name).map(|stored| stored.commit_id).collect();
                commits.dedup();
                commits.len() as u64
            }
            Some(Bug::HandlesCacheHeads) => {
                let mut cached = self
                    .cached_heads
                    .lock()
                    .expect("no holder of this lock panics");
                *cached
                    .entry(name.clone())
                    .or_insert_with(|| data.head(&name))
            }
            Some(Bug::HeadsOfUnknownStreamsAreErrors) if data.head(&name) == 0 => {
                return Err(Error::new(ErrorKind::NotFound));
            }
            Some(Bug::HeadsHave12Bits) => data.head(&name) & 0xFFF,
            Some(Bug::HeadsLagAsReadsDo) => {
                let shown = self.shown(&data);
                let stored = data.of(&name).filter(|stored| stored.position <= shown);
                stored.count() as u64
            }
            _ => data.head(&name),
        };
        Ok(Version::from(head))
    }

    fn snapshot_store(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(if self.is(Bug::SnapshotStoresAreFresh) {
            Mutant::new(self.bug, Arc::clone(&self.shared.clock), self.shared.lags)
        } else {
            self.handle()
        }))
    }

    async fn read_from_snapshot(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        self.read_from(key, at_most, limit).await
    }

    fn capabilities(&self) -> Capabilities {
        if self.is(Bug::CapabilitiesAreOthers) {
            return Capabilities::full();
        }
        self.capabilities_of()
    }
}
