//! What is left behind.
//! Not here: what is used wrongly (`misuse`).

use std::ptr::null_mut;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, call as calls, program};

use crate::snapshot;
use crate::support::processes::*;
use crate::support::*;

#[test]
fn an_operation_that_failed() {
    let host = Host::new();
    snapshot::of_report("leaked-operation", &host, || {
        host.when(calls::start()).fail(E_OUTOFMEMORY);
        let (system, operation) = (create("web", VM), operation());
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation).0, E_OUTOFMEMORY);
        close_system(system);
    });
}

#[test]
fn operations_never_used_and_still_pending() {
    let host = Host::new();
    snapshot::of_report("leaked-operation-pending", &host, || {
        host.when(calls::start()).never_completes();
        let (system, _idle, pending) = (create("web", VM), operation(), operation());
        assert_eq!(call(HcsStartComputeSystem, system, pending, None), S_OK);
        close_system(system);
    });
}

#[test]
fn the_system_of_a_create_that_failed() {
    snapshot::of_report("leaked-system", &Host::new(), || drop(try_create("web", "{}")));
}

#[test]
fn a_process() {
    let host = Host::new();
    snapshot::of_report("leaked-process", &host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let _never_closed = start_process(system, NO_PIPES);
        close_system(system);
    });
}

#[test]
fn the_document_of_a_failure() {
    let host = Host::new();
    snapshot::of_report("leaked-document", &host, || {
        host.when(calls::start()).fail(HCS_E_HYPERV_NOT_INSTALLED);
        let (system, operation) = (create("web", VM), operation());
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        let mut document = null_mut();
        // SAFETY: the out pointer is valid.
        let code = unsafe { HcsWaitForOperationResult(operation, INFINITE, &mut document) };
        assert!(code < 0 && !document.is_null());
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_pipe() {
    let host = Host::new();
    snapshot::of_report("leaked-pipe", &host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        close_process(started.process);
        close_system(system);
    });
}
