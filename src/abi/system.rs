//! The functions on compute systems, as exported.
//! Not here: what they do (`model`).

use std::ffi::c_void;

#[cfg(doc)]
use super::operation::HcsWaitForOperationResultAndProcessInfo;
use super::types::*;
use super::{
    contained, context_address, event_callback_address, hresult, on_current, on_handle, pointer, send,
    system_handle, text, write, write_document,
};
use crate::call::{Call, CreateOptions, Milliseconds, Needed, NeededOut, Out, Pointer};
use crate::hresult::E_UNEXPECTED;
use crate::runtime::call::Answered;
use crate::runtime::seat;

const BUG: HRESULT = E_UNEXPECTED.as_i32();

/// Lists the systems of the host: a JSON array of `Properties`, in the order of their creation.
///
/// `query` is a `SystemQuery`; NULL and `{}` list all. An empty text or an invalid document fails the operation with
/// `HCS_E_INVALID_JSON`. (fidelity: `enumerate`, `enumerate-filter`)
///
/// # Safety
///
/// `query` is NULL or NUL-terminated text.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsEnumerateComputeSystems(query: PCWSTR, operation: HCS_OPERATION) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let query = unsafe { text::read(query) };
        hresult(&on_current(operation, |operation| Call::EnumerateComputeSystems { query, operation }))
    })
}

/// [`HcsEnumerateComputeSystems`] within a namespace; NULL is the namespace of the plain form. (fidelity: `namespaces`)
///
/// # Safety
///
/// Both texts are NULL or NUL-terminated.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsEnumerateComputeSystemsInNamespace(
    idnamespace: PCWSTR,
    query: PCWSTR,
    operation: HCS_OPERATION,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it of both.
        let (id_namespace, query) = unsafe { (text::read(idnamespace), text::read(query)) };
        hresult(&on_current(operation, |operation| Call::EnumerateComputeSystemsInNamespace {
            id_namespace,
            query,
            operation,
        }))
    })
}

/// Creates a compute system. The handle comes with `S_OK`, before it is known whether the create succeeds, and is to be
/// closed in either case.
///
/// `id` is any text but the empty one, unique without regard to case. `configuration` is a schema 2 document with exactly
/// one of `Container`, `VirtualMachine`, `HostedSystem`, or a schema 1 container document.
///
/// Through the operation: no document on success; `HCS_E_INVALID_JSON` (or what
/// [`Behavior::invalid_configuration`](crate::Behavior::invalid_configuration) says), `HCS_E_SYSTEM_ALREADY_EXISTS`.
/// (fidelity: `create-handle`, `create-invalid-json`, `create-duplicate`)
///
/// # Safety
///
/// Both texts are NULL or NUL-terminated; `computesystem` is NULL or valid for a write. The descriptor is only carried.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCreateComputeSystem(
    id: PCWSTR,
    configuration: PCWSTR,
    operation: HCS_OPERATION,
    securitydescriptor: *const SECURITY_DESCRIPTOR,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it of both.
        let (id, configuration) = unsafe { (Needed(text::read(id)), Needed(text::read(configuration))) };
        let answered = on_current(operation, |operation| Call::CreateComputeSystem {
            id,
            configuration,
            operation,
            security_descriptor: Pointer(securitydescriptor.addr()),
            compute_system: NeededOut(!computesystem.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_system(&answered, computesystem) };
        hresult(&answered)
    })
}

/// [`HcsCreateComputeSystem`] within a namespace. `options` may be NULL, or [`HCS_CREATE_OPTIONS_1`]: its callback is told the
/// system's events from the creation on, the token and the descriptor are only carried; of another version they are
/// `E_INVALIDARG`. (fidelity: `namespaces`, `create-options`)
///
/// # Safety
///
/// The texts are NULL or NUL-terminated; `computesystem` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCreateComputeSystemInNamespace(
    idnamespace: PCWSTR,
    id: PCWSTR,
    configuration: PCWSTR,
    operation: HCS_OPERATION,
    options: *const HCS_CREATE_OPTIONS,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it of all three.
        let (id_namespace, id, configuration) =
            unsafe { (text::read(idnamespace), Needed(text::read(id)), Needed(text::read(configuration))) };
        let answered = on_current(operation, |operation| Call::CreateComputeSystemInNamespace {
            id_namespace,
            id,
            configuration,
            operation,
            // SAFETY: the caller promises it.
            options: Box::new(unsafe { create_options(options) }),
            compute_system: NeededOut(!computesystem.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write_system(&answered, computesystem) };
        hresult(&answered)
    })
}

/// # Safety
///
/// `options` is NULL, or points to the structure that its first member says.
unsafe fn create_options(options: *const HCS_CREATE_OPTIONS) -> CreateOptions {
    if options.is_null() {
        return CreateOptions::Null;
    }
    // SAFETY: the caller promises that the version can be read.
    let version = unsafe { options.read_unaligned() };
    if version != HcsCreateOptions_1 {
        return CreateOptions::Unknown(version);
    }
    // SAFETY: the caller promises that the structure of this version is there.
    let options = unsafe { options.cast::<HCS_CREATE_OPTIONS_1>().read_unaligned() };
    CreateOptions::Version1 {
        callback_options: options.CallbackOptions,
        context: context_address(options.CallbackContext),
        callback: event_callback_address(options.Callback),
    }
}

/// Opens a system that exists, at once. `requestedaccess` has to be `GENERIC_ALL`, else `E_INVALIDARG`;
/// `HCS_E_SYSTEM_NOT_FOUND` if there is none. (fidelity: `open-access`, `open-missing`)
///
/// # Safety
///
/// `id` is NULL or NUL-terminated text; `computesystem` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsOpenComputeSystem(
    id: PCWSTR,
    requestedaccess: u32,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let id = Needed(unsafe { text::read(id) });
        let call = Call::OpenComputeSystem {
            id,
            requested_access: requestedaccess,
            compute_system: NeededOut(!computesystem.is_null()),
        };
        let answered = send(seat::current(), call);
        // SAFETY: the caller promises it.
        unsafe { write_system(&answered, computesystem) };
        hresult(&answered)
    })
}

/// [`HcsOpenComputeSystem`] within a namespace. (fidelity: `namespaces`)
///
/// # Safety
///
/// The texts are NULL or NUL-terminated; `computesystem` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsOpenComputeSystemInNamespace(
    idnamespace: PCWSTR,
    id: PCWSTR,
    requestedaccess: u32,
    computesystem: *mut HCS_SYSTEM,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it of both.
        let (id_namespace, id) = unsafe { (text::read(idnamespace), Needed(text::read(id))) };
        let call = Call::OpenComputeSystemInNamespace {
            id_namespace,
            id,
            requested_access: requestedaccess,
            compute_system: NeededOut(!computesystem.is_null()),
        };
        let answered = send(seat::current(), call);
        // SAFETY: the caller promises it.
        unsafe { write_system(&answered, computesystem) };
        hresult(&answered)
    })
}

/// # Safety
///
/// `out` is NULL or valid for a write.
unsafe fn write_system(answered: &Answered, out: *mut HCS_SYSTEM) {
    // SAFETY: the caller promises it.
    unsafe { write(out, pointer(answered.answer.system.0)) }
}

/// Closes a handle. The system goes on, unless it was the last handle and the configuration says
/// `ShouldTerminateOnLastHandleClosed`. Waits for a callback of the handle that runs; nothing is told afterwards.
/// (fidelity: `last-handle`, `close-keeps-running`, `close-unregisters`, `close-in-own-callback`)
///
/// # Safety
///
/// Any value is recognised; a stale, NULL or strange one is a finding.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCloseComputeSystem(computesystem: HCS_SYSTEM) {
    contained((), || {
        let compute_system = system_handle(computesystem);
        send(seat::place_of_handle(compute_system.0), Call::CloseComputeSystem { compute_system });
    });
}

macro_rules! requests_with_options {
    ($($(#[$doc:meta])* $function:ident => $variant:ident;)*) => {
        $($(#[$doc])*
        ///
        /// # Safety
        ///
        /// `options` is NULL or NUL-terminated text. Any handle value is recognised.
        #[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
        pub unsafe extern "system" fn $function(
            computesystem: HCS_SYSTEM,
            operation: HCS_OPERATION,
            options: PCWSTR,
        ) -> HRESULT {
            contained(BUG, || {
                // SAFETY: the caller promises it.
                let options = unsafe { text::read(options) };
                let compute_system = system_handle(computesystem);
                hresult(&on_handle(compute_system.0, operation, |operation| Call::$variant {
                    compute_system,
                    operation,
                    options,
                }))
            })
        })*
    };
}

requests_with_options! {
    /// Starts a created system. `options` are NULL, empty or an object. No document on success;
    /// `HCS_E_INVALID_STATE` unless it is created, `HCS_E_SYSTEM_ALREADY_STOPPED` after its exit. A system with
    /// `RestoreState` is started too, not resumed. (fidelity: `state-start`, `restore-file`, `restore-template`)
    HcsStartComputeSystem => StartComputeSystem;
    /// Asks the guest to shut down; success means that the request was delivered, the exit comes later.
    ///
    /// A virtual machine needs `ShutdownOptions`: NULL and an empty text fail with `HCS_E_INVALID_JSON`; without a channel
    /// to the guest, `0x80070032`. (fidelity: `state-shutdown`, `shutdown-null-options`, `shutdown-channel`,
    /// `shutdown-delivered`)
    HcsShutDownComputeSystem => ShutDownComputeSystem;
    /// Ends a system; success means that it has stopped. `HCS_E_SYSTEM_ALREADY_STOPPED` if it had before.
    /// (fidelity: `state-terminate`, `terminate-document`)
    HcsTerminateComputeSystem => TerminateComputeSystem;
    /// Crashes the guest of a running system; the exit comes later. (fidelity: `state-crash`, `exit-crash`)
    HcsCrashComputeSystem => CrashComputeSystem;
    /// Pauses a running system; `0x80070032` for a process-isolated container. (fidelity: `state-pause`,
    /// `pause-process-isolated`)
    HcsPauseComputeSystem => PauseComputeSystem;
    /// Resumes a paused system. (fidelity: `state-resume`)
    HcsResumeComputeSystem => ResumeComputeSystem;
    /// Saves a paused system: `{"SaveType":"ToFile","SaveStateFilePath":".."}` or `{"SaveType":"AsTemplate"}`.
    /// (fidelity: `state-save`, `save-to-file`, `save-as-template`)
    HcsSaveComputeSystem => SaveComputeSystem;
    /// Prepares a running virtual machine for its migration; `options` are `MigrationInitializeOptions`.
    /// `HCS_E_INVALID_STATE` out of turn. (fidelity: `migration-phases`)
    HcsInitializeLiveMigrationOnSource => InitializeLiveMigrationOnSource;
    /// Starts a migration over a socket that was added with `HcsAddResourceToOperation`; without one `E_INVALIDARG`.
    /// Callbacks that asked for it are told `SetupDone`. (fidelity: `migration-phases`, `migration-events`)
    HcsStartLiveMigrationOnSource => StartLiveMigrationOnSource;
    /// Starts the transfer of a migration: its events come one after the other, up to `MigrationDone`.
    /// (fidelity: `migration-events`)
    HcsStartLiveMigrationTransfer => StartLiveMigrationTransfer;
    /// Ends a migration that is done or has failed: the system stops or goes on, as `options` say.
    /// (fidelity: `migration-phases`)
    HcsFinalizeLiveMigration => FinalizeLiveMigration;
    /// Cancels a migration that is under way: `MigrationFailed`, and on the source `MigrationRecoveryDone`.
    /// (fidelity: `migration-failures`)
    HcsCancelLiveMigration => CancelLiveMigration;
}

/// Asks for the properties of a system: a `Properties` document, never NULL on success.
///
/// `propertyquery` is a `System_PropertyQuery` or NULL. After the exit the document is reduced. (fidelity:
/// `properties-running`, `properties-created`, `properties-stopped`, `query-invalid-json`)
///
/// # Safety
///
/// `propertyquery` is NULL or NUL-terminated text.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetComputeSystemProperties(
    computesystem: HCS_SYSTEM,
    operation: HCS_OPERATION,
    propertyquery: PCWSTR,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let property_query = unsafe { text::read(propertyquery) };
        let compute_system = system_handle(computesystem);
        hresult(&on_handle(compute_system.0, operation, |operation| Call::GetComputeSystemProperties {
            compute_system,
            operation,
            property_query,
        }))
    })
}

/// Changes a running system: a `ModifySettingRequest`. Each resource path of the reference changes the configuration, as
/// [`Host::configuration`](crate::Host::configuration) shows it. (fidelity: `state-modify`, `modify-paths`, `modify-memory`)
///
/// # Safety
///
/// `configuration` is NULL or NUL-terminated text; the identity is only carried.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsModifyComputeSystem(
    computesystem: HCS_SYSTEM,
    operation: HCS_OPERATION,
    configuration: PCWSTR,
    identity: HANDLE,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let configuration = Needed(unsafe { text::read(configuration) });
        let compute_system = system_handle(computesystem);
        hresult(&on_handle(compute_system.0, operation, |operation| Call::ModifyComputeSystem {
            compute_system,
            operation,
            configuration,
            identity: Pointer(identity.addr()),
        }))
    })
}

/// Waits until a system has exited, at most `timeoutms` milliseconds of the host's time; `INFINITE` is allowed, 0 polls.
/// `S_OK` with a `SystemExitStatus`, at once if it exited before; `HCS_E_OPERATION_TIMEOUT` otherwise.
/// (fidelity: `wait-for-exit`, `wait-for-exit-timeout`)
///
/// # Safety
///
/// `result` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsWaitForComputeSystemExit(
    computesystem: HCS_SYSTEM,
    timeoutms: u32,
    result: *mut PWSTR,
) -> HRESULT {
    contained(BUG, || {
        let compute_system = system_handle(computesystem);
        let call = Call::WaitForComputeSystemExit {
            compute_system,
            timeout_ms: Milliseconds(timeoutms),
            result: Out(!result.is_null()),
        };
        let answered = send(seat::place_of_handle(compute_system.0), call);
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, result) };
        hresult(&answered)
    })
}

/// Registers a callback for the events of a system. They come on threads of the host, one after the other for each handle;
/// the exit once, also if it was before. Closing the handle ends it.
///
/// `callbackoptions` are flags; unknown ones and a NULL callback are `E_INVALIDARG`
/// ([`Behavior::null_callback`](crate::Behavior::null_callback)). With `HcsEventOptionEnableOperationCallbacks` operations
/// complete as events, and those with a callback of their own are refused with
/// `HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET`. (fidelity: `set-event-callback`, `operation-event`, `exit-sticky`)
///
/// # Safety
///
/// The callback can be called with `context` until the handle is closed.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsSetComputeSystemCallback(
    computesystem: HCS_SYSTEM,
    callbackoptions: HCS_EVENT_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HRESULT {
    contained(BUG, || {
        let compute_system = system_handle(computesystem);
        let call = Call::SetComputeSystemCallback {
            compute_system,
            callback_options: callbackoptions,
            context: context_address(context),
            callback: event_callback_address(callback),
        };
        hresult(&send(seat::place_of_handle(compute_system.0), call))
    })
}

/// Creates a process in a running system: one of the guest programs that [`Host::program`](crate::Host::program) and
/// [`Host::canned`](crate::Host::canned) provide. The handle comes with `S_OK`, process id and pipes with
/// [`HcsWaitForOperationResultAndProcessInfo`]. `processparameters` are `ProcessParameters`.
///
/// Through the operation: `0x80070002` for a command that nobody provided, `HCS_E_INVALID_JSON`, `0x80070032` in a virtual
/// machine without a guest connection. (fidelity: `create-process`, `state-create-process`, `process-not-found`)
///
/// # Safety
///
/// `processparameters` is NULL or NUL-terminated text; `process` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsCreateProcess(
    computesystem: HCS_SYSTEM,
    processparameters: PCWSTR,
    operation: HCS_OPERATION,
    securitydescriptor: *const SECURITY_DESCRIPTOR,
    process: *mut HCS_PROCESS,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let process_parameters = Needed(unsafe { text::read(processparameters) });
        let compute_system = system_handle(computesystem);
        let answered = on_handle(compute_system.0, operation, |operation| Call::CreateProcess {
            compute_system,
            process_parameters,
            operation,
            security_descriptor: Pointer(securitydescriptor.addr()),
            process: NeededOut(!process.is_null()),
        });
        // SAFETY: the caller promises it.
        unsafe { write(process, pointer(answered.answer.process.0)) };
        hresult(&answered)
    })
}

/// Opens a running process by its id, at once; `0x80070490` if there is none. Such a handle has no standard handles. Any
/// access is granted. (fidelity: `open-process`, `open-process-no-stdio`)
///
/// # Safety
///
/// `process` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsOpenProcess(
    computesystem: HCS_SYSTEM,
    processid: u32,
    requestedaccess: u32,
    process: *mut HCS_PROCESS,
) -> HRESULT {
    contained(BUG, || {
        let compute_system = system_handle(computesystem);
        let call = Call::OpenProcess {
            compute_system,
            process_id: processid,
            requested_access: requestedaccess,
            process: NeededOut(!process.is_null()),
        };
        let answered = send(seat::place_of_handle(compute_system.0), call);
        // SAFETY: the caller promises it.
        unsafe { write(process, pointer(answered.answer.process.0)) };
        hresult(&answered)
    })
}
