//! Owners of what HCS hands out: operations, compute systems, documents. The only unsafe code of the crate.
//! Not here: which requests make sense when, and how long they may take (`vm`).

use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{E_OUTOFMEMORY, GENERIC_ALL, LocalFree};
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use crate::Error;

/// The functions that ask something of a system: all have this shape.
pub(crate) type Request = unsafe extern "system" fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;

/// A handle of a compute system, closed when it is dropped.
#[derive(Debug)]
pub(crate) struct System(HCS_SYSTEM);

// SAFETY: a handle is a token for HCS; its functions may be called from any thread.
unsafe impl Send for System {}
// SAFETY: as above; every request has an operation of its own.
unsafe impl Sync for System {}

impl System {
    /// Creates a system and waits until it is.
    pub(crate) fn create(id: &str, configuration: &str, limit_ms: u32) -> Result<System, Error> {
        let doing = "create the system";
        let (id, configuration) = (wide(id), wide(configuration));
        let operation = Operation::new(doing)?;
        let mut handle = null_mut();
        // SAFETY: both texts end in a NUL and outlive the call, the operation is live, and the handle is ours to write.
        let accepted = unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation.0, null(), &mut handle)
        };
        // The handle comes before it is known whether the create succeeds: it is owned, and so closed, in either case.
        let system = System(handle);
        check(doing, accepted)?;
        operation.wait(doing, limit_ms)?;
        Ok(system)
    }

    /// Opens a system that exists.
    pub(crate) fn open(id: &str) -> Result<System, Error> {
        let id = wide(id);
        let mut handle = null_mut();
        // SAFETY: the text ends in a NUL and outlives the call, and the handle is ours to write.
        let opened = unsafe { HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &mut handle) };
        let system = System(handle);
        check("open the system", opened)?;
        Ok(system)
    }

    /// Asks something of the system and waits for the answer: a document, if HCS has one to give.
    pub(crate) fn request(
        &self,
        doing: &'static str,
        request: Request,
        options: Option<&str>,
        limit_ms: u32,
    ) -> Result<Option<String>, Error> {
        let options = options.map(wide);
        let options = options.as_ref().map_or(null(), |it| it.as_ptr());
        let operation = Operation::new(doing)?;
        // SAFETY: both handles are live; the options are NULL, or end in a NUL and outlive the call.
        check(doing, unsafe { request(self.0, operation.0, options) })?;
        operation.wait(doing, limit_ms)
    }

    /// Changes the running system.
    pub(crate) fn modify(&self, doing: &'static str, change: &str, limit_ms: u32) -> Result<(), Error> {
        let change = wide(change);
        let operation = Operation::new(doing)?;
        // SAFETY: both handles are live, the text ends in a NUL and outlives the call, and there is no token.
        check(doing, unsafe { HcsModifyComputeSystem(self.0, operation.0, change.as_ptr(), null_mut()) })?;
        operation.wait(doing, limit_ms).map(drop)
    }

    /// Waits until the system has exited: the document that says how.
    pub(crate) fn wait_for_exit(&self, doing: &'static str, limit_ms: u32) -> Result<Option<String>, Error> {
        let mut document = Document(null_mut());
        // SAFETY: the handle is live, and the document is ours to write.
        let code = unsafe { HcsWaitForComputeSystemExit(self.0, limit_ms, &mut document.0) };
        finish(doing, code, document)
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: this is the handle's only owner.
            unsafe { HcsCloseComputeSystem(self.0) }
        }
    }
}

/// Lists systems: a document.
pub(crate) fn enumerate(query: &str, limit_ms: u32) -> Result<Option<String>, Error> {
    let doing = "list the systems";
    let query = wide(query);
    let operation = Operation::new(doing)?;
    // SAFETY: the text ends in a NUL and outlives the call, and the operation is live.
    check(doing, unsafe { HcsEnumerateComputeSystems(query.as_ptr(), operation.0) })?;
    operation.wait(doing, limit_ms)
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

impl Document {
    fn text(&self) -> Option<String> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: HCS ends its documents in a NUL; up to there they can be read.
        let units = unsafe {
            let length = (0..).take_while(|&at| *self.0.add(at) != 0).count();
            std::slice::from_raw_parts(self.0, length)
        };
        Some(String::from_utf16_lossy(units))
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: HCS gave the document to us, and this is its only owner.
            unsafe { LocalFree(self.0.cast()) };
        }
    }
}

fn finish(doing: &'static str, code: HRESULT, document: Document) -> Result<Option<String>, Error> {
    let text = document.text();
    if code < 0 { Err(Error::hcs(doing, code, text.as_deref())) } else { Ok(text) }
}

fn check(doing: &'static str, code: HRESULT) -> Result<(), Error> {
    if code < 0 { Err(Error::hcs(doing, code, None)) } else { Ok(()) }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
