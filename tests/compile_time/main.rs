//! What the derives cost a user's build, over serde's derives alone: the budget is 20 %.
//!
//! `cargo run -p eventsourcing-tests --example compile_time [rounds] [check|release]` writes crates of 100 structs of 20 fields
//! into a temporary folder, compiles them in turns, and prints medians and their ratios. Counted is the processors' time
//! of the compilers: other programs disturb it little. Nothing is downloaded that the workspace doesn't have.

#[cfg(not(target_os = "linux"))]
use std::time::Instant;
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const STRUCTS: usize = 100;
const FIELDS: usize = 20;
/// Types as states and events have them, in turn.
const TYPES: [&str; 10] = [
    "String",
    "u64",
    "Option<String>",
    "Vec<u32>",
    "bool",
    "i64",
    "(u32, String)",
    "Option<u64>",
    "std::collections::BTreeMap<String, u64>",
    "Vec<String>",
];

/// A crate: its name, what each struct derives beside `Clone` and `Debug`, and whether each is read and written once.
struct Variant {
    name: &'static str,
    derives: &'static str,
    reads_and_writes: bool,
}

const VARIANTS: [Variant; 4] = [
    Variant {
        name: "plain",
        derives: "serde::Serialize, serde::Deserialize",
        reads_and_writes: false,
    },
    Variant {
        name: "schema",
        derives: "serde::Serialize, serde::Deserialize, eventsourcing::Schema",
        reads_and_writes: false,
    },
    Variant {
        name: "plain-json",
        derives: "serde::Serialize, serde::Deserialize",
        reads_and_writes: true,
    },
    Variant {
        name: "event-json",
        derives: "serde::Serialize, serde::Deserialize, eventsourcing::Event",
        reads_and_writes: true,
    },
];
/// Which is compared with which, by place in `VARIANTS`.
const COMPARED: [(usize, usize); 2] = [(1, 0), (3, 2)];

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(7);
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_workspace(folder.path());
    let wanted = std::env::args().nth(2);
    let modes = [
        ("check", &["check"][..]),
        ("release", &["build", "--release"][..]),
    ];
    for (mode, arguments) in modes {
        if wanted.as_deref().is_some_and(|wanted| wanted != mode) {
            continue;
        }
        // The first round builds the dependencies.
        let mut times = [const { Vec::new() }; VARIANTS.len()];
        for round in 0..=rounds {
            for (variant, times) in VARIANTS.iter().zip(&mut times) {
                let taken = compile(folder.path(), variant.name, arguments);
                times.extend((round > 0).then_some(taken));
            }
        }
        let medians = times.map(median);
        for (variant, median) in VARIANTS.iter().zip(medians) {
            println!("{mode:8} {:12} {median:6.2} s", variant.name);
        }
        for (with, without) in COMPARED {
            let over = (medians[with] / medians[without] - 1.0) * 100.0;
            println!(
                "{mode:8} {} over {}: {over:+.0} %",
                VARIANTS[with].name, VARIANTS[without].name
            );
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn write_workspace(folder: &Path) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let repository = repository.expect("the package stands in the repository");
    let lock = repository.join("Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("the versions of the workspace");
    let members: Vec<String> = VARIANTS.iter().map(|v| format!("{:?}", v.name)).collect();
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n",
        members.join(", ")
    );
    fs::write(folder.join("Cargo.toml"), workspace).expect("a file");
    for variant in &VARIANTS {
        let package = folder.join(variant.name);
        fs::create_dir_all(package.join("src")).expect("a folder");
        let library = repository.join("eventsourcing");
        let manifest = format!(
            "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\neventsourcing = {{ path = '{}', default-features = false, features = [\"derive\"] }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = {{ version = \"1\", features = [\"float_roundtrip\"] }}\n",
            variant.name,
            library.display()
        );
        fs::write(package.join("Cargo.toml"), manifest).expect("a file");
        fs::write(source(folder, variant.name), program(variant)).expect("a file");
    }
}

fn source(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("src/lib.rs")
}

fn program(variant: &Variant) -> String {
    let mut program = String::new();
    for number in 0..STRUCTS {
        let _ = writeln!(
            program,
            "#[derive(Clone, Debug, {})]\npub struct Type{number} {{",
            variant.derives
        );
        for field in 0..FIELDS {
            let of = TYPES[(number + field) % TYPES.len()];
            let _ = writeln!(program, "    pub field_{field}: {of},");
        }
        program.push_str("}\n");
        if variant.reads_and_writes {
            let _ = writeln!(
                program,
                "pub fn write{number}(value: &Type{number}) -> Vec<u8> {{ serde_json::to_vec(value).unwrap() }}\npub fn read{number}(bytes: &[u8]) -> Type{number} {{ serde_json::from_slice(bytes).unwrap() }}",
            );
        }
    }
    program
}

/// In seconds.
fn compile(folder: &Path, name: &str, arguments: &[&str]) -> f64 {
    let file = source(folder, name);
    let text = fs::read(&file).expect("the program");
    // Written again, so that it is compiled again.
    fs::write(&file, text).expect("a file");
    let before = clock();
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--quiet", "--offline", "-p", name])
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("cargo runs");
    assert!(status.success(), "{name} compiles");
    clock() - before
}

/// The processors' time of all children that have ended, in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn clock() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("the process");
    // The name, in parentheses, may have spaces; `cutime` and `cstime` are fields 16 and 17.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(13).take(2);
    ticks
        .filter_map(|text| text.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

#[cfg(not(target_os = "linux"))]
fn clock() -> f64 {
    use std::sync::LazyLock;
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGUN.elapsed().as_secs_f64()
}
