//! The client from a create to an exit, with hcs-sim's computecore.dll beside this program. Not here: telling hcs-sim (`sim`).
#![cfg(windows)]

mod sim;

use std::io::Read;
use std::time::Duration;

use client_on_windows::Container;
use windows::Win32::Foundation::{
    HCS_E_SERVICE_DISCONNECT, HCS_E_SYSTEM_ALREADY_EXISTS, HCS_E_TERMINATED_DURING_START,
};

use sim::on_host;

const LIMIT: Duration = Duration::from_secs(10);

fn started() -> Container {
    let container = Container::create("web", "test").unwrap();
    container.start().unwrap();
    container
}

#[test]
fn a_container_from_its_creation_to_its_exit() {
    on_host("from creation to exit", "{}", || {
        let container = started();
        let properties = container.properties().unwrap();
        assert_eq!((properties.id.as_str(), properties.state.as_deref()), ("web", Some("Running")));
        assert_eq!(container.terminate().unwrap().exit_type, "ForcedExit");
        container.terminate().expect("a second time is as good");
    });
}

#[test]
fn a_failure_tells_what_hcs_said() {
    let scenario = r#"{ "rules": [{
        "when": { "call": "start", "system": "web" },
        "fail": "HCS_E_TERMINATED_DURING_START",
        "result_error": { "ErrorMessage": "der Prozeß endete" },
        "after": "2s"
    }] }"#;
    on_host("failure", scenario, || {
        let container = Container::create("web", "test").unwrap();
        let error = container.start().unwrap_err();
        assert_eq!(error.code(), HCS_E_TERMINATED_DURING_START);
        assert_eq!(error.result().unwrap().error_message, "der Prozeß endete");
        assert_eq!(error.to_string(), "cannot start the container: der Prozeß endete");
    });
}

#[test]
fn a_failed_create_leaves_nothing_behind() {
    on_host("failed create", r#"{ "systems": [{ "id": "web" }] }"#, || {
        let error = Container::create("web", "test").err().unwrap();
        assert_eq!(error.code(), HCS_E_SYSTEM_ALREADY_EXISTS);
    });
}

#[test]
fn an_exit_comes_unasked() {
    on_host("exit", "{}", || {
        let container = started();
        sim::raise(r#"{ "event": "worker_death", "system": "web" }"#);
        assert_eq!(container.wait_for_exit(LIMIT).unwrap().exit_type, "UnexpectedExit");
    });
}

#[test]
fn a_lost_service_ends_the_wait() {
    on_host("lost service", "{}", || {
        let container = started();
        sim::raise(r#"{ "event": "service_disconnect" }"#);
        assert_eq!(container.wait_for_exit(LIMIT).unwrap_err().code(), HCS_E_SERVICE_DISCONNECT);
    });
}

#[test]
fn a_command_is_read_to_its_end() {
    let written = "all work and no play\n".repeat(10_000); // more than a pipe holds
    let program = serde_json::json!({ "command_line": "type long.txt", "prints": &written, "exits_with": 7 });
    on_host("command", &serde_json::json!({ "programs": [program] }).to_string(), || {
        let container = started();
        let mut command = container.run("type long.txt").unwrap();
        let mut read = String::new();
        command.stdout.read_to_string(&mut read).unwrap();
        assert!(read == written, "{} bytes", read.len());
        assert_eq!(command.wait().unwrap(), 7);
    });
}

#[test]
fn a_leak_is_found() {
    on_host("leak", "{}", || {
        let _container = Container::create("web", "test").unwrap();
        let report = sim::verify().unwrap();
        assert!(report.contains("HcsCloseComputeSystem"), "{report}");
    });
}
