//! `SnapshotPolicy`: when a save takes a snapshot, and of which version.
//!
//! A policy is written without knowing the aggregate and compiled for one by `build()`, where what it names and the
//! aggregate hasn't got is found out. What a compiled one answers is in `answer`.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::Arc,
    time::Duration,
};

use super::answer::Policy;
use crate::{
    Error, ErrorKind, Result,
    aggregate::Aggregate,
    event::{Event, EventType},
};

/// When a snapshot is taken. Asked once for each save that stored events; [`after_replaying`](Self::after_replaying) and
/// [`load_slower_than`](Self::load_slower_than) also once for each load of the present, so that a stream that is only read
/// gets a snapshot as well.
///
/// It answers with a version: `every` with the last multiple crossed, all others with the head.
///
/// ```
/// use std::time::Duration;
/// use eventsourcing::snapshot::SnapshotPolicy;
///
/// let policy = SnapshotPolicy::every(100)
///     .or(SnapshotPolicy::after_replaying(500))
///     .cooldown(Duration::from_secs(10));
/// assert_eq!(
///     policy.explain(),
///     "(at each multiple of 100 events, or when a load replayed at least 500 events), but not within 10s of the last \
///      snapshot"
/// );
/// ```
#[derive(Clone, Default)]
#[must_use = "a policy does nothing until a builder is given it"]
pub struct SnapshotPolicy(Rule);

#[derive(Clone, Default)]
enum Rule {
    #[default]
    Never,
    Always,
    Every(u64),
    On {
        is: fn(&EventType) -> bool,
        event: &'static str,
    },
    When {
        aggregate: TypeId,
        name: &'static str,
        test: Arc<dyn Any + Send + Sync>,
    },
    AfterReplaying(u64),
    SlowerThan(Duration),
    Cooldown(Arc<Rule>, Duration),
    And(Arc<(Rule, Rule)>),
    Or(Arc<(Rule, Rule)>),
}

pub(crate) struct Test<A>(pub(super) Box<dyn Fn(&A) -> bool + Send + Sync>);

impl SnapshotPolicy {
    /// A save that crosses multiples of `n` (events) takes one snapshot, exactly at the last multiple crossed. Zero is
    /// an error of `build()`.
    pub const fn every(n: u64) -> Self {
        Self(Rule::Every(n))
    }

    /// Every save takes one, of the version it reaches.
    pub const fn always() -> Self {
        Self(Rule::Always)
    }

    /// No save takes one. Snapshots that exist are still used. The default.
    pub const fn never() -> Self {
        Self(Rule::Never)
    }

    /// A save that stores an event of type `E` takes one, of the version it reaches.
    pub fn on<E: Event>() -> Self {
        Self(Rule::On {
            is: EventType::is::<E>,
            event: type_name::<E>(),
        })
    }

    /// A save after which the state passes `test` takes one, of the version it reaches.
    pub fn when<A: Aggregate>(test: impl Fn(&A) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::When {
            aggregate: TypeId::of::<A>(),
            name: type_name::<A>(),
            test: Arc::new(Test::<A>(Box::new(test))),
        })
    }

    /// A load that had to replay at least `n` events takes one, of the version it loaded. Zero is an error of `build()`.
    ///
    /// The load itself takes it, in the repository's mode: what is only read and never saved gets its snapshot too. Where
    /// `and` makes it wait for something about a save, it answers when the root is saved, unless a snapshot was taken since.
    pub const fn after_replaying(n: u64) -> Self {
        Self(Rule::AfterReplaying(n))
    }

    /// A load that took longer than this, and replayed anything, takes one, of the version it loaded; as
    /// [`after_replaying`](Self::after_replaying) does.
    pub const fn load_slower_than(limit: Duration) -> Self {
        Self(Rule::SlowerThan(limit))
    }

    /// As this policy, but not within `time` of the last snapshot: the one that the root was loaded from or that was taken
    /// of it since. Both times are the repository's clock's; one in the future counts as long ago. What falls into
    /// the time is left out, not put off.
    pub fn cooldown(self, time: Duration) -> Self {
        Self(Rule::Cooldown(Arc::new(self.0), time))
    }

    /// If both would take one: the lower of the two versions.
    pub fn and(self, other: Self) -> Self {
        Self(Rule::And(Arc::new((self.0, other.0))))
    }

    /// If either would take one: the higher of the versions.
    pub fn or(self, other: Self) -> Self {
        Self(Rule::Or(Arc::new((self.0, other.0))))
    }

    /// What it says, in words. [`Repository::explain_snapshot`](crate::Repository::explain_snapshot) says what it answers,
    /// and why.
    pub fn explain(&self) -> String {
        self.0.in_words()
    }

    /// Whether it is plainly `never`.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self.0, Rule::Never)
    }

    pub(crate) fn compile<A: Aggregate>(&self) -> Result<Policy<A>> {
        self.0.compile()
    }
}

impl fmt::Debug for SnapshotPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Always => f.write_str("always"),
            Self::Every(n) => write!(f, "every({n})"),
            Self::On { event, .. } => write!(f, "on::<{event}>"),
            Self::When { name, .. } => write!(f, "when(|_: &{name}| …)"),
            Self::AfterReplaying(n) => write!(f, "after_replaying({n})"),
            Self::SlowerThan(limit) => write!(f, "load_slower_than({limit:?})"),
            Self::Cooldown(rule, time) => write!(f, "{rule:?}.cooldown({time:?})"),
            Self::And(both) => write!(f, "({:?} and {:?})", both.0, both.1),
            Self::Or(either) => write!(f, "({:?} or {:?})", either.0, either.1),
        }
    }
}

impl Rule {
    fn in_words(&self) -> String {
        match self {
            Self::Never => "never".into(),
            Self::Always => "at each save".into(),
            Self::Every(n) => format!("at each multiple of {n} events"),
            Self::On { event, .. } => format!("when a {event} is stored"),
            Self::When { name, .. } => format!("when a saved {name} passes a test"),
            Self::AfterReplaying(n) => format!("when a load replayed at least {n} events"),
            Self::SlowerThan(limit) => format!("when a load took longer than {limit:?}"),
            Self::Cooldown(rule, time) => {
                let rule = rule.in_words();
                format!("{rule}, but not within {time:?} of the last snapshot")
            }
            Self::And(both) => format!("({}, and {})", both.0.in_words(), both.1.in_words()),
            Self::Or(either) => format!("({}, or {})", either.0.in_words(), either.1.in_words()),
        }
    }

    fn compile<A: Aggregate>(&self) -> Result<Policy<A>> {
        let wrong = |detail: String| {
            Err(Error::new(ErrorKind::InvalidConfiguration)
                .because(format!("snapshot policy of {:?}: {detail}", A::NAME)))
        };
        Ok(match self {
            Self::Never => Policy::Never,
            Self::Always => Policy::Always,
            Self::Every(0) => {
                return wrong("every(0) has no multiples, use every(1) or always()".into());
            }
            Self::Every(n) => Policy::Every(*n),
            Self::AfterReplaying(0) => {
                return wrong(
                    "after_replaying(0) is every load, use after_replaying(1) for each that replays".into(),
                );
            }
            Self::AfterReplaying(n) => Policy::AfterReplaying(*n),
            Self::SlowerThan(limit) => Policy::SlowerThan(*limit),
            Self::Cooldown(rule, time) => Policy::Cooldown(Box::new(rule.compile()?), *time),
            Self::On { is, event } => match A::EVENTS.iter().position(is) {
                Some(index) => Policy::On(index),
                None => return wrong(format!("on::<{event}>() names an event it hasn't got")),
            },
            Self::When {
                aggregate,
                name,
                test,
            } => match Arc::clone(test).downcast::<Test<A>>() {
                Ok(test) if *aggregate == TypeId::of::<A>() => Policy::When(test),
                _ => return wrong(format!("when(…) looks at the state of {name}")),
            },
            Self::And(both) => {
                Policy::And(Box::new(both.0.compile()?), Box::new(both.1.compile()?))
            }
            Self::Or(either) => {
                Policy::Or(Box::new(either.0.compile()?), Box::new(either.1.compile()?))
            }
        })
    }
}
