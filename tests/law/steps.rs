//! A case: settings and steps, drawn from a seed without looking at what happens, so that any part of them is a case too.
//!
//! A generator of its own instead of proptest: a case costs half a millisecond, most of proptest's shrinking would be spent on
//! numbers that don't matter, and a failure is reproduced by one number (`LAW_SEED`).

use eventsourcing::testing::{Fault, FaultPlan, Operation};
use fastrand::Rng;

pub(crate) const IDS: [&str; 3] = ["a", "b", "ü/ c"];

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) settings: Settings,
    pub(crate) steps: Vec<Step>,
}

/// How a program is set up, from its start to its restart.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) mode: Mode,
    pub(crate) json_snapshots: bool,
    pub(crate) bincode_events: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Policy {
    Every(u64),
    Picky(u64),
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Sync,
    Background,
    Manual,
}

/// `by`: the program that does it.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Change {
        id: usize,
        by: By,
        how: How,
        events: usize,
        close: bool,
    },
    /// Loads and keeps the instance for steps to come.
    Hold {
        id: usize,
        by: By,
    },
    Snapshot {
        id: usize,
        by: By,
        held: bool,
    },
    /// Of an instance with events that are not stored: must be refused.
    SnapshotUnsaved {
        id: usize,
        by: By,
    },
    Look {
        id: usize,
        by: By,
        version: u64,
    },
    Damage {
        id: usize,
        damage: Damage,
        pick: usize,
    },
    Faults {
        seed: u64,
        events: bool,
        snapshots: bool,
        often: bool,
    },
    Heal,
    Restart(Settings),
    /// The stream of this id is brought back to this share of its events; snapshots stay as they are.
    Restore {
        id: usize,
        percent: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum How {
    LoadAndSave,
    /// With an instance kept from an earlier step, which stays kept.
    Held,
    Execute,
    Update,
    UpdateWith,
    /// Together with the other ids.
    SaveAll,
}

/// Three programs over the same streams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum By {
    Today,
    /// Another schema version.
    Later,
    /// The schema version of `Today` and another shape: nobody thought of the bump.
    Reshaped,
}

impl By {
    pub(crate) const ALL: [Self; 3] = [Self::Today, Self::Later, Self::Reshaped];

    fn draw(rng: &mut Rng) -> Self {
        match rng.u8(..8) {
            0 | 1 => Self::Later,
            2 | 3 => Self::Reshaped,
            _ => Self::Today,
        }
    }
}

/// What happens to a stored snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Damage {
    BitFlip,
    /// Cut or lengthened, with a checksum that fits.
    Undecodable,
    /// Without a state though its stream lives on, with a checksum that fits.
    NoState,
    /// Another anchor, with a checksum that fits.
    WrongAnchor,
    /// At another version, with a checksum that fits.
    OtherVersion,
    /// Far beyond the head, with a checksum that fits.
    Ahead,
    /// Of another id, with a checksum that fits.
    OtherId,
    /// The same bytes under the other program's key.
    OtherSchema,
    /// The same bytes under the key of another shape.
    OtherShape,
    /// The same bytes under another codec's key.
    OtherCodec,
    Deleted,
}

impl Damage {
    const ALL: [Self; 11] = [
        Self::BitFlip,
        Self::Undecodable,
        Self::NoState,
        Self::WrongAnchor,
        Self::OtherVersion,
        Self::Ahead,
        Self::OtherId,
        Self::OtherSchema,
        Self::OtherShape,
        Self::OtherCodec,
        Self::Deleted,
    ];
}

impl Case {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let settings = Settings::draw(&mut rng);
        let count = rng.usize(4..16);
        let mut steps = Vec::with_capacity(count);
        while steps.len() < count {
            steps.push(Step::draw(&mut rng));
        }
        Self { settings, steps }
    }
}

impl Settings {
    fn draw(rng: &mut Rng) -> Self {
        Self {
            policy: match rng.u8(..10) {
                0..6 => Policy::Every(rng.u64(1..8)),
                6..8 => Policy::Picky(rng.u64(2..12)),
                8 => Policy::Always,
                _ => Policy::Never,
            },
            mode: match rng.u8(..10) {
                0..6 => Mode::Sync,
                6..9 => Mode::Background,
                _ => Mode::Manual,
            },
            json_snapshots: rng.u8(..4) == 0,
            bincode_events: rng.u8(..4) == 0,
        }
    }
}

impl Step {
    fn draw(rng: &mut Rng) -> Self {
        // The first id more often, so that its stream gets long.
        let id = rng.usize(..IDS.len()).min(rng.usize(..IDS.len()));
        let by = By::draw(rng);
        match rng.u8(..100) {
            0..50 => Self::Change {
                id,
                by,
                how: match rng.u8(..12) {
                    0..5 => How::LoadAndSave,
                    5..8 => How::Held,
                    8 => How::Execute,
                    9 => How::Update,
                    10 => How::UpdateWith,
                    _ => How::SaveAll,
                },
                events: match rng.u16(..1_000) {
                    // More than a page.
                    0 => rng.usize(100..150),
                    1..50 => 0,
                    50..500 => 1,
                    _ => rng.usize(1..10),
                },
                close: rng.u8(..30) == 0,
            },
            50..54 => Self::Hold { id, by },
            54..58 => Self::Snapshot {
                id,
                by,
                held: rng.bool(),
            },
            58..60 => Self::SnapshotUnsaved { id, by },
            60..66 => Self::Look {
                id,
                by,
                version: rng.u64(..20),
            },
            66..80 => Self::Damage {
                id,
                damage: Damage::ALL[rng.usize(..Damage::ALL.len())],
                pick: rng.usize(..1_000),
            },
            80..89 => Self::Faults {
                seed: rng.u64(..),
                events: rng.bool(),
                snapshots: rng.bool(),
                often: rng.bool(),
            },
            89..93 => Self::Heal,
            93..97 => Self::Restart(Settings::draw(rng)),
            _ => Self::Restore {
                id,
                percent: rng.usize(..100),
            },
        }
    }
}

/// The faults of a step. Nothing hangs (snapshots have no deadline yet) and nothing waits (it would only take time).
pub(crate) fn plan(seed: u64, events: bool, snapshots: bool, often: bool) -> FaultPlan {
    let share = if often { 0.18 } else { 0.05 };
    let faults = [
        Fault::Error,
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::Stale(1 + seed % 5),
        Fault::Torn,
        Fault::ShortPage,
    ];
    let mut plan = FaultPlan::seeded(seed);
    for operation in Operation::ALL {
        let wanted = if operation.is_of_snapshots() {
            snapshots
        } else {
            events
        };
        for fault in faults
            .into_iter()
            .filter(|fault| wanted && fault.applies_to(operation))
        {
            plan = plan.with(operation, fault, share);
        }
    }
    plan
}
