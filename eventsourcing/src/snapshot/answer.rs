//! What a policy answers, and why. It looks at one save or load and nothing else.
//!
//! `answer` and `reasons` go through the same cases: who changes one changes the other.

use std::{sync::Arc, time::Duration};

use super::{Descent, policy::Test};
use crate::{Timestamp, Version, aggregate::Aggregate};

/// A policy for one aggregate.
pub(crate) enum Policy<A> {
    Never,
    Always,
    Every(u64),
    /// By the event's place in `A::EVENTS`.
    On(usize),
    When(Arc<Test<A>>),
    AfterReplaying(u64),
    SlowerThan(Duration),
    Cooldown(Box<Policy<A>>, Duration),
    And(Box<Policy<A>>, Box<Policy<A>>),
    Or(Box<Policy<A>>, Box<Policy<A>>),
}

/// What a load knows that a policy may ask for, until a snapshot is taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loaded {
    /// How many events it replayed.
    pub(crate) replayed: u64,
    pub(crate) took: Duration,
    /// When the snapshot was taken that it began at.
    pub(crate) snapshot: Option<Timestamp>,
    /// What the state goes back to, also after a snapshot was taken of it.
    pub(crate) descent: Descent,
}

impl Loaded {
    /// What it says about later saves once a snapshot was taken of what it loaded, or of more.
    pub(crate) fn covered(self, taken: Option<Timestamp>) -> Self {
        Self {
            snapshot: taken,
            descent: self.descent,
            ..Self::default()
        }
    }
}

/// What a policy may look at: a save that stored events, or a load.
pub(crate) struct Occasion<'a, A> {
    /// The version before the save; for a load the one that it reached.
    pub(crate) before: Version,
    pub(crate) after: Version,
    /// Whether the save stored an event of the type at this place in `A::EVENTS`; none for a load.
    pub(crate) stored: Option<&'a dyn Fn(usize) -> bool>,
    /// None: discarded.
    pub(crate) state: Option<&'a A>,
    pub(crate) loaded: Loaded,
    pub(crate) now: &'a dyn Fn() -> Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    No,
    /// On a load: nothing to take one for, nor against it. `when(…)` alone must not take one at every load, but
    /// together with `after_replaying(…)` it has a say.
    Open,
    At(Version),
}

impl<A> Policy<A> {
    /// The version to take a snapshot of, if any.
    pub(crate) fn answer(&self, occasion: &Occasion<'_, A>) -> Option<Version> {
        match self.ask(occasion) {
            Answer::At(version) => Some(version),
            Answer::No | Answer::Open => None,
        }
    }

    fn ask(&self, on: &Occasion<'_, A>) -> Answer {
        let head = |yes: bool| {
            if yes {
                Answer::At(on.after)
            } else {
                Answer::No
            }
        };
        // What is about saves: on a load it only doesn't mind.
        let of_saves = |yes: bool| match head(yes) {
            Answer::At(_) if on.stored.is_none() => Answer::Open,
            answer => answer,
        };
        match self {
            Self::Never => Answer::No,
            Self::Always => of_saves(true),
            Self::Every(n) => {
                let multiple = last_multiple(*n, on.after);
                if multiple > on.before {
                    Answer::At(multiple)
                } else {
                    Answer::No
                }
            }
            Self::On(index) => head(on.stored.is_some_and(|stored| stored(*index))),
            Self::When(test) => of_saves(on.state.is_some_and(|state| (test.0)(state))),
            Self::AfterReplaying(n) => head(on.loaded.replayed >= *n),
            Self::SlowerThan(limit) => head(on.is_slower_than(*limit)),
            Self::Cooldown(policy, time) => {
                if on.since_snapshot().is_some_and(|since| since < *time) {
                    Answer::No
                } else {
                    policy.ask(on)
                }
            }
            Self::And(a, b) => match (a.ask(on), b.ask(on)) {
                (Answer::No, _) | (_, Answer::No) => Answer::No,
                (Answer::Open, other) | (other, Answer::Open) => other,
                (Answer::At(a), Answer::At(b)) => Answer::At(a.min(b)),
            },
            Self::Or(a, b) => match (a.ask(on), b.ask(on)) {
                (Answer::At(a), Answer::At(b)) => Answer::At(a.max(b)),
                (Answer::At(version), _) | (_, Answer::At(version)) => Answer::At(version),
                (Answer::Open, _) | (_, Answer::Open) => Answer::Open,
                (Answer::No, Answer::No) => Answer::No,
            },
        }
    }

    pub(crate) fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }

    /// Whether a load may take a snapshot.
    pub(crate) fn asks_loads(&self) -> bool {
        match self {
            Self::AfterReplaying(_) | Self::SlowerThan(_) => true,
            Self::Cooldown(policy, _) => policy.asks_loads(),
            Self::And(a, b) | Self::Or(a, b) => a.asks_loads() || b.asks_loads(),
            Self::Never | Self::Always | Self::Every(_) | Self::On(_) | Self::When(_) => false,
        }
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
            Self::Cooldown(policy, _) => policy.collect_periods(out),
            Self::And(a, b) | Self::Or(a, b) => {
                a.collect_periods(out);
                b.collect_periods(out);
            }
            Self::Never
            | Self::Always
            | Self::On(_)
            | Self::When(_)
            | Self::AfterReplaying(_)
            | Self::SlowerThan(_) => {}
        }
    }
}

impl<A: Aggregate> Policy<A> {
    /// Why it answers so, rule by rule.
    pub(crate) fn reasons(&self, on: &Occasion<'_, A>) -> String {
        match self {
            Self::Never => "never".into(),
            Self::Always => "always".into(),
            Self::Every(n) => {
                let multiple = last_multiple(*n, on.after);
                if multiple > on.before {
                    format!("every({n}): {multiple} was crossed")
                } else {
                    let next = multiple.get() + n;
                    format!("every({n}): next at {next}, this is {}", on.after)
                }
            }
            Self::On(index) => {
                let name = A::EVENTS.get(*index).map_or("", |event| event.name);
                let is_stored = on.stored.is_some_and(|stored| stored(*index));
                format!(
                    "on: {} {name:?} is stored",
                    if is_stored { "a" } else { "no" }
                )
            }
            Self::When(test) => {
                let passes = on.state.is_some_and(|state| (test.0)(state));
                format!(
                    "when: the state {}",
                    if passes { "passes" } else { "does not pass" }
                )
            }
            Self::AfterReplaying(n) => {
                let replayed = on.loaded.replayed;
                format!("after_replaying({n}): {replayed} were replayed without a snapshot since")
            }
            Self::SlowerThan(limit) => {
                let took = on.loaded.took;
                format!("load_slower_than({limit:?}): the load took {took:?}")
            }
            Self::Cooldown(policy, time) => {
                let reasons = policy.reasons(on);
                match on.since_snapshot() {
                    Some(since) => {
                        format!("{reasons}; cooldown({time:?}): the last snapshot is {since:?} old")
                    }
                    None => format!("{reasons}; cooldown({time:?}): no snapshot is known"),
                }
            }
            Self::And(a, b) => format!("({}, and {})", a.reasons(on), b.reasons(on)),
            Self::Or(a, b) => format!("({}, or {})", a.reasons(on), b.reasons(on)),
        }
    }
}

impl<A> Occasion<'_, A> {
    /// A load that replayed nothing was slow for another reason: a snapshot would not help.
    fn is_slower_than(&self, limit: Duration) -> bool {
        self.loaded.replayed > 0 && self.loaded.took > limit
    }

    /// None: there is none that is known, or its time is in the future.
    fn since_snapshot(&self) -> Option<Duration> {
        let taken = self.loaded.snapshot?.unix_micros();
        let since = (self.now)().unix_micros().checked_sub(taken)?;
        u64::try_from(since).ok().map(Duration::from_micros)
    }
}

/// The last multiple of `n` at or below `version`; 0 if there is none.
fn last_multiple(n: u64, version: Version) -> Version {
    Version::new(version.get() - version.get() % n)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = Policy<()>;
    type Answers = dyn Fn(&Occasion<'_, ()>) -> Option<Version>;

    /// Saves of these sizes; the longest tail that a load would ever have replayed after one.
    fn longest_tail(answer: &Answers, strides: impl Iterator<Item = u64>) -> u64 {
        let (mut version, mut newest, mut longest) = (0, 0, 0);
        for stride in strides {
            let (before, after) = (version, version + stride);
            let occasion = Occasion {
                before: Version::new(before),
                after: Version::new(after),
                stored: Some(&|index| (after / 7).is_multiple_of(index as u64 + 2)),
                state: Some(&()),
                loaded: Loaded {
                    replayed: after - newest,
                    ..Loaded::default()
                },
                now: &Timestamp::default,
            };
            if let Some(taken) = answer(&occasion) {
                assert!(before < taken.get() && taken.get() <= after);
                newest = newest.max(taken.get());
            }
            longest = longest.max(after - newest);
            version = after;
        }
        longest
    }

    fn or(a: Rule, b: Rule) -> Rule {
        Policy::Or(Box::new(a), Box::new(b))
    }

    fn and(a: Rule, b: Rule) -> Rule {
        Policy::And(Box::new(a), Box::new(b))
    }

    fn when(test: impl Fn() -> bool + Send + Sync + 'static) -> Rule {
        Policy::When(Arc::new(Test(Box::new(move |()| test()))))
    }

    /// What may stand beside `every(n)` in an `or`.
    fn others() -> Vec<fn() -> Rule> {
        vec![
            || Policy::Never,
            || Policy::Always,
            || Policy::On(1),
            || when(|| false),
            || Policy::Every(7),
            || Policy::AfterReplaying(40),
            || Policy::SlowerThan(Duration::ZERO),
            || and(Policy::Every(5), Policy::On(3)),
            || and(Policy::AfterReplaying(9), Policy::Every(4)),
            || or(Policy::Every(63), and(Policy::Always, Policy::Every(64))),
            || Policy::Cooldown(Box::new(Policy::Always), Duration::MAX),
        ]
    }

    /// Each stride by itself, then strides of all sizes in an order that repeats only after 64 saves.
    fn starved(answer: &Answers, period: u64) -> Option<u64> {
        (1..=64).find(|stride| {
            let even = std::iter::repeat_n(*stride, 100);
            let uneven = (0..100).map(|n| (n * 27 + stride * n * n) % 64 + 1);
            longest_tail(answer, even) >= period || longest_tail(answer, uneven) >= period
        })
    }

    #[test]
    fn no_stride_starves_a_period() {
        let starves = |policy: Rule, period| starved(&move |on| policy.answer(on), period);
        for period in 1..=64 {
            assert_eq!(starves(Policy::Every(period), period), None, "{period}");
            for (index, other) in others().into_iter().enumerate() {
                let left = or(Policy::Every(period), other());
                let right = or(other(), or(Policy::Never, Policy::Every(period)));
                assert_eq!(starves(left, period), None, "{period} or {index}");
                assert_eq!(starves(right, period), None, "{index} or {period}");
            }
        }
    }

    /// The planted bug: a snapshot only where a save ends at a multiple.
    #[test]
    fn a_policy_that_waits_for_the_head_is_seen_to_starve() {
        for period in 2..=64 {
            let at_heads = move |on: &Occasion<'_, ()>| {
                let is_multiple = on.after.get().is_multiple_of(period);
                is_multiple.then_some(on.after)
            };
            assert!(starved(&at_heads, period).is_some(), "{period}");
        }
    }

    fn load(policy: &Rule, loaded: Loaded, now: i64) -> Option<u64> {
        let occasion = Occasion {
            before: Version::new(9),
            after: Version::new(9),
            stored: None,
            state: Some(&()),
            loaded,
            now: &|| Timestamp::from_unix_micros(now),
        };
        policy.answer(&occasion).map(Version::get)
    }

    #[test]
    fn only_what_is_about_loads_answers_a_load() {
        let after = || Policy::AfterReplaying(5);
        let loaded = Loaded {
            replayed: 5,
            ..Loaded::default()
        };
        let none: [Rule; 6] = [
            Policy::Always,
            Policy::Every(3),
            Policy::On(0),
            when(|| true),
            and(after(), Policy::Every(3)),
            and(after(), when(|| false)),
        ];
        for policy in &none {
            assert_eq!(load(policy, loaded, 0), None);
        }
        let some: [Rule; 4] = [
            after(),
            and(when(|| true), after()),
            or(when(|| false), after()),
            or(after(), Policy::Always),
        ];
        for policy in &some {
            assert_eq!(load(policy, loaded, 0), Some(9));
            assert_eq!(load(policy, Loaded::default(), 0), None);
        }
    }

    #[test]
    fn a_cooldown_ends_at_its_time_and_ignores_the_future() {
        let cooled = Policy::Cooldown(
            Box::new(Policy::AfterReplaying(1)),
            Duration::from_micros(10),
        );
        let loaded = Loaded {
            replayed: 1,
            snapshot: Some(Timestamp::from_unix_micros(100)),
            ..Loaded::default()
        };
        let answers = [99, 100, 109, 110].map(|now| load(&cooled, loaded, now).is_some());
        assert_eq!(answers, [true, false, false, true]);
    }
}
