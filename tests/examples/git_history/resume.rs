//! A run that is stopped and started again stores the same sequence of events as one that is not.

use std::{process::Stdio, thread, time::Instant};

use super::{
    random,
    scratch::{Scratch, failed},
};

#[test]
fn a_run_in_pieces_is_a_whole_run() {
    let scratch = random::repository(99, 24);
    let whole = scratch.check();
    for piece in ["1", "7"] {
        let db = format!("{piece}.db");
        let mut printed = String::new();
        for _ in 0..24 {
            printed = scratch.import(&db, &["--stop-after", piece]);
        }
        scratch.check_printed(&printed);
        assert_eq!(scratch.rows(&db), whole);
    }
    // The comparison tells a part from the whole.
    scratch.import("part.db", &["--stop-after", "23"]);
    assert_ne!(scratch.rows("part.db"), whole);
    scratch.import("nothing.db", &["--stop-after", "0"]);
    assert_eq!(scratch.rows("nothing.db"), []);
}

#[test]
fn running_again_changes_nothing() {
    let scratch = random::repository(7, 20);
    let whole = scratch.check();
    scratch.check_printed(&scratch.import("checked.db", &[]));
    assert_eq!(scratch.rows("checked.db"), whole);
}

#[test]
fn a_head_that_moved_forward_is_followed() {
    let scratch = Scratch::new();
    for (number, text) in ["1\n", "1\n2\n", "1\n2\n3\n"].iter().enumerate() {
        scratch.write("a", text);
        scratch.write(format!("b{number}"), text);
        scratch.commit();
        scratch.check_printed(&scratch.import("followed.db", &[]));
    }
    // Merged work comes in as one commit; its own commits are not on the line.
    scratch.git(["checkout", "--quiet", "-b", "side"]);
    scratch.git(["mv", "a", "c"]);
    scratch.commit();
    scratch.git(["checkout", "--quiet", "main"]);
    scratch.git(["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
    scratch.check_printed(&scratch.import("followed.db", &[]));
    assert_eq!(scratch.rows("followed.db"), scratch.check());
}

#[test]
fn a_run_that_is_killed_is_resumed_exactly() {
    let scratch = random::repository(2_026, 250);
    let start = Instant::now();
    scratch.import("whole.db", &[]);
    let duration = start.elapsed();
    let whole = scratch.rows("whole.db");
    let root = scratch.root();
    let mut interrupted = 0;
    for attempt in 1.. {
        let mut program = scratch.program(&root, "killed.db", &[]);
        program.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = program.spawn().expect("it runs");
        // Later each time, so that in the end a run is done before it comes.
        thread::sleep(duration * attempt / 24);
        running.kill().expect("it is there until it is waited for");
        let output = running.wait_with_output().expect("it ends");
        if output.status.success() {
            break;
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), None, "{complaint}");
        if scratch.beside("killed.db").exists() {
            let stored = scratch.rows("killed.db");
            assert_eq!(
                stored,
                whole[..stored.len()],
                "what is stored is how the whole begins"
            );
            interrupted += u32::from(!stored.is_empty() && stored.len() < whole.len());
        }
    }
    assert!(interrupted > 1, "only {interrupted} kills hit the import");
    scratch.check_printed(&scratch.import("killed.db", &[]));
    assert_eq!(scratch.rows("killed.db"), whole);
}

#[test]
fn two_runs_at_once_do_no_harm() {
    let scratch = random::repository(5, 60);
    let whole = scratch.check();
    let root = scratch.root();
    let start = || {
        let mut program = scratch.program(&root, "shared.db", &[]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped());
        program.spawn().expect("it runs")
    };
    for running in [start(), start()] {
        let output = running.wait_with_output().expect("it ends");
        if !output.status.success() {
            let complaint = failed(&output);
            assert!(complaint.contains("another run is writing"), "{complaint}");
        }
    }
    scratch.check_printed(&scratch.import("shared.db", &[]));
    assert_eq!(scratch.rows("shared.db"), whole);
}
