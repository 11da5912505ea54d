//! The order of all events: how far it is settled, how long it has not been, and pages of it.
//!
//! Why readers never skip stands beside the function `horizon_1` in `format_1.sql`. What is relied on here: a position that
//! was settled once stays so for ever, also if the server crashes, and a page is read by a statement that begins after that is
//! known.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{columns, connection::Sql, errors::Failure, read, shared::Shared};
use crate::{
    Result,
    store::{EventPage, ReadAll},
    telemetry::OrderMeter,
};

/// How far the order of all events is settled. See [`PostgresStore::order`](super::PostgresStore::order).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderStatus {
    /// Positions that were drawn and that readers don't see yet: what is under way, and what was committed behind it. With
    /// gaps.
    pub unsettled: u64,
    /// How many transactions with appends are under way, in all processes.
    pub appending: u64,
    /// How long readers have been waiting at the same place; zero if nothing is unsettled.
    pub stalled_for: Duration,
}

/// What this process has seen of the order.
#[derive(Debug)]
pub(super) struct Order {
    /// The highest position known to be settled: that of an event.
    settled: AtomicI64,
    stall: Mutex<Option<Stall>>,
    meter: OrderMeter,
}

/// Readers wait behind this position.
#[derive(Debug)]
struct Stall {
    safe: i64,
    since: Instant,
    was_said: bool,
}

/// An answer of the function `horizon_1`.
#[derive(Debug, Clone, Copy)]
struct Horizon {
    safe: i64,
    last: i64,
    appending: i64,
    settled: i64,
}

impl Order {
    pub(super) fn new(database: &str) -> Self {
        Self {
            settled: AtomicI64::new(0),
            stall: Mutex::default(),
            meter: OrderMeter::new(database),
        }
    }

    /// Notes what was seen; answers how long the order has been standing still.
    fn saw(&self, horizon: Horizon, shared: &Shared) -> Duration {
        let stalled_for = self.stalled(horizon, shared);
        self.meter.saw(horizon.unsettled(), stalled_for);
        stalled_for
    }

    fn stalled(&self, horizon: Horizon, shared: &Shared) -> Duration {
        self.settled.fetch_max(horizon.settled, Ordering::Relaxed);
        let mut stall = self.stall.lock().unwrap_or_else(PoisonError::into_inner);
        if horizon.safe >= horizon.last {
            *stall = None;
            return Duration::ZERO;
        }
        let stall = match &mut *stall {
            Some(stall) if stall.safe == horizon.safe => stall,
            other => other.insert(Stall {
                safe: horizon.safe,
                since: Instant::now(),
                was_said: false,
            }),
        };
        let elapsed = stall.since.elapsed();
        if elapsed >= shared.stall_after && !stall.was_said {
            stall.was_said = true;
            tracing::warn!(
                database = %shared.database.name,
                position = horizon.safe,
                unsettled = horizon.last - horizon.safe,
                appending = horizon.appending,
                ?elapsed,
                "a transaction that has appended is still open: readers of all events wait for it"
            );
        }
        elapsed
    }
}

impl Horizon {
    fn unsettled(self) -> u64 {
        u64::try_from(self.last.saturating_sub(self.safe)).unwrap_or(0)
    }
}

async fn horizon(shared: &Shared) -> Result<(Horizon, Duration), Failure> {
    let sql = Sql::Kept(&shared.sql.horizon);
    let rows = shared.database.rows(sql, &[]).await?;
    let name = &*shared.database.name;
    let Some(row) = rows.first() else {
        return Err(Failure::corrupt(name, "the function horizon_1 gave no row"));
    };
    let column = |index| {
        let value: Result<i64, _> = row.try_get(index);
        value.map_err(|error| Failure::of_statement(name, error))
    };
    let horizon = Horizon {
        safe: column(0)?,
        last: column(1)?,
        appending: column(2)?,
        settled: column(3)?,
    };
    Ok((horizon, shared.order.saw(horizon, shared)))
}

pub(super) async fn status(shared: &Shared) -> Result<OrderStatus, Failure> {
    let (horizon, stalled_for) = horizon(shared).await?;
    Ok(OrderStatus {
        unsettled: horizon.unsettled(),
        appending: u64::try_from(horizon.appending).unwrap_or(0),
        stalled_for,
    })
}

/// The settled events after a position.
pub(super) async fn page(shared: &Shared, wanted: &ReadAll) -> Result<EventPage, Failure> {
    let after = wanted.after;
    let after = after.map_or(-1, |position| columns::from_u64(position.offset()));
    // Far behind, one statement is enough.
    let known = shared.order.settled.load(Ordering::Relaxed);
    if after < known {
        let page = read::all(shared, wanted, after, known).await?;
        if page.has_more() {
            return Ok(page);
        }
    }
    let begun = Instant::now();
    let mut wanted_up_to = None;
    let mut pause = Duration::from_micros(200);
    loop {
        let (horizon, _) = horizon(shared).await?;
        // What had been drawn when it was asked for.
        let up_to = *wanted_up_to.get_or_insert(horizon.last);
        let waits = horizon.safe < up_to && begun.elapsed() < shared.settle_wait;
        if !waits {
            // Not up to `safe`: the server may have crashed since, and handed out again what was drawn and rolled back.
            return read::all(shared, wanted, after, horizon.settled).await;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}
