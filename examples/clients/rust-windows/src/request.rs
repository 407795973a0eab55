//! Calls that take an operation, and the documents that come of them.
//! Not here: which calls there are (`container`, `running`).

use std::ffi::c_void;
use std::time::Duration;

use serde::de::DeserializeOwned;
use windows::Win32::Foundation::{E_OUTOFMEMORY, E_UNEXPECTED, HLOCAL};
use windows::Win32::System::HostComputeSystem::{
    HCS_OPERATION, HcsCreateOperation, HcsWaitForOperationResult,
};
use windows::core::{Owned, PWSTR, Result as Called};

use crate::Error;

/// How long a request may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// An operation that no call has taken yet.
pub(crate) fn operation(doing: &'static str) -> Result<Owned<HCS_OPERATION>, Error> {
    // SAFETY: there is neither a context nor a callback, and nobody else owns the operation.
    let operation = unsafe { Owned::new(HcsCreateOperation(None, None)) };
    if operation.is_invalid() {
        return Err(Error::new(doing, E_OUTOFMEMORY.into(), None));
    }
    Ok(operation)
}

/// Makes a call and waits for what comes of it: what the call answered, and a document if there is one.
pub(crate) fn request<T>(
    doing: &'static str,
    limit: Duration,
    call: impl FnOnce(HCS_OPERATION) -> Called<T>,
) -> Result<(T, Option<String>), Error> {
    let operation = operation(doing)?;
    let answer = call(*operation).map_err(|source| Error::new(doing, source, None))?;
    let document = finish(doing, |document| {
        // SAFETY: the operation is live until the end of this function, and the document can be written.
        unsafe { HcsWaitForOperationResult(*operation, milliseconds(limit), Some(document)) }
    })?;
    Ok((answer, document))
}

/// Makes a call that gives a document, which may come with a success, with a failure, or not at all.
pub(crate) fn finish(
    doing: &'static str,
    call: impl FnOnce(*mut PWSTR) -> Called<()>,
) -> Result<Option<String>, Error> {
    let mut text = PWSTR::null();
    let called = call(&mut text);
    // SAFETY: HCS has the document from LocalAlloc, and leaves it to the caller.
    let _freed = unsafe { Owned::new(HLOCAL(text.0.cast::<c_void>())) };
    // SAFETY: a document ends in a NUL.
    let document = (!text.is_null()).then(|| String::from_utf16_lossy(unsafe { text.as_wide() }));
    match called {
        Ok(()) => Ok(document),
        Err(source) => Err(Error::new(doing, source, document)),
    }
}

/// Reads a document. That there is none is the same as one that cannot be read.
pub(crate) fn parse<T: DeserializeOwned>(doing: &'static str, document: Option<String>) -> Result<T, Error> {
    let parsed = serde_json::from_str(document.as_deref().unwrap_or_default());
    parsed.map_err(|it| Error::new(doing, windows::core::Error::new(E_UNEXPECTED, it.to_string()), None))
}

pub(crate) fn milliseconds(limit: Duration) -> u32 {
    limit.as_millis().try_into().unwrap_or(u32::MAX)
}
