//! docs/guarantees.md names tests. A name that no test has any more is found here, so that the page can't rot.
//!
//! In the page, a code span whose first word is a test binary of this package (or `eventsourcing`, the library's own
//! tests) is the name of a test: `binary::module::test`. `*` stands for each store.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The code spans of the page that are names of tests.
fn mentioned(page: &str, binaries: &BTreeSet<String>) -> Vec<String> {
    let spans = page.split('`').skip(1).step_by(2);
    let is_test = |span: &&str| {
        let binary = span.split_once("::").map(|(binary, _)| binary);
        binary.is_some_and(|binary| binaries.contains(binary))
    };
    spans.filter(is_test).map(str::to_owned).collect()
}

fn binaries() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("tests/Cargo.toml")).unwrap();
    let names = manifest
        .split("[[test]]")
        .skip(1)
        .filter_map(|entry| entry.lines().find_map(|line| line.strip_prefix("name = ")));
    let mut binaries: BTreeSet<_> = names
        .map(|name| name.trim_matches('"').to_owned())
        .collect();
    binaries.insert("eventsourcing".to_owned());
    binaries
}

/// The sources of a test binary.
fn sources(binary: &str) -> Vec<(PathBuf, String)> {
    let places = match binary {
        "eventsourcing" => vec![root().join("eventsourcing/src")],
        _ => vec![
            root().join(format!("tests/{binary}")),
            root().join(format!("tests/{binary}.rs")),
            // A binary that only calls the library's kit has its names there.
            root().join("eventsourcing/src/testing"),
        ],
    };
    let mut sources = Vec::new();
    let mut open = places;
    while let Some(path) = open.pop() {
        if let Ok(folder) = fs::read_dir(&path) {
            open.extend(folder.map(|entry| entry.unwrap().path()));
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            sources.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    sources
}

/// Whether there is such a function in a module of that name, and it is a test: by its attribute, or by its name in a
/// macro that makes tests.
fn exists(name: &str) -> bool {
    let mut parts = name.rsplit("::").filter(|part| *part != "*");
    let (Some(test), Some(module)) = (parts.next(), parts.next()) else {
        return false;
    };
    let sources = sources(name.split("::").next().unwrap_or_default());
    let signature = format!("fn {test}(");
    let is_listed = || {
        let mut lines = sources.iter().flat_map(|(_, source)| source.lines());
        lines.any(|line| {
            line.trim().trim_end_matches(',') == test || needs_a_capability(line.trim(), test)
        })
    };
    sources.iter().any(|(path, source)| {
        let folder = path.parent().and_then(Path::file_name);
        let at_home = path.file_stem().is_some_and(|stem| stem == module)
            || folder.is_some_and(|folder| folder == module)
            || source.contains(&format!("mod {module} {{"));
        let Some(at) = source.find(&signature).filter(|_| at_home) else {
            return false;
        };
        let line = source[..at].rfind('\n').unwrap_or(0);
        let before = source[..line].lines().rev();
        let mut attributes = before.take_while(|line| line.trim_start().starts_with("#["));
        attributes.any(|line| line.contains("test")) || is_listed()
    })
}

/// Whether this line is the check's entry in the kit's list, with what a store must be able to do: `check(TotalOrder),`.
fn needs_a_capability(line: &str, check: &str) -> bool {
    let needs = line
        .strip_prefix(check)
        .and_then(|rest| rest.strip_prefix('('));
    let needs = needs.and_then(|rest| rest.strip_suffix("),"));
    needs.is_some_and(|needs| needs.starts_with(char::is_uppercase))
}

#[test]
fn each_test_that_the_guarantees_name_exists() {
    let page = fs::read_to_string(root().join("docs/guarantees.md")).unwrap();
    let names = mentioned(&page, &binaries());
    assert!(
        names.len() > 80,
        "{} names only: is the page still in this form?",
        names.len()
    );
    let missing: Vec<_> = names.iter().filter(|name| !exists(name)).collect();
    assert!(
        missing.is_empty(),
        "docs/guarantees.md names tests that don't exist: {missing:#?}"
    );
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    let page = "`crashes::guarantees::no_such_test` `Version::MAX` `crashes::guarantees::exists`
        `runtime::*::saving::a_batch_is_stored_whole` `runtime::*::travel::a_batch_is_stored_whole`";
    let names = mentioned(page, &binaries());
    assert_eq!(names.len(), 4, "{names:?}");
    let found: Vec<_> = names.iter().filter(|name| exists(name)).collect();
    assert_eq!(found, ["runtime::*::saving::a_batch_is_stored_whole"]);
}

/// The test binaries in which `*` stands for PostgreSQL as well.
const OVER_POSTGRES: [&str; 4] = ["conformance", "law", "runtime", "seeds"];

/// Whether a row names a test that runs over this store.
fn is_shown(row: &str, store: &str) -> bool {
    let names = mentioned(row, &binaries());
    let own = format!("{store}_store");
    let shows = |name: &String| {
        let binary = name.split("::").next().unwrap_or_default();
        let every = store != "postgres" || OVER_POSTGRES.contains(&binary);
        let mut modules = name.split("::");
        modules.any(|module| (module == "*" && every) || module == store || module == own)
    };
    names.iter().any(shows)
}

/// Each row of the tables names a test, one for each store that it says yes for.
#[test]
fn each_promise_names_a_test_of_each_store() {
    let page = fs::read_to_string(root().join("docs/guarantees.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<_> = rows.filter(|line| !line.starts_with("| Promise")).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        assert!(
            !mentioned(row, &binaries()).is_empty(),
            "a promise without a test: {row}"
        );
        let cells: Vec<_> = row.split(" | ").collect();
        for (cell, store) in cells[1..].iter().zip(["memory", "sqlite", "postgres"]) {
            let unshown = *cell == "yes" && !is_shown(row, store);
            let of_the_library = row.contains("`eventsourcing::");
            assert!(!unshown || of_the_library, "not shown for {store}: {row}");
        }
    }
    let row = "| x | yes | yes | yes | `crashes::sqlite::kill::load`, `edits::roles::*::load` |";
    assert!(!is_shown(row.split_once(',').unwrap().0, "memory"));
    assert!(is_shown(row, "memory") && !is_shown(row, "postgres"));
    assert!(is_shown("| x | `postgres_store::tail::load` |", "postgres"));
}
