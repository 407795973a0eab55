//! The seam of the client: HCS as a trait, with handles as numbers and documents as texts, and the real one on windows-sys.
//! Not here: what a client does with it (`keeper`), mocks of it (`tests/compare`).

use std::collections::HashMap;
use std::ffi::c_void;
use std::io::{self, Read};
use std::ptr::{null, null_mut};
use std::sync::Mutex;

use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::FileSystem::ReadFile;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::{PCWSTR, PWSTR};

/// An HRESULT, and the document that came with it.
pub type Outcome = (i32, Option<String>);
/// Is told events: the type and the data.
pub type Callback = Box<dyn Fn(i32, Option<String>) + Send + Sync>;
/// What a process prints.
pub type Output = Box<dyn Read + Send>;

/// The part of HCS that the client uses. A handle of 0 is NULL.
#[mockall::automock]
pub trait Hcs: Send + Sync {
    fn create_operation(&self) -> usize;
    fn close_operation(&self, operation: usize);
    fn wait(&self, operation: usize, limit_ms: u32) -> Outcome;
    fn wait_for_process(&self, operation: usize, limit_ms: u32) -> (Outcome, Option<Output>);
    fn create(&self, id: &str, configuration: &str, operation: usize) -> (i32, usize);
    fn open(&self, id: &str) -> (i32, usize);
    fn close(&self, system: usize);
    fn listen(&self, system: usize, callback: Callback) -> i32;
    fn start(&self, system: usize, operation: usize) -> i32;
    fn shut_down(&self, system: usize, operation: usize, options: &str) -> i32;
    fn terminate(&self, system: usize, operation: usize) -> i32;
    fn properties(&self, system: usize, operation: usize) -> i32;
    fn wait_for_exit(&self, system: usize, limit_ms: u32) -> Outcome;
    fn create_process(&self, system: usize, parameters: &str, operation: usize) -> (i32, usize);
    fn wait_for_process_exit(&self, process: usize, limit_ms: u32) -> Outcome;
    fn close_process(&self, process: usize);
}

/// `computecore.dll`; in the tests the functions of hcs-sim, which link under the same names.
#[derive(Default)]
pub struct Computecore {
    /// By system; each lives until its handle is closed.
    callbacks: Mutex<HashMap<usize, Box<Callback>>>,
}

impl Hcs for Computecore {
    fn create_operation(&self) -> usize {
        // SAFETY: neither context nor callback.
        unsafe { HcsCreateOperation(null(), None) as usize }
    }

    fn close_operation(&self, operation: usize) {
        // SAFETY: the client owns it.
        unsafe { HcsCloseOperation(operation as HCS_OPERATION) }
    }

    fn wait(&self, operation: usize, limit_ms: u32) -> Outcome {
        let mut document = null_mut();
        // SAFETY: the client owns the operation, and the document is ours to write.
        let code = unsafe { HcsWaitForOperationResult(operation as HCS_OPERATION, limit_ms, &mut document) };
        (code, take(document))
    }

    fn wait_for_process(&self, operation: usize, limit_ms: u32) -> (Outcome, Option<Output>) {
        let (mut info, mut document) = (HCS_PROCESS_INFORMATION::default(), null_mut());
        let operation = operation as HCS_OPERATION;
        // SAFETY: the client owns the operation; information and document are ours to write.
        let code =
            unsafe { HcsWaitForOperationResultAndProcessInfo(operation, limit_ms, &mut info, &mut document) };
        let output = (!info.StdOutput.is_null()).then(|| Box::new(Pipe(info.StdOutput)) as Output);
        ((code, take(document)), output)
    }

    fn create(&self, id: &str, configuration: &str, operation: usize) -> (i32, usize) {
        let (id, configuration, mut system) = (wide(id), wide(configuration), null_mut());
        let operation = operation as HCS_OPERATION;
        // SAFETY: texts end in a NUL and outlive the call, the client owns the operation, the handle is ours to write.
        let code = unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
        };
        (code, system as usize)
    }

    fn open(&self, id: &str) -> (i32, usize) {
        let (id, mut system) = (wide(id), null_mut());
        // SAFETY: the text ends in a NUL and outlives the call, and the handle is ours to write.
        let code = unsafe { HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &mut system) };
        (code, system as usize)
    }

    fn close(&self, system: usize) {
        // SAFETY: the client owns it. The close waits for a callback that runs; its closure is let go of afterwards.
        unsafe { HcsCloseComputeSystem(system as HCS_SYSTEM) }
        self.callbacks.lock().unwrap().remove(&system);
    }

    fn listen(&self, system: usize, callback: Callback) -> i32 {
        let callback = Box::new(callback);
        let context = (&raw const *callback).cast();
        self.callbacks.lock().unwrap().insert(system, callback);
        let system = system as HCS_SYSTEM;
        // SAFETY: the client owns the system, and the context outlives its handle.
        unsafe { HcsSetComputeSystemCallback(system, HcsEventOptionNone, context, Some(on_event)) }
    }

    fn start(&self, system: usize, operation: usize) -> i32 {
        // SAFETY: the client owns both; there are no options.
        unsafe { HcsStartComputeSystem(system as HCS_SYSTEM, operation as HCS_OPERATION, null()) }
    }

    fn shut_down(&self, system: usize, operation: usize, options: &str) -> i32 {
        let (options, operation) = (wide(options), operation as HCS_OPERATION);
        // SAFETY: the client owns both, and the text ends in a NUL and outlives the call.
        unsafe { HcsShutDownComputeSystem(system as HCS_SYSTEM, operation, options.as_ptr()) }
    }

    fn terminate(&self, system: usize, operation: usize) -> i32 {
        // SAFETY: the client owns both; there are no options.
        unsafe { HcsTerminateComputeSystem(system as HCS_SYSTEM, operation as HCS_OPERATION, null()) }
    }

    fn properties(&self, system: usize, operation: usize) -> i32 {
        // SAFETY: the client owns both; there is no query.
        unsafe { HcsGetComputeSystemProperties(system as HCS_SYSTEM, operation as HCS_OPERATION, null()) }
    }

    fn wait_for_exit(&self, system: usize, limit_ms: u32) -> Outcome {
        let mut document = null_mut();
        // SAFETY: the client owns the system, and the document is ours to write.
        let code = unsafe { HcsWaitForComputeSystemExit(system as HCS_SYSTEM, limit_ms, &mut document) };
        (code, take(document))
    }

    fn create_process(&self, system: usize, parameters: &str, operation: usize) -> (i32, usize) {
        let (parameters, mut process) = (wide(parameters), null_mut());
        let (system, operation) = (system as HCS_SYSTEM, operation as HCS_OPERATION);
        // SAFETY: the client owns both, the text ends in a NUL and outlives the call, the handle is ours to write.
        let code = unsafe { HcsCreateProcess(system, parameters.as_ptr(), operation, null(), &mut process) };
        (code, process as usize)
    }

    fn wait_for_process_exit(&self, process: usize, limit_ms: u32) -> Outcome {
        let mut document = null_mut();
        // SAFETY: the client owns the process, and the document is ours to write.
        let code = unsafe { HcsWaitForProcessExit(process as HCS_PROCESS, limit_ms, &mut document) };
        (code, take(document))
    }

    fn close_process(&self, process: usize) {
        // SAFETY: the client owns it.
        unsafe { HcsCloseProcess(process as HCS_PROCESS) }
    }
}

unsafe extern "system" fn on_event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, its data is NULL or ends in a NUL; the context is a `Callback`.
    let (kind, data, callback) =
        unsafe { ((*event).Type, copied((*event).EventData), &*context.cast::<Callback>()) };
    callback(kind, data);
}

/// Our end of a pipe.
struct Pipe(HANDLE);

// SAFETY: a handle of the kernel belongs to the whole process.
unsafe impl Send for Pipe {}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        // SAFETY: the handle is live, there is that much room, the count is ours to write.
        let read =
            unsafe { ReadFile(self.0, buffer.as_mut_ptr(), buffer.len() as u32, &mut count, null_mut()) };
        // SAFETY: it only reads a number of this thread.
        match unsafe { GetLastError() } {
            _ if read != 0 => Ok(count as usize),
            ERROR_BROKEN_PIPE => Ok(0),
            error => Err(io::Error::from_raw_os_error(error as i32)),
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // SAFETY: the only owner.
        unsafe { CloseHandle(self.0) };
    }
}

/// Reads a document, if there is one, and frees it.
fn take(document: PWSTR) -> Option<String> {
    // SAFETY: NULL, or a document that ends in a NUL; it is freed once, after it was read.
    unsafe {
        let text = copied(document);
        LocalFree(document.cast()); // NULL is none
        text
    }
}

/// # Safety
///
/// The text is NULL, or ends in a NUL.
unsafe fn copied(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller promises it.
    unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        Some(String::from_utf16_lossy(std::slice::from_raw_parts(text, length)))
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
