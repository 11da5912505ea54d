//! What is put under the law: the library, or an imitation of it with a planted bug (see `naive`).

use std::sync::Arc;

use eventsourcing::{
    Application, CommandError, Error, EventStore, Repository, Root, SnapshotMode, SnapshotPolicy,
    Timestamp, Version,
    codec::{Bincode, Json},
};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use crate::{
    domain::{Account, Change, Opened},
    steps::{How, Mode, Policy, Settings},
};

/// An instance in memory, as the law looks at it.
pub(crate) struct Seen<A> {
    pub(crate) version: u64,
    pub(crate) stored: u64,
    pub(crate) last_event: Uuid,
    pub(crate) state: A,
    pub(crate) pending: Vec<u64>,
}

/// What a history has of each row: its version, its id and the state after it.
pub(crate) type Past<A> = (u64, Uuid, Option<A>);

/// A repository of one program.
pub(crate) trait Subject<A: Account>: Sized {
    type Root;
    /// Whether an instance can be saved again after its answer was lost.
    const KEEPS_UNKNOWN: bool;

    fn create(&self, id: &str, event: Opened) -> Self::Root;
    fn record(&self, root: &mut Self::Root, change: &Change);
    fn see(root: &Self::Root) -> Seen<A>;
    async fn find(&self, id: &str) -> Result<Option<Self::Root>, Error>;
    async fn find_at(&self, id: &str, version: u64) -> Result<Option<(u64, A)>, Error>;
    async fn find_as_of(&self, id: &str, time: Timestamp) -> Result<Option<(u64, A)>, Error>;
    async fn history(&self, id: &str) -> Result<Vec<Past<A>>, Error>;
    async fn save(&self, root: &mut Self::Root) -> Result<(), Error>;
    async fn create_snapshot(&self, root: &Self::Root) -> Result<(), Error>;
    /// Waits for what is done in the background.
    async fn settle(&self);

    /// Load, record and save in one call of the library. None: this subject has no such call.
    async fn command(
        &self,
        _how: How,
        _id: &str,
        _changes: &[Change],
    ) -> Option<Result<(), Error>> {
        None
    }

    /// Saves several at once, if it can.
    async fn save_all(&self, _roots: &mut Vec<Self::Root>) -> Option<Result<(), Error>> {
        None
    }
}

/// Makes the subjects of a world.
pub(crate) trait Kind {
    type Subject<A: Account>: Subject<A>;

    /// Whether the keys of its snapshots have the fingerprint of the shape. Without them it must be found out by what it
    /// gives, not by its keys.
    fn has_fingerprints(&self) -> bool {
        true
    }

    fn start<A: Account>(
        &self,
        store: Arc<dyn EventStore>,
        settings: &Settings,
    ) -> Self::Subject<A>;
}

pub(crate) struct Library;

impl Kind for Library {
    type Subject<A: Account> = Program<A>;

    fn start<A: Account>(&self, store: Arc<dyn EventStore>, settings: &Settings) -> Program<A> {
        let policy = match settings.policy {
            Policy::Every(n) => SnapshotPolicy::every(n),
            Policy::Picky(n) => A::picky(n),
            Policy::Always => SnapshotPolicy::always(),
            Policy::Never => SnapshotPolicy::never(),
        };
        let mode = match settings.mode {
            Mode::Sync => SnapshotMode::Sync,
            Mode::Background => SnapshotMode::Background,
            Mode::Manual => SnapshotMode::Manual,
        };
        let (json_snapshots, bincode_events) = (settings.json_snapshots, settings.bincode_events);
        let app = Application::builder(store)
            .snapshot_mode(mode)
            .max_attempts(4)
            // The clock is paused, and goes on by itself while a store's thread works: any deadline would be over at once.
            .snapshot_deadline(std::time::Duration::MAX)
            .aggregate::<A>(|mut repository| {
                if json_snapshots {
                    repository = repository.snapshot_codec(Json);
                }
                if bincode_events {
                    repository = repository.event_codec(Bincode);
                }
                repository.snapshots(policy)
            })
            .build()
            .expect("these settings can work");
        let repository = app.repository().expect("these settings can work");
        Program { app, repository }
    }
}

pub(crate) struct Program<A: Account> {
    app: Application,
    repository: Repository<A>,
}

impl<A: Account> Subject<A> for Program<A> {
    type Root = Root<A>;
    const KEEPS_UNKNOWN: bool = true;

    fn create(&self, id: &str, event: Opened) -> Root<A> {
        A::create(&self.repository, id, event)
    }

    fn record(&self, root: &mut Root<A>, change: &Change) {
        A::record(root, change);
    }

    fn see(root: &Root<A>) -> Seen<A> {
        let numbers = root.pending().iter().map(|event| A::change(event).number());
        Seen {
            version: root.version().get(),
            stored: root.stored_version().get(),
            last_event: root.last_event_id(),
            state: root.state().clone(),
            pending: numbers.collect(),
        }
    }

    async fn find(&self, id: &str) -> Result<Option<Root<A>>, Error> {
        self.repository.find(id.to_owned()).await
    }

    async fn find_at(&self, id: &str, version: u64) -> Result<Option<(u64, A)>, Error> {
        let found = self
            .repository
            .find_at(id.to_owned(), Version::from(version))
            .await?;
        Ok(found.map(|past| (past.version().get(), past.state().clone())))
    }

    async fn find_as_of(&self, id: &str, time: Timestamp) -> Result<Option<(u64, A)>, Error> {
        let found = self.repository.find_as_of(id.to_owned(), time).await?;
        Ok(found.map(|past| (past.version().get(), past.state().clone())))
    }

    async fn history(&self, id: &str) -> Result<Vec<Past<A>>, Error> {
        let history = self.repository.history(id.to_owned());
        let past = history.map_ok(|entry| {
            let state = entry.state.map(|state| A::clone(&state));
            (entry.version.get(), entry.id, state)
        });
        past.try_collect().await
    }

    async fn save(&self, root: &mut Root<A>) -> Result<(), Error> {
        self.repository.save(root).await.map(drop)
    }

    async fn create_snapshot(&self, root: &Root<A>) -> Result<(), Error> {
        self.repository.create_snapshot(root).await.map(drop)
    }

    async fn settle(&self) {
        self.repository.await_pending_snapshots().await;
    }

    async fn command(&self, how: How, id: &str, changes: &[Change]) -> Option<Result<(), Error>> {
        let id = id.to_owned();
        let record = |root: &mut Root<A>| {
            for change in changes {
                A::record(root, change);
            }
        };
        let done = match how {
            How::Execute | How::Update => {
                let update = |root: &mut Root<A>| {
                    record(root);
                    Ok::<_, std::convert::Infallible>(())
                };
                self.repository.update(id, update).await.map(drop)
            }
            How::UpdateWith => {
                let update = async |mut root: Root<A>| {
                    tokio::task::yield_now().await;
                    record(&mut root);
                    Ok::<_, std::convert::Infallible>((root, ()))
                };
                self.repository.update_with(id, update).await.map(drop)
            }
            How::LoadAndSave | How::Held | How::SaveAll => return None,
        };
        Some(done.map_err(|error| match error {
            CommandError::Failed(error) => error,
            CommandError::Rejected(never) => match never {},
        }))
    }

    async fn save_all(&self, roots: &mut Vec<Root<A>>) -> Option<Result<(), Error>> {
        Some(self.app.save_all(roots).await.map(drop))
    }
}
