//! What happens when a client is careless: the test fails, and says what was forgotten.
//! Not here: the keeper, which is not careless; the code below is wrong on purpose.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use std::panic::catch_unwind;
use std::ptr::{null, null_mut};

use hcs_sim::Host;
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::PWSTR;

/// Runs wrong code in a host of its own: what the test would have failed with.
fn report_of(wrong: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = catch_unwind(|| Host::new().run(|_| wrong())).expect_err("nothing was noticed");
    *panic.downcast().expect("reports are text")
}

/// Asks for a list, as clients do.
fn ask(document: &mut PWSTR) -> HCS_OPERATION {
    // SAFETY: there is neither a context nor a callback; NULL asks for every system; the document is ours to write.
    unsafe {
        let operation = HcsCreateOperation(null(), None);
        assert_eq!(HcsEnumerateComputeSystems(null(), operation), 0);
        assert_eq!(HcsWaitForOperationResult(operation, 1000, document), 0);
        operation
    }
}

#[test]
fn an_operation_and_a_document_that_are_forgotten_fail_the_test() {
    let report = report_of(|| {
        ask(&mut null_mut()); // neither is kept, so nobody can close or free them
    });
    assert!(report.starts_with("hcs-sim: 2 findings\n"), "{report}");
    assert!(report.contains("operation#1 was never closed; its Enumerate completed with S_OK"), "{report}");
    assert!(
        report.contains("a document that HcsWaitForOperationResult handed out was never freed"),
        "{report}"
    );
    assert!(report.contains("to mend      call HcsCloseOperation on every path"), "{report}");
}

#[test]
fn a_document_that_is_freed_twice_fails_the_test() {
    let report = report_of(|| {
        let mut document = null_mut();
        let operation = ask(&mut document);
        // SAFETY: the second free is the mistake; it is recognised, and not carried out.
        unsafe {
            LocalFree(document.cast());
            LocalFree(document.cast());
            HcsCloseOperation(operation);
        }
    });
    assert!(report.contains("1. LocalFree was called twice on the same document"), "{report}");
}

#[test]
fn a_result_that_is_read_after_the_close_fails_the_test() {
    let report = report_of(|| {
        let mut document = null_mut();
        let operation = ask(&mut document);
        // SAFETY: the use after the close is the mistake; handles are numbers here, and are never followed.
        unsafe {
            LocalFree(document.cast());
            HcsCloseOperation(operation);
            HcsGetOperationResult(operation, null_mut());
        }
    });
    assert!(
        report.contains("HcsGetOperationResult was called with operation#1 after it was closed"),
        "{report}"
    );
}
