//! The mutant as a snapshot store.

use async_trait::async_trait;
use bytes::Bytes;
use eventsourcing::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    snapshot::{Newest, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotRow, SnapshotStore},
};
use tokio::task::yield_now;

use super::{
    Bug,
    store::{Data, Mutant},
    texts::{composed, cut},
};

impl Mutant {
    /// Whether two keys are one.
    fn same(&self, a: &SnapshotKey, b: &SnapshotKey) -> bool {
        let stream = match self.bug {
            Some(Bug::KeysIgnoreTheCategory) => a.stream.id() == b.stream.id(),
            Some(Bug::KeysHaveShortStreams) => {
                cut(a.stream.as_str(), 255) == cut(b.stream.as_str(), 255)
            }
            _ => a.stream == b.stream,
        };
        let codec = match self.bug {
            Some(Bug::KeysIgnoreLayers) => a.codec.split('+').next() == b.codec.split('+').next(),
            Some(Bug::KeysIgnoreTheCodec) => true,
            Some(Bug::KeysHaveShortCodecs) => cut(&a.codec, 64) == cut(&b.codec, 64),
            Some(Bug::KeysAreNormalized) => composed(&a.codec) == composed(&b.codec),
            _ => a.codec == b.codec,
        };
        let fingerprint = match self.bug {
            Some(Bug::KeysIgnoreTheFingerprint) => true,
            Some(Bug::KeysHaveHalfTheFingerprint) => {
                a.fingerprint.as_bytes()[..8] == b.fingerprint.as_bytes()[..8]
            }
            _ => a.fingerprint == b.fingerprint,
        };
        let schema =
            self.is(Bug::KeysIgnoreTheSchemaVersion) || a.schema_version == b.schema_version;
        stream && codec && fingerprint && schema
    }

    /// What becomes of a row on its way into the store.
    fn kept_row(&self, mut row: SnapshotRow) -> SnapshotRow {
        match self.bug {
            Some(Bug::AnEmptyStateIsNone) => {
                row.state = row.state.filter(|state| !state.is_empty());
            }
            Some(Bug::NoStateIsEmpty) => row.state = Some(row.state.unwrap_or_default()),
            Some(Bug::ChecksumsAreMadeHere) => {
                row = SnapshotRow::new(
                    row.key,
                    row.version,
                    row.last_event,
                    row.created_at,
                    row.state,
                );
            }
            Some(Bug::TimesHaveMilliseconds) => {
                let micros = row.created_at.unix_micros();
                row.created_at = Timestamp::from_unix_micros(micros - micros.rem_euclid(1_000));
            }
            Some(Bug::SnapshotVersionsHave32Bits) => {
                row.version = Version::from(row.version.get() & 0xFFFF_FFFF);
            }
            Some(Bug::TheHighestChecksumIsZero) if row.checksum == u64::MAX => row.checksum = 0,
            Some(Bug::StatesAreTexts) => {
                let text = |state: Bytes| String::from_utf8_lossy(&state).into_owned().into();
                row.state = row.state.map(text);
            }
            _ => {}
        }
        row
    }

    fn existing(&self, data: &Data, row: &SnapshotRow) -> Option<SnapshotRow> {
        let mut rows = data.rows.iter();
        rows.find(|other| self.same(&other.key, &row.key) && other.version == row.version)
            .cloned()
    }

    fn put(&self, data: &mut Data, row: SnapshotRow) {
        let mut others = data
            .rows
            .iter()
            .filter(|other| self.same(&other.key, &row.key));
        let older = others.any(|other| other.version > row.version);
        if older && self.is(Bug::OlderRowsAreDropped) {
            return;
        }
        if self.is(Bug::OnlyTheLastRowIsKept) {
            data.rows.retain(|other| !self.same(&other.key, &row.key));
        }
        data.rows.push(self.kept_row(row));
    }

    /// The rows of a key at or below a version, the newest last.
    fn candidates(&self, data: &Data, key: &SnapshotKey, at_most: Version) -> Vec<SnapshotRow> {
        let below = |version: Version| match self.bug {
            Some(Bug::TheWantedVersionIsLeftOut) => version < at_most,
            Some(Bug::TheWantedVersionIsIgnored) => true,
            _ => version <= at_most,
        };
        let rows = data.rows.iter();
        let rows = rows.filter(|row| self.same(&row.key, key) && below(row.version));
        let mut rows: Vec<_> = rows.cloned().collect();
        if self.is(Bug::NewestLooksAtAHundred) {
            let of_key = data.rows.iter().filter(|row| self.same(&row.key, key));
            let mut versions: Vec<_> = of_key.map(|row| row.version).collect();
            versions.sort_unstable();
            let first = versions.len().saturating_sub(100);
            rows.retain(|row| row.version >= versions[first]);
        }
        match self.bug {
            Some(Bug::TheLastSavedIsTheNewest) => {}
            Some(Bug::TheLatestByTheClockIsTheNewest) => rows.sort_by_key(|row| row.created_at),
            Some(Bug::VersionsAreTexts) => rows.sort_by_key(|row| row.version.to_string()),
            _ => rows.sort_by_key(|row| row.version),
        }
        if self.is(Bug::DamagedRowsAreHidden) {
            rows.retain(SnapshotRow::is_intact);
        }
        if self.is(Bug::DiscardedRowsAreHidden) {
            rows.retain(|row| row.state.is_some());
        }
        rows
    }

    fn forget_found(&self) {
        self.found_rows.lock().expect("no holder panics").clear();
    }

    fn has_rows(&self, data: &Data, stream: &StreamId) -> Result<()> {
        let found = data.rows.iter().any(|row| row.key.stream == *stream);
        if !found && self.is(Bug::StreamsWithoutRowsAreErrors) {
            return Err(Error::new(ErrorKind::NotFound));
        }
        Ok(())
    }

    fn others(&self, data: &Data, key: &SnapshotKey, at_most: Version) -> Vec<SnapshotKey> {
        let mut others = Vec::new();
        for row in &data.rows {
            if row.key.stream != key.stream && !self.is(Bug::OtherKeysAreOfAllStreams) {
                continue;
            }
            let own = row.key == *key;
            let below = row.version <= at_most
                || self.is(Bug::OtherKeysAboveAreNamed)
                || own && self.is(Bug::TheOwnKeyIsNamed);
            let own = own && !self.is(Bug::TheOwnKeyIsNamed);
            let again = others.contains(&row.key) && !self.is(Bug::OtherKeysAreRepeated);
            if below && !own && !again {
                others.push(row.key.clone());
            }
        }
        match self.bug {
            Some(Bug::OtherKeysAreNotNamed) => others.clear(),
            Some(Bug::OtherKeysEndAtTen) => others.truncate(10),
            _ => {}
        }
        others
    }

    fn is_described(&self, row: &SnapshotRow, info: &SnapshotInfo) -> bool {
        let (key, version) = (row.key == info.key, row.version == info.version);
        let time = row.created_at == info.created_at;
        let checksum = row.checksum == info.checksum;
        match self.bug {
            Some(Bug::DeleteIgnoresTheChecksum) => key && version && time,
            Some(Bug::DeleteComparesHalfTheChecksum) => {
                key && version && time && row.checksum << 32 == info.checksum << 32
            }
            Some(Bug::DeleteIgnoresTheTime) => key && version && checksum,
            Some(Bug::DeleteComparesTheKeyOnly) => key && version,
            Some(Bug::DeleteTakesEveryKey) => row.key.stream == info.key.stream && version,
            Some(Bug::DeleteTakesOlderRowsToo) => {
                key && (row.version < info.version || version && time && checksum)
            }
            _ => key && version && time && checksum,
        }
    }

    fn remove(&self, data: &mut Data, doomed: impl Fn(&SnapshotRow) -> bool) -> u64 {
        let before = data.rows.len();
        let most = match self.bug {
            Some(Bug::PruneEndsAtAThousand | Bug::DeletingEndsAtAThousand) => 1_000,
            _ => usize::MAX,
        };
        let mut removed = 0;
        data.rows.retain(|row| {
            let goes = removed < most && doomed(row);
            removed += usize::from(goes);
            !goes
        });
        match self.bug {
            Some(Bug::RemovedRowsAreNotCounted) => 0,
            Some(Bug::RowsThatStayAreCounted) => data.rows.len() as u64,
            _ => (before - data.rows.len()) as u64,
        }
    }
}

#[async_trait]
impl SnapshotStore for Mutant {
    async fn save(&self, row: SnapshotRow) -> Result<SavedSnapshot> {
        self.forget_found();
        if row.version > Version::MAX && !self.is(Bug::SnapshotVersionsHaveNoLimit) {
            return Err(Error::new(ErrorKind::TooLarge));
        }
        if self.is(Bug::SavesCheckAndThenAct) {
            if let Some(existing) = self.existing(&self.data(), &row) {
                return Ok(SavedSnapshot::Existing(existing));
            }
            yield_now().await;
            self.put(&mut self.data(), row);
            return Ok(SavedSnapshot::Stored);
        }
        let mut data = self.data();
        if let Some(existing) = self.existing(&data, &row) {
            return Ok(match self.bug {
                Some(Bug::SavingAgainOverwrites) => {
                    data.rows.retain(|other| *other != existing);
                    data.rows.push(row);
                    SavedSnapshot::Stored
                }
                Some(Bug::LaterRowsReplaceEarlier) if row.created_at > existing.created_at => {
                    data.rows.retain(|other| *other != existing);
                    data.rows.push(row);
                    SavedSnapshot::Stored
                }
                Some(Bug::IntactRowsReplaceDamaged)
                    if !existing.is_intact()
                        && row.is_intact()
                        && row.created_at > existing.created_at =>
                {
                    data.rows.retain(|other| *other != existing);
                    data.rows.push(row);
                    SavedSnapshot::Stored
                }
                Some(Bug::DamagedRowsAreOverwritten) if !existing.is_intact() => {
                    data.rows.retain(|other| *other != existing);
                    data.rows.push(row);
                    SavedSnapshot::Stored
                }
                Some(Bug::ExistingRowsAreAnsweredAsStored) => SavedSnapshot::Stored,
                Some(Bug::TheNewRowIsAnsweredAsExisting) => SavedSnapshot::Existing(row),
                Some(Bug::ExistingRowsComeWithoutState) => SavedSnapshot::Existing(SnapshotRow {
                    state: None,
                    ..existing
                }),
                _ => SavedSnapshot::Existing(existing),
            });
        }
        let removed = data.removed.iter();
        let mut removed = removed.filter(|info| info.key == row.key && info.version == row.version);
        if self.is(Bug::RemovedVersionsStayTaken) && removed.next().is_some() {
            return Ok(SavedSnapshot::Existing(row));
        }
        self.put(&mut data, row);
        Ok(SavedSnapshot::Stored)
    }

    async fn newest(&self, key: &SnapshotKey, at_most: Version) -> Result<Newest> {
        let data = self.data();
        self.has_rows(&data, &key.stream)?;
        let mut found = self.candidates(&data, key, at_most).pop();
        if self.is(Bug::FoundRowsAreCached) {
            let mut rows = self.found_rows.lock().expect("no holder panics");
            let name = format!("{key:?} {at_most}");
            if let Some(row) = rows.get(&name).or(found.as_ref()).cloned() {
                rows.insert(name, row.clone());
                found = Some(row);
            }
        }
        if self.is(Bug::HandlesCacheSnapshots) {
            let mut cached = self
                .cached_rows
                .lock()
                .expect("no holder of this lock panics");
            let name = format!("{key:?} {at_most}");
            return Ok(match cached.entry(name).or_insert(found) {
                Some(row) => Newest::Found(row.clone()),
                None => Newest::Absent(self.others(&data, key, at_most)),
            });
        }
        if found.is_none() && self.is(Bug::AnotherKeysRowIsFound) {
            let mut rows = data.rows.iter();
            if let Some(row) =
                rows.find(|row| row.key.stream == key.stream && row.version <= at_most)
            {
                return Ok(Newest::Found(row.clone()));
            }
        }
        Ok(match found {
            Some(row) => Newest::Found(row),
            None => Newest::Absent(self.others(&data, key, at_most)),
        })
    }

    async fn list(&self, stream: &StreamId) -> Result<Vec<SnapshotInfo>> {
        let data = self.data();
        self.has_rows(&data, stream)?;
        let rows = data.rows.iter().filter(|row| match self.bug {
            Some(Bug::ListsAreByPrefix) => row.key.stream.as_str().starts_with(stream.as_str()),
            _ => row.key.stream == *stream,
        });
        let mut list: Vec<_> = rows.map(SnapshotInfo::from).collect();
        match self.bug {
            Some(Bug::ListsAreInTheOrderOfArrival) => {}
            Some(Bug::ListsAreByKey) => {
                list.sort_by_key(|info| (info.key.schema_version, info.version));
            }
            _ => list.sort_by_key(|info| info.version),
        }
        match self.bug {
            Some(Bug::ListsEndAtAHundred) => list.truncate(100),
            Some(Bug::ListsEndAtAThousand) => list.truncate(1_000),
            Some(Bug::ListsSayZeroForNoState) => {
                for info in &mut list {
                    info.state_len.get_or_insert(0);
                }
            }
            _ => {}
        }
        Ok(list)
    }

    async fn delete(&self, info: &SnapshotInfo) -> Result<bool> {
        self.forget_found();
        if self.is(Bug::DeletesCheckAndThenAct) {
            let there = self
                .data()
                .rows
                .iter()
                .any(|row| self.is_described(row, info));
            yield_now().await;
            self.remove(&mut self.data(), |row| self.is_described(row, info));
            return Ok(there);
        }
        let mut data = self.data();
        let before = data.rows.len();
        data.rows.retain(|row| !self.is_described(row, info));
        let removed = data.rows.len() < before;
        data.removed.push(info.clone());
        Ok(removed || self.is(Bug::DeleteAlwaysSaysYes))
    }

    async fn prune(&self, key: &SnapshotKey, before: Version) -> Result<u64> {
        self.forget_found();
        let of_key = |row: &SnapshotRow| match self.bug {
            Some(Bug::PruneTakesEveryKey) => row.key.stream == key.stream,
            Some(Bug::PruneTakesEveryStream) => row.key.stream.category() == key.stream.category(),
            _ => row.key == *key,
        };
        let below = |version: Version| {
            version < before || version == before && self.is(Bug::PruneTakesTheBorder)
        };
        let mut data = self.data();
        Ok(self.remove(&mut data, |row| of_key(row) && below(row.version)))
    }

    async fn delete_category(&self, category: &str, schema_version: Option<u32>) -> Result<u64> {
        self.forget_found();
        let bugs = [
            Bug::DeletedCategoriesAreBeforeASlash,
            Bug::DeletedCategoriesAreNormalized,
            Bug::DeletedCategoriesIgnoreUnicodeCase,
        ];
        let of_category = |stream: &StreamId| match (self.is_in(stream, category, bugs), self.bug) {
            (Some(is_in), _) => is_in,
            (_, Some(Bug::DeletedCategoriesArePrefixes)) => stream.category().starts_with(category),
            (_, Some(Bug::DeletedCategoriesIgnoreCase)) => {
                stream.category().eq_ignore_ascii_case(category)
            }
            _ => stream.category() == category,
        };
        let of_schema = |row: &SnapshotRow| match (self.bug, schema_version) {
            (Some(Bug::DeleteIgnoresTheSchemaVersion), _)
            | (Some(Bug::SchemaVersionZeroMeansAll), Some(0)) => true,
            (_, wanted) => wanted.is_none_or(|wanted| wanted == row.key.schema_version),
        };
        let mut data = self.data();
        if self.is(Bug::DeletingSnapshotsDeletesEvents) {
            data.log.clear();
            data.streams.clear();
        }
        Ok(self.remove(&mut data, |row| {
            of_category(&row.key.stream) && of_schema(row)
        }))
    }
}
