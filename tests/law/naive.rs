//! A small snapshotting repository of our own, right as it stands, into which each fault found in other libraries can be
//! planted (`bugs`).

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use eventsourcing::{
    Error, ErrorKind, EventStore, Timestamp, Version,
    codec::{Bincode, Codec as _, Json},
    snapshot::{Fingerprint, Newest, SnapshotKey, SnapshotRow, SnapshotStore},
    store::{Commit, ReadStream, StreamCommit},
};
use uuid::Uuid;

use crate::{
    bugs::Bug,
    damage::stream,
    domain::{Account, Change, Opened, new_event},
    steps::{How, Mode, Policy, Settings},
    subject::{Kind, Past, Seen, Subject},
};

/// Makes naive repositories with this bug.
pub(crate) struct Imitation(pub(crate) Bug);

impl Kind for Imitation {
    type Subject<A: Account> = Naive<A>;

    fn has_fingerprints(&self) -> bool {
        self.0 != Bug::ZeroFingerprint
    }

    fn start<A: Account>(&self, store: Arc<dyn EventStore>, settings: &Settings) -> Naive<A> {
        Naive {
            bug: self.0,
            snapshots: store.snapshot_store().expect("it has one"),
            store,
            settings: settings.clone(),
            jobs: RefCell::default(),
            cache: RefCell::default(),
        }
    }
}

pub(crate) struct Naive<A> {
    bug: Bug,
    store: Arc<dyn EventStore>,
    snapshots: Arc<dyn SnapshotStore>,
    settings: Settings,
    /// For `LateCapture`: the instance, and the version that it had.
    jobs: RefCell<Vec<Job<A>>>,
    /// For `SharedCache`.
    cache: RefCell<HashMap<String, Folded<A>>>,
}

pub(crate) struct NaiveRoot<A> {
    id: String,
    stored: u64,
    stored_event: Uuid,
    /// As of `stored`.
    before: Option<A>,
    version: u64,
    last_event: Uuid,
    state: Rc<RefCell<Option<A>>>,
    pending: Vec<(Uuid, Change)>,
}

/// Whose it is, its version and last event when it was asked for, and the instance itself.
type Job<A> = (String, u64, Uuid, Rc<RefCell<Option<A>>>);

/// A state, its version and its last event.
type Folded<A> = (u64, Uuid, Option<A>);

impl<A: Account> Naive<A> {
    fn key(&self, id: &str) -> SnapshotKey {
        SnapshotKey {
            stream: stream(id),
            schema_version: A::SCHEMA_VERSION,
            fingerprint: if self.bug == Bug::ZeroFingerprint {
                Fingerprint::default()
            } else {
                Fingerprint::of_state::<A>()
            },
            codec: if self.settings.json_snapshots {
                "json"
            } else {
                "bincode"
            }
            .to_owned(),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Option<A> {
        if self.settings.json_snapshots {
            Json.decode(bytes).ok()
        } else {
            Bincode.decode(bytes).ok()
        }
    }

    async fn store_row(
        &self,
        id: &str,
        at: u64,
        event: Uuid,
        state: Option<&A>,
    ) -> Result<(), Error> {
        let bytes = state.map(|state| {
            let mut bytes = Vec::new();
            let encoded = if self.settings.json_snapshots {
                Json.encode(state, &mut bytes)
            } else {
                Bincode.encode(state, &mut bytes)
            };
            encoded.expect("an account can be written");
            bytes.into()
        });
        if self.bug == Bug::OlderOverNewer {
            for info in self.snapshots.list(&stream(id)).await? {
                if info.key == self.key(id) {
                    self.snapshots.delete(&info).await?;
                }
            }
        }
        let row = SnapshotRow::new(
            self.key(id),
            Version::from(at),
            event,
            Timestamp::default(),
            bytes,
        );
        self.snapshots.save(row).await.map(drop)
    }

    /// The events from a version to another, without a gap.
    async fn read(&self, id: &str, from: u64, upto: u64) -> Result<Vec<(Uuid, Change)>, Error> {
        let mut events = Vec::new();
        loop {
            let next = from + events.len() as u64;
            let read = ReadStream::from(Version::from(next)).up_to(Version::from(upto));
            let page = self.store.read_stream(&stream(id), read).await?;
            for row in page.iter() {
                let expected = Version::from(from + events.len() as u64);
                if row.version != expected {
                    let found = row.version;
                    return Err(Error::new(ErrorKind::Gap { expected, found }));
                }
                let change = Change::read(&row).map_err(|_| Error::new(ErrorKind::Corrupt))?;
                events.push((row.id, change));
            }
            if !page.has_more() {
                return Ok(events);
            }
        }
    }

    async fn fold(&self, id: &str, upto: u64) -> Result<Folded<A>, Error> {
        let (mut version, mut last, mut state) = (0, Uuid::nil(), None);
        let mut events = None;
        if let Some((at, event, from)) = self.snapshot(id, upto, &mut events).await? {
            (version, last, state) = (at, event, from);
        }
        let events = match events {
            Some(events) => events,
            None => self.read(id, version + 1, upto).await?,
        };
        for (event, change) in events {
            state = A::model(state.as_ref(), &change);
            (version, last) = (version + 1, event);
        }
        Ok((version, last, state))
    }

    /// Where a snapshot lets the fold begin, and the events after it.
    async fn snapshot(
        &self,
        id: &str,
        upto: u64,
        events: &mut Option<Vec<(Uuid, Change)>>,
    ) -> Result<Option<Folded<A>>, Error> {
        let at_most = if self.bug == Bug::PastFromNewest {
            Version::MAX
        } else {
            Version::from(upto)
        };
        let key = self.key(id);
        let row = match self.snapshots.newest(&key, at_most).await {
            Ok(Newest::Found(row)) => row,
            Ok(Newest::Absent(others)) if self.bug == Bug::OtherSchemaRead => {
                let Some(other) = others.iter().find(|other| other.codec == key.codec) else {
                    return Ok(None);
                };
                match self.snapshots.newest(other, at_most).await {
                    Ok(Newest::Found(row)) => row,
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let intact = row.is_intact() || self.bug == Bug::ChecksumIgnored;
        let state = row
            .state
            .as_deref()
            .filter(|_| intact)
            .map(|bytes| self.decode(bytes));
        let usable = match state {
            _ if !intact => None,
            None => Some(None),
            Some(None) => None,
            Some(Some(state)) => Some(Some(state)),
        };
        let mut rows = self
            .read(id, row.version.get(), upto)
            .await
            .unwrap_or_default()
            .into_iter();
        let anchor = rows.next();
        match (&anchor, self.bug) {
            (Some(_), Bug::WrongAnchorAccepted)
            | (None, Bug::AheadAccepted | Bug::PastFromNewest) => {}
            (Some((event, change)), _) if *event == row.last_event => {
                let ends = matches!(change, Change::Closed(_));
                if ends != row.state.is_none() && self.bug != Bug::DiscardForgotten {
                    return Ok(None);
                }
            }
            _ => return Ok(None),
        }
        let state = match (usable, self.bug) {
            (Some(state), _) => state,
            (None, Bug::DamageIsFatal) => return Err(Error::new(ErrorKind::Corrupt)),
            (None, Bug::DefaultAtVersion) => A::model(
                None,
                &Change::Opened(Opened {
                    number: 0,
                    owner: String::new(),
                }),
            ),
            (None, _) => return Ok(None),
        };
        *events = Some(rows.collect());
        Ok(Some((row.version.get(), row.last_event, state)))
    }

    /// What a save that has just been stored takes snapshots of.
    async fn take_snapshots(&self, root: &NaiveRoot<A>) -> Result<(), Error> {
        let n = match self.settings.policy {
            _ if self.settings.mode == Mode::Manual => return Ok(()),
            Policy::Every(n) | Policy::Picky(n) => n,
            Policy::Always => 1,
            Policy::Never => return Ok(()),
        };
        let mut multiples = Vec::new();
        let (mut version, mut state) = (root.stored, root.before.clone());
        for (event, change) in &root.pending {
            version += 1;
            let before = state;
            state = A::model(before.as_ref(), change);
            if self.bug == Bug::DoubleApply {
                state = state.map(|once| A::model(Some(&once), change).unwrap_or(once));
            }
            if self.bug == Bug::DiscardForgotten && state.is_none() {
                state = before;
            }
            if version.is_multiple_of(n) {
                multiples.push((version, *event, state.clone()));
            }
        }
        let last = multiples.last().cloned();
        match (self.bug, last) {
            (Bug::NeverFires, last) if !root.version.is_multiple_of(n) => drop(last),
            (Bug::ManyPerSave, _) => {
                for (version, event, state) in &multiples {
                    self.store_row(&root.id, *version, *event, state.as_ref())
                        .await?;
                }
            }
            (Bug::MidBatchVersion, Some((_, _, state))) => {
                self.store_row(&root.id, root.version, root.last_event, state.as_ref())
                    .await?;
            }
            (Bug::LateCapture, Some(_)) if self.settings.mode == Mode::Background => {
                let job = (
                    root.id.clone(),
                    root.version,
                    root.last_event,
                    Rc::clone(&root.state),
                );
                self.jobs.borrow_mut().push(job);
            }
            (_, Some((version, event, state))) => {
                self.store_row(&root.id, version, event, state.as_ref())
                    .await?;
            }
            (_, None) => {}
        }
        Ok(())
    }

    fn cache(&self, root: &NaiveRoot<A>) {
        let state = root.state.borrow().clone();
        let cached = (root.version, root.last_event, state);
        self.cache.borrow_mut().insert(root.id.clone(), cached);
    }
}

impl<A: Account> Subject<A> for Naive<A> {
    type Root = NaiveRoot<A>;
    const KEEPS_UNKNOWN: bool = false;

    fn create(&self, id: &str, event: Opened) -> NaiveRoot<A> {
        let mut root = NaiveRoot {
            id: id.to_owned(),
            stored: 0,
            stored_event: Uuid::nil(),
            before: None,
            version: 0,
            last_event: Uuid::nil(),
            state: Rc::default(),
            pending: Vec::new(),
        };
        self.record(&mut root, &Change::Opened(event));
        root
    }

    fn record(&self, root: &mut NaiveRoot<A>, change: &Change) {
        let state = A::model(root.state.borrow().as_ref(), change);
        *root.state.borrow_mut() = state;
        root.version += 1;
        root.last_event = Uuid::now_v7();
        root.pending.push((root.last_event, change.clone()));
    }

    fn see(root: &NaiveRoot<A>) -> Seen<A> {
        let state = root.state.borrow().clone();
        Seen {
            version: root.version,
            stored: root.stored,
            last_event: root.last_event,
            // After its end nobody looks at the state.
            state: state
                .or_else(|| root.before.clone())
                .or_else(|| {
                    A::model(
                        None,
                        &Change::Opened(Opened {
                            number: 0,
                            owner: String::new(),
                        }),
                    )
                })
                .expect("opening gives a state"),
            pending: root
                .pending
                .iter()
                .map(|(_, change)| change.number())
                .collect(),
        }
    }

    async fn find(&self, id: &str) -> Result<Option<NaiveRoot<A>>, Error> {
        let (version, last_event, state) = {
            let cached = self.cache.borrow().get(id).cloned();
            let head = self.store.head(&stream(id)).await?.get();
            match cached.filter(|(version, ..)| self.bug == Bug::SharedCache && *version >= head) {
                Some(cached) => cached,
                None => self.fold(id, Version::MAX.get()).await?,
            }
        };
        Ok(state.map(|state| NaiveRoot {
            id: id.to_owned(),
            stored: version,
            stored_event: last_event,
            before: Some(state.clone()),
            version,
            last_event,
            state: Rc::new(RefCell::new(Some(state))),
            pending: Vec::new(),
        }))
    }

    async fn find_at(&self, id: &str, version: u64) -> Result<Option<(u64, A)>, Error> {
        if version == 0 {
            return Ok(None);
        }
        let (version, _, state) = self.fold(id, version).await?;
        Ok(state.map(|state| (version, state)))
    }

    async fn find_as_of(&self, id: &str, time: Timestamp) -> Result<Option<(u64, A)>, Error> {
        let mut version = 0;
        'pages: loop {
            let read = ReadStream::from(Version::from(version + 1));
            let page = self.store.read_stream(&stream(id), read).await?;
            for row in page.iter() {
                if row.recorded_at > time && self.bug != Bug::AsOfIsNow {
                    break 'pages;
                }
                version = row.version.get();
            }
            if !page.has_more() {
                break;
            }
        }
        self.find_at(id, version).await
    }

    async fn history(&self, id: &str) -> Result<Vec<Past<A>>, Error> {
        let (mut version, mut state, mut past) = (0, None, Vec::new());
        if self.bug == Bug::HistoryBeginsAtSnapshot {
            let begun = self.snapshot(id, Version::MAX.get(), &mut None).await?;
            (version, _, state) = begun.unwrap_or_default();
        }
        for (event, change) in self.read(id, version + 1, Version::MAX.get()).await? {
            state = A::model(state.as_ref(), &change);
            version += 1;
            past.push((version, event, state.clone()));
        }
        Ok(past)
    }

    async fn command(&self, how: How, id: &str, changes: &[Change]) -> Option<Result<(), Error>> {
        if matches!(how, How::LoadAndSave | How::Held | How::SaveAll) {
            return None;
        }
        let mut root = match self.find(id).await {
            Ok(Some(root)) => root,
            Ok(None) => return Some(Err(Error::new(ErrorKind::NotFound))),
            Err(error) => return Some(Err(error)),
        };
        for change in changes {
            self.record(&mut root, change);
        }
        if self.bug == Bug::CommandsAreForgotten {
            return Some(Ok(()));
        }
        Some(self.save(&mut root).await)
    }

    async fn save(&self, root: &mut NaiveRoot<A>) -> Result<(), Error> {
        let jobs = self.jobs.take();
        for (id, version, event, state) in jobs {
            let state = state.borrow().clone();
            // Late, but nobody waits for it.
            drop(self.store_row(&id, version, event, state.as_ref()).await);
        }
        if root.pending.is_empty() {
            return Ok(());
        }
        if self.bug == Bug::SharedCache {
            self.cache(root);
        }
        let events = root
            .pending
            .iter()
            .map(|(id, change)| new_event(*id, change));
        let part = StreamCommit {
            stream: stream(&root.id),
            expected: Version::from(root.stored),
            after: (root.stored > 0 && self.bug != Bug::HistoryNotCompared)
                .then_some(root.stored_event),
            events: events.collect(),
        };
        let commit = Commit {
            id: Uuid::now_v7(),
            streams: vec![part],
        };
        self.store.append(commit).await?;
        let taken = self.take_snapshots(root).await;
        root.pending.clear();
        root.stored = root.version;
        root.stored_event = root.last_event;
        root.before.clone_from(&root.state.borrow());
        match taken {
            Err(error) if self.bug == Bug::StoreDownFailsSave => Err(error),
            _ => Ok(()),
        }
    }

    async fn create_snapshot(&self, root: &NaiveRoot<A>) -> Result<(), Error> {
        if !root.pending.is_empty() && self.bug != Bug::UnsavedCovered {
            return Err(Error::new(ErrorKind::Unsaved));
        }
        let state = root.state.borrow().clone();
        self.store_row(&root.id, root.version, root.last_event, state.as_ref())
            .await
    }

    async fn settle(&self) {}
}
