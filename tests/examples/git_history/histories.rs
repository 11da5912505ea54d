//! Histories made by hand, each with one difficulty.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
};

use super::{
    scratch::{Scratch, failed, succeeded, totals},
    stored::life,
};

fn numbers(from: u32, to: u32) -> String {
    let lines: Vec<_> = (from..to).map(|number| number.to_string()).collect();
    lines.join("\n") + "\n"
}

#[test]
fn a_file_lives_through_everything() {
    let scratch = Scratch::new();
    scratch.write("a", numbers(0, 50));
    scratch.commit();
    scratch.write("a", numbers(0, 60));
    scratch.commit();
    scratch.git(["mv", "a", "b"]);
    scratch.commit();
    scratch.git(["mv", "b", "c"]);
    scratch.write("c", numbers(5, 60));
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(scratch.root().join("c"), executable).expect("it is there");
    scratch.commit();
    let rows = scratch.check();
    let life = life(&rows, "a");
    assert_eq!(
        life,
        [
            "Created",
            "Changed",
            "Renamed",
            "Renamed",
            "ModeChanged",
            "Changed"
        ]
    );
}

#[test]
fn a_path_created_again_is_another_file() {
    let scratch = Scratch::new();
    for content in ["one\n", "two\n"] {
        scratch.write("a", content);
        scratch.commit();
        scratch.git(["rm", "--quiet", "a"]);
        scratch.commit();
    }
    scratch.write("a", "three\n");
    scratch.commit();
    let rows = scratch.check();
    let streams: Vec<_> = rows
        .iter()
        .filter(|row| row.is_of_file())
        .map(|row| (row.stream.as_str(), row.name.as_str()))
        .collect();
    assert_eq!(
        streams,
        [
            ("file/1", "Created"),
            ("file/1", "Deleted"),
            ("file/2", "Created"),
            ("file/2", "Deleted"),
            ("file/3", "Created"),
        ]
    );
}

#[test]
fn files_move_along_in_one_commit() {
    let scratch = Scratch::new();
    scratch.write("a", numbers(0, 50));
    scratch.write("b", numbers(1000, 1050));
    scratch.write("c/d", numbers(2000, 2050));
    scratch.commit();
    // c/d becomes c, which a folder was; b moves to c/d's name elsewhere; a moves on to b, and a is created anew.
    let root = scratch.root();
    fs::rename(root.join("c/d"), root.join("e")).expect("it moves");
    fs::remove_dir(root.join("c")).expect("it is empty");
    fs::rename(root.join("b"), root.join("c")).expect("it moves");
    fs::rename(root.join("a"), root.join("b")).expect("it moves");
    scratch.write("a/x", numbers(0, 50));
    scratch.commit();
    scratch.check();
    // Two change places.
    fs::rename(root.join("b"), root.join("aside")).expect("it moves");
    fs::rename(root.join("e"), root.join("b")).expect("it moves");
    fs::rename(root.join("aside"), root.join("e")).expect("it moves");
    scratch.commit();
    fs::remove_file(scratch.beside("checked.db")).expect("the last check made it");
    scratch.check();
}

#[test]
fn odd_paths_and_contents_survive() {
    let scratch = Scratch::new();
    let paths: [&[u8]; 9] = [
        b" ",
        b"with space",
        b"\"quoted\"",
        b"back\\slash",
        b"line\nend",
        b"tab\there",
        b"\xff\xfe",
        "ünï/cödé".as_bytes(),
        b"-rf",
    ];
    for path in paths {
        scratch.write(OsStr::from_bytes(path), "x\n");
    }
    scratch.write("binary", b"\0\x01\x02");
    scratch.write("empty", "");
    scratch.write("no line end", "x");
    scratch.commit();
    scratch.write("binary", b"\0\x01\x02\x03");
    for path in paths {
        scratch.write(OsStr::from_bytes(path), "x\ny\n");
    }
    scratch.commit();
    scratch.check();
}

#[test]
fn links_and_types_change() {
    let scratch = Scratch::new();
    let root = scratch.root();
    scratch.write("a", "target");
    scratch.write("b", "some lines\nof text\n");
    scratch.commit();
    let link = |path: &str, target: &str| {
        let _ = fs::remove_file(root.join(path));
        std::os::unix::fs::symlink(target, root.join(path)).expect("a link");
    };
    link("a", "target");
    link("b", "elsewhere");
    link("dangling", "nowhere\nat all");
    scratch.commit();
    link("dangling", "a");
    fs::remove_file(root.join("b")).expect("it is there");
    scratch.write("b", "some lines\n");
    scratch.commit();
    let rows = scratch.check();
    // The same bytes as file and as link.
    assert_eq!(life(&rows, "a"), ["Created", "ModeChanged"]);
    assert_eq!(
        life(&rows, "b"),
        [
            "Created",
            "ModeChanged",
            "Changed",
            "ModeChanged",
            "Changed"
        ]
    );
}

#[test]
fn submodules_are_files_also_where_the_log_hides_them() {
    let scratch = Scratch::new();
    scratch.write("a", "x\n");
    let link = |path: &str, commit: char| {
        let info = format!("160000,{},{path}", String::from(commit).repeat(40));
        scratch.git(["update-index", "--add", "--cacheinfo", &info]);
        scratch.git(["commit", "--quiet", "--message=link"]);
    };
    scratch.commit();
    link("shown", '1');
    link("hidden", '2');
    let modules = "[submodule \"h\"]\n\tpath = hidden\n\turl = x\n\tignore = all\n\
                   [submodule \"s\"]\n\tpath = shown\n\turl = x\n";
    scratch.write(".gitmodules", modules);
    scratch.git(["add", ".gitmodules"]);
    scratch.git(["commit", "--quiet", "--message=modules"]);
    link("shown", '3');
    link("hidden", '4');
    let rows = scratch.check();
    assert_eq!(life(&rows, "hidden"), ["Created", "Changed"]);
    assert_eq!(life(&rows, "shown"), ["Created", "Changed"]);
}

#[test]
fn merges_count_once_and_empty_commits_count() {
    let scratch = Scratch::new();
    scratch.commit();
    scratch.write("a", numbers(0, 50));
    scratch.commit();
    scratch.git(["checkout", "--quiet", "-b", "side"]);
    for end in [51, 52, 53] {
        scratch.write("b", numbers(0, end));
        scratch.commit();
    }
    scratch.git(["checkout", "--quiet", "main"]);
    scratch.write("a", numbers(0, 60));
    scratch.commit();
    scratch.git(["merge", "--quiet", "--no-edit", "side"]);
    // An octopus, and a merge that takes nothing over.
    scratch.git(["branch", "x", "HEAD~1"]);
    scratch.git(["checkout", "--quiet", "x"]);
    scratch.write("c", "x\n");
    scratch.commit();
    scratch.git(["checkout", "--quiet", "main"]);
    scratch.git(["merge", "--quiet", "--no-edit", "--strategy=ours", "x"]);
    scratch.commit();
    let rows = scratch.check();
    let read = rows.iter().filter(|row| row.name == "CommitRead").count();
    assert_eq!(read, 6);
}

#[test]
fn only_empty_commits_are_a_history() {
    let scratch = Scratch::new();
    scratch.commit();
    scratch.commit();
    assert_eq!(scratch.check().len(), 3);
}

#[test]
fn no_commits_are_no_history() {
    let scratch = Scratch::new();
    let printed = scratch.import("history.db", &[]);
    let totals = totals(&printed);
    assert_eq!(
        (totals.commits, totals.alive, totals.added, totals.deleted),
        (0, 0, 0, 0)
    );
    assert!(!scratch.beside("history.db").exists());
}

#[test]
fn many_renames_in_one_commit_are_found_or_not_as_git_does() {
    // Above the limit of 1000 git pairs identical files only.
    let scratch = Scratch::new();
    for index in 0..1200_u32 {
        scratch.write(format!("old/{index}"), numbers(index * 40, index * 40 + 20));
    }
    scratch.commit();
    fs::rename(scratch.root().join("old"), scratch.root().join("new")).expect("it moves");
    for index in (0..1200_u32).step_by(2) {
        scratch.write(format!("new/{index}"), numbers(index * 40, index * 40 + 21));
    }
    scratch.commit();
    scratch.check();
}

#[test]
fn nobodys_configuration_changes_what_is_stored() {
    let scratch = super::random::repository(4_242, 40);
    let plain = scratch.check();
    let order = scratch.beside("order");
    fs::write(&order, "d2/*\nd1/*\n").expect("a file");
    let config = scratch.beside("config");
    let text = format!(
        "[log]\nshowRoot = false\nshowSignature = true\nabbrevCommit = true\ndiffMerges = off\nfollow = true\n\
         decorate = full\ndate = relative\nmailmap = true\n[format]\npretty = fuller\n\
         [color]\nui = always\ndiff = always\n[core]\nquotePath = false\nabbrev = 4\npager = false\n\
         [diff]\nrenames = false\nrenameLimit = 1\nnoprefix = true\nmnemonicPrefix = true\nexternal = false\n\
         relative = true\nignoreSubmodules = all\nsubmodule = log\norderFile = {}\nstatNameWidth = 1\n[notes]\ndisplayRef = *\n\
         [pager]\nlog = false\n",
        order.display()
    );
    fs::write(&config, text).expect("a file");
    let root = scratch.root();
    let mut program = scratch.program(&root, "configured.db", &[]);
    succeeded(
        &program
            .env("GIT_CONFIG_GLOBAL", &config)
            .output()
            .expect("it runs"),
    );
    let configured = scratch.rows("configured.db");
    // `ignoreSubmodules` hides them from the plain log: their lines don't count then.
    let (submodules, others): (Vec<_>, Vec<_>) = plain
        .iter()
        .zip(&configured)
        .filter(|(plain, configured)| plain != configured)
        .partition(|(_, configured)| configured.payload["lines"].is_null());
    assert!(others.is_empty(), "{others:?}");
    assert!(submodules.len() < plain.len() / 3);
    assert_eq!(plain.len(), configured.len());
}

#[test]
fn the_repository_is_found_from_wherever_it_can_be() {
    let scratch = Scratch::new();
    scratch.write("folder/a", numbers(0, 9));
    scratch.commit();
    scratch.write("b", numbers(0, 9));
    scratch.commit();
    let beside = |name: &str| scratch.beside(name).display().to_string();
    let (bare, tree, shallow) = (beside("bare"), beside("tree"), beside("shallow"));
    scratch.git(["clone", "--quiet", "--bare", ".", &bare]);
    scratch.git(["worktree", "add", "--quiet", "--detach", &tree]);
    let plain = scratch.check();
    let places = [
        scratch.root().join("folder"),
        scratch.root().join(".git"),
        bare.into(),
        tree.into(),
    ];
    for (number, place) in places.iter().enumerate() {
        let db = format!("{number}.db");
        succeeded(&scratch.program(place, &db, &[]).output().expect("it runs"));
        assert_eq!(scratch.rows(&db), plain, "{}", place.display());
    }
    // A shallow clone begins where it was cut.
    let url = format!("file://{}", scratch.root().display());
    scratch.git(["clone", "--quiet", "--depth=1", &url, &shallow]);
    let printed = scratch
        .program(Path::new(&shallow), "shallow.db", &[])
        .output();
    let totals = totals(&succeeded(&printed.expect("it runs")));
    assert_eq!((totals.commits, totals.alive, totals.added), (1, 2, 18));
}

#[test]
fn hooks_variables_do_not_lead_elsewhere() {
    let scratch = Scratch::new();
    scratch.commit();
    let other = Scratch::new();
    let root = scratch.root();
    let mut program = scratch.program(&root, "history.db", &[]);
    program
        .env("GIT_DIR", other.root().join(".git"))
        .env("GIT_WORK_TREE", other.root());
    assert_eq!(
        totals(&succeeded(&program.output().expect("it runs"))).commits,
        1
    );
}

#[test]
fn what_is_no_repository_is_an_error() {
    let scratch = Scratch::new();
    let file = scratch.beside("file");
    fs::write(&file, "x").expect("a file");
    for place in [scratch.beside("nowhere"), file, "/".into()] {
        let output = scratch
            .program(&place, "history.db", &[])
            .output()
            .expect("it runs");
        let complaint = failed(&output);
        assert!(
            complaint.starts_with("error: git rev-parse: "),
            "{complaint}"
        );
    }
}
