//! The few Win32 functions that an HCS client cannot live without: freeing documents, pipes, the last error.
//! Not here: anything else of Win32.

use std::cell::Cell;
use std::ffi::c_void;

use super::types::{BOOL, HANDLE, HLOCAL, LMEM_ZEROINIT, LOCAL_ALLOC_FLAGS, OVERLAPPED, WIN32_ERROR};
use super::{contained, memory, write};
use crate::runtime::free::{Freed, free_document, report_close_handle};
use crate::runtime::streams::{self, Transfer};

const ERROR_INVALID_HANDLE: WIN32_ERROR = 6;
const ERROR_NOT_ENOUGH_MEMORY: WIN32_ERROR = 8;
const ERROR_BROKEN_PIPE: WIN32_ERROR = 109;
const ERROR_NO_DATA: WIN32_ERROR = 232;
const ERROR_OPERATION_ABORTED: WIN32_ERROR = 995;

thread_local! {
    static LAST_ERROR: Cell<WIN32_ERROR> = const { Cell::new(0) };
}

pub(super) fn set_last_error(error: WIN32_ERROR) {
    let _ = LAST_ERROR.try_with(|it| it.set(error));
}

/// Out of memory, for functions that answer NULL.
pub(super) fn set_out_of_memory() {
    set_last_error(ERROR_NOT_ENOUGH_MEMORY);
}

/// The last error of the calling thread.
///
/// # Safety
///
/// None is needed; the prototype is that of Win32.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn GetLastError() -> WIN32_ERROR {
    LAST_ERROR.try_with(Cell::get).unwrap_or(0)
}

/// Sets the last error of the calling thread.
///
/// # Safety
///
/// None is needed; the prototype is that of Win32.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn SetLastError(error: WIN32_ERROR) {
    set_last_error(error);
}

/// Allocates memory that `LocalFree` frees; NULL and `ERROR_NOT_ENOUGH_MEMORY` if there is none.
///
/// # Safety
///
/// None is needed; what it answers is uninitialised unless `LMEM_ZEROINIT` is given.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn LocalAlloc(flags: LOCAL_ALLOC_FLAGS, bytes: usize) -> HLOCAL {
    contained(std::ptr::null_mut(), || {
        let block = memory::allocate(bytes, flags & LMEM_ZEROINIT != 0);
        if block.is_null() {
            set_out_of_memory();
        }
        block.cast()
    })
}

/// Frees a result document, or memory of `LocalAlloc`. Answers NULL, or the argument if it is neither: then that is a
/// finding, and nothing is freed. (fidelity: `free-local`)
///
/// # Safety
///
/// A document or block is not used after it is freed. Any other value is recognised and not followed.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn LocalFree(memory: HLOCAL) -> HLOCAL {
    if free(memory, "LocalFree") { std::ptr::null_mut() } else { memory }
}

/// Frees what `LocalFree` frees; clients use it on result documents too, and it works on Windows. (fidelity: `free-cotask`)
///
/// # Safety
///
/// As for [`LocalFree`].
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn CoTaskMemFree(memory: *const c_void) {
    free(memory.cast_mut(), "CoTaskMemFree");
}

/// Reads from a pipe of a process: what there is, at most `bytestoread` bytes, or what comes next. FALSE and
/// `ERROR_BROKEN_PIPE` at the end. With an `OVERLAPPED` the read is over when the function returns, which Windows allows.
/// (fidelity: `pipes`)
///
/// # Safety
///
/// `buffer` is valid for writes of `bytestoread` bytes; `bytesread` and `overlapped` are NULL or valid for a write.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn ReadFile(
    file: HANDLE,
    buffer: *mut u8,
    bytestoread: u32,
    bytesread: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    contained(0, || {
        let buffer: &mut [u8] = if buffer.is_null() {
            &mut []
        } else {
            // SAFETY: not NULL, and the caller promises the rest. It holds bytes of any value.
            unsafe { std::slice::from_raw_parts_mut(buffer, bytestoread as usize) }
        };
        let wants = !buffer.is_empty();
        let transfer = streams::read(file.expose_provenance(), buffer);
        // SAFETY: the caller promises it.
        unsafe { answer_transfer(transfer, wants, ERROR_BROKEN_PIPE, bytesread, overlapped) }
    })
}

/// Writes to a pipe of a process, all of it. FALSE and `ERROR_NO_DATA` if its reader is gone. With an `OVERLAPPED` the write is
/// over when the function returns, which Windows allows. (fidelity: `pipes`)
///
/// # Safety
///
/// `buffer` is valid for reads of `bytestowrite` bytes; `byteswritten` and `overlapped` are NULL or valid for a write.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn WriteFile(
    file: HANDLE,
    buffer: *const u8,
    bytestowrite: u32,
    byteswritten: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    contained(0, || {
        let bytes: &[u8] = if buffer.is_null() {
            &[]
        } else {
            // SAFETY: not NULL, and the caller promises the rest.
            unsafe { std::slice::from_raw_parts(buffer, bytestowrite as usize) }
        };
        let transfer = streams::write(file.expose_provenance(), bytes);
        // SAFETY: the caller promises it.
        unsafe { answer_transfer(transfer, false, ERROR_NO_DATA, byteswritten, overlapped) }
    })
}

/// # Safety
///
/// Both out pointers are NULL or valid for a write.
unsafe fn answer_transfer(
    transfer: Transfer,
    zero_is_the_end: bool,
    broken: WIN32_ERROR,
    count: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> BOOL {
    let (moved, error) = match transfer {
        Transfer::Done(Ok(0)) if zero_is_the_end => (0, ERROR_BROKEN_PIPE),
        Transfer::Done(Ok(moved)) => (moved, 0),
        Transfer::Done(Err(_)) => (0, broken),
        Transfer::Stuck => (0, ERROR_OPERATION_ABORTED),
        Transfer::NotOurs => (0, ERROR_INVALID_HANDLE),
    };
    // SAFETY: the caller promises it.
    unsafe { write(count, moved as u32) };
    if !overlapped.is_null() {
        // SAFETY: not NULL, and the caller promises the rest.
        unsafe {
            (&raw mut (*overlapped).Internal).write_unaligned(error as usize);
            (&raw mut (*overlapped).InternalHigh).write_unaligned(moved);
        }
    }
    if error != 0 {
        set_last_error(error);
    }
    BOOL::from(error == 0)
}

fn free(memory: *mut c_void, function: &'static str) -> bool {
    contained(false, || match free_document(memory.addr(), function) {
        Freed::Done => true,
        Freed::NotADocument if memory::free_block(memory.addr()) => true,
        Freed::NotADocument => {
            crate::runtime::free::report_foreign(function);
            set_last_error(ERROR_INVALID_HANDLE);
            false
        }
        Freed::Refused => {
            set_last_error(ERROR_INVALID_HANDLE);
            false
        }
    })
}

/// Closes a kernel handle: a pipe of a process. Every other value is refused with FALSE and `ERROR_INVALID_HANDLE`; one that
/// is not NULL or `INVALID_HANDLE_VALUE` is a finding. (fidelity: `stdio-owned`)
///
/// # Safety
///
/// A pipe is not used after it is closed. Any other value is recognised and not followed.
#[cfg_attr(all(any(feature = "drop-in", feature = "c-library"), not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn CloseHandle(handle: HANDLE) -> BOOL {
    contained(0, || {
        if streams::close(handle.expose_provenance()) {
            return 1;
        }
        if handle.addr() != 0 && handle.addr() != usize::MAX {
            report_close_handle(handle.addr() as u64);
        }
        set_last_error(ERROR_INVALID_HANDLE);
        0
    })
}
