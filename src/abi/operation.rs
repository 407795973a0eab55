//! The functions on operations, as exported.
//! Not here: what they do (`model::operation`, `runtime::call`).

use std::ffi::c_void;
use std::ptr::null_mut;
use std::rc::Rc;

use super::types::*;
use super::{
    callback_address, contained, context_address, event_callback_address, hresult, on_operation, pointer,
    send, text, win32, write, write_document,
};
use crate::answer::Returned;
use crate::call::{Call, Milliseconds, Needed, OperationType, Out, Pointer};
use crate::hresult::E_UNEXPECTED;
use crate::runtime::call::Answered;
use crate::runtime::registry;
use crate::runtime::seat::{self, Place};

const BUG: HRESULT = E_UNEXPECTED.as_i32();

/// Makes an operation, optionally with a completion callback; both arguments may be NULL. Answers NULL when out of
/// resources, which only a rule brings about. Close it with [`HcsCloseOperation`]. (fidelity: `create-operation`)
///
/// ```
/// use hcs_sim::computecore::*;
/// // SAFETY: no context, no callback; closed once.
/// unsafe {
///     let operation = HcsCreateOperation(std::ptr::null(), None);
///     assert_eq!(HcsGetOperationType(operation), HcsOperationTypeNone);
///     HcsCloseOperation(operation);
/// }
/// ```
///
/// # Safety
///
/// `callback` can be called with the operation and `context` on another thread until the operation is closed.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCreateOperation(
    context: *const c_void,
    callback: HCS_OPERATION_COMPLETION,
) -> HCS_OPERATION {
    contained(null_mut(), || {
        let call =
            Call::CreateOperation { context: context_address(context), callback: callback_address(callback) };
        created(made_here(call))
    })
}

/// Makes an operation whose callback is one for events: it is told the completion as `HcsEventOperationCallback`, and with
/// `HcsOperationOptionProgressUpdate` progress as `HcsEventGroupOperationInfo`. (fidelity: `notifications`, `progress`)
///
/// # Safety
///
/// As for [`HcsCreateOperation`].
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCreateOperationWithNotifications(
    eventtypes: HCS_OPERATION_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HCS_OPERATION {
    contained(null_mut(), || {
        let callback = event_callback_address(callback);
        created(made_here(Call::CreateOperationWithNotifications {
            event_types: eventtypes,
            context: context_address(context),
            callback,
        }))
    })
}

/// An operation belongs to the thread's host; where several could be meant, it waits for its first use with a system.
fn made_here(call: Call) -> Answered {
    let place = seat::current()
        .unwrap_or_else(|_| Rc::new(Place { shared: registry::limbo(), label: seat::LIMBO_LABEL }));
    send(Ok(place), call)
}

fn created(answered: Answered) -> HCS_OPERATION {
    match answered.answer.returned {
        Returned::Operation(handle) if !handle.is_null() => pointer(handle.0),
        _ => {
            win32::set_out_of_memory();
            null_mut()
        }
    }
}

/// Closes an operation in any state. A pending request goes on and its result is dropped; no callback comes afterwards.
/// Legal inside the operation's own callback. (fidelity: `close-pending`, `close-in-callback`)
///
/// # Safety
///
/// Any value is recognised; a stale, NULL or strange one is a finding.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCloseOperation(operation: HCS_OPERATION) {
    contained((), || {
        on_operation(operation, |operation| Call::CloseOperation { operation });
    });
}

/// The context that was given with the operation or its callback. (fidelity: `operation-context`)
///
/// # Safety
///
/// Any value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetOperationContext(operation: HCS_OPERATION) -> *mut c_void {
    contained(null_mut(), || {
        let answered = on_operation(operation, |operation| Call::GetOperationContext { operation });
        match answered.answer.returned {
            Returned::Context(it) => std::ptr::with_exposed_provenance_mut(it.0),
            _ => null_mut(),
        }
    })
}

/// Sets the context, in any state; it may be NULL. `S_OK`. (fidelity: `operation-context`)
///
/// # Safety
///
/// Any value is recognised; the context is only carried.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsSetOperationContext(
    operation: HCS_OPERATION,
    context: *const c_void,
) -> HRESULT {
    contained(BUG, || {
        hresult(&on_operation(operation, |operation| Call::SetOperationContext {
            operation,
            context: context_address(context),
        }))
    })
}

/// The system of the active request; NULL when there is none. The handle is not the caller's to close. A completed
/// request counts as active while its own callback runs. (fidelity: `system-from-operation`)
///
/// # Safety
///
/// Any value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetComputeSystemFromOperation(operation: HCS_OPERATION) -> HCS_SYSTEM {
    contained(null_mut(), || {
        let answered = on_operation(operation, |operation| Call::GetComputeSystemFromOperation { operation });
        match answered.answer.returned {
            Returned::System(it) => pointer(it.0),
            _ => null_mut(),
        }
    })
}

/// The process of the active request; NULL when there is none. The handle is not the caller's to close.
/// (fidelity: `process-from-operation`)
///
/// # Safety
///
/// Any value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetProcessFromOperation(operation: HCS_OPERATION) -> HCS_PROCESS {
    contained(null_mut(), || {
        let answered = on_operation(operation, |operation| Call::GetProcessFromOperation { operation });
        match answered.answer.returned {
            Returned::Process(it) => pointer(it.0),
            _ => null_mut(),
        }
    })
}

/// The type of the request that the operation tracks; `HcsOperationTypeNone` before its first use.
/// (fidelity: `operation-type`)
///
/// # Safety
///
/// Any value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetOperationType(operation: HCS_OPERATION) -> HCS_OPERATION_TYPE {
    contained(HcsOperationTypeNone, || {
        let answered = on_operation(operation, |operation| Call::GetOperationType { operation });
        match answered.answer.returned {
            Returned::Type(it) => it as HCS_OPERATION_TYPE,
            _ => OperationType::None as HCS_OPERATION_TYPE,
        }
    })
}

/// The id of the use that the operation tracks: another one for each use, `HCS_INVALID_OPERATION_ID` before the first.
/// (fidelity: `operation-id`)
///
/// # Safety
///
/// Any value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetOperationId(operation: HCS_OPERATION) -> u64 {
    contained(HCS_INVALID_OPERATION_ID, || {
        let answered = on_operation(operation, |operation| Call::GetOperationId { operation });
        match answered.answer.returned {
            Returned::Id(it) => it,
            _ => HCS_INVALID_OPERATION_ID,
        }
    })
}

/// The outcome of the request that the operation tracks, any number of times.
///
/// Answers `HCS_E_OPERATION_NOT_STARTED` before the first use, `HCS_E_OPERATION_PENDING` until completion (a poll: it lets a
/// little virtual time pass), then the request's own HRESULT. The document, NULL if there is none, is a copy of the
/// caller's own for `LocalFree`, on success and on failure; the out pointer may be NULL. (fidelity: `result-idle`,
/// `result-pending`, `result-completed`, `result-copies`)
///
/// # Safety
///
/// `resultdocument` is NULL or valid for a write. Any operation value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetOperationResult(
    operation: HCS_OPERATION,
    resultdocument: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        let answered = on_operation(operation, |operation| Call::GetOperationResult {
            operation,
            result_document: Out(!resultdocument.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, resultdocument) };
        hresult(&answered)
    })
}

/// As [`HcsGetOperationResult`], with process information for requests of the types CreateProcess and GetProcessInfo;
/// `E_INVALIDARG` for all others. The information is written on `S_OK` only. (fidelity: `process-info-types`)
///
/// # Safety
///
/// Both out pointers are NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetOperationResultAndProcessInfo(
    operation: HCS_OPERATION,
    processinformation: *mut HCS_PROCESS_INFORMATION,
    resultdocument: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        let answered = on_operation(operation, |operation| Call::GetOperationResultAndProcessInfo {
            operation,
            process_information: Out(!processinformation.is_null()),
            result_document: Out(!resultdocument.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_process_info(&answered, processinformation) };
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, resultdocument) };
        hresult(&answered)
    })
}

/// Waits for the outcome, at most `timeoutms` milliseconds of the host's time; `INFINITE` is allowed, 0 polls. Then as
/// [`HcsGetOperationResult`].
///
/// Answers `HCS_E_OPERATION_NOT_STARTED` at once before the first use, and `HCS_E_OPERATION_TIMEOUT` when the time is over;
/// the request goes on and can be waited for again. (fidelity: `wait-idle`, `wait-blocks`, `wait-timeout`)
///
/// # Safety
///
/// `resultdocument` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsWaitForOperationResult(
    operation: HCS_OPERATION,
    timeoutms: u32,
    resultdocument: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        let answered = on_operation(operation, |operation| Call::WaitForOperationResult {
            operation,
            timeout_ms: Milliseconds(timeoutms),
            result_document: Out(!resultdocument.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, resultdocument) };
        hresult(&answered)
    })
}

/// [`HcsWaitForOperationResult`] with process information, as [`HcsGetOperationResultAndProcessInfo`] gives it.
///
/// # Safety
///
/// Both out pointers are NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsWaitForOperationResultAndProcessInfo(
    operation: HCS_OPERATION,
    timeoutms: u32,
    processinformation: *mut HCS_PROCESS_INFORMATION,
    resultdocument: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        let answered = on_operation(operation, |operation| Call::WaitForOperationResultAndProcessInfo {
            operation,
            timeout_ms: Milliseconds(timeoutms),
            process_information: Out(!processinformation.is_null()),
            result_document: Out(!resultdocument.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_process_info(&answered, processinformation) };
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, resultdocument) };
        hresult(&answered)
    })
}

/// # Safety
///
/// `out` is NULL or valid for a write.
unsafe fn write_process_info(answered: &Answered, out: *mut HCS_PROCESS_INFORMATION) {
    if let Some(info) = answered.answer.process_info {
        let [input, output, error] = answered.std.map(std::ptr::with_exposed_provenance_mut);
        let info = HCS_PROCESS_INFORMATION {
            ProcessId: info.process_id,
            Reserved: 0,
            StdInput: input,
            StdOutput: output,
            StdError: error,
        };
        // SAFETY: the caller promises it.
        unsafe { write(out, info) }
    }
}

/// Sets context and completion callback; the callback is required (`E_INVALIDARG`). On a pending operation it applies to
/// the use that is pending, on a completed one to the next. (fidelity: `set-callback`)
///
/// # Safety
///
/// As for [`HcsCreateOperation`].
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsSetOperationCallback(
    operation: HCS_OPERATION,
    context: *const c_void,
    callback: HCS_OPERATION_COMPLETION,
) -> HRESULT {
    contained(BUG, || {
        hresult(&on_operation(operation, |operation| Call::SetOperationCallback {
            operation,
            context: context_address(context),
            callback: callback_address(callback),
        }))
    })
}

/// Always `E_NOTIMPL`, as documented. (fidelity: `cancel`)
///
/// # Safety
///
/// Any value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCancelOperation(operation: HCS_OPERATION) -> HRESULT {
    contained(BUG, || hresult(&on_operation(operation, |operation| Call::CancelOperation { operation })))
}

/// What the operation tracks, as an `OperationInfo`: type, times, and the code of a failure. Windows does not document it.
/// (fidelity: `operation-properties`)
///
/// # Safety
///
/// `options` is NULL or NUL-terminated text; `resultdocument` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetOperationProperties(
    operation: HCS_OPERATION,
    options: PCWSTR,
    resultdocument: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let options = unsafe { text::read(options) };
        let answered = on_operation(operation, |operation| Call::GetOperationProperties {
            operation,
            options,
            result_document: Out(!resultdocument.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, resultdocument) };
        hresult(&answered)
    })
}

/// Adds a resource for the next request of an operation that is not pending. The one that something uses is the socket of a
/// migration, `hcs:/VirtualMachine/LiveMigrationSocket`. (fidelity: `add-resource`)
///
/// # Safety
///
/// `uri` is NULL or NUL-terminated text; the handle is only carried.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsAddResourceToOperation(
    operation: HCS_OPERATION,
    r#type: HCS_RESOURCE_TYPE,
    uri: PCWSTR,
    handle: HANDLE,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let uri = Needed(unsafe { text::read(uri) });
        hresult(&on_operation(operation, |operation| Call::AddResourceToOperation {
            operation,
            resource_type: r#type,
            uri,
            handle: Pointer(handle.addr()),
        }))
    })
}
