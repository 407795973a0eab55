//! Lints on operations and their results: each is told of a client that trips over it, and not of one that is near.
//! Not here: lints on handles, callbacks, polls and arguments (`lints_of_calls`), levels (`levels`).

mod support;

use std::ffi::c_void;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, FindingKind, Host, ResultError, call as calls, event};
use support::lints::*;
use support::listeners::*;
use support::processes::*;
use support::*;

const A_WHILE: Duration = Duration::from_secs(1);

unsafe extern "system" fn fetch_and_close(operation: HCS_OPERATION, _: *const c_void) {
    result(operation);
    close_operation(operation);
}

unsafe extern "system" fn ignore(_: HCS_OPERATION, _: *const c_void) {}

/// A start whose operation has such a callback.
fn start_with(system: HCS_SYSTEM, callback: HCS_OPERATION_COMPLETION) -> HCS_OPERATION {
    let operation = operation_with(std::ptr::null(), callback);
    assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
    operation
}

// result-unread

#[test]
fn a_result_that_nobody_reads_is_told() {
    let found = told(|host| {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        host.advance(A_WHILE);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, ["operation#2 was closed with the result of its Start of \"web\" unread; it was S_OK"]);
}

#[test]
fn a_result_that_the_next_request_replaces_is_told() {
    let found = told(|host| {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        host.advance(A_WHILE);
        assert_eq!(call(HcsPauseComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(
        found,
        ["operation#2 was used again with the result of its Start of \"web\" unread; it was S_OK"]
    );
}

#[test]
fn a_result_that_was_fetched_in_any_way_is_not() {
    let found = told(|host| {
        let system = create("web", VM);
        // One operation for several requests, each waited for, with or without a document.
        let operation = operation();
        for request in [HcsStartComputeSystem as Request, HcsPauseComputeSystem, HcsResumeComputeSystem] {
            assert_eq!(call(request, system, operation, None), S_OK);
            assert_eq!(wait_without_document(operation), S_OK);
        }
        // A get after the completion.
        assert_eq!(call(HcsPauseComputeSystem, system, operation, None), S_OK);
        host.advance(A_WHILE);
        assert_eq!(result(operation), (S_OK, None));
        // A wait and a get.
        assert_eq!(call(HcsResumeComputeSystem, system, operation, None), S_OK);
        assert_eq!((wait(operation), result(operation)), ((S_OK, None), (S_OK, None)));
        close_operation(operation);
        end(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn an_operation_that_was_never_used_or_whose_request_was_refused_has_no_result() {
    let found = told(|host| {
        host.when(calls::start()).refuse(E_OUTOFMEMORY);
        let system = create("web", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), E_OUTOFMEMORY);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn what_a_callback_was_told_of_is_read() {
    let found = told(|host| {
        let system = create("web", VM);
        start_with(system, Some(fetch_and_close));
        host.advance(A_WHILE);
        // A callback that only takes note of a success is enough.
        let operation = operation_with(std::ptr::null(), Some(ignore));
        assert_eq!(call(HcsPauseComputeSystem, system, operation, None), S_OK);
        host.advance(A_WHILE);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_completion_that_is_told_as_an_event_is_read_with_its_document() {
    let found = told(|host| {
        host.when(calls::start()).fail(E_FAIL);
        let listener = Listener::new();
        let system = create("web", VM);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = begin(HcsStartComputeSystem, system);
        assert!(listener.next().data.unwrap().contains("-2147467259"));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_callback_that_never_came_leaves_the_result_unread() {
    let found = told(|host| {
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        host.advance(A_WHILE);
        // SAFETY: the callback needs no context; it comes too late for this use.
        unsafe { HcsSetOperationCallback(operation, std::ptr::null(), Some(ignore)) };
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_end_of_a_system_is_as_good_as_the_result_of_its_terminate() {
    let found = told(|_| {
        let system = create("web", VM);
        let operation = begin(HcsTerminateComputeSystem, system);
        assert_eq!(wait_for_exit(system, INFINITE).0, S_OK);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
    // The same with the operation closed first, and with an event in place of the wait.
    let found = told(|_| {
        let listener = Listener::new();
        let system = create("web", VM);
        listener.register(system, HcsEventOptionNone);
        close_operation(begin(HcsTerminateComputeSystem, system));
        assert_eq!(listener.next().event, HcsEventSystemExited);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_terminate_that_nobody_looks_after_is_told() {
    let found = told(|host| {
        let system = create("web", VM);
        let operation = begin(HcsTerminateComputeSystem, system);
        host.advance(A_WHILE);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(
        found,
        ["operation#2 was closed with the result of its Terminate of \"web\" unread; it was S_OK"]
    );
}

#[test]
fn what_failed_because_the_client_ended_its_system_is_not_told() {
    let found = told(|_| {
        let system = create("web", VM);
        let starting = begin(HcsStartComputeSystem, system);
        ask(HcsTerminateComputeSystem, system, None);
        wait_for_exit(system, INFINITE);
        close_operation(starting);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn what_failed_because_the_service_went_away_is_not_told() {
    let found = told(|host| {
        let system = create("web", VM);
        let starting = begin(HcsStartComputeSystem, system);
        host.raise(event::service_disconnect());
        close_operation(starting);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_host_that_ends_with_open_operations_tells_of_them_alone() {
    let found = told(|host| {
        let system = create("web", VM);
        begin(HcsStartComputeSystem, system);
        host.advance(A_WHILE);
        close_system(system);
    });
    assert_eq!(found, ["operation#2 was never closed; its Start completed with S_OK"]);
}

// failure-unread

#[test]
fn a_failure_that_was_fetched_without_its_document_is_told() {
    let host = strict();
    let report = report_of(&host, || {
        host.when(calls::start()).fail(E_FAIL).document(ResultError::new().message("the disk is gone"));
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_without_document(operation), E_FAIL);
        close_operation(operation);
        close_system(system);
    })
    .unwrap();
    let [finding] = &report.findings[..] else { panic!("{report}") };
    assert_eq!(finding.kind, FindingKind::FailureUnread);
    assert_eq!(
        finding.sentence,
        "operation#2 was closed, and nobody has read why its Start of \"web\" failed with E_FAIL"
    );
    let text = report.to_string();
    assert!(text.contains("fetched      with NULL for the result document"), "{text}");
    assert!(text.contains("the disk is gone"), "{text}");
    assert!(marks(&text, "HcsCloseOperation(operation#2) -> returned"), "{text}");
}

#[test]
fn a_failure_that_only_a_callback_was_told_of_is_told() {
    let found = told(|host| {
        host.when(calls::start()).fail(E_FAIL);
        let system = create("web", VM);
        let operation = start_with(system, Some(ignore));
        host.advance(A_WHILE);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(
        found,
        ["operation#2 was closed, and nobody has read why its Start of \"web\" failed with E_FAIL"]
    );
}

#[test]
fn a_document_on_a_refused_call_is_told_unless_it_is_fetched() {
    let client = |reads: bool| {
        told(|host| {
            host.when(calls::start()).refuse(E_FAIL).document(ResultError::new().message("not today"));
            let system = create("web", VM);
            let operation = operation();
            assert_eq!(call(HcsStartComputeSystem, system, operation, None), E_FAIL);
            if reads {
                assert!(result(operation).1.is_some());
            }
            close_operation(operation);
            close_system(system);
        })
    };
    assert_eq!(
        client(false),
        ["operation#2 was closed, and nobody has read why its Start of \"web\" failed with E_FAIL"]
    );
    assert_eq!(client(true), [""; 0]);
}

#[test]
fn a_failure_whose_document_is_read_sooner_or_later_is_not() {
    let found = told(|host| {
        host.when(calls::start()).fail(E_FAIL);
        let system = create("web", VM);
        // The code first, the document once it is known that there is a failure.
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_without_document(operation), E_FAIL);
        assert!(result(operation).1.is_some());
        close_operation(operation);
        // By the callback.
        start_with(system, Some(fetch_and_close));
        host.advance(A_WHILE);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_failure_without_a_document_or_with_a_code_that_says_all_is_not() {
    let found = told(|host| {
        host.when(calls::start()).fail(E_FAIL).no_document();
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_without_document(operation), E_FAIL);
        close_operation(operation);
        for code in [S_OK, HCS_E_SYSTEM_ALREADY_STOPPED] {
            let operation = begin(HcsTerminateComputeSystem, system);
            assert_eq!(wait_without_document(operation), code);
            close_operation(operation);
        }
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_failing_create_that_is_read_and_whose_handle_is_closed_is_not() {
    assert_eq!(told(|_| close_system(try_create("web", "{}").1)), [""; 0]);
}

// closed-while-pending

#[test]
fn a_request_that_is_left_while_it_is_pending_is_told() {
    let found = told(|_| {
        let system = create("web", VM);
        close_operation(begin(HcsStartComputeSystem, system));
        close_system(system);
    });
    assert_eq!(found, ["operation#2 was closed while its Start of \"web\" was pending: its result is lost"]);
}

#[test]
fn a_query_may_be_left_and_so_may_a_shutdown_whose_effect_is_waited_for() {
    let found = told(|_| {
        let system = create("box", CONTAINER);
        start(system);
        close_operation(begin(HcsGetComputeSystemProperties, system));
        close_operation(begin(HcsShutDownComputeSystem, system));
        assert_eq!(wait_for_exit(system, 10_000).0, S_OK);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_shutdown_that_is_left_and_does_nothing_is_told() {
    let found = told(|_| {
        let system = create("web", VM);
        start(system);
        close_operation(begin(HcsShutDownComputeSystem, system)); // it fails: a machine needs options
        assert_eq!(wait_for_exit(system, 10_000).0, HCS_E_OPERATION_TIMEOUT);
        close_system(system);
    });
    assert_eq!(
        found,
        ["operation#3 was closed while its Shutdown of \"web\" was pending: its result is lost"]
    );
}

#[test]
fn a_kill_may_be_left_if_the_exit_of_its_process_is_seen() {
    let client = |sees: bool| {
        told(|host| {
            host.canned("tool", hcs_sim::program::runs_until_terminated());
            let system = running("box");
            let started = start_process(system, NO_PIPES);
            close_operation(begin(HcsTerminateProcess, started.process));
            if sees {
                wait_for_process(started.process, INFINITE);
            }
            started.close();
            close_system(system);
        })
    };
    assert_eq!(client(true), [""; 0]);
    assert_eq!(client(false).len(), 1);
}

#[test]
fn what_hangs_on_a_system_that_has_ended_may_be_left() {
    let found = told(|host| {
        host.when(calls::pause()).never_completes();
        let system = create("web", VM);
        start(system);
        let operation = begin(HcsPauseComputeSystem, system);
        host.raise(event::power_off("web"));
        wait_for_exit(system, INFINITE);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

// timeout-abandoned

/// A start that hangs; a wait for it that times out; and what a client does about it.
fn after_a_timeout(act: impl FnOnce(&Host, HCS_SYSTEM, HCS_OPERATION)) -> Vec<String> {
    told(|host| {
        let hung = host.when(calls::start()).simulate().hold();
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_for(operation, 100), (HCS_E_OPERATION_TIMEOUT, None));
        act(host, system, operation);
        close_system(system);
        drop(hung);
    })
}

#[test]
fn a_request_that_is_left_after_a_timeout_is_told() {
    let found = after_a_timeout(|_, _, operation| close_operation(operation));
    assert_eq!(
        found,
        ["operation#2 was closed after a wait for it timed out, and its Start of \"web\" was never ended"]
    );
}

#[test]
fn a_request_that_completes_after_its_timeout_with_nobody_to_see_it_is_told() {
    let found = told(|host| {
        host.when(calls::start()).simulate().after(Duration::from_secs(5));
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_for(operation, 100), (HCS_E_OPERATION_TIMEOUT, None));
        host.advance(Duration::from_secs(10));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(
        found,
        [
            "operation#2 was closed after a wait for it timed out, and its Start of \"web\" completed with S_OK unseen"
        ]
    );
}

#[test]
fn a_wait_that_is_repeated_until_the_end_is_not() {
    let found = told(|host| {
        host.when(calls::start()).simulate().after(Duration::from_secs(5));
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        // As clients in C++ do it: a message loop with a wait of 200 ms in it.
        while wait_for(operation, 200).0 == HCS_E_OPERATION_TIMEOUT {}
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_terminate_after_the_timeout_ends_it_before_and_after_the_close() {
    let terminated = |closes_first: bool| {
        after_a_timeout(move |_, system, operation| {
            if closes_first {
                close_operation(operation);
            }
            ask(HcsTerminateComputeSystem, system, None);
            if !closes_first {
                close_operation(operation);
            }
        })
    };
    assert_eq!(terminated(true), [""; 0]);
    assert_eq!(terminated(false), [""; 0]);
}

#[test]
fn a_terminate_before_the_request_does_not_end_it() {
    let found = told(|host| {
        host.when(calls::start()).never_completes();
        host.when(calls::terminate()).fail(E_FAIL);
        let system = create("web", VM);
        ask(HcsTerminateComputeSystem, system, None);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait_for(operation, 100), (HCS_E_OPERATION_TIMEOUT, None));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_cancel_that_succeeds_ends_it_and_one_that_fails_does_not() {
    let cancelled = |succeeds: bool| {
        after_a_timeout(move |host, _, operation| {
            if succeeds {
                host.when(calls::to(Export::HcsCancelOperation)).succeed();
            }
            // SAFETY: any value is recognised.
            let code = unsafe { HcsCancelOperation(operation) };
            assert_eq!(code == 0, succeeds);
            close_operation(operation);
        })
    };
    assert_eq!(cancelled(true), [""; 0]);
    assert_eq!(cancelled(false).len(), 1);
}

#[test]
fn a_last_handle_that_takes_its_system_along_ends_it() {
    let configuration = r#"{"VirtualMachine":{},"ShouldTerminateOnLastHandleClosed":true}"#;
    let found = told(|host| {
        host.when(calls::create()).never_completes();
        let operation = operation();
        let (code, system) = create_call("web", configuration, operation);
        assert_eq!(code, S_OK);
        assert_eq!(wait_for(operation, 100), (HCS_E_OPERATION_TIMEOUT, None));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_terminate_that_takes_long_and_a_query_need_nothing_more() {
    let found = told(|host| {
        host.when(calls::terminate()).never_completes();
        host.when(calls::properties()).never_completes();
        let system = create("web", VM);
        for request in [HcsGetComputeSystemProperties as Request, HcsTerminateComputeSystem] {
            let operation = begin(request, system);
            assert_eq!(wait_for(operation, 100), (HCS_E_OPERATION_TIMEOUT, None));
            close_operation(operation);
        }
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_stuck_wait_is_told_once_and_not_as_a_lint_too() {
    let host = strict();
    let found = findings_of(&host, || {
        host.when(calls::start()).never_completes();
        let system = create("web", VM);
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(wait(operation), (HCS_E_OPERATION_TIMEOUT, None));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [FindingKind::StuckWait]);
}
