//! Guest programs and events: what the test itself does wrong with them.
//! Not here: rules (`rules`).

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, event, program};

use crate::snapshot;
use crate::support::processes::*;
use crate::support::*;

#[test]
fn an_event_that_happens_to_nobody() {
    let host = Host::new();
    snapshot::of_report("event-missed", &host, || {
        close_system(create("web", VM));
        host.raise(event::guest_crash("web"));
    });
}

#[test]
fn a_program_that_panics() {
    let host = Host::new();
    snapshot::of_report("program-panicked", &host, || {
        host.program("tool", |guest| {
            if guest.process_id() > 0 {
                panic!("divided by cucumber");
            }
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(exit_code(started.process), 101);
        started.close();
        close_system(system);
    });
}

/// Leaves as an exception of C++ does.
unsafe extern "C-unwind" fn thrown(_: HCS_OPERATION, _: *const std::ffi::c_void) {
    std::panic::resume_unwind(Box::new("an exception")); // without a word on stderr
}

#[test]
fn a_callback_that_throws() {
    let host = Host::new();
    snapshot::of_report("callback-unreturned", &host, || {
        // SAFETY: the two differ in what may leave them only, and the host expects anything.
        let throwing = unsafe {
            std::mem::transmute::<
                unsafe extern "C-unwind" fn(HCS_OPERATION, *const std::ffi::c_void),
                unsafe extern "system" fn(HCS_OPERATION, *const std::ffi::c_void),
            >(thrown)
        };
        let system = create("vm", VM);
        let operation = operation_with(std::ptr::null(), Some(throwing));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        wait(operation);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_program_whose_matcher_panics() {
    let host = Host::new();
    snapshot::of_report("program-matcher-panicked", &host, || {
        host.canned(program::any().matching("odd", |_| panic!("not today")), program::prints(""));
        let system = running("box");
        let (code, started) = try_start_process(system, NO_PIPES);
        assert_eq!(code, HRESULT_ERROR_FILE_NOT_FOUND);
        close_process(started.process);
        close_system(system);
    });
}

#[cfg(unix)] // in a process of its own, which has few files
#[test]
fn a_machine_without_pipes() {
    let said = snapshot::in_child("programs::a_machine_without_pipes", "ulimit -n 64;", || {
        let host = Host::new();
        snapshot::report_of(&host, || {
            host.canned("tool", program::runs_until_terminated());
            let system = running("box");
            let files: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
            let (_, started) = try_start_process(system, OUT_ONLY);
            assert_eq!(wait_for_process(started.process, INFINITE).0, S_OK);
            drop(files);
            started.close();
            close_system(system);
        })
    });
    if let Some((message, _)) = said {
        snapshot::compare("out-of-resources", &message);
    }
}
