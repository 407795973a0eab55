//! What is there on Windows only: memory and pipes of the system itself.
//! Not here: the DLL (`computecore`).

#![cfg(windows)]

mod support;

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host};
use support::processes::*;
use support::*;

const ERROR_BROKEN_PIPE: i32 = 109;
const ERROR_IO_PENDING: i32 = 997;

/// The functions of the system, not those of hcs-sim.
mod system {
    use super::*;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        pub fn LocalFree(memory: *mut c_void) -> *mut c_void;
        pub fn CloseHandle(handle: HANDLE) -> i32;
        pub fn CreateEventW(security: *const c_void, manual: i32, set: i32, name: *const u16) -> HANDLE;
        pub fn GetOverlappedResult(file: HANDLE, it: *mut OVERLAPPED, count: *mut u32, wait: i32) -> i32;
        pub fn ReadFile(file: HANDLE, into: *mut u8, most: u32, count: *mut u32, it: *mut OVERLAPPED) -> i32;
        pub fn WriteFile(
            file: HANDLE,
            from: *const u8,
            size: u32,
            count: *mut u32,
            it: *mut OVERLAPPED,
        ) -> i32;
    }
}

fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap()
}

fn with_event() -> OVERLAPPED {
    // SAFETY: no names, no security.
    OVERLAPPED { hEvent: unsafe { system::CreateEventW(null(), 1, 0, null()) }, ..OVERLAPPED::default() }
}

/// Waits for what was begun: how many bytes. `begun`: 0 if the last error says how it began.
fn end_of(file: HANDLE, begun: i32, overlapped: &mut OVERLAPPED) -> Result<u32, i32> {
    if begun == 0 && last_error() != ERROR_IO_PENDING {
        return Err(last_error());
    }
    let mut count = 0;
    // SAFETY: the handle, what was begun on it, and the count are alive.
    let done = unsafe { system::GetOverlappedResult(file, overlapped, &mut count, 1) };
    let outcome = if done == 0 { Err(last_error()) } else { Ok(count) };
    // SAFETY: the event is closed once.
    unsafe { system::CloseHandle(overlapped.hEvent) };
    outcome
}

#[test]
fn on_windows_the_callers_ends_take_overlapped_io() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            while let Some(line) = guest.read_line() {
                guest.stdout(format!("{line}!"));
            }
        });
        let vm = running("box");
        let started = start_process(vm, ALL_PIPES);
        let (input, output) = (started.info.StdInput, started.info.StdOutput);
        let mut buffer = [0; 16];
        let mut read = with_event();
        // SAFETY: the buffer and the OVERLAPPED live until the end is known.
        let begun = unsafe { system::ReadFile(output, buffer.as_mut_ptr(), 16, null_mut(), &mut read) };
        assert_eq!((begun, last_error()), (0, ERROR_IO_PENDING)); // nothing is there yet
        let mut write = with_event();
        // SAFETY: as above.
        let written = unsafe { system::WriteFile(input, b"hello\n".as_ptr(), 6, null_mut(), &mut write) };
        assert_eq!(end_of(input, written, &mut write), Ok(6));
        assert_eq!(end_of(output, 1, &mut read), Ok(6));
        assert_eq!(&buffer[..6], b"hello!");
        // SAFETY: the end of input is closed once.
        assert_ne!(unsafe { system::CloseHandle(input) }, 0);
        let mut read = with_event();
        // SAFETY: as above.
        let begun = unsafe { system::ReadFile(output, buffer.as_mut_ptr(), 16, null_mut(), &mut read) };
        assert_eq!(end_of(output, begun, &mut read), Err(ERROR_BROKEN_PIPE));
        for end in [output, started.info.StdError] {
            // SAFETY: each is closed once.
            assert_ne!(unsafe { system::CloseHandle(end) }, 0);
        }
        assert_eq!(wait_for_process(started.process, INFINITE).0, S_OK);
        close_process(started.process);
        close_system(vm);
    }); // what the system closed is no leak
}

fn fetched(system: HCS_SYSTEM) -> PWSTR {
    let operation = operation();
    assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
    let mut document = null_mut();
    // SAFETY: the out pointer is valid.
    unsafe { HcsWaitForOperationResult(operation, INFINITE, &mut document) };
    close_operation(operation);
    document
}

#[test]
fn on_windows_the_systems_own_local_free_frees_documents() {
    Host::new().run(|_| {
        let vm = create("vm", VM);
        let documents: Vec<PWSTR> = (0..50).map(|_| fetched(vm)).collect();
        for document in documents {
            // SAFETY: each is freed once.
            assert!(unsafe { system::LocalFree(document.cast()) }.is_null());
        }
        close_system(vm);
    });
    let host = Host::new();
    let _entered = host.enter();
    let vm = create("vm", VM);
    let (kept, freed) = (fetched(vm), fetched(vm));
    // SAFETY: it is freed once.
    unsafe { system::LocalFree(freed.cast()) };
    close_system(vm);
    let kinds: Vec<FindingKind> = host.verify().unwrap_err().findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [FindingKind::LeakedDocument]);
    // SAFETY: it is freed once.
    unsafe { system::LocalFree(kept.cast()) };
}
