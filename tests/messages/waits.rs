//! Waits that can never end.
//! Not here: which waits are recognised (`tests/findings.rs`).

use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Time, call as calls, event, program};

use crate::snapshot;
use crate::support::processes::*;
use crate::support::*;

/// So long is another thread trusted to act.
const PATIENCE: Duration = Duration::from_millis(30);

#[test]
fn a_wait_for_an_operation_that_never_completes() {
    let host = Host::new();
    snapshot::of_report("stuck-wait", &host, || {
        host.when(calls::start()).never_completes();
        let (system, operation) = (create("web", VM), operation());
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (HCS_E_OPERATION_TIMEOUT, None));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_wait_for_an_exit_that_nobody_advances_to() {
    let host = Host::builder().time(Time::Manual).patience(PATIENCE).build();
    snapshot::of_report("stuck-wait-manual-time", &host, || {
        let operation = operation();
        let (_, system) = create_call("web", VM, operation);
        host.advance(Duration::from_secs(1));
        close_operation(operation);
        assert_eq!(wait_for_exit(system, INFINITE), (HCS_E_OPERATION_TIMEOUT, None));
        close_system(system);
    });
}

#[test]
fn a_wait_for_what_the_test_holds() {
    let host = Host::builder().patience(PATIENCE).build();
    snapshot::of_report("stuck-wait-held", &host, || {
        let gate = host.when(calls::start()).simulate().hold();
        let (system, operation) = (create("web", VM), operation());
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (HCS_E_OPERATION_TIMEOUT, None));
        gate.release();
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_wait_for_a_program_that_runs_for_ever() {
    let host = Host::builder().patience(PATIENCE).build();
    snapshot::of_report("stuck-wait-process", &host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(wait_for_process(started.process, INFINITE), (HCS_E_OPERATION_TIMEOUT, None));
        started.close();
        close_system(system);
    });
}

#[test]
fn a_read_of_a_pipe_that_nobody_writes() {
    let host = Host::builder().patience(PATIENCE).build();
    snapshot::of_report("stuck-read", &host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(read_some(started.info.StdOutput, &mut [0; 4]), Err(995));
        started.close();
        close_system(system);
    });
}

/// Waits for a lock that the thread which closes holds.
unsafe extern "system" fn lock(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the mutex outlives the registration.
    let mutex = unsafe { &*context.cast::<Mutex<u32>>() };
    *mutex.lock().unwrap() += 1;
}

#[test]
fn a_close_that_holds_what_the_callback_needs() {
    let host = Host::builder().patience(PATIENCE).build();
    let mutex = Mutex::new(0u32);
    snapshot::of_report("stuck-close", &host, || {
        let system = create("web", VM);
        // SAFETY: the mutex outlives the host's callbacks.
        let code = unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const mutex).cast(), Some(lock)) };
        assert_eq!(code, S_OK);
        start(system);
        let held = mutex.lock().unwrap();
        host.raise(event::power_off("web"));
        host.advance(Duration::from_secs(1)); // the callback enters, and waits for the lock
        close_system(system);
        drop(held);
        // the callback returns once it can, and is in the journal then
        while !host.journal().to_string().contains("callback returns") {
            std::thread::yield_now();
        }
    });
}

/// Closes the system whose event it is told.
unsafe extern "system" fn close_own(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the context is a sender and a handle that outlive the registration.
    let (sender, system) = unsafe { &*context.cast::<(Sender<()>, Sent)>() };
    close_system(system.get());
    let _ = sender.send(());
}

#[test]
fn a_close_in_the_handles_own_callback() {
    let host = Host::new();
    snapshot::of_report("stuck-close-own-callback", &host, || {
        let (sender, receiver) = channel::<()>();
        let system = create("web", VM);
        let context = Box::new((sender, Sent::new(system)));
        // SAFETY: the context outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const *context).cast(), Some(close_own)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::power_off("web"));
        next_of(&receiver);
        host.advance(Duration::from_secs(1));
    });
}
