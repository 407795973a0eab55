//! The operation handle: every state, every function on it, every rule of its use.
//! Not here: completion callbacks, what requests do to systems.

mod support;

use std::ptr::{null, null_mut};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::{GetLastError, LocalFree, SetLastError};
use hcs_sim::{Host, Hresult, ResultError, call as calls};
use support::*;

/// Runs a body with an operation whose start of a system is pending.
fn with_pending(body: impl FnOnce(&Host, HCS_OPERATION, HCS_SYSTEM)) {
    Host::new().run(|host| {
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        body(host, operation, system);
        close_operation(operation);
        close_system(system);
    });
}

/// Runs a body with an operation whose properties query is completed, document and all.
fn with_completed(body: impl FnOnce(HCS_OPERATION, HCS_SYSTEM)) {
    Host::new().run(|host| {
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        host.advance(Duration::from_secs(1));
        body(operation, system);
        close_operation(operation);
        close_system(system);
    });
}

fn with_idle(body: impl FnOnce(&Host, HCS_OPERATION)) {
    Host::new().run(|host| {
        let operation = operation();
        body(host, operation);
        close_operation(operation);
    });
}

// Idle

#[test]
fn an_idle_operation_answers_not_started() {
    with_idle(|_, operation| assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None)));
}

#[test]
fn waiting_for_an_idle_operation_returns_at_once() {
    with_idle(|host, operation| {
        for timeout in [0, 1, 60_000, INFINITE] {
            assert_eq!(wait_for(operation, timeout), (HCS_E_OPERATION_NOT_STARTED, None));
        }
        assert_eq!(host.now(), Duration::ZERO);
    });
}

#[test]
fn an_idle_operation_has_neither_type_nor_id_nor_system_nor_process() {
    with_idle(|_, operation| {
        assert_eq!(operation_type(operation), HcsOperationTypeNone);
        assert_eq!(operation_id(operation), HCS_INVALID_OPERATION_ID);
        assert!(system_of(operation).is_null());
        // SAFETY: any value is recognised.
        assert!(unsafe { HcsGetProcessFromOperation(operation) }.is_null());
    });
}

#[test]
fn an_idle_operation_can_be_used_in_a_call() {
    with_pending(|_, operation, _| assert_eq!(operation_type(operation), HcsOperationTypeStart));
}

#[test]
fn an_idle_operation_can_be_closed() {
    Host::new().run(|host| {
        close_operation(operation());
        assert!(host.findings().is_empty());
    });
}

// Pending

#[test]
fn a_pending_operation_answers_pending() {
    with_pending(|_, operation, _| assert_eq!(result(operation), (HCS_E_OPERATION_PENDING, None)));
}

#[test]
fn a_wait_blocks_until_the_operation_completes() {
    with_pending(|host, operation, _| {
        let before = host.now();
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(host.now() - before, Duration::from_millis(30));
    });
}

#[test]
fn a_wait_that_is_too_short_times_out_and_leaves_the_operation_pending() {
    with_pending(|host, operation, _| {
        let before = host.now();
        assert_eq!(wait_for(operation, 20), (HCS_E_OPERATION_TIMEOUT, None));
        assert_eq!(host.now() - before, Duration::from_millis(20));
        assert_eq!(operation_type(operation), HcsOperationTypeStart);
        assert_eq!(wait_for(operation, 20), (S_OK, None));
        assert_eq!(host.now() - before, Duration::from_millis(30));
    });
}

#[test]
fn a_wait_that_ends_when_the_operation_completes_gets_the_result() {
    with_pending(|_, operation, _| assert_eq!(wait_for(operation, 30), (S_OK, None)));
}

#[test]
fn a_timeout_of_zero_polls() {
    with_pending(|_, operation, _| {
        let polls = std::iter::repeat_with(|| wait_for(operation, 0))
            .take_while(|it| *it == (HCS_E_OPERATION_TIMEOUT, None))
            .count();
        assert_eq!(polls, 3); // 30 ms of latency, 10 ms a poll
        assert_eq!(wait_for(operation, 0), (S_OK, None));
    });
}

#[test]
fn a_loop_of_polls_ends() {
    with_pending(|_, operation, _| {
        let polls = std::iter::repeat_with(|| result(operation))
            .take_while(|it| *it == (HCS_E_OPERATION_PENDING, None))
            .count();
        assert_eq!(polls, 3);
        assert_eq!(result(operation), (S_OK, None));
    });
}

#[test]
fn a_pending_operation_has_type_id_and_system() {
    with_pending(|_, operation, system| {
        assert_eq!(operation_type(operation), HcsOperationTypeStart);
        assert_ne!(operation_id(operation), HCS_INVALID_OPERATION_ID);
        assert_eq!(system_of(operation), system);
        // SAFETY: any value is recognised.
        assert!(unsafe { HcsGetProcessFromOperation(operation) }.is_null());
    });
}

#[test]
fn a_pending_operation_cannot_be_used_in_another_call() {
    with_pending(|_, operation, system| {
        let id = operation_id(operation);
        assert_eq!(call(HcsPauseComputeSystem, system, operation, None), HCS_E_OPERATION_ALREADY_STARTED);
        let (code, handle) = create_call("other", VM, operation);
        assert_eq!((code, handle), (HCS_E_OPERATION_ALREADY_STARTED, null_mut()));
        assert_eq!(operation_id(operation), id);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(properties(system, None)["State"], "Running");
    });
}

#[test]
fn closing_a_pending_operation_does_not_cancel_the_request() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        close_operation(operation);
        host.advance(Duration::from_millis(30));
        assert_eq!(properties(system, None)["State"], "Running");
        assert!(host.journal().to_string().contains("its handle is closed: the result is dropped"));
        close_system(system);
    });
}

// Completed

#[test]
fn a_completed_operation_answers_its_result_any_number_of_times() {
    with_completed(|operation, _| {
        let first = result(operation);
        assert_eq!(first.0, S_OK);
        assert!(first.1.as_ref().is_some_and(|it| it.contains(r#""Id":"vm""#)));
        for _ in 0..3 {
            assert_eq!(result(operation), first);
            assert_eq!(wait(operation), first);
            assert_eq!(wait_for(operation, 0), first);
        }
    });
}

#[test]
fn each_fetch_hands_out_a_copy_of_its_own() {
    with_completed(|operation, _| {
        let mut documents = [null_mut(); 3];
        for document in &mut documents {
            // SAFETY: the out pointer is valid.
            assert_eq!(unsafe { HcsGetOperationResult(operation, document) }, 0);
        }
        assert!(documents[0] != documents[1] && documents[1] != documents[2] && documents[0] != documents[2]);
        let text = peek(documents[1]);
        assert_eq!(take(documents[0]), Some(text.clone()));
        assert_eq!(peek(documents[1]), text); // freeing one leaves the others alone
        assert_eq!(take(documents[1]), take(documents[2]));
    });
}

#[test]
fn the_out_pointer_may_be_null() {
    with_completed(|operation, _| {
        // SAFETY: NULL is allowed.
        unsafe {
            assert_eq!(HcsGetOperationResult(operation, null_mut()), 0);
            assert_eq!(HcsWaitForOperationResult(operation, INFINITE, null_mut()), 0);
        }
        // nothing was allocated: the scope would report a leaked document
    });
}

#[test]
fn the_out_pointer_is_set_to_null_when_there_is_no_document() {
    with_pending(|_, operation, _| {
        for milliseconds in [0, 5] {
            let mut document = 0x1234 as PWSTR;
            // SAFETY: the out pointer is valid.
            unsafe { HcsWaitForOperationResult(operation, milliseconds, &mut document) };
            assert!(document.is_null());
        }
        let mut document = 0x1234 as PWSTR;
        // SAFETY: the out pointer is valid.
        unsafe { HcsGetOperationResult(operation, &mut document) };
        assert!(document.is_null());
    });
}

#[test]
fn a_completed_operation_keeps_type_and_id_but_not_its_system() {
    with_completed(|operation, _| {
        assert_eq!(operation_type(operation), HcsOperationTypeGetProperties);
        assert_ne!(operation_id(operation), HCS_INVALID_OPERATION_ID);
        assert!(system_of(operation).is_null());
    });
}

#[test]
fn a_completed_operation_can_be_used_again() {
    with_completed(|operation, system| {
        let id = operation_id(operation);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(result(operation), (HCS_E_OPERATION_PENDING, None)); // the earlier result is gone
        assert_ne!(operation_id(operation), id);
        assert_eq!(operation_type(operation), HcsOperationTypeStart);
        assert_eq!(wait(operation), (S_OK, None));
    });
}

#[test]
fn one_operation_serves_create_start_properties_and_terminate() {
    Host::new().run(|_| {
        let operation = operation();
        let (code, system) = create_call("quick", VM, operation);
        assert_eq!(code, S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        assert!(wait(operation).1.is_some());
        assert_eq!(call(HcsTerminateComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_failed_operation_hands_out_its_error_document_too() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        host.when(calls::start())
            .fail(HCS_E_TERMINATED_DURING_START)
            .document(ResultError::new().message("worker died"));
        let (code, document) = ask(HcsStartComputeSystem, system, None);
        assert_eq!(code, HCS_E_TERMINATED_DURING_START);
        assert_eq!(document.unwrap(), r#"{"Error":-1070137088,"ErrorMessage":"worker died"}"#);
        close_system(system);
    });
}

#[test]
fn a_failure_may_come_without_a_document() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        host.when(calls::start()).fail(E_OUTOFMEMORY).no_document();
        assert_eq!(ask(HcsStartComputeSystem, system, None), (E_OUTOFMEMORY, None));
        close_system(system);
    });
}

#[test]
fn a_call_returns_s_ok_when_the_request_is_accepted_whatever_its_outcome() {
    Host::new().run(|host| {
        host.when(calls::create()).fail(E_ACCESSDENIED);
        let operation = operation();
        let (code, system) = create_call("vm", VM, operation);
        assert_eq!(code, S_OK);
        assert!(!system.is_null());
        assert_eq!(wait(operation).0, E_ACCESSDENIED);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_call_that_fails_at_once_leaves_the_operation_as_it_was() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        host.when(calls::start()).refuse(HCS_E_ACCESS_DENIED);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), HCS_E_ACCESS_DENIED);
        assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None));
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let (code, document) = wait(operation);
        assert_eq!(code, S_OK);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), HCS_E_ACCESS_DENIED);
        assert_eq!(result(operation), (S_OK, document));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_call_that_fails_at_once_can_leave_a_document() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        host.when(calls::start()).refuse(HCS_E_ACCESS_DENIED).document(ResultError::new().message("not you"));
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), HCS_E_ACCESS_DENIED);
        let (code, document) = result(operation);
        assert_eq!(code, HCS_E_ACCESS_DENIED);
        assert_eq!(json(document)["ErrorMessage"], "not you");
        close_operation(operation);
        close_system(system);
    });
}

// Process information

#[test]
fn process_information_is_for_two_types_of_requests_only() {
    with_completed(|operation, _| {
        let mut info = HCS_PROCESS_INFORMATION { ProcessId: 77, ..Default::default() };
        let mut document = 0x1234 as PWSTR;
        // SAFETY: both out pointers are valid.
        unsafe {
            let code = HcsGetOperationResultAndProcessInfo(operation, &mut info, &mut document);
            assert_eq!(code, E_INVALIDARG);
            assert!(document.is_null());
            let code = HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &mut info, &mut document);
            assert_eq!(code, E_INVALIDARG);
        }
        assert!(document.is_null());
        assert_eq!(info.ProcessId, 77); // written on S_OK only
        assert_eq!(result(operation).0, S_OK);
    });
    with_pending(|_, operation, _| {
        // SAFETY: NULL out pointers are allowed.
        let code = unsafe { HcsGetOperationResultAndProcessInfo(operation, null_mut(), null_mut()) };
        assert_eq!(code, E_INVALIDARG); // it will never be a process's
    });
    with_idle(|_, operation| {
        // SAFETY: NULL out pointers are allowed.
        let code = unsafe { HcsGetOperationResultAndProcessInfo(operation, null_mut(), null_mut()) };
        assert_eq!(code, HCS_E_OPERATION_NOT_STARTED);
    });
}

#[test]
fn process_information_comes_with_a_created_process() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        host.when(calls::create_process()).succeed();
        let operation = operation();
        let parameters = wide("{}");
        let mut process = null_mut();
        let mut info = HCS_PROCESS_INFORMATION { ProcessId: 0, ..Default::default() };
        // SAFETY: text and out pointers are valid.
        unsafe {
            assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), operation, null(), &mut process), 0);
            assert_eq!(HcsGetProcessFromOperation(operation), process);
            assert_eq!(
                HcsGetOperationResultAndProcessInfo(operation, &mut info, null_mut()),
                HCS_E_OPERATION_PENDING
            );
            assert_eq!(
                HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &mut info, null_mut()),
                S_OK
            );
            assert_ne!(info.ProcessId, 0);
            assert_eq!(HcsWaitForOperationResultAndProcessInfo(operation, 0, null_mut(), null_mut()), S_OK);
            assert!(HcsGetProcessFromOperation(operation).is_null());
            HcsCloseProcess(process);
        }
        close_operation(operation);
        close_system(system);
    });
}

// Context, cancel, creation

#[test]
fn the_context_is_kept_and_can_be_changed() {
    Host::new().run(|_| {
        let (first, second) = (1u8, 2u8);
        let operation = operation_with((&raw const first).cast(), None);
        // SAFETY: contexts are only carried.
        unsafe {
            assert_eq!(HcsGetOperationContext(operation), (&raw const first).cast_mut().cast());
            assert_eq!(HcsSetOperationContext(operation, (&raw const second).cast()), S_OK);
            assert_eq!(HcsGetOperationContext(operation), (&raw const second).cast_mut().cast());
            assert_eq!(HcsSetOperationContext(operation, null()), S_OK);
            assert!(HcsGetOperationContext(operation).is_null());
        }
        close_operation(operation);
    });
}

#[test]
fn cancel_is_not_implemented_in_any_state() {
    // SAFETY: any value is recognised.
    let cancel = |operation| Hresult::from(unsafe { HcsCancelOperation(operation) });
    with_idle(|_, operation| assert_eq!(cancel(operation), E_NOTIMPL));
    with_pending(|_, operation, _| {
        assert_eq!(cancel(operation), E_NOTIMPL);
        assert_eq!(wait(operation), (S_OK, None)); // and it cancels nothing
    });
    with_completed(|operation, _| assert_eq!(cancel(operation), E_NOTIMPL));
}

#[test]
fn create_operation_answers_null_and_a_last_error_when_out_of_resources() {
    Host::new().run(|host| {
        host.when(calls::create_operation()).refuse(E_OUTOFMEMORY);
        // SAFETY: neither function has requirements.
        unsafe {
            SetLastError(0);
            assert!(operation().is_null());
            assert_eq!(GetLastError(), 8); // ERROR_NOT_ENOUGH_MEMORY
        }
    });
}

#[test]
fn every_use_has_an_id_of_its_own() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let mut ids = Vec::new();
        for _ in 0..3 {
            let operation = operation();
            for _ in 0..3 {
                assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
                ids.push(operation_id(operation));
                wait(operation);
                assert_eq!(operation_id(operation), *ids.last().unwrap());
            }
            close_operation(operation);
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
        close_system(system);
    });
}

#[test]
fn documents_are_freed_by_co_task_mem_free_too() {
    with_completed(|operation, _| {
        let mut document = null_mut();
        // SAFETY: the out pointer is valid, and the document is freed once.
        unsafe {
            HcsGetOperationResult(operation, &mut document);
            hcs_sim::win32::CoTaskMemFree(document.cast());
        }
    });
}

#[test]
fn local_memory_is_allocated_and_freed() {
    Host::new().run(|_| {
        // SAFETY: the block is used within its size and freed once.
        unsafe {
            let block = hcs_sim::win32::LocalAlloc(LPTR, 64).cast::<u8>();
            assert!((0..64).all(|at| *block.add(at) == 0));
            block.write_bytes(1, 64);
            assert!(LocalFree(block.cast()).is_null());
            assert!(LocalFree(null_mut()).is_null());
        }
    });
}
