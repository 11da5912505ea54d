//! Taking, repairing and looking at snapshots.
//!
//! Nothing that goes wrong here may fail a save whose events are stored, or a load: it is counted and reported.

use std::{
    any,
    borrow::Borrow,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tracing::{Instrument as _, Span};

use super::{
    Inner, Repository, begin::Repairs, budget::Budget, flight::Flight, load::located,
    replay::Replayed,
};
use crate::{
    Error, ErrorKind, Result, StreamId, Timestamp, Version,
    aggregate::{Aggregate, Capture, Root},
    snapshot::{
        Descent, Loaded, Newest, Occasion, SavedSnapshot, SnapshotInfo, SnapshotKey, SnapshotMiss,
        SnapshotMode, SnapshotRow, SnapshotStore,
        background::{Slot, Submitted},
    },
    telemetry::spans,
};

/// How long one background snapshot may take, if the deadline isn't longer.
pub(super) const LONGEST_IN_BACKGROUND: Duration = Duration::from_secs(30);

/// What became of a row that was to be stored.
pub(super) enum Placed {
    New(SnapshotRow),
    /// There is one of its version already, which is as good.
    Existing(SnapshotRow),
    /// It goes back to a row that is quarantined by now: it was not stored, or is quarantined as well.
    Distrusted,
}

/// A stored snapshot, decoded: for looking at. Loads use snapshots by themselves.
pub struct Snapshot<A: Aggregate> {
    id: A::Id,
    row: SnapshotRow,
    state: Option<A>,
}

impl<A: Aggregate> Snapshot<A> {
    /// The aggregate's id.
    pub fn id(&self) -> &A::Id {
        &self.id
    }

    /// The aggregate type's stored name.
    pub fn aggregate_type(&self) -> &str {
        self.row.key.stream.category()
    }

    /// The last version that it covers.
    pub fn version(&self) -> Version {
        self.row.version
    }

    /// The `schema_version` of the program that took it.
    pub fn schema_version(&self) -> u32 {
        self.row.key.schema_version
    }

    /// When it was taken, by the repository's clock.
    pub fn created_at(&self) -> Timestamp {
        self.row.created_at
    }

    /// The state as of its version; none if the aggregate was discarded.
    pub fn state(&self) -> Option<&A> {
        self.state.as_ref()
    }

    /// The row as it is stored.
    pub fn row(&self) -> &SnapshotRow {
        &self.row
    }
}

impl<A: Aggregate> fmt::Debug for Snapshot<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("id", &self.id)
            .field("version", &self.row.version)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl<A: Aggregate> Repository<A> {
    /// Takes a snapshot of this root now, whatever the policy and mode say.
    ///
    /// If there is one of its version already, that one is returned. The retention is applied; it may remove this one, if
    /// there are newer ones. Errors: [`ErrorKind::Unsaved`] if the root has events that are not stored,
    /// [`ErrorKind::Poisoned`] if its state goes back to a snapshot that is quarantined,
    /// [`ErrorKind::Unsupported`] without a snapshot store, [`ErrorKind::Locked`] if there is one that this program can't
    /// open (it is left as it is), and what the store says.
    pub async fn create_snapshot(&self, root: &Root<A>) -> Result<Snapshot<A>> {
        let taken = async {
            root.check_savable()?;
            root.check_no_pending()?;
            let stream = root.stream()?;
            if self.inner.distrusts(&stream, root.loaded().descent) {
                return Err(quarantined());
            }
            let store = self.inner.snapshots.as_ref().ok_or_else(no_store)?;
            let span = spans::store(&stream, root.version());
            let stored = async {
                let capture = root.capture_head();
                let row = self.inner.row(&stream, &capture)?;
                span.record("bytes", row.state.as_ref().map_or(0, bytes::Bytes::len));
                self.inner.store_row(&**store, row, capture.descent).await
            };
            let row = match stored.instrument(span.clone()).await? {
                Placed::New(row) => {
                    let budget = Budget::of(self.inner.deadline);
                    self.inner.retain(&**store, &row, budget).await;
                    row
                }
                Placed::Existing(row) => row,
                Placed::Distrusted => return Err(quarantined()),
            };
            self.inner.open(root.id().clone(), row)
        };
        taken
            .await
            .map_err(|error| located::<A>(error, "create_snapshot", root.id()))
    }

    /// The stored snapshots of this aggregate that this program can read, by version. Damaged ones, those of other
    /// schemas, codecs or layers, and those that its layers can't open are left out.
    pub async fn snapshots(&self, id: impl Borrow<A::Id>) -> Result<Vec<Snapshot<A>>> {
        let id = id.borrow();
        let all = async {
            let stream = StreamId::of::<A>(id)?;
            let store = self.inner.snapshots.as_ref().ok_or_else(no_store)?;
            let key = self.inner.key(&stream);
            let mut snapshots = Vec::new();
            for info in store.list(&stream).await? {
                if info.key != key {
                    continue;
                }
                if let Newest::Found(row) = store.newest(&key, info.version).await?
                    && row.version == info.version
                    && row.is_intact()
                {
                    snapshots.extend(self.inner.open(id.clone(), row).ok());
                }
            }
            Ok(snapshots)
        };
        all.await
            .map_err(|error| located::<A>(error, "snapshots", id))
    }

    /// How many background snapshots were accepted and not yet waited for by
    /// [`await_pending_snapshots`](Self::await_pending_snapshots): those already done count too.
    pub fn pending_snapshots(&self) -> u64 {
        self.inner.background.pending()
    }

    /// Waits until the background snapshots accepted so far are done; says how many that were since the last call.
    pub async fn await_pending_snapshots(&self) -> u64 {
        self.inner.background.await_pending().await
    }

    /// Stores a snapshot as the mode says. Whatever goes wrong is counted and reported, and nothing else.
    pub(crate) async fn take(
        &self,
        stream: &StreamId,
        capture: Capture<A>,
        repairs: Option<Version>,
        budget: Budget,
        flight: Option<Arc<Flight<A>>>,
    ) {
        let version = capture.version;
        match self.inner.mode {
            SnapshotMode::Sync => {
                let span = spans::store(stream, version);
                let stored = self.inner.store_capture(stream, &capture, budget, span);
                stored.await;
            }
            SnapshotMode::Background => {
                let inner = Arc::clone(&self.inner);
                let slot = Slot {
                    stream: stream.clone(),
                    repairs,
                };
                let stream = stream.clone();
                let queued = self.inner.counters.meter.queued();
                let work = async move {
                    // Nobody waits for it; but a store that hangs must not keep the next ones from being stored.
                    let budget = Budget::of(inner.deadline.max(LONGEST_IN_BACKGROUND));
                    let span = spans::store_in_background(&stream, version);
                    inner.store_capture(&stream, &capture, budget, span).await;
                    drop(flight);
                    drop(queued);
                };
                let submitted = self.inner.background.submit(slot, version, Box::pin(work));
                if submitted != Submitted::Accepted {
                    self.inner.counters.dropped();
                }
            }
            SnapshotMode::Manual => {}
        }
    }

    /// After a load: replaces the bad rows that it removed, each at its own version, and stale ones at the head; takes one
    /// of the head if the policy asks for it.
    pub(crate) async fn repair(
        &self,
        stream: &StreamId,
        repairs: &Repairs<A>,
        replayed: &mut Replayed<A>,
        upto: Version,
    ) {
        if !self.inner.writes_on_its_own() {
            return;
        }
        let budget = repairs.budget_left();
        for capture in &replayed.captured {
            let (capture, version) = (capture.clone(), capture.version);
            let flight = repairs.flight.clone();
            self.take(stream, capture, Some(version), budget, flight)
                .await;
        }
        let is_stale = repairs.stale && repairs.replace.is_empty();
        let at_head =
            upto == Version::MAX && (is_stale || self.inner.load_asks_for_one(stream, replayed));
        if let Some(head) = replayed.head().filter(|_| at_head) {
            replayed.loaded = self.inner.covered(replayed.loaded);
            let flight = repairs.flight.clone();
            self.take(stream, head, None, budget, flight).await;
        }
    }
}

pub(super) fn no_store() -> Error {
    Error::new(ErrorKind::Unsupported).because("there is no snapshot store")
}

pub(super) fn quarantined() -> Error {
    Error::new(ErrorKind::Poisoned)
        .because("it was loaded through a snapshot that is quarantined now, load it again")
}

impl<A: Aggregate> Inner<A> {
    pub(crate) fn readable_snapshots(&self) -> Option<&dyn SnapshotStore> {
        self.snapshots.as_deref().filter(|_| !self.ignore_snapshots)
    }

    /// `Manual` and `never` write nothing on their own, repairs included.
    pub(crate) fn writes_on_its_own(&self) -> bool {
        !self.policy.is_never() && self.mode != SnapshotMode::Manual && !self.ignore_snapshots
    }

    /// Whether the policy wants a snapshot of what a load has found.
    fn load_asks_for_one(&self, stream: &StreamId, replayed: &Replayed<A>) -> bool {
        if !self.policy.asks_loads() {
            return false;
        }
        let occasion = Occasion {
            before: replayed.version,
            after: replayed.version,
            stored: None,
            state: replayed.state.as_deref(),
            loaded: replayed.loaded,
            now: &|| self.clock.now(),
        };
        // The policy's closure and the clock are the user's: if they panic the load is still right.
        let answer = catch_unwind(AssertUnwindSafe(|| self.policy.answer(&occasion)));
        let answer = answer.unwrap_or_else(|_| {
            self.counters.failed();
            tracing::warn!(%stream, "the snapshot policy panicked");
            None
        });
        answer.is_some()
    }

    /// What is known from now on about a root that a snapshot is taken of.
    pub(crate) fn covered(&self, loaded: Loaded) -> Loaded {
        let now = catch_unwind(AssertUnwindSafe(|| self.clock.now()));
        loaded.covered(now.ok())
    }

    pub(crate) fn key(&self, stream: &StreamId) -> SnapshotKey {
        SnapshotKey {
            stream: stream.clone(),
            schema_version: A::SCHEMA_VERSION,
            fingerprint: self.fingerprint,
            codec: self.codecs.snapshot_layers.name().clone().into_owned(),
        }
    }

    fn open(&self, id: A::Id, row: SnapshotRow) -> Result<Snapshot<A>> {
        let opened = self.open_snapshot(&row);
        let bytes = opened.map_err(|refused| refused.into_error().at_version(row.version))?;
        let state = bytes.map(|bytes| self.decode_state(&bytes));
        let state = state.transpose().map_err(|source| {
            Error::new(ErrorKind::Corrupt)
                .at_version(row.version)
                .caused_by(source)
        })?;
        Ok(Snapshot { id, row, state })
    }

    async fn store_capture(
        &self,
        stream: &StreamId,
        capture: &Capture<A>,
        budget: Budget,
        span: Span,
    ) {
        let Some(store) = &self.snapshots else {
            return;
        };
        let version = capture.version;
        let distrusted = || {
            tracing::debug!(%stream, %version, "no snapshot of what goes back to a quarantined one");
        };
        if self.distrusts(stream, capture.descent) {
            return distrusted();
        }
        let stored = budget.spend(async {
            let row = self.row(stream, capture)?;
            let bytes = row.state.as_ref().map_or(0, bytes::Bytes::len);
            span.record("bytes", bytes);
            self.store_row(&**store, row, capture.descent).await
        });
        match stored.instrument(span.clone()).await {
            Ok(Placed::New(row)) => self.retain(&**store, &row, budget).await,
            Ok(Placed::Existing(_)) => {}
            Ok(Placed::Distrusted) => distrusted(),
            Err(trouble) => {
                self.counters.failed();
                let error = trouble.into_error();
                tracing::warn!(%stream, %version, %error, "snapshot failed");
            }
        }
    }

    /// Stores a row, or finds the one of its version that is there already. If that one is bad it is replaced; if it is
    /// sound and this program can't open it, it stays, and that is the error.
    ///
    /// Every snapshot is stored here: until it is known what became of it, what it goes back to may turn out to be wrong,
    /// and takes it along.
    pub(super) async fn store_row(
        &self,
        store: &dyn SnapshotStore,
        row: SnapshotRow,
        descent: Descent,
    ) -> Result<Placed> {
        let Some(noted) = self.departs(&row, descent) else {
            return Ok(Placed::Distrusted);
        };
        // An error, or nobody who waits for the answer: it stays noted, since it may be stored, or be so later.
        let placed = self.place(store, row).await?;
        let is_trusted = self.has_landed(noted);
        Ok(if is_trusted {
            placed
        } else {
            Placed::Distrusted
        })
    }

    async fn place(&self, store: &dyn SnapshotStore, row: SnapshotRow) -> Result<Placed> {
        let SavedSnapshot::Existing(existing) = store.save(row.clone()).await? else {
            self.count_stored(&row);
            return Ok(Placed::New(row));
        };
        if self.is_as_good(&existing, &row)? {
            return Ok(Placed::Existing(existing));
        }
        store.delete(&SnapshotInfo::from(&existing)).await?;
        self.released(&existing);
        match store.save(row.clone()).await? {
            SavedSnapshot::Stored => {
                self.count_stored(&row);
                Ok(Placed::New(row))
            }
            SavedSnapshot::Existing(other) => Ok(Placed::Existing(other)),
        }
    }

    fn count_stored(&self, row: &SnapshotRow) {
        self.counters.stored();
        self.counters.wrote_bytes(row.state.as_deref());
    }

    /// Whether the row that is there covers the same event and can be read, so that it needn't be replaced.
    fn is_as_good(&self, existing: &SnapshotRow, row: &SnapshotRow) -> Result<bool> {
        if !existing.is_intact() || self.is_quarantined(existing) {
            return Ok(false);
        }
        let opened = match self.open_snapshot(existing) {
            Ok(opened) => opened,
            Err(refused) if refused.error.is_damaged() => return Ok(false),
            Err(refused) => {
                let error = refused.into_error().at_version(existing.version);
                return Err(error.at(existing.key.stream.clone()));
            }
        };
        let readable = match opened {
            Some(bytes) => row.state.is_some() && self.decode_state(&bytes).is_ok(),
            None => row.state.is_none(),
        };
        Ok(readable && existing.last_event == row.last_event)
    }

    /// Counts and reports a bad row and removes it, if it is still the same.
    pub(crate) async fn discard_bad(
        &self,
        row: &SnapshotRow,
        reason: SnapshotMiss,
        repairs: &mut Repairs<A>,
    ) {
        self.counters.missed(reason);
        let (stream, version) = (&row.key.stream, row.version);
        tracing::warn!(%stream, %version, ?reason, "bad snapshot, not used");
        let Some(store) = self
            .readable_snapshots()
            .filter(|_| self.writes_on_its_own())
        else {
            return;
        };
        repairs.announce(&self.flights, stream, version);
        let info = SnapshotInfo::from(row);
        match repairs.budget.spend(store.delete(&info)).await {
            Ok(was_there) => {
                if was_there {
                    self.counters.removed();
                }
                self.released(row);
                repairs.replace.push(version);
            }
            Err(trouble) => {
                let error = trouble.into_error();
                tracing::warn!(%stream, %version, %error, "bad snapshot not removed");
            }
        }
    }

    /// Our key has no row: says why that may be.
    pub(crate) fn count_absent(
        &self,
        key: &SnapshotKey,
        others: &[SnapshotKey],
        repairs: &mut Repairs<A>,
    ) {
        let of_our_version = |other: &&SnapshotKey| other.schema_version == key.schema_version;
        let of_another_shape = |other: &SnapshotKey| other.fingerprint != key.fingerprint;
        let reason = if others.is_empty() {
            SnapshotMiss::Absent
        } else if !others.iter().any(|other| of_our_version(&other)) {
            SnapshotMiss::StaleSchema
        } else if others.iter().filter(of_our_version).any(of_another_shape) {
            self.warn_of_forgotten_bump(key);
            SnapshotMiss::StaleShape
        } else {
            SnapshotMiss::StaleCodec
        };
        repairs.stale = reason != SnapshotMiss::Absent;
        self.counters.missed(reason);
        tracing::debug!(stream = %key.stream, ?reason, "no snapshot");
    }

    /// Once a repository: a deployment meets many such rows, and each load says the same.
    fn warn_of_forgotten_bump(&self, key: &SnapshotKey) {
        if self.forgotten.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            stream = %key.stream,
            aggregate = A::NAME,
            state = any::type_name::<A>(),
            schema_version = A::SCHEMA_VERSION,
            "the shape of `{}` ({:?}), or what its events are read as (`alias`, `retired`, `legacy`, `upcast`), has changed \
             and `schema_version` is still {}: snapshots from before are not read, loads replay and store new ones; bump \
             `schema_version` with the next change",
            any::type_name::<A>(),
            A::NAME,
            A::SCHEMA_VERSION,
        );
    }
}
