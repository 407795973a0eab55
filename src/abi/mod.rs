//! The gate: C types, UTF-16, memory, handles as pointers, the exported functions. The only unsafe code of the crate.
//! Not here: what a call means; every function decodes its arguments to a `Call`, passes it on, and encodes the answer.

#![allow(unsafe_code)]
#![allow(non_snake_case)] // the functions have the names of their exports, exported or not

pub(crate) mod fork;
pub(crate) mod memory;
pub(crate) mod operation;
pub(crate) mod pipe;
pub(crate) mod process;
pub(crate) mod service;
pub(crate) mod system;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod win32;

use std::ffi::c_void;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use types::{HCS_EVENT, HCS_EVENT_CALLBACK, HCS_OPERATION, HCS_OPERATION_COMPLETION, HRESULT, PWSTR};

use crate::answer::Returned;
use crate::call::{Call, Pointer};
use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};
use crate::hresult::E_UNEXPECTED;
use crate::runtime::call::{Answered, invoke, nowhere};
use crate::runtime::registry;
use crate::runtime::seat::{self, Ambiguous, Place};
use crate::runtime::unreturned;
use crate::runtime::world::Gateway;

/// What the safe rest of the crate asks of this module.
pub(crate) const GATEWAY: Gateway = Gateway {
    publish: memory::publish,
    take_back: memory::take_back,
    is_there: memory::is_there,
    call_back,
    tell,
    pipes: pipe::PIPES,
};

/// An event callback, whatever way it leaves.
type EventCallback = unsafe extern "system-unwind" fn(*const HCS_EVENT, *const c_void);

/// A completion callback, whatever way it leaves.
type CompletionCallback = unsafe extern "system-unwind" fn(HCS_OPERATION, *const c_void);

/// The client's code runs. It leaves by returning, or it threw an exception or ended its thread: then this is dropped, and goes no further.
struct InClientCode;

impl Drop for InClientCode {
    fn drop(&mut self) {
        unreturned::unwound()
    }
}

/// The data lives as long as the call.
fn tell(callback: usize, event: i32, data: Option<&str>, operation: u64, context: usize) {
    // SAFETY: the value came from such a function pointer, in `event_callback_address`, or is 0, which is `None`. That it may unwind is
    // ours to bear.
    let callback = unsafe {
        std::mem::transmute::<*const c_void, Option<EventCallback>>(std::ptr::with_exposed_provenance(
            callback,
        ))
    };
    let Some(callback) = callback else { return };
    let (address, size) = data.map_or((0, 0), memory::publish);
    let event = HCS_EVENT {
        Type: event,
        EventData: std::ptr::with_exposed_provenance(address),
        Operation: pointer(operation),
    };
    let inside = InClientCode;
    // SAFETY: the client registered the function for exactly this call; the context is its own.
    unsafe { callback(&event, std::ptr::with_exposed_provenance(context)) };
    std::mem::forget(inside);
    if address != 0 {
        memory::take_back(address, size);
    }
}

fn call_back(callback: usize, operation: u64, context: usize) {
    // SAFETY: the value came from such a function pointer, in `callback_address`, or is 0, which is `None`. That it may unwind is ours
    // to bear.
    let callback = unsafe {
        std::mem::transmute::<*const c_void, Option<CompletionCallback>>(std::ptr::with_exposed_provenance(
            callback,
        ))
    };
    if let Some(callback) = callback {
        let inside = InClientCode;
        // SAFETY: the client registered the function for exactly this call; the context is its own.
        unsafe { callback(pointer(operation), std::ptr::with_exposed_provenance(context)) }
        std::mem::forget(inside);
    }
}

fn callback_address(callback: HCS_OPERATION_COMPLETION) -> Pointer {
    Pointer(callback.map_or(0, |it| (it as *const c_void).expose_provenance()))
}

fn event_callback_address(callback: HCS_EVENT_CALLBACK) -> Pointer {
    Pointer(callback.map_or(0, |it| (it as *const c_void).expose_provenance()))
}

fn context_address(context: *const c_void) -> Pointer {
    Pointer(context.expose_provenance())
}

/// A handle as the client holds it. It is never followed.
fn pointer(handle: u64) -> *mut c_void {
    std::ptr::without_provenance_mut(handle as usize)
}

fn operation_handle(value: HCS_OPERATION) -> OperationHandle {
    OperationHandle(value.addr() as u64)
}

fn system_handle(value: *mut c_void) -> SystemHandle {
    SystemHandle(value.addr() as u64)
}

fn process_handle(value: *mut c_void) -> ProcessHandle {
    ProcessHandle(value.addr() as u64)
}

/// Keeps a panic of ours inside: it is a bug of hcs-sim, and the caller gets an answer all the same. A process that was forked gets
/// the same answer: the host stayed with its parent.
fn contained<T>(otherwise: T, function: impl FnOnce() -> T) -> T {
    if fork::is_forked() {
        return otherwise;
    }
    panic::catch_unwind(AssertUnwindSafe(function)).unwrap_or_else(|_| {
        eprintln!("hcs-sim: the panic above is a bug of hcs-sim; please report it");
        otherwise
    })
}

/// Passes a call to the host of its place, or says that there is none.
fn send(place: Result<Rc<Place>, Ambiguous>, call: Call) -> Answered {
    match place {
        Ok(place) => invoke(&place, call),
        Err(Ambiguous(alive)) => Answered { answer: nowhere(&call, alive), document: 0, std: [0; 3] },
    }
}

/// Passes a call on an operation.
fn on_operation(operation: HCS_OPERATION, call: impl FnOnce(OperationHandle) -> Call) -> Answered {
    let operation = registry::forward(operation_handle(operation));
    send(seat::place_of_handle(operation.0), call(operation))
}

/// Passes a call on something that has a handle, with an operation that may have no host yet.
fn on_handle(handle: u64, operation: HCS_OPERATION, call: impl FnOnce(OperationHandle) -> Call) -> Answered {
    let place = seat::place_of_handle(handle);
    let mut operation = operation_handle(operation);
    if let Ok(place) = &place {
        operation = registry::bind(operation, &place.shared);
    }
    send(place, call(operation))
}

/// Passes a call whose only handle is its operation: the operation's host if it has one, else the thread's.
fn on_current(operation: HCS_OPERATION, call: impl FnOnce(OperationHandle) -> Call) -> Answered {
    let mut operation = registry::forward(operation_handle(operation));
    let place = match crate::handle::Parts::decode(operation.0) {
        Some(parts) if parts.serial != 0 => seat::place_of_handle(operation.0),
        _ => seat::current(),
    };
    if let Ok(place) = &place {
        operation = registry::bind(operation, &place.shared);
    }
    send(place, call(operation))
}

fn hresult(answered: &Answered) -> HRESULT {
    match answered.answer.returned {
        Returned::Hresult(it) => it.as_i32(),
        _ => E_UNEXPECTED.as_i32(),
    }
}

/// Writes the document's pointer, NULL if there is none, unless the caller wants none.
///
/// # Safety
///
/// `out` is NULL or valid for a write.
unsafe fn write_document(answered: &Answered, out: *mut PWSTR) {
    // SAFETY: the caller promises it.
    unsafe { write(out, std::ptr::with_exposed_provenance_mut(answered.document)) }
}

/// Writes through an out pointer that may be NULL.
///
/// # Safety
///
/// `out` is NULL or valid for a write, aligned or not.
unsafe fn write<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: not NULL, and the caller promises the rest.
        unsafe { out.write_unaligned(value) }
    }
}
