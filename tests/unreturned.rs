//! Callbacks that do not return: they throw, or end their thread.
//! Not here: callbacks that take long (`callbacks`), the same from C++ (`computecore/tests`).

mod support;

use std::ffi::c_void;
use std::mem::transmute;
use std::sync::atomic::{AtomicU32, Ordering};

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Finding, FindingKind, Host};
use support::processes::running;
use support::*;

/// Leaves as an exception of C++ does: a panic that crosses the boundary.
unsafe extern "C-unwind" fn thrown(_: HCS_OPERATION, _: *const c_void) {
    std::panic::resume_unwind(Box::new("an exception")); // without a word on stderr
}

/// Throws at its first call.
unsafe extern "C-unwind" fn thrown_at_first(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the test passes a counter that outlives the callback.
    let told = unsafe { &*context.cast::<AtomicU32>() };
    if told.fetch_add(1, Ordering::Relaxed) == 0 {
        std::panic::resume_unwind(Box::new("an exception"));
    }
}

fn throwing() -> HCS_OPERATION_COMPLETION {
    // SAFETY: the two differ in what may leave them only, and the host expects anything.
    Some(unsafe {
        transmute::<
            unsafe extern "C-unwind" fn(HCS_OPERATION, *const c_void),
            unsafe extern "system" fn(HCS_OPERATION, *const c_void),
        >(thrown)
    })
}

fn throwing_at_first() -> HCS_EVENT_CALLBACK {
    // SAFETY: as above.
    Some(unsafe {
        transmute::<
            unsafe extern "C-unwind" fn(*const HCS_EVENT, *const c_void),
            unsafe extern "system" fn(*const HCS_EVENT, *const c_void),
        >(thrown_at_first)
    })
}

fn unreturned(host: &Host) -> Vec<Finding> {
    let findings = host.verify().unwrap_err().findings;
    assert!(findings.iter().all(|it| it.kind == FindingKind::CallbackUnreturned), "{findings:?}");
    findings
}

#[test]
fn a_callback_that_throws_is_a_finding_and_the_host_goes_on() {
    let host = Host::new();
    let _entered = host.enter();
    let system = create("vm", VM);
    for _ in 0..70 {
        // More than there may be threads: lost ones do not count.
        let operation = operation_with(std::ptr::null(), throwing());
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        wait(operation);
        close_operation(operation);
    }
    close_system(system);
    assert_eq!(unreturned(&host).len(), 70);
}

#[test]
fn a_handle_can_be_closed_after_its_callback_threw() {
    let host = Host::new();
    let _entered = host.enter();
    let told = AtomicU32::new(0);
    let system = running("vm");
    // SAFETY: the counter lives until the handle is closed.
    let set = unsafe {
        HcsSetComputeSystemCallback(system, HcsEventOptionNone, (&raw const told).cast(), throwing_at_first())
    };
    assert_eq!(set, S_OK);
    host.raise(hcs_sim::event::guest_crash("vm")); // two events: the crash, and the exit after it
    host.advance(std::time::Duration::from_secs(1));
    close_system(system);
    assert_eq!(unreturned(&host).len(), 1);
    assert_eq!(told.load(Ordering::Relaxed), 3);
}
