//! What a user reads after a mistake: one file of `ui/<topic>/` per mistake, with rustc's whole output beside it.
//!
//! After a deliberate change, look at what `TRYBUILD=overwrite cargo test -p eventsourcing-tests --test ui` writes.
//! The outputs are those of one compiler; on another the cases are only compiled, by the test that says so.

#[rustversion::stable(1.95)]
#[test]
fn every_mistake_has_its_own_message() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*/*.rs");
    cases.pass("ui_pass/*.rs");
}

#[rustversion::not(stable(1.95))]
#[test]
fn user_programs_compile() {
    eprintln!(
        "UI TESTS DID NOT RUN: the expected outputs are those of rustc 1.95, and this is another compiler"
    );
    trybuild::TestCases::new().pass("ui_pass/*.rs");
}
