//! How a [`SqliteStore`](super::SqliteStore) is opened. A new setting is a field and a method here.

use std::{sync::Arc, time::Duration};

use crate::{Clock, SystemClock};

/// Settings of a [`SqliteStore`](super::SqliteStore). The defaults are durable and right for most programs.
///
/// ```
/// use std::time::Duration;
///
/// use eventsourcing::store::SqliteOptions;
///
/// let options = SqliteOptions::default().busy_timeout(Duration::from_secs(30)).create(false);
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    pub(super) busy_timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) read_only: bool,
    pub(super) create: bool,
    pub(super) max_page_count: Option<u32>,
    pub(super) synchronous: Synchronous,
    pub(super) readers: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
            read_only: false,
            create: true,
            max_page_count: None,
            synchronous: Synchronous::Full,
            readers: 4,
        }
    }
}

impl SqliteOptions {
    /// How long to wait for a lock that another process holds before giving up with
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable): 5 seconds by default, at most 24 days.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        // The driver panics beyond 2^31 - 1 milliseconds.
        self.busy_timeout = timeout.min(Duration::from_millis(i32::MAX.unsigned_abs().into()));
        self
    }

    /// The clock that events are stamped by; the system's by default. Within a stream recorded times
    /// never decrease, whatever it shows.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Whether writing is refused with [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly); off by default.
    /// The file must be there and be a store already.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Whether a file that isn't there is made; on by default. Its folder must be there.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// The most pages of 4,096 bytes that the file may grow to through this store; no limit of its own by default.
    /// What doesn't fit is refused with [`ErrorKind::Full`](crate::ErrorKind::Full), as on a full disk.
    pub fn max_page_count(mut self, pages: u32) -> Self {
        self.max_page_count = Some(pages);
        self
    }

    /// When a commit is on the disk; [`Synchronous::Full`] by default.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// How many reads can run at once, at least 1; 4 by default. Each has a connection, opened when it is first
    /// needed, that caches up to 32 MiB of the file. In memory there is one connection for everything.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.clamp(1, 1_000);
        self
    }
}

/// When a commit is on the disk. Whatever is set, a crash never leaves half a commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Before the append is answered: nothing that was acknowledged is lost. Commits that wait at the same
    /// time share one sync, so that this costs little under load.
    #[default]
    Full,
    /// At the next checkpoint: a power failure can lose the last acknowledged commits, a crash of the program can't.
    Normal,
    /// When the operating system likes: a power failure can lose commits and can damage the file. Nothing is ever synced, with one
    /// exception: opening a file whose creation was interrupted by a crash, which SQLite undoes before it can be told.
    Off,
}

impl Synchronous {
    pub(super) fn pragma(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
            Self::Off => "OFF",
        }
    }
}
