//! `SnapshotPolicy`: when a save takes a snapshot, and of which version.
//!
//! A policy is written without knowing the aggregate and compiled for one by `build()`, where what it names and the
//! aggregate hasn't got is found out.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::Arc,
};

use crate::{
    Error, ErrorKind, Result, Version,
    aggregate::Aggregate,
    event::{Event, EventType},
};

/// When a save takes a snapshot. Asked once for each save that stored events.
///
/// ```
/// use eventsourcing::snapshot::SnapshotPolicy;
///
/// let policy = SnapshotPolicy::every(100).or(SnapshotPolicy::every(64));
/// # let _ = policy;
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
    And(Arc<(Rule, Rule)>),
    Or(Arc<(Rule, Rule)>),
}

pub(crate) struct Test<A>(Box<dyn Fn(&A) -> bool + Send + Sync>);

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

    /// If both would take one: the lower of the two versions.
    pub fn and(self, other: Self) -> Self {
        Self(Rule::And(Arc::new((self.0, other.0))))
    }

    /// If either would take one: the higher of the versions.
    pub fn or(self, other: Self) -> Self {
        Self(Rule::Or(Arc::new((self.0, other.0))))
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
            Self::And(both) => write!(f, "({:?} and {:?})", both.0, both.1),
            Self::Or(either) => write!(f, "({:?} or {:?})", either.0, either.1),
        }
    }
}

impl Rule {
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

/// A policy for one aggregate.
pub(crate) enum Policy<A> {
    Never,
    Always,
    Every(u64),
    /// By the event's place in `A::EVENTS`.
    On(usize),
    When(Arc<Test<A>>),
    And(Box<Policy<A>>, Box<Policy<A>>),
    Or(Box<Policy<A>>, Box<Policy<A>>),
}

/// What a policy may look at: a save that stored events.
pub(crate) struct Saved<'a, A: Aggregate> {
    pub(crate) before: Version,
    pub(crate) after: Version,
    /// Whether it stored an event of the type at this place in `A::EVENTS`.
    pub(crate) stored: &'a dyn Fn(usize) -> bool,
    pub(crate) state: &'a A,
}

impl<A: Aggregate> Policy<A> {
    /// The version to take a snapshot of, if any. Asked only after a save that stored something.
    pub(crate) fn answer(&self, saved: &Saved<'_, A>) -> Option<Version> {
        let head = |yes: bool| yes.then_some(saved.after);
        match self {
            Self::Never => None,
            Self::Always => head(true),
            Self::Every(n) => {
                let multiple = last_multiple(*n, saved.after);
                (multiple > saved.before).then_some(multiple)
            }
            Self::On(index) => head((saved.stored)(*index)),
            Self::When(test) => head((test.0)(saved.state)),
            Self::And(a, b) => Some(a.answer(saved)?.min(b.answer(saved)?)),
            Self::Or(a, b) => a.answer(saved).max(b.answer(saved)),
        }
    }

    pub(crate) fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }

    /// The periods whose multiples a root must capture.
    pub(crate) fn periods(&self) -> Vec<u64> {
        let mut periods = Vec::new();
        self.collect_periods(&mut periods);
        periods.sort_unstable();
        periods.dedup();
        periods
    }

    fn collect_periods(&self, out: &mut Vec<u64>) {
        match self {
            Self::Every(n) => out.push(*n),
            Self::And(a, b) | Self::Or(a, b) => {
                a.collect_periods(out);
                b.collect_periods(out);
            }
            Self::Never | Self::Always | Self::On(_) | Self::When(_) => {}
        }
    }
}

/// The last multiple of `n` at or below `version`; 0 if there is none.
pub(crate) fn last_multiple(n: u64, version: Version) -> Version {
    Version::new(version.get() - version.get() % n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stride_starves_a_period() {
        for period in 1..=64 {
            for stride in 1..=64 {
                let (mut version, mut newest) = (0, 0);
                for _ in 0..200 {
                    let (before, after) = (version, version + stride);
                    let multiple = last_multiple(period, Version::new(after)).get();
                    if multiple > before {
                        newest = multiple;
                    }
                    assert!(after - newest < period, "{period} {stride} {after}");
                    version = after;
                }
            }
        }
    }
}
