//! Texts of the control functions: UTF-8 that ends with a zero, in both directions, and what went wrong last.
//! Not here: the texts of HCS, which are UTF-16 (`hcs-sim`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Texts that callers have and will free, by address. Others are recognised, and not followed.
static GIVEN: LazyLock<Mutex<HashMap<usize, CString>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// What went wrong last on this thread.
    static PROBLEM: RefCell<CString> = RefCell::default();
}

/// A text of the caller.
///
/// # Errors
///
/// In words, if it is NULL or not UTF-8.
///
/// # Safety
///
/// `text` is NULL or ends with a zero.
pub(crate) unsafe fn read<'a>(text: *const c_char, what: &str) -> Result<&'a str, String> {
    if text.is_null() {
        return Err(format!("{what} is NULL"));
    }
    // SAFETY: not NULL, and the caller promises the rest.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|error| format!("{what} is not UTF-8: {error}"))
}

/// Gives a text to the caller, who frees it with `HcsSimFree`.
///
/// # Safety
///
/// `out` is NULL or valid for a write.
pub(crate) unsafe fn give(text: String, out: *mut *mut c_char) {
    if !out.is_null() {
        let text = c_string(text);
        let address = text.as_ptr().cast_mut();
        GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(address.addr(), text);
        // SAFETY: not NULL, and the caller promises the rest.
        unsafe { out.write_unaligned(address) }
    }
}

/// Writes NULL, for a call that may fail before it has a text.
///
/// # Safety
///
/// `out` is NULL or valid for a write.
pub(crate) unsafe fn give_none(out: *mut *mut c_char) {
    if !out.is_null() {
        // SAFETY: not NULL, and the caller promises the rest.
        unsafe { out.write_unaligned(null_mut()) }
    }
}

/// Takes a text back. Answers whether it was one.
pub(crate) fn take_back(address: usize) -> bool {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&address).is_some()
}

/// Remembers what went wrong, and says it on stderr.
pub(crate) fn set_problem(function: &str, problem: &str) {
    eprintln!("hcs-sim: {function}: {problem}");
    let _ = PROBLEM.try_with(|it| *it.borrow_mut() = c_string(problem.to_owned()));
}

pub(crate) fn clear_problem() {
    let _ = PROBLEM.try_with(|it| *it.borrow_mut() = CString::default());
}

/// What went wrong last on this thread; NULL if nothing did.
pub(crate) fn problem() -> *const c_char {
    let known = PROBLEM.try_with(|it| {
        let problem = it.borrow();
        if problem.is_empty() { null() } else { problem.as_ptr() }
    });
    known.unwrap_or(null())
}

/// Zeros inside, which no text of ours should have, are shown.
fn c_string(text: String) -> CString {
    CString::new(text.replace('\0', "\\0")).unwrap_or_default()
}
