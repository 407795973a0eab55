//! Owners of what HCS hands out: systems, processes, pipes, operations, documents, events. The only unsafe code of the crate.
//! Not here: which requests make sense when, and how long they may take (`container`, `running`).

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::error::{Error, from_win32};

/// The functions that ask something of a system, or of a process: all have this shape.
type Request = unsafe extern "system" fn(*mut c_void, HCS_OPERATION, PCWSTR) -> HRESULT;

/// A handle of a system or a process, closed when it is dropped. A process goes on then.
#[derive(Debug)]
pub(crate) struct Handle {
    raw: *mut c_void,
    kind: &'static Kind,
    /// The context of callbacks. The close waits for those, and comes before this is let go of.
    watch: Arc<Watch>,
}

/// The functions that come in two forms, one for systems and one for processes.
#[derive(Debug)]
struct Kind {
    listen: unsafe extern "system" fn(
        *mut c_void,
        HCS_EVENT_OPTIONS,
        *const c_void,
        HCS_EVENT_CALLBACK,
    ) -> HRESULT,
    wait: unsafe extern "system" fn(*mut c_void, u32, *mut PWSTR) -> HRESULT,
    close: unsafe extern "system" fn(*mut c_void),
}

static SYSTEM: Kind = Kind {
    listen: HcsSetComputeSystemCallback,
    wait: HcsWaitForComputeSystemExit,
    close: HcsCloseComputeSystem,
};
static PROCESS: Kind =
    Kind { listen: HcsSetProcessCallback, wait: HcsWaitForProcessExit, close: HcsCloseProcess };

/// What HCS has told without being asked. There are no locks in it: a callback that waits could keep a close from ending.
#[derive(Debug, Default)]
struct Watch {
    exit: OnceLock<String>,
    service_lost: AtomicBool,
}

/// What a process has from its start: an id, and our ends of the pipes that were asked for.
pub(crate) struct Started {
    pub(crate) id: u32,
    pub(crate) input: Option<Pipe>,
    pub(crate) output: Option<Pipe>,
    pub(crate) errors: Option<Pipe>,
}

// SAFETY: a handle is a token for HCS; its functions may be called from any thread.
unsafe impl Send for Handle {}
// SAFETY: as above; every request has an operation of its own.
unsafe impl Sync for Handle {}

impl Handle {
    /// Creates a system and waits until it is.
    pub(crate) fn create_system(id: &str, configuration: &str, limit_ms: u32) -> Result<Handle, Error> {
        let doing = "create the container";
        let (id, configuration) = (wide(id), wide(configuration));
        let operation = Operation::new(doing)?;
        let mut raw = null_mut();
        // SAFETY: both texts end in a NUL and outlive the call, the operation is live, and the handle is ours to write.
        let accepted = unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation.0, null(), &mut raw)
        };
        // The handle comes before it is known whether the create succeeds: it is owned, and so closed, in either case.
        let system = Handle { raw, kind: &SYSTEM, watch: Arc::default() };
        check(doing, accepted)?;
        operation.wait(doing, limit_ms)?;
        Ok(system)
    }

    /// Creates a process in a system and waits until it runs.
    pub(crate) fn create_process(&self, parameters: &str, limit_ms: u32) -> Result<(Handle, Started), Error> {
        let doing = "create the process";
        let parameters = wide(parameters);
        let operation = Operation::new(doing)?;
        let mut raw = null_mut();
        // SAFETY: the text ends in a NUL and outlives the call, system and operation are live, the handle is ours to write.
        let accepted =
            unsafe { HcsCreateProcess(self.raw, parameters.as_ptr(), operation.0, null(), &mut raw) };
        let process = Handle { raw, kind: &PROCESS, watch: Arc::default() };
        self.judge(check(doing, accepted))?;
        let (mut it, mut document) = (HCS_PROCESS_INFORMATION::default(), Document(null_mut()));
        // SAFETY: the operation is live; the information and the document are ours to write.
        let code = unsafe {
            HcsWaitForOperationResultAndProcessInfo(operation.0, limit_ms, &mut it, &mut document.0)
        };
        self.judge(finish(doing, code, document))?;
        let [input, output, errors] = [it.StdInput, it.StdOutput, it.StdError].map(Pipe::owned);
        Ok((process, Started { id: it.ProcessId, input, output, errors }))
    }

    /// Lets HCS tell of an exit, and of the end of the service.
    pub(crate) fn listen(&self) -> Result<(), Error> {
        let context = Arc::as_ptr(&self.watch).cast();
        // SAFETY: the handle is live. The context is a `Watch`, as the callback expects, and outlives the handle.
        let code = unsafe { (self.kind.listen)(self.raw, HcsEventOptionNone, context, Some(on_event)) };
        self.judge(check("register for events", code))
    }

    /// Asks something of the system or process, and waits until it is done.
    pub(crate) fn request(
        &self,
        doing: &'static str,
        request: Request,
        options: Option<&str>,
        limit_ms: u32,
    ) -> Result<(), Error> {
        let options = options.map(wide);
        let options = options.as_ref().map_or(null(), |it| it.as_ptr());
        let operation = Operation::new(doing)?;
        // SAFETY: both handles are live; the options are NULL, or end in a NUL and outlive the call.
        let accepted = unsafe { request(self.raw, operation.0, options) };
        self.judge(check(doing, accepted).and_then(|()| operation.wait(doing, limit_ms)).map(drop))
    }

    /// The document that says how it exited, if HCS has told.
    pub(crate) fn told_exit(&self) -> Option<&str> {
        self.watch.exit.get().map(String::as_str)
    }

    /// Waits for the exit: the document that says how. If the wait brings none, that of the event is as good.
    pub(crate) fn wait_for_exit(&self, doing: &'static str, limit_ms: u32) -> Result<Option<String>, Error> {
        let mut document = Document(null_mut());
        // SAFETY: the handle is live, and the document is ours to write.
        let code = unsafe { (self.kind.wait)(self.raw, limit_ms, &mut document.0) };
        if let Some(document) = self.judge(finish(doing, code, document))? {
            let _ = self.watch.exit.set(document); // an earlier one says the same
        }
        Ok(self.told_exit().map(str::to_owned))
    }

    /// Once the service is known to be lost, that is what every failure comes from.
    fn judge<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Err(Error::Hcs { doing, hresult, .. }) if self.watch.service_lost.load(Ordering::Acquire) => {
                Err(Error::ServiceLost { doing, hresult })
            }
            outcome => outcome,
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: this is the handle's only owner.
            unsafe { (self.kind.close)(self.raw) }
        }
    }
}

/// Called by HCS, on a thread of its own, when something happens to a system or a process.
unsafe extern "system" fn on_event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: HCS passes an event for the time of the callback. The context is the `Watch` of a handle, let go of after the
    // handle's close, which waits for this callback.
    let (event, watch) = unsafe { (&*event, &*context.cast::<Watch>()) };
    if event.Type == HcsEventServiceDisconnect {
        watch.service_lost.store(true, Ordering::Release);
    } else if event.Type == HcsEventSystemExited || event.Type == HcsEventProcessExited {
        // SAFETY: the data is NULL, or ends in a NUL and can be read during the callback.
        let document = unsafe { read_text(event.EventData) };
        let _ = watch.exit.set(document.unwrap_or_default()); // an earlier one says the same
    }
}

/// Our end of a pipe, closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Pipe(HANDLE);

// SAFETY: a handle of the kernel belongs to the whole process.
unsafe impl Send for Pipe {}

impl Pipe {
    /// For a pipe that was not asked for, HCS gives NULL or INVALID_HANDLE_VALUE.
    fn owned(handle: HANDLE) -> Option<Pipe> {
        (!handle.is_null() && handle != INVALID_HANDLE_VALUE).then_some(Pipe(handle))
    }

    /// Waits for something to read: its length, which is zero at the end.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        let (room, mut length) = (buffer.len() as u32, 0);
        // SAFETY: the handle is live, there is that much room, the length is ours to write. HCS's pipes are overlapped. Without
        // an OVERLAPPED, a call waits for the pipe itself, which is sound as long as there is one call at a time: a pipe is
        // not Sync, and has one owner.
        let read = unsafe { ReadFile(self.0, buffer.as_mut_ptr(), room, &mut length, null_mut()) };
        if read != 0 {
            return Ok(length as usize);
        }
        // SAFETY: it only reads a number of this thread.
        match unsafe { GetLastError() } {
            ERROR_BROKEN_PIPE => Ok(0),
            error => Err(Error::hcs("read what the command wrote", from_win32(error), None)),
        }
    }

    /// Writes all of it, and waits until the pipe has taken it.
    pub(crate) fn write_all(&self, doing: &'static str, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (size, mut length) = (rest.len().min(1 << 20) as u32, 0);
            // SAFETY: the handle is live, that much can be read, the length is ours to write. For the rest, see `read`.
            if unsafe { WriteFile(self.0, rest.as_ptr(), size, &mut length, null_mut()) } == 0 {
                // SAFETY: it only reads a number of this thread.
                return Err(Error::hcs(doing, from_win32(unsafe { GetLastError() }), None));
            }
            rest = &rest[length as usize..];
        }
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // SAFETY: this is the handle's only owner.
        unsafe { CloseHandle(self.0) };
    }
}

/// One request and its outcome, closed when it is dropped. Closing does not stop a request that is under way.
struct Operation(HCS_OPERATION);

impl Operation {
    fn new(doing: &'static str) -> Result<Operation, Error> {
        // SAFETY: there is neither a context nor a callback.
        let operation = unsafe { HcsCreateOperation(null(), None) };
        // No other reason than a lack of resources is documented.
        if operation.is_null() {
            Err(Error::hcs(doing, E_OUTOFMEMORY, None))
        } else {
            Ok(Operation(operation))
        }
    }

    fn wait(&self, doing: &'static str, limit_ms: u32) -> Result<Option<String>, Error> {
        let mut document = Document(null_mut());
        // SAFETY: the operation is live, and the document is ours to write.
        let code = unsafe { HcsWaitForOperationResult(self.0, limit_ms, &mut document.0) };
        finish(doing, code, document)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: this is the handle's only owner.
        unsafe { HcsCloseOperation(self.0) }
    }
}

/// A document of HCS, freed when it is dropped. There may be one on failure, too, and none on success.
struct Document(PWSTR);

impl Drop for Document {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: HCS gave the document to us, and this is its only owner.
            unsafe { LocalFree(self.0.cast()) };
        }
    }
}

fn finish(doing: &'static str, code: HRESULT, document: Document) -> Result<Option<String>, Error> {
    // SAFETY: a document is NULL, or ends in a NUL and can be read until it is freed.
    let text = unsafe { read_text(document.0) };
    if code < 0 { Err(Error::hcs(doing, code, text)) } else { Ok(text) }
}

fn check(doing: &'static str, code: HRESULT) -> Result<(), Error> {
    if code < 0 { Err(Error::hcs(doing, code, None)) } else { Ok(()) }
}

/// # Safety
///
/// The text is NULL, or ends in a NUL and can be read up to there.
unsafe fn read_text(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller promises it.
    let units = unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    Some(String::from_utf16_lossy(units))
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
