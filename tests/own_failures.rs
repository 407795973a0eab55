//! Tests that fail by themselves: what hcs-sim prints beside their own failure. Each runs in a process of its own.
//! Not here: failures by findings (`hosts`, `findings`).

mod support;

use std::process::Command;

use hcs_sim::hresult::*;
use hcs_sim::{Host, Hresult};
use support::*;

const CHILD: &str = "HCS_SIM_TEST_FAILS";

/// Runs a test of this file that is to fail, and answers what it prints.
fn output_of(test: &str) -> String {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    assert!(!child.status.success(), "{test} is to fail");
    String::from_utf8_lossy(&child.stderr).into_owned() + &String::from_utf8_lossy(&child.stdout)
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
