//! A virtual machine from create to terminate, on any OS: `cargo run -p quickstart`.
//! Not here: wrappers as a product has them; `examples/vm-keeper` is a client with its tests.

use std::ptr::{null, null_mut};
use std::time::Duration;

use hcs_sim::hresult::*;
use hcs_sim::{Host, Hresult, ResultError, call};
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::HostComputeSystem::*; // declarations only: hcs-sim brings the functions
use windows_sys::core::{PCWSTR, PWSTR};

const CONFIGURATION: &str = include_str!("../../../fixtures/linux-direct-boot.json");

fn main() {
    Host::new().run(|host| {
        println!("The first start is going to fail, as if something still held the disk of the machine.");
        host.when(call::start().system("build-1"))
            .fail(HRESULT_ERROR_SHARING_VIOLATION)
            .document(ResultError::new().message("scratch.vhdx is in use"))
            .after(Duration::from_secs(2))
            .then()
            .simulate();

        println!("\nCreating \"build-1\" from fixtures/linux-direct-boot.json.");
        let operation = create_operation();
        let mut system = null_mut();
        let (id, configuration) = (wide("build-1"), wide(CONFIGURATION));
        // SAFETY: the texts end in a NUL and outlive the call, the operation is live, the handle is ours to write.
        let accepted = unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
        };
        println!("  the call:      {}", Hresult::from(accepted));
        // SAFETY: the operation is live, and no document is wanted.
        let early = unsafe { HcsGetOperationResult(operation, null_mut()) };
        println!("  read too soon: {}", Hresult::from(early));
        wait(host, operation);

        println!("\nStarting it.");
        request(host, HcsStartComputeSystem, system, operation);
        println!("\nStarting it again.");
        request(host, HcsStartComputeSystem, system, operation);
        println!("\nAsking for its properties.");
        request(host, HcsGetComputeSystemProperties, system, operation);
        println!("\nTerminating it.");
        request(host, HcsTerminateComputeSystem, system, operation);

        // SAFETY: both handles are live, and nothing uses them after this. Leave a line out to see what run() says of it.
        unsafe {
            HcsCloseOperation(operation);
            HcsCloseComputeSystem(system);
        }
        println!(
            "\nWhat happened, in {:?} of virtual time and hardly any real:\n\n{}",
            host.now(),
            host.journal()
        );
    });
}

type Request = unsafe extern "system" fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> i32;

/// Asks something of a system without options, and says how it went.
fn request(host: &Host, request: Request, system: HCS_SYSTEM, operation: HCS_OPERATION) {
    // SAFETY: both handles are live; NULL stands for no options.
    let accepted = unsafe { request(system, operation, null()) };
    println!("  the call:      {}", Hresult::from(accepted));
    wait(host, operation);
}

/// Waits for the outcome of what was asked, and says what it is.
fn wait(host: &Host, operation: HCS_OPERATION) {
    let mut document = null_mut();
    // SAFETY: the operation is live, and the document is ours to write.
    let code = unsafe { HcsWaitForOperationResult(operation, 60_000, &mut document) };
    println!("  the outcome:   {}", Hresult::from(code));
    println!("  the document:  {}", take(document).as_deref().unwrap_or("none"));
    println!("  the time:      {:?}", host.now());
}

fn create_operation() -> HCS_OPERATION {
    // SAFETY: there is neither a context nor a callback.
    unsafe { HcsCreateOperation(null(), None) }
}

/// Reads a document, if there is one, and frees it.
fn take(document: PWSTR) -> Option<String> {
    if document.is_null() {
        return None;
    }
    // SAFETY: documents end in a NUL; this one is ours to free, once, and is not used afterwards.
    unsafe {
        let length = (0..).take_while(|&at| *document.add(at) != 0).count();
        let text = String::from_utf16_lossy(std::slice::from_raw_parts(document, length));
        LocalFree(document.cast());
        Some(text)
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
