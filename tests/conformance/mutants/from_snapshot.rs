//! The mutant reads a snapshot and the events from it on.

use eventsourcing::{
    EventStore as _, Result, Version,
    snapshot::{Newest, SnapshotKey, SnapshotStore as _},
    store::{EventPage, FromSnapshot, ReadStream},
};
use tokio::task::yield_now;

use super::{Bug, store::Mutant};

impl Mutant {
    pub(super) async fn read_from(
        &self,
        key: &SnapshotKey,
        at_most: Version,
        limit: usize,
    ) -> Result<Option<FromSnapshot>> {
        let cached = format!("{key:?} {at_most} {limit}");
        let is_cached = self.is(Bug::FromSnapshotIsCached);
        if is_cached && let Some(found) = self.cached_from_snapshot(&cached) {
            return Ok(Some(found));
        }
        let early = match self.bug {
            Some(Bug::FromSnapshotReadsEventsFirst) => {
                let all = self.whole(key, ReadStream::from(Version::from(1))).await?;
                yield_now().await;
                Some(all)
            }
            _ => None,
        };
        let newest = self.found_from(key, at_most).await?;
        let Newest::Found(row) = &newest else {
            let mut events = None;
            if self.is(Bug::FromSnapshotReplaysWithoutOne) {
                let all = ReadStream::from(Version::from(1)).up_to(at_most);
                events = Some(self.read_stream(&key.stream, all.limit(limit)).await?);
            }
            return Ok(Some(FromSnapshot { newest, events }));
        };
        let (from, damaged) = (row.version, !row.is_intact());
        let mut read = ReadStream::from(from).up_to(at_most).limit(limit);
        match self.bug {
            Some(Bug::FromSnapshotOfAheadIsNone) if self.head(&key.stream).await? < from => {
                return Ok(None);
            }
            Some(Bug::FromSnapshotBeginsBehindIt) => {
                read = ReadStream::from(Version::from(from.get() + 1))
                    .up_to(at_most)
                    .limit(limit);
            }
            Some(Bug::FromSnapshotGoesToTheHead) => read = read.up_to(Version::MAX),
            _ => {}
        }
        let page = match (self.bug, early) {
            (_, Some(early)) => {
                let wanted = early.iter().filter(|event| event.version >= from);
                EventPage::filled(wanted.filter(|event| event.version <= at_most), limit)
            }
            (Some(Bug::FromSnapshotIgnoresTheLimit), _) => self.whole(key, read).await?,
            _ => self.read_stream(&key.stream, read).await?,
        };
        let mut events = Some(page);
        match (self.bug, &mut events) {
            (Some(Bug::FromSnapshotSaysNoMore), Some(page)) => page.set_has_more(false),
            (Some(Bug::FromSnapshotOfDamagedHasNoEvents), events) if damaged => *events = None,
            _ => {}
        }
        let found = FromSnapshot { newest, events };
        let mut remembered = self.from_snapshots.lock().expect("no holder panics");
        remembered.insert(cached, found.clone());
        drop(remembered);
        Ok(Some(found))
    }

    fn cached_from_snapshot(&self, asked: &str) -> Option<FromSnapshot> {
        let remembered = self.from_snapshots.lock().expect("no holder panics");
        remembered.get(asked).cloned()
    }

    async fn found_from(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let at_most = match self.bug {
            Some(Bug::FromSnapshotFindsTheLast) => Version::MAX,
            _ => at_most,
        };
        let mut newest = self.newest(key, at_most).await?;
        match (self.bug, &mut newest) {
            (Some(Bug::FromSnapshotNamesNoOtherKeys), Newest::Absent(others)) => others.clear(),
            (Some(Bug::FromSnapshotHidesDiscards), Newest::Found(row)) if row.state.is_none() => {
                newest = Newest::Absent(Vec::new());
            }
            (Some(Bug::FromSnapshotSkipsDamagedRows), Newest::Found(row)) if !row.is_intact() => {
                let below = Version::from(row.version.get().saturating_sub(1));
                newest = self.newest(key, below).await?;
            }
            (Some(Bug::FromSnapshotFindsAnyKey), _) => {
                let rows = self.data().rows.clone().into_iter();
                let rows = rows.filter(|row| row.key.stream == key.stream);
                let rows = rows.filter(|row| row.version <= at_most);
                if let Some(row) = rows.max_by_key(|row| row.version) {
                    newest = Newest::Found(row);
                }
            }
            _ => {}
        }
        Ok(newest)
    }

    /// Page after page, in one.
    async fn whole(&self, key: &SnapshotKey, read: ReadStream) -> Result<EventPage> {
        let (mut whole, end) = (EventPage::new(), *read.versions.end());
        let mut from = Version::from(*read.versions.start());
        loop {
            let read = ReadStream::from(from).up_to(Version::from(end)).limit(64);
            let page = self.read_stream(&key.stream, read).await?;
            page.iter().for_each(|event| whole.push(&event));
            match page.last() {
                Some(last) if page.has_more() => from = Version::from(last.version.get() + 1),
                _ => return Ok(whole),
            }
        }
    }
}
