//! What can be watched from outside: spans (`tracing`) and, with the feature `metrics`, metrics.
//!
//! The names of both are here and nowhere else; `docs/observability.md` lists them, and a test compares the two. Metrics are
//! labelled by the aggregate's type (those of a store by its database), never by a stream's id: there is no end of those.
//!
//! ```
//! # #[cfg(feature = "metrics")]
//! // Once, after the program has installed its recorder:
//! eventsourcing::telemetry::describe_metrics();
//! ```

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
mod no_metrics;
mod series;
pub(crate) mod spans;

#[cfg(all(feature = "metrics", feature = "postgres"))]
pub(crate) use self::metrics::OrderMeter;
#[cfg(feature = "metrics")]
pub use self::metrics::describe_metrics;
#[cfg(feature = "metrics")]
pub(crate) use self::metrics::{Meter, Stopwatch};
#[cfg(all(not(feature = "metrics"), feature = "postgres"))]
pub(crate) use self::no_metrics::OrderMeter;
#[cfg(not(feature = "metrics"))]
pub(crate) use self::no_metrics::{Meter, Stopwatch};
pub(crate) use self::series::{Count, LoadOutcome, Measure, SaveOutcome, as_f64};
