//! For the documentation's samples in Rust: owners that close and free as those of the C++ samples do, and what a page takes
//! for granted. Not here: the calls that a page shows; they stand in its test.

#![allow(dead_code)] // each test file uses a part

use std::ptr::{null, null_mut};

use serde_json::Value;
use windows_sys::Win32::Foundation::{LocalFree, S_OK};
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Copies a text that somebody else owns; NULL is none.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub unsafe fn copied(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller promises that there is a zero; up to there the units can be read.
    let units = unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    Some(String::from_utf16(units).expect("HCS writes UTF-16"))
}

/// An operation, closed with its owner.
pub struct Operation(HCS_OPERATION);

impl Operation {
    /// One without callback.
    pub fn new() -> Operation {
        // SAFETY: neither context nor callback.
        Operation::of(unsafe { HcsCreateOperation(null(), None) })
    }

    pub fn of(handle: HCS_OPERATION) -> Operation {
        assert!(!handle.is_null());
        Operation(handle)
    }

    pub fn get(&self) -> HCS_OPERATION {
        self.0
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: the only owner.
        unsafe { HcsCloseOperation(self.0) }
    }
}

/// A handle of a system, closed with its owner.
pub struct System(HCS_SYSTEM);

impl System {
    /// No handle yet.
    pub fn none() -> System {
        System(null_mut())
    }

    pub fn get(&self) -> HCS_SYSTEM {
        self.0
    }

    /// Where a call writes the handle.
    pub fn out(&mut self) -> *mut HCS_SYSTEM {
        assert!(self.0.is_null(), "one owner, one handle");
        &mut self.0
    }

    /// Leaves the closing to the caller.
    pub fn release(mut self) -> HCS_SYSTEM {
        std::mem::replace(&mut self.0, null_mut())
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the only owner.
            unsafe { HcsCloseComputeSystem(self.0) }
        }
    }
}

/// A document, freed with its owner, and before the next one is written to the same place.
pub struct Document(PWSTR);

impl Document {
    pub fn none() -> Document {
        Document(null_mut())
    }

    /// Where a call writes the next document.
    pub fn out(&mut self) -> *mut PWSTR {
        self.free();
        &mut self.0
    }

    pub fn text(&self) -> Option<String> {
        // SAFETY: NULL, or a document of HCS, which ends with a zero.
        unsafe { copied(self.0) }
    }

    pub fn json(&self) -> Value {
        json(self.text().as_deref())
    }

    fn free(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the only owner; the pointer is forgotten.
            let left = unsafe { LocalFree(self.0.cast()) };
            assert!(left.is_null());
            self.0 = null_mut();
        }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        self.free();
    }
}

pub fn json(text: Option<&str>) -> Value {
    serde_json::from_str(text.expect("there is a document")).expect("documents are JSON")
}

/// A system as a page assumes it, created.
pub fn created(id: &str, configuration: &str) -> System {
    let operation = Operation::new();
    let mut system = System::none();
    let (id, configuration) = (wide(id), wide(configuration));
    // SAFETY: texts end with a zero and outlive the calls; the owners are alive.
    unsafe {
        let called = HcsCreateComputeSystem(
            id.as_ptr(),
            configuration.as_ptr(),
            operation.get(),
            null(),
            system.out(),
        );
        assert_eq!(called, S_OK);
        assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, null_mut()), S_OK);
    }
    system
}

/// A system as a page assumes it, running.
pub fn started(id: &str, configuration: &str) -> System {
    let system = created(id, configuration);
    assert_eq!(asked(HcsStartComputeSystem, &system), (S_OK, None));
    system
}

/// The state of a system, asked for between the calls of a page.
pub fn state(system: &System) -> Value {
    let (code, document) = asked(HcsGetComputeSystemProperties, system);
    assert_eq!(code, S_OK);
    json(document.as_deref())["State"].take()
}

/// A request without options.
pub type Request = unsafe extern "system" fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;

/// Makes a request and waits; answers the operation's outcome.
pub fn asked(request: Request, system: &System) -> (HRESULT, Option<String>) {
    let (operation, mut document) = (Operation::new(), Document::none());
    // SAFETY: the owners are alive; there are no options.
    let code = unsafe {
        assert_eq!(request(system.get(), operation.get(), null()), S_OK);
        HcsWaitForOperationResult(operation.get(), INFINITE, document.out())
    };
    (code, document.text())
}
