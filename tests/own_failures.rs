//! Tests that fail by themselves: what hcs-sim prints beside their own failure. Each runs in a process of its own.
//! Not here: failures by findings (`hosts`, `findings`).

mod support;

use std::process::Command;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Hresult};
use support::*;

const CHILD: &str = "HCS_SIM_TEST_FAILS";

/// Runs a test of this file that is to fail, and answers what it prints.
fn output_of(test: &str) -> String {
    let (passed, output) = outcome_of(test);
    assert!(!passed, "{test} is to fail");
    output
}

/// Runs a test of this file as it behaves in a child: whether it passes, and what it prints.
fn outcome_of(test: &str) -> (bool, String) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let output =
        String::from_utf8_lossy(&child.stderr).into_owned() + &String::from_utf8_lossy(&child.stdout);
    (child.status.success(), output)
}

fn fails() -> bool {
    std::env::var_os(CHILD).is_some()
}

fn refuse_something(host: &Host) -> Hresult {
    let system = create("web", VM);
    start(system);
    let path = "VirtualMachine/Devices/NetworkAdaptors/eth0";
    let code =
        modify(system, &format!(r#"{{"ResourcePath":"{path}","RequestType":"Add","Settings":{{}}}}"#)).0;
    for _ in 0..20 {
        properties(system, None);
        host.advance(Duration::from_secs(1)); // what the client does between two looks
    }
    close_system(system);
    assert!(host.journal().notes().next().is_some());
    code
}

#[test]
fn a_body_that_panics() {
    if fails() {
        Host::new().run(|host| {
            let code = refuse_something(host);
            assert!(code.is_success(), "the client's own message");
        });
    }
}

#[test]
fn a_body_that_returns_an_error() {
    if fails() {
        let failed = Host::new().run(|host| match refuse_something(host) {
            S_OK => Ok(()),
            code => Err(format!("the client's own message: {code}")),
        });
        failed.unwrap();
    }
}

fn refuse_often(host: &Host) {
    let system = create("web", VM);
    start(system);
    for number in 0..40 {
        let path = format!("VirtualMachine/Devices/Nothing/{number}");
        assert_eq!(modify(system, &format!(r#"{{"ResourcePath":"{path}"}}"#)).0, E_INVALIDARG);
    }
    for _ in 0..20 {
        properties(system, None);
    }
    close_system(system);
    assert_eq!(host.journal().notes().count(), 40);
}

#[test]
fn a_body_that_panics_after_many_notes() {
    if fails() {
        Host::new().run(|host| {
            refuse_often(host);
            panic!("the client's own message");
        });
    }
}

#[test]
fn what_was_noted_is_printed_beside_a_failure_without_findings() {
    for test in ["a_body_that_panics", "a_body_that_returns_an_error"] {
        let output = output_of(test);
        assert!(output.contains("the client's own message"), "{output}");
        let notes = output.split("this was noted on the way:").nth(1).unwrap_or_else(|| panic!("{output}"));
        assert!(notes.contains("completes: Modify E_INVALIDARG"), "{output}");
        let note = "\n          # no resource is known at \"VirtualMachine/Devices/NetworkAdaptors/eth0\"";
        assert!(notes.contains(note), "{output}");
        assert!(!notes.contains("HcsGetComputeSystemProperties"), "{output}"); // nothing else
    }
}

#[test]
fn an_entry_with_a_note_is_never_left_out_of_a_report() {
    let host = Host::new();
    let report = report_of(&host, || {
        refuse_something(&host);
        operation(); // which leaks
    });
    let text = report.unwrap().to_string();
    assert!(text.contains("# no resource is known"), "{text}");
}

#[test]
fn of_many_notes_the_last_are_shown() {
    let host = Host::new();
    let report = report_of(&host, || {
        refuse_often(&host);
        operation(); // which leaks
    });
    let beside = output_of("a_body_that_panics_after_many_notes");
    assert!(beside.contains("... 20 more\n"), "{beside}");
    for text in [report.unwrap().to_string(), beside] {
        assert!(text.contains("Nothing/39\""), "{text}");
        assert!(!text.contains("Nothing/0\""), "{text}");
    }
}

// Warnings

/// A start whose result nobody reads.
fn start_carelessly() {
    let system = create("web", VM);
    close_operation(lints::begin(HcsStartComputeSystem, system));
    close_system(system);
}

const WARNING: &str =
    "warning: operation#2 was closed while its Start of \"web\" was pending: its result is lost";

#[test]
fn a_body_that_passes_with_a_warning() {
    if fails() {
        Host::new().run(|host| {
            start_carelessly();
            host.verify().unwrap(); // shows nothing yet
        });
    }
}

#[test]
fn a_host_that_is_dropped_with_a_warning() {
    if fails() {
        let host = Host::new();
        let entered = host.enter();
        start_carelessly();
        drop((entered, host));
    }
}

#[test]
fn a_body_that_fails_with_a_warning() {
    if fails() {
        Host::new().run(|_| {
            start_carelessly();
            panic!("the test's own failure");
        });
    }
}

#[test]
fn a_default_host_with_a_warning() {
    if fails() {
        start_carelessly();
        assert_eq!(Host::default_host().warnings().len(), 1);
    }
}

#[test]
fn warnings_are_printed_once_when_the_scope_ends() {
    for test in [
        "a_body_that_passes_with_a_warning",
        "a_host_that_is_dropped_with_a_warning",
        "a_body_that_fails_with_a_warning",
    ] {
        let (passed, output) = outcome_of(test);
        assert_eq!(passed, !test.contains("fails"), "{output}");
        assert_eq!(output.matches(WARNING).count(), 1, "{test}: {output}");
        assert!(output.contains("hcs-sim: 1 warning, which does not fail the test"), "{output}");
        assert!(marks(&output, "HcsCloseOperation(operation#2) -> returned"), "{output}");
    }
    let (passed, output) = outcome_of("a_default_host_with_a_warning");
    assert!(passed && !output.contains("hcs-sim:"), "{output}"); // nobody verifies it
}
