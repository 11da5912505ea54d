//! Where PostgreSQL is installed.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Folders that have a folder for each version.
const PARENTS: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/usr/local/lib/postgresql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
];

/// The folder with `initdb` and `postgres`: the newest that is installed, or the one on the path.
pub(super) fn folder() -> Option<PathBuf> {
    let on_path = || {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).find(|folder| is_complete(folder))
    };
    newest().or_else(on_path).or_else(|| {
        Some(PathBuf::from("/usr/local/pgsql/bin")).filter(|folder| is_complete(folder))
    })
}

fn newest() -> Option<PathBuf> {
    let mut found = Vec::new();
    for (parent, bin) in PARENTS {
        let Ok(entries) = fs::read_dir(parent) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let version = name.to_string_lossy().replace("postgresql@", "");
            let (Ok(version), folder) = (version.parse::<u32>(), entry.path().join(bin)) else {
                continue;
            };
            if is_complete(&folder) {
                found.push((version, folder));
            }
        }
    }
    found.into_iter().max().map(|(_, folder)| folder)
}

fn is_complete(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}
