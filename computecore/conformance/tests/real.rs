//! The program for a real Windows: it starts, compares, and says what differs. The library of this build stands in for Windows.
//! Not here: what a real Windows answers; nobody has run it there yet (docs/conformance.md).

use std::process::{Command, Output};

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(words);
    for name in ["HCS_SIM_REAL", "HCS_SIM_REAL_CONTAINER", "HCS_SIM_SCENARIO"] {
        command.env_remove(name);
    }
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_rehearsal_finds_nothing() {
    let output = program(&["result-", "events-exit", "process-with-pipes"]).output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("a rehearsal"), "{said}");
    assert!(said.contains(" 0 differ, 0 call what"), "{said}");
    assert!(!said.contains("\n0 rows as expected"), "{said}");
}

#[test]
fn rows_that_differ_are_told_and_counted() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/unlike.json");
    let mut program = program(&["after-pause", "after-start", "after-resume"]);
    let output = program.env("HCS_SIM_SCENARIO", scenario).output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for told in [
        "after-pause differs (docs/fidelity.md: state-pause)",
        "call 2, HcsWaitForOperationResult: expected S_OK (0x00000000), got E_FAIL (0x80004005)",
        "after-resume differs (docs/fidelity.md: state-resume)",
        "set-up: HcsPauseComputeSystem: expected S_OK (0x00000000), got E_FAIL (0x80004005)",
        "1 rows as expected, 2 differ, 0 call what this library does not export, 0 left out",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
}

/// What would be undefined on Windows, and what needs a container, is not run there.
#[test]
fn another_library_is_held_against_the_rows_that_a_real_windows_can_run() {
    let library = hcs_sim_conformance::doors::beside(hcs_sim_conformance::doors::LIBRARY).unwrap();
    let mut program = program(&["HcsCloseOperation-", "close-idle", "process-list"]);
    let output = program.env("HCS_SIM_REAL", library).output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("1 rows as expected, 0 differ, 0 call what this library does not export, 5 left out"),
        "{said}"
    );
}

#[test]
fn a_library_that_cannot_be_loaded_is_no_difference() {
    let output = program(&[]).env("HCS_SIM_REAL", "no-such-library.dll").output().unwrap();
    assert_eq!(output.status.code(), Some(255));
    assert!(said(&output).contains("no-such-library.dll cannot be loaded"), "{}", said(&output));
}

#[test]
#[cfg(not(windows))]
fn a_system_without_hcs_is_told_so() {
    let output = program(&[]).env("HCS_SIM_REAL", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(255));
    assert!(said(&output).contains("HCS_SIM_REAL=1 is for Windows"), "{}", said(&output));
}
