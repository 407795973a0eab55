//! The few Win32 functions that an HCS client cannot live without: freeing documents, closing handles, the last error.
//! Not here: anything else of Win32.

use std::cell::Cell;
use std::ffi::c_void;

use super::types::{BOOL, HANDLE, HLOCAL, LMEM_ZEROINIT, LOCAL_ALLOC_FLAGS, WIN32_ERROR};
use super::{contained, memory};
use crate::runtime::free::{Freed, free_document, report_close_handle};

const ERROR_INVALID_HANDLE: WIN32_ERROR = 6;
const ERROR_NOT_ENOUGH_MEMORY: WIN32_ERROR = 8;

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
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn GetLastError() -> WIN32_ERROR {
    LAST_ERROR.try_with(Cell::get).unwrap_or(0)
}

/// Sets the last error of the calling thread.
///
/// # Safety
///
/// None is needed; the prototype is that of Win32.
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn SetLastError(error: WIN32_ERROR) {
    set_last_error(error);
}

/// Allocates memory that `LocalFree` frees; NULL and `ERROR_NOT_ENOUGH_MEMORY` if there is none.
///
/// # Safety
///
/// None is needed; what it answers is uninitialised unless `LMEM_ZEROINIT` is given.
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
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
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn LocalFree(memory: HLOCAL) -> HLOCAL {
    if free(memory, "LocalFree") { std::ptr::null_mut() } else { memory }
}

/// Frees what `LocalFree` frees; clients use it on result documents too, and it works on Windows. (fidelity: `free-cotask`)
///
/// # Safety
///
/// As for [`LocalFree`].
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn CoTaskMemFree(memory: *const c_void) {
    free(memory.cast_mut(), "CoTaskMemFree");
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

/// Closes a kernel handle. This version hands none out, so every value is refused with FALSE and `ERROR_INVALID_HANDLE`;
/// a value that is not NULL or `INVALID_HANDLE_VALUE` is a finding.
///
/// # Safety
///
/// None is needed; no value is followed.
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
pub unsafe extern "system" fn CloseHandle(handle: HANDLE) -> BOOL {
    contained(0, || {
        if handle.addr() != 0 && handle.addr() != usize::MAX {
            report_close_handle(handle.addr() as u64);
        }
        set_last_error(ERROR_INVALID_HANDLE);
        0
    })
}
