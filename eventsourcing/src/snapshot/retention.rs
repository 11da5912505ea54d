//! `Retention`: which snapshots of a stream are kept.
//!
//! Each rule keeps what it keeps whatever was removed before: applied again and again while snapshots come in any order,
//! it leaves what it would leave if it were applied once at the end.

use std::{collections::BTreeSet, time::Duration};

use super::SnapshotInfo;
use crate::Timestamp;

/// Which snapshots of an aggregate are kept. Applied after each snapshot that a repository stores, to those of its own
/// key; the newest good one is always kept. History of events is never touched.
///
/// ```
/// use std::time::Duration;
/// use eventsourcing::snapshot::Retention;
///
/// let recent = Retention::newest(3).or(Retention::newer_than(Duration::from_secs(86_400)));
/// let for_history = Retention::one_per(1_000).or(recent);
/// # let _ = for_history;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a retention does nothing until a builder is given it"]
pub struct Retention {
    /// What any of them keeps is kept; with none of them everything is.
    rules: Vec<Keep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Newest(usize),
    NewerThan(Duration),
    OnePer(u64),
}

impl Retention {
    /// Keeps all. The default.
    pub const fn all() -> Self {
        Self { rules: Vec::new() }
    }

    /// Keeps the `n` of the highest versions. Zero is an error of `build()`.
    pub fn newest(n: usize) -> Self {
        Self::of(Keep::Newest(n))
    }

    /// Keeps those taken within this time, by the repository's clock. What grows old goes with the next snapshot that is
    /// stored, or with [`prune`](crate::Repository::prune).
    pub fn newer_than(age: Duration) -> Self {
        Self::of(Keep::NewerThan(age))
    }

    /// Keeps one of each `m` versions, for [`load_at`](crate::Repository::load_at): the first at or after each multiple of
    /// `m`. Zero is an error of `build()`.
    pub fn one_per(m: u64) -> Self {
        Self::of(Keep::OnePer(m))
    }

    /// Keeps what either keeps.
    pub fn or(self, other: Self) -> Self {
        if self.keeps_all() || other.keeps_all() {
            return Self::all();
        }
        let mut rules = self.rules;
        rules.extend(other.rules);
        Self { rules }
    }

    fn of(rule: Keep) -> Self {
        Self { rules: vec![rule] }
    }

    pub(crate) fn keeps_all(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn check(&self) -> Result<(), &'static str> {
        for rule in &self.rules {
            let wrong = match rule {
                Keep::Newest(0) => {
                    "newest(0) would keep none, and the newest is always kept: use newest(1)"
                }
                Keep::OnePer(0) => "one_per(0) has no multiples, use one_per(1) or all()",
                _ => continue,
            };
            return Err(wrong);
        }
        Ok(())
    }

    /// Which of these rows go: all of one key, by version. The last one is known to be good.
    pub(crate) fn doomed<'a>(
        &self,
        rows: &'a [SnapshotInfo],
        now: Timestamp,
    ) -> Vec<&'a SnapshotInfo> {
        let Some((_newest, older)) = rows.split_last().filter(|_| !self.keeps_all()) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut doomed = Vec::new();
        for (index, row) in older.iter().enumerate() {
            let newer = older.len() - index;
            let kept = self.rules.iter().map(|rule| match rule {
                Keep::Newest(n) => newer < *n,
                Keep::NewerThan(age) => is_within(row.created_at, *age, now),
                Keep::OnePer(m) => seen.insert((*m, row.version.get() / m)),
            });
            // All are asked: `one_per` counts what it has seen.
            if !kept.fold(false, |any, kept| any | kept) {
                doomed.push(row);
            }
        }
        doomed
    }
}

/// A time in the future is within any.
fn is_within(time: Timestamp, age: Duration, now: Timestamp) -> bool {
    let since = now.unix_micros().saturating_sub(time.unix_micros());
    u64::try_from(since).map_or(true, |since| Duration::from_micros(since) < age)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StreamId, Version, schema::Fingerprint, snapshot::SnapshotKey};

    fn row(version: u64) -> SnapshotInfo {
        SnapshotInfo {
            key: SnapshotKey {
                stream: StreamId::new("a", "b").unwrap(),
                schema_version: 1,
                fingerprint: Fingerprint::default(),
                codec: String::new(),
            },
            version: Version::new(version),
            created_at: Timestamp::from_unix_micros(version.cast_signed()),
            state_len: None,
            checksum: 0,
        }
    }

    fn kept(retention: &Retention, versions: &[u64]) -> Vec<u64> {
        let mut rows: Vec<_> = versions.iter().copied().map(row).collect();
        rows.sort_by_key(|row| row.version);
        let now = Timestamp::from_unix_micros(1_000);
        let doomed: Vec<_> = retention.doomed(&rows, now).into_iter().cloned().collect();
        rows.retain(|row| !doomed.contains(row));
        rows.iter().map(|row| row.version.get()).collect()
    }

    #[test]
    fn each_rule_keeps_what_it_says() {
        let all = [5, 90, 100, 110, 190, 205, 300, 310, 990, 999];
        assert_eq!(kept(&Retention::all(), &all), all);
        assert_eq!(kept(&Retention::newest(1), &all), [999]);
        assert_eq!(kept(&Retention::newest(3), &all), [310, 990, 999]);
        assert_eq!(kept(&Retention::newest(50), &all), all);
        let micros = Duration::from_micros;
        assert_eq!(
            kept(&Retention::newer_than(micros(700)), &all),
            [310, 990, 999]
        );
        assert_eq!(kept(&Retention::newer_than(micros(0)), &all), [999]);
        assert_eq!(kept(&Retention::newer_than(Duration::MAX), &all), all);
        let sparse = Retention::one_per(100);
        assert_eq!(kept(&sparse, &all), [5, 100, 205, 300, 990, 999]);
        let both = sparse.or(Retention::newest(4));
        assert_eq!(kept(&both, &all), [5, 100, 205, 300, 310, 990, 999]);
        assert_eq!(kept(&both.or(Retention::all()), &all), all);
    }

    /// Whatever order they come in and how often it is applied meanwhile.
    #[test]
    fn the_order_makes_no_difference() {
        let rules = [
            Retention::newest(1),
            Retention::newest(3),
            Retention::newer_than(Duration::from_micros(950)),
            Retention::one_per(10),
            Retention::one_per(7).or(Retention::newest(2)),
        ];
        let mut random = fastrand::Rng::with_seed(5);
        for retention in rules {
            for _ in 0..500 {
                let mut coming: Vec<u64> = (1..=90).filter(|_| random.u8(..) < 90).collect();
                let at_once = kept(&retention, &coming);
                random.shuffle(&mut coming);
                let mut there = Vec::new();
                for version in coming {
                    there.push(version);
                    if random.bool() {
                        there = kept(&retention, &there);
                    }
                }
                assert_eq!(kept(&retention, &there), at_once, "{retention:?}");
            }
        }
    }
}
