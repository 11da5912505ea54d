//! Where the example programs are. Cargo names binaries to tests, examples it doesn't.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::SystemTime,
};

/// The program of an example of the `examples` package, as the sources have it now.
///
/// `cargo test --workspace` has built it, in the profile of this test and next to it; `cargo test -p eventsourcing-tests`
/// has not, so cargo is asked for it when it is missing or older than a source.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILDING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = BUILDING.lock();
    let test = env::current_exe().expect("this test is a file");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("tests are built in <target>/<profile>/deps");
    let program = profile
        .join("examples")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in the workspace's folder");
    let example = format!("examples/{name}");
    let sources = [&example, "eventsourcing/src", "eventsourcing-derive/src"]
        .into_iter()
        .filter_map(|folder| newest(&workspace.join(folder)))
        .max();
    if modified(&program) < sources {
        build(name, profile, workspace);
    }
    program
}

fn build(name: &str, profile: &Path, workspace: &Path) {
    let folder = profile.file_name().and_then(|name| name.to_str());
    let profile_name = match folder {
        None | Some("debug") => "dev",
        Some(other) => other,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--package=eventsourcing-examples"])
        .args(["--example", name, "--profile", profile_name])
        .arg("--target-dir")
        .arg(profile.parent().expect("a profile is in the target folder"))
        .current_dir(workspace)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo could not build the example {name}");
}

fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let entries = path.read_dir().ok()?.flatten();
        entries.filter_map(|entry| newest(&entry.path())).max()
    } else {
        modified(path)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|data| data.modified()).ok()
}
