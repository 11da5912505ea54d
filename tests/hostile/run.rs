//! Running one decoder over many cases, each made from its own seed.

use std::{
    env, fmt,
    fs::File,
    io::{Seek as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;

/// More memory than this at once is a failure. The codecs promise that no allocation is larger than 64 MiB; beside the largest
/// there are containers, which reserve up to 1 MiB before their elements are read (serde's bound; a hash table rounds that
/// up to 2), two within each other, and the input. Seed 8,833,527 of `rows::events_bincode` has 1.8 MB beside 66.8 MB.
const MOST_MEMORY: u64 = (64 << 20) + (4 << 20);
/// A case that takes longer each time is a failure; on a machine that is busy with other things.
pub(crate) const MOST_TIME: Duration = Duration::from_secs(10);
const TRIES: u8 = 3;

/// What became of hostile bytes that were no failure.
pub(crate) enum Decoded {
    Value,
    Refused,
}

/// Decodes what it makes of a seed. `Err`: it was wrong.
pub(crate) trait Decode: FnMut(&mut Rng) -> Result<Decoded, String> {}
impl<F: FnMut(&mut Rng) -> Result<Decoded, String>> Decode for F {}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) decoder: &'static str,
    pub(crate) seed: u64,
    pub(crate) what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            decoder,
            seed,
            what,
        } = self;
        write!(
            f,
            "{decoder}: {what}; to run it again: HOSTILE_SEED={seed} cargo test -p eventsourcing-tests --test hostile -- \
             --exact {decoder}"
        )
    }
}

pub(crate) struct Report {
    decoder: &'static str,
    cases: u64,
    pub(crate) values: u64,
    pub(crate) refused: u64,
    most_memory: u64,
    most_time: Duration,
    took: Duration,
}

impl fmt::Display for Report {
    #[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<26} {:>10} cases, {:>5.1}% decoded, at most {:>9} bytes at once, slowest {:>9.1?}, {:.0?}",
            self.decoder,
            self.cases,
            100.0 * self.values as f64 / self.cases as f64,
            self.most_memory,
            self.most_time,
            self.took,
        )
    }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// `HOSTILE_CASES` per decoder, or this many; the one case of `HOSTILE_SEED` if that is set.
pub(crate) fn seeds(by_default: u64) -> std::ops::Range<u64> {
    match number("HOSTILE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("HOSTILE_CASES").unwrap_or(by_default),
    }
}

/// What became of a case, the most memory that it had at once, and how long it took.
fn case(
    seed: u64,
    decode: &mut impl Decode,
) -> (thread::Result<Result<Decoded, String>>, u64, Duration) {
    let mut rng = Rng::with_seed(seed);
    let mut outcome = None;
    let began = Instant::now();
    let used = allocation_counter::measure(|| {
        outcome = Some(catch_unwind(AssertUnwindSafe(|| decode(&mut rng))));
    });
    let outcome = outcome.expect("it was run");
    (outcome, used.bytes_max, began.elapsed())
}

/// Runs a case for each seed. The seed is written to a file before its case: an overflow of the stack or a failed
/// allocation ends the process, and then the file says where.
pub(crate) fn run(
    decoder: &'static str,
    seeds: std::ops::Range<u64>,
    most_time: Duration,
    mut decode: impl Decode,
) -> Result<Report, Failure> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("hostile-{}", decoder.replace("::", "-")));
    let mut place = File::create(path).expect("a file for the seed");
    let began = Instant::now();
    let mut report = Report {
        decoder,
        cases: seeds.end - seeds.start,
        values: 0,
        refused: 0,
        most_memory: 0,
        most_time: Duration::ZERO,
        took: Duration::ZERO,
    };
    for seed in seeds {
        let failed = |what: String| Failure {
            decoder,
            seed,
            what,
        };
        place.rewind().expect("the file for the seed");
        place
            .write_all(format!("{seed:020}").as_bytes())
            .expect("the file for the seed");
        let (mut outcome, mut used, mut took) = case(seed, &mut decode);
        // A machine that stood still does so once; an input that takes long always does.
        for _ in 1..TRIES {
            if took > most_time {
                (outcome, used, took) = case(seed, &mut decode);
            }
        }
        match outcome {
            Ok(Ok(Decoded::Value)) => report.values += 1,
            Ok(Ok(Decoded::Refused)) => report.refused += 1,
            Ok(Err(what)) => return Err(failed(what)),
            Err(_) => return Err(failed("panicked".into())),
        }
        if used > MOST_MEMORY {
            return Err(failed(format!("allocated {used} bytes at once")));
        }
        if took > most_time {
            return Err(failed(format!("took {took:?}")));
        }
        report.most_memory = report.most_memory.max(used);
        report.most_time = report.most_time.max(took);
    }
    report.took = began.elapsed();
    Ok(report)
}
