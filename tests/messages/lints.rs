//! Messages about legal but fragile use, and about recordings.
//! Not here: when each is told (`tests/lints.rs`, `tests/lints_of_calls.rs`, `tests/replay.rs`).

use std::ffi::c_void;
use std::ptr::null;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::CoTaskMemFree;
use hcs_sim::{FindingKind, Host, Journal, Level, ResultError, call as calls};

use crate::snapshot::{compare, of_report};
use crate::support::lints::*;
use crate::support::listeners::Listener;
use crate::support::*;

const A_WHILE: Duration = Duration::from_secs(1);

#[test]
fn a_result_that_nobody_reads() {
    let host = strict();
    of_report("result-unread", &host, || {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        host.advance(A_WHILE);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_failure_that_nobody_reads() {
    let host = strict();
    host.when(calls::start())
        .fail(E_OUTOFMEMORY)
        .document(ResultError::new().message("the worker needs 8 GB"));
    of_report("failure-unread", &host, || {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_without_document(operation), E_OUTOFMEMORY);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_request_that_is_left_alone() {
    let host = strict();
    of_report("closed-while-pending", &host, || {
        let system = create("web", VM);
        close_operation(begin(HcsStartComputeSystem, system));
        close_system(system);
    });
}

#[test]
fn a_timeout_that_nothing_follows() {
    let host = strict();
    host.when(calls::start()).simulate().after(Duration::from_secs(300));
    host.allow(FindingKind::ClosedWhilePending);
    of_report("timeout-abandoned", &host, || {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_for(operation, 5000).0, HCS_E_OPERATION_TIMEOUT);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_handle_that_is_closed_before_its_exit_event() {
    let host = strict();
    let listener = Listener::new();
    of_report("closed-before-exit-event", &host, || {
        let system = create("web", VM);
        start(system);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        close_system(system);
    });
}

unsafe extern "system" fn waits_in_it(operation: HCS_OPERATION, context: *const c_void) {
    start(context.cast_mut());
    close_operation(operation);
}

#[test]
fn a_wait_without_end_in_a_callback() {
    let host = strict();
    of_report("infinite-wait-in-callback", &host, || {
        let system = create("web", VM);
        let operation = operation_with(system, Some(waits_in_it));
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        host.advance(A_WHILE);
        close_system(system);
    });
}

#[test]
fn a_state_that_is_polled() {
    let host = strict();
    of_report("polled-in-a-loop", &host, || {
        let system = create("web", VM);
        for _ in 0..10 {
            ask(HcsGetComputeSystemProperties, system, None);
        }
        close_system(system);
    });
}

#[test]
fn a_document_that_is_freed_otherwise() {
    let host = strict();
    of_report("freed-otherwise", &host, || {
        let system = create("web", VM);
        let operation = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let mut document = std::ptr::null_mut();
        // SAFETY: the out pointer is valid, and the document is freed once.
        unsafe {
            assert_eq!(HcsWaitForOperationResult(operation, INFINITE, &mut document), S_OK);
            CoTaskMemFree(document.cast());
        }
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_system_that_is_opened_with_less_than_everything() {
    let host = strict();
    of_report("opened-without-generic-all", &host, || {
        close_system(create("web", VM));
        assert_eq!(open("web", 0x000F_FFFF).0, E_INVALIDARG);
    });
}

#[test]
fn options_where_there_are_none() {
    let host = strict();
    of_report("options-not-null", &host, || {
        let system = create("web", VM);
        ask(HcsTerminateComputeSystem, system, Some("{}"));
        close_system(system);
    });
}

#[test]
fn warnings_beside_a_finding() {
    let host = Host::builder().level(FindingKind::ResultUnread, Level::Warn).build();
    of_report("warnings", &host, || {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        host.advance(A_WHILE);
        close_operation(operation);
        close_system(system);
        close_system(system);
    });
}

fn recorded() -> Journal {
    Host::new().run(|host| {
        let system = create("web", VM);
        start(system);
        close_system(system);
        host.journal()
    })
}

#[test]
fn a_call_that_departs_from_the_recording() {
    of_report("replay-departed", &Host::replaying(&recorded()), || {
        let operation = operation();
        create_call("web", &VM.replace("512", "1024"), operation);
    });
}

#[test]
fn another_call_than_the_recorded_one() {
    of_report("replay-other-call", &Host::replaying(&recorded()), || {
        let system = create("web", VM);
        let operation = operation();
        call(HcsTerminateComputeSystem, system, operation, None);
    });
}

#[test]
fn a_recording_that_is_not_played_to_its_end() {
    of_report("replay-not-played", &Host::replaying(&recorded()), || {
        start(create("web", VM));
    });
}

#[test]
fn a_call_more_than_the_recording_has() {
    of_report("replay-nothing-left", &Host::replaying(&recorded()), || {
        let system = create("web", VM);
        start(system);
        close_system(system);
        // SAFETY: no pointers are passed.
        unsafe { HcsCreateOperation(null(), None) };
    });
}

#[test]
fn a_scenario_that_cannot_be_used() {
    let text = "{\n  \"rules\": [\n    { \"when\": { \"call\": \"strat\" }, \"fail\": \"HCS_E_TIMEOUT\" }\n  ],\n  \"alow\": []\n}";
    compare("bad-scenario", &hcs_sim::Scenario::from_json(text).unwrap_err().to_string());
}
