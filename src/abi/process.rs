//! The functions on processes, as exported.
//! Not here: what they do (`model::process`), the programs that run (`runtime::guest`).

use std::ffi::c_void;

use super::types::*;
use super::{
    contained, context_address, event_callback_address, hresult, on_handle, process_handle, send, text,
    write_document,
};
use crate::call::{Call, Milliseconds, Needed, Out};
use crate::hresult::E_UNEXPECTED;
use crate::runtime::seat;

const BUG: HRESULT = E_UNEXPECTED.as_i32();

/// Closes a handle; the process goes on. Waits for a callback of the handle that runs; nothing is told afterwards.
/// (fidelity: `close-process`, `close-process-events`)
///
/// # Safety
///
/// Any value is recognised; a stale, NULL or strange one is a finding.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCloseProcess(process: HCS_PROCESS) {
    contained((), || {
        let process = process_handle(process);
        send(seat::place_of_handle(process.0), Call::CloseProcess { process });
    });
}

macro_rules! requests_with_text {
    ($($(#[$doc:meta])* $function:ident => $variant:ident { $field:ident: $wrap:path };)*) => {
        $($(#[$doc])*
        ///
        /// # Safety
        ///
        /// The text is NULL or NUL-terminated. Any handle value is recognised.
        #[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
        pub unsafe extern "system" fn $function(
            process: HCS_PROCESS,
            operation: HCS_OPERATION,
            $field: PCWSTR,
        ) -> HRESULT {
            contained(BUG, || {
                // SAFETY: the caller promises it.
                let $field = $wrap(unsafe { text::read($field) });
                let process = process_handle(process);
                hresult(&on_handle(process.0, operation, |operation| Call::$variant { process, operation, $field }))
            })
        })*
    };
}

requests_with_text! {
    /// Ends a process, and not its children. `options` are NULL or empty. (fidelity: `process-kill`, `process-kill-twice`)
    HcsTerminateProcess => TerminateProcess { options: std::convert::identity };
    /// Sends a signal to a process: `{"Signal":"CtrlC"}`, or the number of a Linux signal. A program that does not catch it
    /// ends. (fidelity: `signal-default`, `signals-serialised`)
    HcsSignalProcess => SignalProcess { options: std::convert::identity };
    /// Asks for the status of a process: a `ProcessStatus`. (fidelity: `process-properties`)
    HcsGetProcessProperties => GetProcessProperties { property_query: std::convert::identity };
    /// Resizes the console of a process, or closes its standard handles: a `ProcessModifyRequest`.
    /// (fidelity: `console-size`, `close-stdin`)
    HcsModifyProcess => ModifyProcess { settings: Needed };
}

/// Asks for id and standard handles of a process; each answer has new handles to the same pipes. An exited process is
/// `HCS_E_PROCESS_ALREADY_STOPPED` through the operation. (fidelity: `process-info-fresh`, `process-info-exited`)
///
/// # Safety
///
/// Any handle value is recognised.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetProcessInfo(process: HCS_PROCESS, operation: HCS_OPERATION) -> HRESULT {
    contained(BUG, || {
        let process = process_handle(process);
        hresult(&on_handle(process.0, operation, |operation| Call::GetProcessInfo { process, operation }))
    })
}

/// Waits until a process has exited, at most `timeoutms` milliseconds of the host's time; `INFINITE` is allowed, 0 polls.
/// `S_OK` with a `ProcessStatus`; `HCS_E_OPERATION_TIMEOUT` otherwise. (fidelity: `wait-for-process-exit`)
///
/// # Safety
///
/// `result` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsWaitForProcessExit(
    computesystem: HCS_PROCESS,
    timeoutms: u32,
    result: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        let process = process_handle(computesystem); // the prototype calls it so
        let call = Call::WaitForProcessExit {
            process,
            timeout_ms: Milliseconds(timeoutms),
            result: Out(!result.is_null()),
        };
        let answered = send(seat::place_of_handle(process.0), call);
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, result) };
        hresult(&answered)
    })
}

/// Registers a callback for the exit of a process, as
/// [`HcsSetComputeSystemCallback`](crate::computecore::HcsSetComputeSystemCallback) does for systems.
/// (fidelity: `process-exit-event`, `process-exit-sticky`)
///
/// # Safety
///
/// The callback can be called with `context` until the handle is closed.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsSetProcessCallback(
    process: HCS_PROCESS,
    callbackoptions: HCS_EVENT_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HRESULT {
    contained(BUG, || {
        let process = process_handle(process);
        let call = Call::SetProcessCallback {
            process,
            callback_options: callbackoptions,
            context: context_address(context),
            callback: event_callback_address(callback),
        };
        hresult(&send(seat::place_of_handle(process.0), call))
    })
}
