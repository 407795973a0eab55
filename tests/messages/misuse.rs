//! Handles and memory that are used wrongly.
//! Not here: what is left behind (`leaks`), waits that never end (`waits`).

use std::ptr::null_mut;
use std::sync::mpsc::channel;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::{CloseHandle, LocalFree};
use hcs_sim::{Host, Profile, Time};

use crate::snapshot;
use crate::support::processes::*;
use crate::support::*;

#[test]
fn an_operation_after_its_close() {
    snapshot::of_report("use-after-close", &Host::new(), || {
        let operation = operation();
        close_operation(operation);
        assert_eq!(result(operation), (E_HANDLE, None));
    });
}

#[test]
fn a_second_close() {
    snapshot::of_report("double-close", &Host::new(), || {
        let system = create("web", VM);
        close_system(system);
        close_system(system);
    });
}

#[test]
fn a_handle_of_another_kind() {
    snapshot::of_report("wrong-kind", &Host::new(), || {
        let (operation, system) = (operation(), create("web", VM));
        assert_eq!(call(HcsStartComputeSystem, operation, system, None), E_HANDLE);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_hcs_handle_given_to_functions_of_win32() {
    snapshot::of_report("wrong-kind-win32", &Host::new(), || {
        let operation = operation();
        // SAFETY: no value is followed.
        assert_eq!(unsafe { CloseHandle(operation) }, 0);
        assert_eq!(read_some(operation, &mut [0; 4]), Err(6));
        close_operation(operation);
    });
}

#[test]
fn a_value_that_is_no_handle() {
    snapshot::of_report("not-a-handle", &Host::new(), || {
        let local = 0u64;
        assert_eq!(result(&raw const local as HCS_OPERATION), (E_HANDLE, None));
        // SAFETY: no value is followed.
        assert_eq!(unsafe { CloseHandle(0x40 as HANDLE) }, 0);
    });
}

#[test]
fn a_handle_of_another_host() {
    let other = Host::new();
    let entered = other.enter();
    let foreign = operation();
    drop(entered);
    snapshot::of_report("not-a-handle-other-host", &Host::new(), || {
        let system = create("web", VM);
        assert_eq!(call(HcsStartComputeSystem, system, foreign, None), E_HANDLE);
        close_system(system);
    });
    close_operation(foreign);
}

#[test]
fn a_null_handle() {
    snapshot::of_report("null-handle", &Host::new(), || {
        let system = create("web", VM);
        assert_eq!(call(HcsStartComputeSystem, system, null_mut(), None), E_INVALIDARG);
        close_system(system);
        close_system(null_mut());
    });
}

#[test]
fn a_close_under_a_call_of_another_thread() {
    let host = Host::builder().time(Time::Manual).build();
    snapshot::of_report("closed-in-use", &host, || {
        let operation = operation();
        let (_, system) = create_call("web", VM, operation);
        let (sent, other) = (Sent::new(operation), host.clone());
        let (sender, receiver) = channel();
        let waits = move || {
            let _entered = other.enter();
            sender.send(()).unwrap();
            wait(sent.get())
        };
        let waiter = std::thread::Builder::new().name("waiter".to_owned()).spawn(waits).unwrap();
        next_of(&receiver);
        // the thread is inside as soon as its wait shows in the display of the host
        while !host.to_string().contains("1 threads inside") {
            std::thread::yield_now();
        }
        close_operation(operation);
        assert_eq!(waiter.join().unwrap(), (E_HANDLE, None));
        host.advance(Duration::from_secs(1));
        close_system(system);
    });
}

#[test]
fn a_second_free() {
    snapshot::of_report("double-free", &Host::new(), || {
        let (system, operation) = (create("web", VM), operation());
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let mut document = null_mut();
        // SAFETY: the out pointer is valid; the second free is recognised.
        unsafe {
            HcsWaitForOperationResult(operation, INFINITE, &mut document);
            assert!(LocalFree(document.cast()).is_null());
            assert!(!LocalFree(document.cast()).is_null());
        }
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_free_of_what_nobody_handed_out() {
    snapshot::of_report("foreign-free", &Host::new(), || {
        let mut local = [0u16; 4];
        // SAFETY: the value is recognised and not followed.
        assert!(!unsafe { LocalFree(local.as_mut_ptr().cast()) }.is_null());
    });
}

#[test]
fn an_export_that_this_windows_lacks() {
    let host = Host::builder().profile(Profile::WindowsServer2022).build();
    snapshot::of_report("missing-export", &host, || {
        let (system, operation) = (create("web", VM), operation());
        let code = call(HcsInitializeLiveMigrationOnSource, system, operation, None);
        assert!(code.is_failure());
        close_operation(operation);
        close_system(system);
    });
}

#[cfg(unix)] // in a process of its own: the finding goes to the default host, and other tests have hosts
#[test]
fn a_thread_that_belongs_to_no_host() {
    let test = "misuse::a_thread_that_belongs_to_no_host";
    let said = snapshot::in_child(test, "", || {
        let _two = (Host::new(), Host::new());
        assert_eq!(ask_no_host(), HCS_E_SERVICE_NOT_AVAILABLE);
        Host::default_host().verify().unwrap_err().to_string()
    });
    if let Some((message, stderr)) = said {
        snapshot::compare("ambiguous-host", &message);
        let at_once = stderr.lines().skip_while(|it| !it.starts_with("hcs-sim: ")).collect::<Vec<_>>();
        snapshot::compare("ambiguous-host-at-once", &at_once.join("\n"));
    }
}

#[cfg(unix)] // in a process of its own, as above
#[test]
fn an_operation_that_belongs_to_no_host() {
    let said = snapshot::in_child("misuse::an_operation_that_belongs_to_no_host", "", || {
        let _two = (Host::new(), Host::new());
        let operation = operation();
        close_operation(operation);
        close_operation(operation);
        Host::default_host().verify().unwrap_err().to_string()
    });
    if let Some((message, _)) = said {
        snapshot::compare("double-close-no-host", &message);
    }
}

/// A call that names no handle.
fn ask_no_host() -> hcs_sim::Hresult {
    let mut document = null_mut();
    // SAFETY: the out pointer is valid.
    unsafe { HcsGetServiceProperties(std::ptr::null(), &mut document) }.into()
}
