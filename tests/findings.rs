//! Findings: every mistake that is noticed, with its sentence; and how a test's own failure and findings go together.
//! Not here: rules that never apply (`rules`).

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::mpsc::channel;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::{CloseHandle, GetLastError, LocalFree};
use hcs_sim::{Completion, FindingKind, Host, Time, call as calls};
use support::*;

/// The sentences of what was found in a body.
fn sentences(body: impl FnOnce(&Host)) -> Vec<String> {
    let host = Host::new();
    let report = report_of(&host, || body(&host));
    report.map_or(Vec::new(), |it| it.findings.into_iter().map(|it| it.sentence).collect())
}

fn panic_text(body: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(body)).expect_err("it panics");
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|it| (*it).to_owned()))
        .expect("panics have a text")
}

// Leaks

#[test]
fn leaks_are_told_one_by_one_with_what_was_left() {
    let found = sentences(|host| {
        let system = create("web", VM);
        let _idle = operation();
        let completed = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, completed, None), S_OK);
        let mut document = null_mut();
        // SAFETY: the out pointer is valid.
        assert_eq!(unsafe { HcsWaitForOperationResult(completed, INFINITE, &mut document) }, 0);
        host.when(calls::start()).never_completes();
        let pending = operation();
        assert_eq!(call(HcsStartComputeSystem, system, pending, None), S_OK);
    });
    assert_eq!(
        found,
        [
            "operation#2 was never closed; it was never used",
            "operation#3 was never closed; its GetProperties completed with S_OK",
            "operation#4 was never closed; its Start is still pending",
            "system#1, a handle of \"web\", was never closed",
            "a document that HcsWaitForOperationResult handed out was never freed",
        ]
    );
}

#[test]
fn the_handle_of_a_failed_create_can_leak_too() {
    assert_eq!(
        sentences(|_| drop(try_create("web", "{}"))),
        ["system#1, a handle of \"web\", was never closed"]
    );
}

#[test]
fn what_is_open_is_told_once() {
    let host = Host::new();
    let _entered = host.enter();
    let _leaked = operation();
    assert_eq!(host.verify().unwrap_err().findings.len(), 1);
    assert!(host.verify().is_ok());
}

#[test]
fn what_a_thread_without_a_host_does_wrong_is_told_to_the_host_of_its_operation() {
    let (host, _other) = (Host::new(), Host::new());
    let found = findings_of(&host, || {
        let system = Sent::new(create("vm", VM));
        std::thread::spawn(move || {
            let operation = operation();
            assert_eq!(call(HcsStartComputeSystem, system.get(), operation, None), S_OK);
            assert_eq!(wait(operation), (S_OK, None));
            close_operation(operation);
            close_operation(operation);
            assert_eq!(result(operation), (E_HANDLE, None));
        })
        .join()
        .unwrap();
        close_system(system.get());
    });
    assert_eq!(found, [FindingKind::DoubleClose, FindingKind::UseAfterClose]);
}

// Handles

#[test]
fn use_after_close_is_told_and_answered() {
    let found = sentences(|_| {
        let (operation, system) = (operation(), create("vm", VM));
        close_operation(operation);
        assert_eq!(result(operation), (E_HANDLE, None));
        assert_eq!(operation_type(operation), HcsOperationTypeNone);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), E_HANDLE);
        close_system(system);
        assert_eq!(wait_for_exit(system, INFINITE), (E_HANDLE, None));
    });
    assert_eq!(
        found,
        [
            "HcsGetOperationResult was called with operation#1 after it was closed",
            "HcsGetOperationType was called with operation#1 after it was closed",
            "HcsStartComputeSystem was called with operation#1 after it was closed",
            "HcsWaitForComputeSystemExit was called with system#1 after it was closed",
        ]
    );
}

#[test]
fn a_second_close_is_told() {
    let found = sentences(|_| {
        let (operation, system) = (operation(), create("vm", VM));
        close_operation(operation);
        close_operation(operation);
        close_system(system);
        close_system(system);
    });
    assert_eq!(found, ["operation#1 was closed twice", "system#1 was closed twice"]);
}

#[test]
fn a_handle_of_another_kind_is_told() {
    let found = sentences(|_| {
        let (operation, system) = (operation(), create("vm", VM));
        assert_eq!(call(HcsStartComputeSystem, operation, system, None), E_HANDLE);
        assert_eq!(result(system), (E_HANDLE, None));
        close_operation(system);
        close_system(operation);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(
        found,
        [
            "HcsStartComputeSystem takes an HCS_SYSTEM and was called with operation#1",
            "HcsGetOperationResult takes an HCS_OPERATION and was called with system#1",
            "HcsCloseOperation takes an HCS_OPERATION and was called with system#1",
            "HcsCloseComputeSystem takes an HCS_SYSTEM and was called with operation#1",
        ]
    );
}

#[test]
fn a_null_operation_is_told_where_windows_would_crash() {
    let found = sentences(|_| {
        let system = create("vm", VM);
        assert_eq!(call(HcsStartComputeSystem, system, null_mut(), None), E_INVALIDARG);
        assert_eq!(result(null_mut()), (E_INVALIDARG, None));
        close_operation(null_mut());
        close_system(null_mut());
        close_system(system);
    });
    assert_eq!(
        found,
        [
            "HcsStartComputeSystem was called with a NULL operation, which crashes the process on Windows",
            "HcsGetOperationResult was called with a NULL operation, which crashes the process on Windows",
            "HcsCloseOperation was called with a NULL operation, which crashes the process on Windows",
            "HcsCloseComputeSystem was called with a NULL HCS_SYSTEM",
        ]
    );
}

#[test]
fn a_value_that_is_no_handle_is_told() {
    let found = sentences(|_| {
        let local = 0u64;
        assert_eq!(result(&raw const local as HCS_OPERATION), (E_HANDLE, None));
        let made_up = (operation() as usize + 7) as HCS_OPERATION;
        assert_eq!(result(made_up), (E_HANDLE, None));
        close_operation((made_up as usize - 7) as HCS_OPERATION);
    });
    assert_eq!(found, ["HcsGetOperationResult was called with a value that is no HCS_OPERATION"; 2]);
}

#[test]
fn a_handle_of_another_host_is_told() {
    let other = Host::new();
    let entered = other.enter();
    let foreign = operation();
    drop(entered);
    let found = sentences(|_| {
        let system = create("vm", VM);
        assert_eq!(call(HcsStartComputeSystem, system, foreign, None), E_HANDLE);
        close_system(system);
    });
    let expected =
        "HcsStartComputeSystem was called with operation#1 of another host, or of one that has ended";
    assert_eq!(found, [expected]);
    close_operation(foreign);
    other.verify().unwrap();
}

#[test]
fn a_handle_of_a_host_that_has_ended_is_told_to_the_one_that_is_there() {
    let gone = Host::new().run(|_| {
        let operation = operation();
        close_operation(operation);
        operation as usize
    });
    let found = sentences(|_| assert_eq!(result(gone as HCS_OPERATION), (E_HANDLE, None)));
    assert_eq!(
        found,
        ["HcsGetOperationResult was called with operation#1 of another host, or of one that has ended"]
    );
}

#[test]
fn closing_under_a_waiting_thread_is_told_and_ends_the_wait() {
    let host = Host::builder().time(Time::Manual).build();
    let report = report_of(&host, || {
        let system = create_now(&host);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        let (sent, other) = (Sent::new(operation), host.clone());
        let (sender, receiver) = channel();
        let waiter = std::thread::spawn(move || {
            let _entered = other.enter();
            sender.send(()).unwrap();
            wait(sent.get())
        });
        next_of(&receiver);
        // the thread is inside as soon as its wait shows in the display of the host
        while !host.to_string().contains("1 threads inside") {
            std::thread::yield_now();
        }
        close_operation(operation);
        assert_eq!(waiter.join().unwrap(), (E_HANDLE, None));
        close_system(system);
    })
    .unwrap();
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(
        report.findings[0].sentence,
        "operation#2 was closed while another thread was inside a call on it"
    );
}

/// Creates a system where time is manual.
fn create_now(host: &Host) -> HCS_SYSTEM {
    let operation = operation();
    let (code, system) = create_call("vm", VM, operation);
    assert_eq!(code, S_OK);
    host.advance(Duration::from_secs(1));
    assert_eq!(result(operation), (S_OK, None));
    close_operation(operation);
    system
}

// Documents

#[test]
fn freeing_a_document_twice_is_told() {
    let found = sentences(|_| {
        let system = create("vm", VM);
        for _ in 0..100 {
            // enough that memory is given back and used again
            drop(properties(system, None));
        }
        let operation = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let mut document = null_mut();
        // SAFETY: the out pointer is valid; the second free is what is tested, and is recognised.
        unsafe {
            HcsWaitForOperationResult(operation, INFINITE, &mut document);
            assert!(LocalFree(document.cast()).is_null());
            assert_eq!(LocalFree(document.cast()), document.cast());
            assert_eq!(GetLastError(), 6); // ERROR_INVALID_HANDLE
        }
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, ["LocalFree was called twice on the same document"]);
}

#[test]
fn freeing_what_is_no_document_is_told() {
    let found = sentences(|_| {
        let mut local = [0u16; 4];
        // SAFETY: the value is recognised and not followed.
        unsafe {
            assert!(!LocalFree(local.as_mut_ptr().cast()).is_null());
            hcs_sim::win32::CoTaskMemFree(operation_once().cast());
        }
    });
    assert_eq!(
        found,
        [
            "LocalFree was called on memory that is no document, or no longer one",
            "CoTaskMemFree was called on memory that is no document, or no longer one"
        ]
    );
}

fn operation_once() -> HCS_OPERATION {
    let operation = operation();
    close_operation(operation);
    operation
}

#[test]
fn a_document_can_be_freed_on_any_thread() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let mut document = null_mut();
        // SAFETY: the out pointer is valid.
        unsafe { HcsWaitForOperationResult(operation, INFINITE, &mut document) };
        let sent = Sent::new(document.cast());
        // SAFETY: the document is freed once.
        let left = std::thread::spawn(move || unsafe { LocalFree(sent.get()) } as usize).join().unwrap();
        assert_eq!(left, 0);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn close_handle_is_not_for_hcs_handles() {
    let found = sentences(|_| {
        let operation = operation();
        // SAFETY: no value is followed.
        unsafe {
            assert_eq!(CloseHandle(operation), 0);
            assert_eq!(GetLastError(), 6);
            assert_eq!(CloseHandle(0x40 as HANDLE), 0);
            assert_eq!(CloseHandle(null_mut()), 0);
            assert_eq!(CloseHandle(INVALID_HANDLE_VALUE), 0);
        }
        close_operation(operation);
    });
    assert_eq!(
        found,
        [
            "CloseHandle was called with operation#1, which has a close function of its own",
            "CloseHandle was called with a value that is no handle of hcs-sim",
        ]
    );
}

// Waits that never end

#[test]
fn an_infinite_wait_that_nothing_can_end_is_told_and_returns() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.when(calls::start()).never_completes();
        let system = create("web", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (HCS_E_OPERATION_TIMEOUT, None));
        assert_eq!(wait_for_exit(system, INFINITE), (HCS_E_OPERATION_TIMEOUT, None));
        close_operation(operation);
        close_system(system);
    })
    .unwrap();
    let [first, second] = report.findings.as_slice() else { panic!("{report}") };
    assert_eq!(first.kind, FindingKind::StuckWait);
    assert_eq!(first.sentence, "HcsWaitForOperationResult(operation#2, INFINITE) can never return");
    assert_eq!(first.facts[0], ("waits for", "the completion of operation#2 (Start)".to_owned()));
    assert_eq!(second.sentence, "HcsWaitForComputeSystemExit(system#1 \"web\", INFINITE) can never return");
    assert_eq!(second.facts[0].1, "the exit of \"web\"");
}

#[test]
fn two_threads_that_wait_for_ever_are_both_told() {
    let host = Host::builder().patience(Duration::from_millis(200)).build();
    let report = report_of(&host, || {
        let system = create("vm", VM);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let sent = Sent::new(system);
                let host = &host;
                scope.spawn(move || {
                    let _entered = host.enter();
                    assert_eq!(wait_for_exit(sent.get(), INFINITE).0, HCS_E_OPERATION_TIMEOUT);
                });
            }
            assert_eq!(wait_for_exit(system, INFINITE).0, HCS_E_OPERATION_TIMEOUT);
        });
        close_system(system);
    })
    .unwrap();
    assert_eq!(report.findings.iter().map(|it| it.kind).collect::<Vec<_>>(), [FindingKind::StuckWait; 3]);
}

#[test]
fn a_wait_for_something_that_is_never_released_is_told() {
    let host = Host::builder().completion(Completion::WhenReleased).build();
    let found = findings_of(&host, || {
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(wait(operation), (HCS_E_OPERATION_TIMEOUT, None));
        assert!(host.release_next());
        assert_eq!(wait(operation), (S_OK, None));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [FindingKind::StuckWait]);
}

/// Why a wait for ever was said to be stuck.
fn reason(host: &Host, body: impl FnOnce()) -> String {
    let report = report_of(host, body).expect("the wait is a finding");
    assert_eq!(report.findings[0].kind, FindingKind::StuckWait, "{report}");
    report.findings[0].facts[1].1.clone()
}

#[test]
fn a_thread_that_has_ended_is_not_waited_for() {
    let host = Host::new();
    let because = reason(&host, || {
        let system = create("vm", VM);
        let sent = Sent::new(system);
        std::thread::spawn(move || properties(sent.get(), None)).join().unwrap();
        assert_eq!(wait_for_exit(system, INFINITE).0, HCS_E_OPERATION_TIMEOUT);
        close_system(system);
    });
    assert_eq!(because, "nothing is due and no other thread is known to this host");
}

#[test]
fn a_gate_is_hoped_for_as_long_as_the_test_holds_it() {
    for keep in [true, false] {
        let host = Host::builder().patience(Duration::from_millis(20)).build();
        let because = reason(&host, || {
            let gate = host.when(calls::start()).simulate().hold();
            let (system, operation) = (create("vm", VM), operation());
            assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
            let gate = keep.then_some(gate);
            assert_eq!(wait(operation).0, HCS_E_OPERATION_TIMEOUT);
            drop(gate);
            close_operation(operation);
            close_system(system);
        });
        assert_eq!(because.contains("no other thread has done anything"), keep, "{because}");
    }
}

// The scope

#[test]
fn a_run_inside_of_a_run_leaves_rules_and_findings_to_the_outer_one() {
    Host::new().run(|host| {
        host.when(calls::start()).fail(E_FAIL);
        let system = create("vm", VM);
        host.run(|_| assert_eq!(wait_for_exit(system, 0).0, HCS_E_OPERATION_TIMEOUT));
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, E_FAIL);
        close_system(system);
    });
}

#[test]
fn the_guard_of_a_thread_keeps_its_host_alive() {
    let entered = Host::new().enter();
    let system = create("vm", VM);
    start(system);
    close_system(system);
    drop(entered);
}

#[test]
fn findings_fail_the_test_with_the_whole_report() {
    let line = line!() + 3;
    let text = panic_text(|| {
        Host::new().run(|_| {
            let _leaked = operation();
        });
    });
    let made = text.lines().find_map(|it| it.strip_prefix("     made at      ")).unwrap_or(&text);
    let (wrapper, caller) = made.split_once(", from ").expect(made);
    assert!(wrapper.starts_with("tests/support/mod.rs:"), "{wrapper}");
    assert_eq!(caller, format!("tests/findings.rs:{line}"));
    assert_eq!(
        text.replace(" --release", ""),
        format!(
            "hcs-sim: 1 finding\n\
         \n\
         1. operation#1 was never closed; it was never used\n     \
              made at      {made}\n     \
              to mend      call HcsCloseOperation on every path, also when the call or the wait fails\n     \
              to allow     host.allow(FindingKind::LeakedOperation)   // in a scenario: \"allow\": [\"leaked-operation\"]\n\
         \n\
         timeline (1 of 1 entries)\n\
         t=0.000s  main  HcsCreateOperation(NULL, NULL) -> operation#1   {made}   <<<<<\n\
         \n\
         to see it again   cargo test -p hcs-sim --test findings -- --exact findings_fail_the_test_with_the_whole_report\n"
        )
    );
}

#[test]
fn the_bodys_own_panic_goes_on_and_findings_do_not_hide_it() {
    let text = panic_text(|| {
        Host::new().run(|_| {
            let _leaked = operation();
            panic!("the test's own failure");
        });
    });
    assert_eq!(text, "the test's own failure");
}

#[test]
fn the_bodys_own_error_and_the_findings_are_joined() {
    let text = panic_text(|| {
        let _: Result<(), String> = Host::new().run(|_| {
            let _leaked = operation();
            Err("the test's own error".to_owned())
        });
    });
    assert!(
        text.starts_with(
            "Error: \"the test's own error\"\n\nand hcs-sim found besides:\n\nhcs-sim: 1 finding\n"
        ),
        "{text}"
    );
}

#[test]
fn an_error_without_findings_is_returned_as_it_is() {
    let result: Result<(), i32> = Host::new().run(|_| Err(7));
    assert_eq!(result, Err(7));
    assert_eq!(Host::new().run(|_| "value"), "value");
}

#[test]
fn findings_can_be_allowed_by_name() {
    for kind in FindingKind::all() {
        assert_eq!(kind.name().parse(), Ok(*kind));
    }
    assert!("leaked".parse::<FindingKind>().unwrap_err().to_string().contains("leaked"));
    Host::new().run(|host| {
        host.allow("leaked-operation".parse().unwrap());
        let _leaked = operation();
    });
    Host::builder().allow(FindingKind::DoubleClose).run(|_| {
        let operation = operation_once();
        close_operation(operation);
    });
}

#[test]
fn a_report_marks_the_guilty_lines() {
    let host = Host::new();
    let report = report_of(&host, || {
        let operation = operation_once();
        close_operation(operation);
        close_operation(crate::support::operation());
    })
    .unwrap();
    let text = report.to_string();
    let marked: Vec<&str> = text.lines().filter(|it| it.ends_with("   <<<<<")).collect();
    let [marked] = marked.as_slice() else { panic!("{text}") };
    assert!(
        marked.starts_with("t=0.000s  main  HcsCloseOperation(operation#1) -> returned   tests/"),
        "{marked}"
    );
}
