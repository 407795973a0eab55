//! Lints on handles, callbacks, polls, documents and arguments: each is told of a client that trips over it, and not of one
//! that is near. Not here: lints on operations and their results (`lints`), levels (`levels`).

mod support;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::{CoTaskMemFree, LocalFree};
use hcs_sim::{FindingKind, Host, Hresult, Level, call as calls, event, program};
use support::lints::*;
use support::listeners::*;
use support::processes::*;
use support::*;

const A_WHILE: Duration = Duration::from_secs(1);

// closed-before-exit-event

/// A running machine with a callback, and what a client does with it.
fn listening(act: impl FnOnce(&Host, HCS_SYSTEM, &Listener)) -> Vec<String> {
    told(|host| {
        let listener = Listener::new();
        let system = create("web", VM);
        start(system);
        listener.register(system, HcsEventOptionNone);
        act(host, system, &listener);
    })
}

const SYSTEM_CLOSED: &str = "system#1 \"web\" was closed before its callback was told of the exit";

#[test]
fn a_system_that_is_closed_right_after_its_terminate_is_told() {
    let found = listening(|_, system, _| {
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        close_system(system);
    });
    assert_eq!(found, [SYSTEM_CLOSED]);
}

#[test]
fn a_system_that_is_closed_while_its_terminate_is_pending_is_told() {
    let found = listening(|_, system, _| {
        let operation = begin(HcsTerminateComputeSystem, system);
        close_system(system);
        assert_eq!(wait(operation).0, S_OK);
        close_operation(operation);
    });
    assert_eq!(found, [SYSTEM_CLOSED]);
}

#[test]
fn a_system_that_is_closed_while_its_guest_shuts_down_is_told() {
    let found = told(|_| {
        let listener = Listener::new();
        let system = create("web", CONTAINER);
        start(system);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(ask(HcsShutDownComputeSystem, system, None), (S_OK, None));
        close_system(system);
    });
    assert_eq!(found, [SYSTEM_CLOSED]);
}

#[test]
fn a_system_that_is_closed_between_its_exit_and_the_event_is_told() {
    let found = listening(|host, system, _| {
        host.raise(event::power_off("web"));
        close_system(system);
    });
    assert_eq!(found, [SYSTEM_CLOSED]);
}

#[test]
fn a_system_whose_exit_is_known_is_not() {
    // By the event.
    let found = listening(|_, system, listener| {
        ask(HcsTerminateComputeSystem, system, None);
        assert_eq!(listener.next().event, HcsEventSystemExited);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
    // By a wait.
    assert_eq!(listening(|_, system, _| end(system)), [""; 0]);
    // By its properties.
    let found = listening(|host, system, _| {
        host.raise(event::power_off("web"));
        assert_eq!(properties(system, None)["Stopped"], true);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_system_that_goes_on_is_not() {
    assert_eq!(listening(|_, system, _| close_system(system)), [""; 0]);
    // A terminate that fails, and one that does nothing.
    let found = listening(|host, system, _| {
        host.when(calls::terminate()).fail(E_ACCESSDENIED).then().acknowledge();
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, E_ACCESSDENIED);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
    // One that ends with its last handle: there is nothing else to be told.
    let found = told(|_| {
        let listener = Listener::new();
        let system = create("web", r#"{"VirtualMachine":{},"ShouldTerminateOnLastHandleClosed":true}"#);
        listener.register(system, HcsEventOptionNone);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_handle_without_a_callback_and_an_event_that_never_comes_are_not() {
    let found = told(|host| {
        host.when(calls::terminate()).simulate().loses_events();
        let listener = Listener::new();
        let system = create("web", VM);
        let (_, other) = open("web", GENERIC_ALL);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        close_system(other);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn handles_from_before_the_service_went_away_are_not() {
    let found = listening(|host, system, listener| {
        host.raise(event::service_disconnect());
        assert_eq!(listener.next().event, HcsEventServiceDisconnect);
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_process_that_is_closed_before_its_exit_is_told_is_told() {
    let client = |knows: bool| {
        told(|host| {
            host.canned("tool", program::runs_until_terminated());
            let listener = Listener::new();
            let system = running("box");
            let started = start_process(system, NO_PIPES);
            listener.register_process(started.process, HcsEventOptionNone);
            assert_eq!(kill(started.process).0, S_OK);
            if knows {
                assert_eq!(listener.next().event, HcsEventProcessExited);
            }
            started.close();
            end(system);
        })
    };
    let sentence = client(false);
    assert!(sentence[0].starts_with("process#1, of process "), "{sentence:?}");
    assert!(sentence[0].ends_with(", was closed before its callback was told of the exit"), "{sentence:?}");
    assert_eq!((sentence.len(), client(true).len()), (1, 0));
}

#[test]
fn a_process_that_goes_on_or_whose_exit_was_waited_for_is_not() {
    let found = told(|host| {
        host.canned("tool", program::runs_until_terminated());
        let listener = Listener::new();
        let system = running("box");
        let [first, second] = [(); 2].map(|()| start_process(system, NO_PIPES));
        listener.register_process(first.process, HcsEventOptionNone);
        listener.register_process(second.process, HcsEventOptionNone);
        first.close();
        kill(second.process);
        wait_for_process(second.process, INFINITE);
        second.close();
        end(system);
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_process_that_ended_with_its_system_is_not_if_such_events_are_lost() {
    let client = |tells: bool| {
        let host = Host::builder()
            .level(FindingKind::ClosedBeforeExitEvent, Level::Deny)
            .behavior(|it| it.process_events_at_system_exit = tells)
            .build();
        findings_of(&host, || {
            host.canned("tool", program::runs_until_terminated());
            let listener = Listener::new();
            let system = running("box");
            let started = start_process(system, NO_PIPES);
            listener.register_process(started.process, HcsEventOptionNone);
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
            started.close();
            close_system(system);
        })
    };
    assert_eq!(client(true), [FindingKind::ClosedBeforeExitEvent]);
    assert_eq!(client(false), []);
}

// infinite-wait-in-callback

/// What a callback waits for.
struct Wait {
    /// What to wait for, or nothing: the operation that the callback is about.
    operation: Option<Sent>,
    timeout: u32,
    done: Sender<Hresult>,
}

unsafe extern "system" fn wait_inside(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context outlives the callback.
    let it = unsafe { &*context.cast::<Wait>() };
    let operation = it.operation.map_or(operation, Sent::get);
    let _ = it.done.send(wait_for(operation, it.timeout).0);
}

/// A callback that waits for a start, or for what it is about.
fn waits_in_callback(timeout: u32, for_another: bool) -> Vec<String> {
    told(|_| {
        let (first, second) = (create("first", VM), create("second", VM));
        let slow = begin(HcsStartComputeSystem, second);
        let (done, outcome) = channel();
        let context = Wait { operation: for_another.then(|| Sent::new(slow)), timeout, done };
        let operation = operation_with((&raw const context).cast(), Some(wait_inside));
        assert_eq!(call(HcsGetComputeSystemProperties, first, operation, None), S_OK);
        assert_eq!(next_of(&outcome), S_OK);
        assert_eq!(wait(slow).0, S_OK);
        close_operation(operation);
        close_operation(slow);
        close_system(first);
        close_system(second);
    })
}

#[test]
fn a_wait_without_end_in_a_callback_is_told_if_it_has_to_wait() {
    assert_eq!(
        waits_in_callback(INFINITE, true),
        ["HcsWaitForOperationResult(operation#3, INFINITE) was called inside a callback, and had to wait"]
    );
    // With a timeout, and for what has completed already: the callback is about it.
    assert_eq!(waits_in_callback(60_000, true), [""; 0]);
    assert_eq!(waits_in_callback(INFINITE, false), [""; 0]);
}

#[test]
fn a_wait_in_a_callback_is_told_while_it_lasts() {
    let host = strict();
    let report = report_of(&host, || {
        let gate = host.when(calls::start()).simulate().hold();
        let (first, second) = (create("first", VM), create("second", VM));
        let slow = begin(HcsStartComputeSystem, second);
        let (done, outcome) = channel();
        let context = Wait { operation: Some(Sent::new(slow)), timeout: INFINITE, done };
        let operation = operation_with((&raw const context).cast(), Some(wait_inside));
        assert_eq!(call(HcsGetComputeSystemProperties, first, operation, None), S_OK);
        host.advance(A_WHILE);
        while host.findings().is_empty() {
            std::thread::yield_now(); // the callback is on its way into the wait
        }
        let findings = host.findings();
        assert_eq!(findings[0].kind, FindingKind::InfiniteWaitInCallback);
        assert_eq!(findings[0].entry, None); // the call has not returned
        gate.release();
        assert_eq!(next_of(&outcome), S_OK);
        close_operation(operation);
        close_operation(slow);
        close_system(first);
        close_system(second);
    })
    .unwrap();
    let [finding] = &report.findings[..] else { panic!("{report}") };
    let entry = finding.entry.unwrap();
    let line = report.journal.entries().iter().find(|it| it.number == entry).unwrap();
    let hcs_sim::What::Called { call, .. } = &line.what else { panic!("{line:?}") };
    assert_eq!(call.export(), hcs_sim::Export::HcsWaitForOperationResult);
}

unsafe extern "system" fn wait_for_the_exit(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context outlives the callback.
    let (event, it) = unsafe { (&*event, &*context.cast::<(Sent, Sender<Hresult>)>()) };
    if event.Type == HcsEventOperationCallback {
        let _ = it.1.send(wait_for_exit(it.0.get(), INFINITE).0);
    }
}

#[test]
fn a_wait_for_an_exit_in_an_event_callback_is_told() {
    let found = told(|host| {
        let system = create("web", VM);
        let (done, outcome) = channel::<Hresult>();
        let context = (Sent::new(system), done);
        let options = HcsEventOptionEnableOperationCallbacks;
        // SAFETY: the context outlives the registration.
        let code = unsafe {
            HcsSetComputeSystemCallback(system, options, (&raw const context).cast(), Some(wait_for_the_exit))
        };
        assert_eq!(code, 0);
        host.raise_after(A_WHILE, event::power_off("web"));
        let operation = begin(HcsStartComputeSystem, system);
        assert_eq!(next_of(&outcome), S_OK);
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(
        found,
        [
            "HcsWaitForComputeSystemExit(system#1 \"web\", INFINITE) was called inside a callback, and had to wait"
        ]
    );
}

// polled-in-a-loop

/// A running system that is asked again and again.
fn polling(body: impl FnOnce(&Host, HCS_SYSTEM)) -> Vec<String> {
    told(|host| {
        let system = create("web", VM);
        start(system);
        body(host, system);
        close_system(system);
    })
}

#[test]
fn ten_questions_in_a_row_are_told_once_and_nine_are_not() {
    let times = |count: usize| polling(|_, system| (0..count).for_each(|_| drop(properties(system, None))));
    assert_eq!(times(9), [""; 0]);
    let sentence = "HcsGetComputeSystemProperties was called 10 times in a row for system#1 \"web\", with nothing in between";
    assert_eq!(times(10), [sentence]);
    assert_eq!(times(50), [sentence]);
}

#[test]
fn enumerations_results_and_waits_of_no_time_are_polls_too() {
    let found = polling(|host, system| {
        (0..10).for_each(|_| drop(enumerate(None)));
        host.when(calls::pause()).simulate().after(A_WHILE);
        let operation = begin(HcsPauseComputeSystem, system);
        (0..10).for_each(|_| assert_eq!(result(operation).0, HCS_E_OPERATION_PENDING));
        assert_eq!(wait(operation).0, S_OK);
        close_operation(operation);
        (0..10).for_each(|_| assert_eq!(wait_for_exit(system, 0).0, HCS_E_OPERATION_TIMEOUT));
    });
    assert_eq!(
        found,
        [
            "HcsEnumerateComputeSystems was called 10 times in a row, with nothing in between",
            "HcsGetOperationResult was called 10 times in a row for operation#13, with nothing in between",
            "HcsWaitForComputeSystemExit was called 10 times in a row for system#1 \"web\", with nothing in between",
        ]
    );
}

#[test]
fn polls_with_a_pause_are_not() {
    let found = polling(|host, system| {
        for _ in 0..50 {
            properties(system, None);
            host.advance(Duration::from_millis(100));
        }
        // As clients in C++ do it: a message loop with a short wait in it.
        host.when(calls::pause()).simulate().after(A_WHILE * 20);
        let operation = begin(HcsPauseComputeSystem, system);
        while wait_for(operation, 200).0 == HCS_E_OPERATION_TIMEOUT {}
        close_operation(operation);
        while wait_for_exit(system, 100).0 == HCS_E_OPERATION_TIMEOUT && host.now() < A_WHILE * 60 {}
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn different_questions_and_work_in_between_are_not() {
    let found = polling(|_, system| {
        for _ in 0..10 {
            properties(system, None);
            properties(system, Some(r#"{"PropertyTypes":["Memory"]}"#));
        }
        for _ in 0..20 {
            properties(system, None);
            ask(HcsPauseComputeSystem, system, None);
            properties(system, None);
            ask(HcsResumeComputeSystem, system, None);
        }
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn each_thread_has_a_row_of_its_own() {
    let found = polling(|host, system| {
        let system = Sent::new(system);
        (0..6).for_each(|_| drop(properties(system.get(), None)));
        let host = host.clone();
        let other = std::thread::spawn(move || {
            let _entered = host.enter();
            (0..6).for_each(|_| drop(properties(system.get(), None)));
        });
        other.join().unwrap();
    });
    assert_eq!(found, [""; 0]);
}

// freed-otherwise

#[test]
fn a_document_that_is_freed_with_another_function_is_told() {
    let client = |frees: fn(PWSTR)| {
        told(move |_| {
            let system = create("web", VM);
            let operation = begin(HcsGetComputeSystemProperties, system);
            let mut document = null_mut();
            // SAFETY: the out pointer is valid.
            assert_eq!(unsafe { HcsWaitForOperationResult(operation, INFINITE, &mut document) }, 0);
            frees(document);
            close_operation(operation);
            close_system(system);
        })
    };
    // SAFETY: each frees its document once.
    let otherwise = client(|it| unsafe { CoTaskMemFree(it.cast_const().cast()) });
    assert_eq!(
        otherwise,
        ["a document that HcsWaitForOperationResult handed out was freed with CoTaskMemFree"]
    );
    // SAFETY: as above.
    let rightly = client(|it| assert!(unsafe { LocalFree(it.cast()) }.is_null()));
    assert_eq!(rightly, [""; 0]);
}

#[test]
fn nothing_and_memory_that_is_no_document_may_be_freed_with_either() {
    let found = told(|_| {
        // SAFETY: NULL is nothing.
        unsafe { CoTaskMemFree(null()) };
    });
    assert_eq!(found, [""; 0]);
}

// opened-without-generic-all

#[test]
fn another_access_than_generic_all_is_told_whether_it_is_refused_or_not() {
    let client = |host: &Host, access: u32| {
        findings_of(host, || {
            let system = create("web", VM);
            close_system(system);
            let (code, other) = open("web", access);
            if code == S_OK {
                close_system(other);
            }
        })
    };
    let lax = || Host::builder().behavior(|it| it.require_generic_all = false).build();
    for host in [Host::new(), lax()] {
        assert_eq!(client(&host, 0x001F_0000), [FindingKind::OpenedWithoutGenericAll]); // denied by default
    }
    assert_eq!(client(&Host::new(), GENERIC_ALL), []);
    let found = told(|host| {
        host.when(calls::open()).refuse(E_ACCESSDENIED);
        assert_eq!(open("web", 0).0, E_ACCESSDENIED);
    });
    assert_eq!(
        found,
        ["HcsOpenComputeSystem was called for \"web\" with the access 0x00000000, which is not GENERIC_ALL"]
    );
}

// options-not-null

#[test]
fn options_where_there_are_none_are_told() {
    let found = told(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(ask_process(HcsTerminateProcess, started.process, Some("{}")).0, S_OK);
        wait_for_process(started.process, INFINITE);
        started.close();
        let vm = create("vm", VM);
        start(vm);
        assert_eq!(ask(HcsPauseComputeSystem, vm, None).0, S_OK);
        assert_eq!(ask(HcsResumeComputeSystem, vm, Some("{}")).0, S_OK);
        assert_eq!(ask(HcsTerminateComputeSystem, vm, Some("{}")).0, S_OK);
        wait_for_exit(vm, INFINITE);
        close_system(vm);
        end(system);
    });
    assert_eq!(
        found,
        [
            "HcsTerminateProcess was called with options other than NULL",
            "HcsResumeComputeSystem was called with options other than NULL",
            "HcsTerminateComputeSystem was called with options other than NULL",
        ]
    );
}

#[test]
fn a_security_descriptor_is_told() {
    let found = told(|_| {
        let (id, configuration) = (wide("web"), wide(VM));
        let operation = operation();
        let (descriptor, mut system) = ([0u64; 8], null_mut());
        // SAFETY: texts and out pointer are valid; the descriptor is only carried.
        let code = unsafe {
            let descriptor = (&raw const descriptor).cast();
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, descriptor, &mut system)
        };
        assert_eq!((code, wait(operation).0), (0, S_OK));
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, ["HcsCreateComputeSystem was called with a security descriptor other than NULL"]);
}

#[test]
fn null_an_empty_text_and_options_that_the_schema_has_are_not() {
    let found = told(|_| {
        let vm = create("vm", VM);
        ask(HcsStartComputeSystem, vm, Some("{}"));
        assert_eq!(ask(HcsPauseComputeSystem, vm, Some("{}")).0, S_OK);
        assert_eq!(ask(HcsResumeComputeSystem, vm, Some("")).0, S_OK);
        assert_eq!(ask(HcsTerminateComputeSystem, vm, Some("")).0, S_OK);
        wait_for_exit(vm, INFINITE);
        close_system(vm);
    });
    assert_eq!(found, [""; 0]);
}

// timeout-abandoned, of processes; the others stand in `lints`

#[test]
fn a_process_that_is_killed_after_a_timeout_of_its_create_is_not() {
    for closes_first in [false, true] {
        let found = told(|host| {
            host.canned("tool", program::runs_until_terminated());
            host.when(calls::create_process()).simulate().after(Duration::from_secs(60));
            let system = running("web");
            let operation = operation();
            let (code, process) = create_process_call(system, NO_PIPES, operation);
            assert_eq!((code, wait_for(operation, 1000).0), (S_OK, HCS_E_OPERATION_TIMEOUT));
            host.advance(Duration::from_secs(120));
            assert_eq!(kill(process).0, S_OK);
            if closes_first {
                close_process(process);
                close_operation(operation);
            } else {
                close_operation(operation);
                close_process(process);
            }
            close_system(system);
        });
        assert_eq!(found, [""; 0], "the process is closed first: {closes_first}");
    }
}

#[test]
fn a_system_that_goes_on_after_a_shutdown_that_failed_is_not() {
    let found = told(|host| {
        host.allow(FindingKind::ClosedWhilePending);
        host.when(calls::shut_down()).fail(E_FAIL).after(A_WHILE);
        let listener = Listener::new();
        let system = create("web", VM);
        start(system);
        listener.register(system, HcsEventOptionNone);
        close_operation(begin(HcsShutDownComputeSystem, system));
        host.advance(Duration::from_secs(5));
        close_system(system);
    });
    assert_eq!(found, [""; 0]);
}
