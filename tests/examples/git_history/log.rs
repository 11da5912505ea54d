//! The parser of the log stream, on bytes written by hand.

pub(super) use crate::log::path_text;
use crate::log::{Change, ChangeKind, Commit, LogError, Parser};

const HEADER: &str = "commit 1f 77\0";
const RAW: &str = "\n:100644 100644 aa bb M\0a\0";

fn commits(log: impl AsRef<[u8]>) -> Result<Vec<Commit>, LogError> {
    let mut parser = Parser::new(log.as_ref());
    let mut commits = Vec::new();
    while let Some(commit) = parser.next_commit()? {
        commits.push(commit);
    }
    Ok(commits)
}

fn only_change(log: &str) -> Change {
    let commits = commits(format!("{HEADER}{log}")).expect("it is well formed");
    let [commit] = &commits[..] else {
        panic!("one commit in {commits:?}")
    };
    let [change] = &commit.changes[..] else {
        panic!("one change in {commit:?}")
    };
    change.clone()
}

fn counted(change: &Change) -> Option<(u64, u64)> {
    change.lines.map(|lines| (lines.added, lines.deleted))
}

#[test]
fn no_log_is_no_commits() {
    assert_eq!(commits("").expect("it is well formed"), []);
}

#[test]
fn commits_without_changes_follow_each_other() {
    let commits = commits("commit 1f 77\0commit 2e -5\0commit 3d \0").expect("it is well formed");
    let heads: Vec<_> = commits
        .iter()
        .map(|commit| (commit.hash.as_str(), commit.at))
        .collect();
    assert_eq!(heads, [("1f", 77), ("2e", -5), ("3d", 0)]);
}

#[test]
fn a_change_has_both_sides_and_its_lines() {
    let change = only_change(&format!("{RAW}3\t4\ta\0"));
    assert_eq!(change.kind, ChangeKind::Modified);
    let before = change.before.as_ref().expect("it was there");
    assert_eq!(
        (before.mode.as_str(), before.blob.as_str()),
        ("100644", "aa")
    );
    assert_eq!(counted(&change), Some((3, 4)));
}

#[test]
fn creation_and_deletion_have_one_side() {
    let created = only_change("\n:000000 100644 00 bb A\0a\x001\t0\ta\0");
    assert!(created.before.is_none() && created.after.is_some());
    let deleted = only_change("\n:100644 000000 aa 00 D\0a\x000\t1\ta\0");
    assert!(deleted.before.is_some() && deleted.after.is_none());
}

#[test]
fn a_rename_has_two_paths_in_both_records() {
    let change = only_change("\n:100644 100644 aa bb R093\0old\0new\x002\t1\t\0old\0new\0");
    assert_eq!((change.from.as_str(), change.path.as_str()), ("old", "new"));
    assert_eq!(counted(&change), Some((2, 1)));
}

#[test]
fn paths_that_look_like_records_are_paths() {
    for path in [
        ":100644 100644 aa bb M",
        "commit 2e 5",
        "1\t2\tx",
        "\n",
        "-",
        "\t",
    ] {
        let log = format!("\n:100644 100644 aa bb M\0{path}\x003\t4\t{path}\0");
        let change = only_change(&log);
        assert_eq!(change.path, path);
        assert_eq!(counted(&change), Some((3, 4)));
    }
}

#[test]
fn binary_files_have_no_lines_and_what_git_leaves_out_has_none_changed() {
    let log = format!(
        "{HEADER}{RAW}:100644 100644 aa bb M\0b\0:100644 100644 aa bb M\0c\0-\t-\tb\x001\t0\tc\0"
    );
    let commits = commits(log).expect("it is well formed");
    let lines: Vec<_> = commits[0].changes.iter().map(counted).collect();
    assert_eq!(lines, [Some((0, 0)), None, Some((1, 0))]);
}

#[test]
fn an_end_in_the_middle_is_an_error() {
    let whole = format!("{HEADER}\n:100644 100644 aa bb R093\0old\0new\x002\t1\t\0old\0new\0");
    commits(&whole).expect("it is well formed");
    for end in 1..whole.len() {
        let parsed = commits(&whole[..end]);
        // Between two records it can't be told from a whole log: that is what git's exit status is for.
        let is_between = whole.as_bytes()[end - 1] == 0 && parsed.is_ok();
        assert!(
            is_between || matches!(parsed, Err(LogError::Truncated)),
            "{:?}",
            &whole[..end]
        );
    }
}

#[test]
fn nonsense_is_an_error() {
    for log in [
        "x\0",
        "commit\0",
        "commit 1f 77\0\nx\0",
        "commit 1f 77\0\n:100644 100644 aa bb\0a\0",
        "commit 1f 77\0\n:100644 100644 aa bb X\0a\0",
        "commit 1f 77\0\n:100644 100644 aa bb M\0a\x001\t2\tb\0",
        "commit 1f 77\0\n:100644 100644 aa bb M\0a\x001\t99999999999999999999\ta\0",
        "commit 1f 77\0\n:100644 100644 aa bb M\0a\x001\t-2\ta\0",
        "commit 1f 77\0\n:\u{fffd}\0a\0",
    ] {
        assert!(
            matches!(commits(log), Err(LogError::Unexpected { .. })),
            "{log:?}"
        );
    }
}

#[test]
fn paths_are_text_without_loss() {
    for (path, text) in [
        (&b"src/lib.rs"[..], "src/lib.rs"),
        ("ä b\n\t\\'".as_bytes(), "ä b\n\t\\'"),
        (b"in\"side", "in\"side"),
        (b"\"front", r#""\"front""#),
        (b"\"front\"", r#""\"front\"""#),
        (b"a\xff\\\"", r#""a\377\\\"""#),
        (b"\xc3\xa4\xc3", "\"ä\\303\""),
        (b"a\\377", r"a\377"),
    ] {
        assert_eq!(path_text(path), text);
    }
}
