//! The C types, structures and constants of `computecore.dll`, and the few of Win32 that its signatures need.
//! Not here: the functions (`computecore`, `win32`), and what our handles are made of (`handle`).
//!
//! Names, layouts and values are those of windows-sys, checked by `tests/parity.rs`; what windows-sys lacks says so.

#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case)]

use core::ffi::c_void;
use core::ptr;

// Win32: the plain types.

/// A kernel object of the caller's: a pipe, a token, a socket.
pub type HANDLE = *mut c_void;
/// Memory from `LocalAlloc`.
pub type HLOCAL = *mut c_void;
/// A status: negative is a failure. [`Hresult`](crate::hresult::Hresult) knows what it means.
pub type HRESULT = i32;
/// An error number as `GetLastError` gives it.
pub type WIN32_ERROR = u32;
/// Zero is false.
pub type BOOL = i32;
/// Text that is read: UTF-16, ended by a zero.
pub type PCWSTR = *const u16;
/// Text that is given: UTF-16, ended by a zero, freed with `LocalFree`.
pub type PWSTR = *mut u16;

/// `((HANDLE) -1)`.
pub const INVALID_HANDLE_VALUE: HANDLE = ptr::without_provenance_mut(usize::MAX);
/// The one access that `HcsOpenComputeSystem` grants.
pub const GENERIC_ALL: u32 = 0x1000_0000;
/// A timeout that never ends.
pub const INFINITE: u32 = u32::MAX;

/// How `LocalAlloc` allocates.
pub type LOCAL_ALLOC_FLAGS = u32;
/// Memory that does not move.
pub const LMEM_FIXED: LOCAL_ALLOC_FLAGS = 0;
/// Memory that starts as zeros.
pub const LMEM_ZEROINIT: LOCAL_ALLOC_FLAGS = 0x40;
/// [`LMEM_FIXED`] and [`LMEM_ZEROINIT`].
pub const LPTR: LOCAL_ALLOC_FLAGS = LMEM_FIXED | LMEM_ZEROINIT;

/// What an asynchronous read or write keeps.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct OVERLAPPED {
    /// The status of the transfer.
    pub Internal: usize,
    /// The bytes that were moved.
    pub InternalHigh: usize,
    /// Where in the file, which means nothing for a pipe.
    pub Anonymous: OVERLAPPED_0,
    /// Set when the transfer is over.
    pub hEvent: HANDLE,
}

/// The two ways to say where.
#[repr(C)]
#[derive(Clone, Copy)]
pub union OVERLAPPED_0 {
    /// As two halves.
    pub Anonymous: OVERLAPPED_0_0,
    /// As a pointer.
    pub Pointer: *mut c_void,
}

/// The halves of an offset.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct OVERLAPPED_0_0 {
    /// The low half.
    pub Offset: u32,
    /// The high half.
    pub OffsetHigh: u32,
}

impl Default for OVERLAPPED {
    /// All zero.
    fn default() -> OVERLAPPED {
        OVERLAPPED {
            Internal: 0,
            InternalHigh: 0,
            Anonymous: OVERLAPPED_0 { Pointer: ptr::null_mut() },
            hEvent: ptr::null_mut(),
        }
    }
}

/// A security identifier, opaque here.
pub type PSID = *mut c_void;
/// `SE_*` flags of a [`SECURITY_DESCRIPTOR`].
pub type SECURITY_DESCRIPTOR_CONTROL = u16;

/// Who may do what with an object. HCS wants NULL wherever it takes one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SECURITY_DESCRIPTOR {
    /// Always 1.
    pub Revision: u8,
    /// Padding.
    pub Sbz1: u8,
    /// Which of the members below count.
    pub Control: SECURITY_DESCRIPTOR_CONTROL,
    /// The owner.
    pub Owner: PSID,
    /// The primary group.
    pub Group: PSID,
    /// What is audited.
    pub Sacl: *mut ACL,
    /// What is allowed.
    pub Dacl: *mut ACL,
}

impl Default for SECURITY_DESCRIPTOR {
    /// All zero.
    fn default() -> SECURITY_DESCRIPTOR {
        SECURITY_DESCRIPTOR {
            Revision: 0,
            Sbz1: 0,
            Control: 0,
            Owner: ptr::null_mut(),
            Group: ptr::null_mut(),
            Sacl: ptr::null_mut(),
            Dacl: ptr::null_mut(),
        }
    }
}

/// The head of an access control list; its entries follow it in memory.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct ACL {
    /// 2, or 4 for lists with entries of directory objects.
    pub AclRevision: u8,
    /// Padding.
    pub Sbz1: u8,
    /// Bytes, entries included.
    pub AclSize: u16,
    /// Number of entries.
    pub AceCount: u16,
    /// Padding.
    pub Sbz2: u16,
}

// HCS: handles.

/// An operation: tracks one call at a time. Closed with `HcsCloseOperation`.
pub type HCS_OPERATION = *mut c_void;
/// A compute system, which is a virtual machine or a container. Closed with `HcsCloseComputeSystem`.
pub type HCS_SYSTEM = *mut c_void;
/// A process in a compute system. Closed with `HcsCloseProcess`.
pub type HCS_PROCESS = *mut c_void;

/// What `HcsGetOperationId` returns for an operation that has not been used (not in windows-sys; hcs-rs has it).
pub const HCS_INVALID_OPERATION_ID: u64 = u64::MAX;

// HCS: structures and callbacks.

/// What an event callback is given. Valid until the callback returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HCS_EVENT {
    /// What happened.
    pub Type: HCS_EVENT_TYPE,
    /// A JSON document that depends on the type; may be NULL.
    pub EventData: PCWSTR,
    /// For [`HcsEventOperationCallback`] the operation that has completed, else NULL.
    pub Operation: HCS_OPERATION,
}

impl Default for HCS_EVENT {
    /// All zero.
    fn default() -> HCS_EVENT {
        HCS_EVENT { Type: HcsEventInvalid, EventData: ptr::null(), Operation: ptr::null_mut() }
    }
}

/// A process that was just created or asked about. The caller closes the pipes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HCS_PROCESS_INFORMATION {
    /// The process's id inside its system.
    pub ProcessId: u32,
    /// Zero.
    pub Reserved: u32,
    /// The end that the caller writes to, NULL unless the process was created with one.
    pub StdInput: HANDLE,
    /// The end that the caller reads from, NULL unless the process was created with one.
    pub StdOutput: HANDLE,
    /// The end that the caller reads from, NULL unless the process was created with one.
    pub StdError: HANDLE,
}

impl Default for HCS_PROCESS_INFORMATION {
    /// All zero.
    fn default() -> HCS_PROCESS_INFORMATION {
        HCS_PROCESS_INFORMATION {
            ProcessId: 0,
            Reserved: 0,
            StdInput: ptr::null_mut(),
            StdOutput: ptr::null_mut(),
            StdError: ptr::null_mut(),
        }
    }
}

/// Says which structure follows: the first member of [`HCS_CREATE_OPTIONS_1`].
pub type HCS_CREATE_OPTIONS = i32;

/// The [`HCS_CREATE_OPTIONS`] of [`HCS_CREATE_OPTIONS_1`].
pub const HcsCreateOptions_1: HCS_CREATE_OPTIONS = 0x0001_0000;

/// What `HcsCreateComputeSystemInNamespace` can be told beyond the configuration.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HCS_CREATE_OPTIONS_1 {
    /// [`HcsCreateOptions_1`].
    pub Version: HCS_CREATE_OPTIONS,
    /// The user on whose behalf the system is made; may be NULL.
    pub UserToken: HANDLE,
    /// May be NULL.
    pub SecurityDescriptor: *mut SECURITY_DESCRIPTOR,
    /// As in `HcsSetComputeSystemCallback`.
    pub CallbackOptions: HCS_EVENT_OPTIONS,
    /// Handed to the callback; may be NULL.
    pub CallbackContext: *mut c_void,
    /// Receives the system's events from its creation on.
    pub Callback: HCS_EVENT_CALLBACK,
}

impl Default for HCS_CREATE_OPTIONS_1 {
    /// All zero, the version too.
    fn default() -> HCS_CREATE_OPTIONS_1 {
        HCS_CREATE_OPTIONS_1 {
            Version: 0,
            UserToken: ptr::null_mut(),
            SecurityDescriptor: ptr::null_mut(),
            CallbackOptions: HcsEventOptionNone,
            CallbackContext: ptr::null_mut(),
            Callback: None,
        }
    }
}

/// Called once when an operation completes.
pub type HCS_OPERATION_COMPLETION =
    Option<unsafe extern "system" fn(operation: HCS_OPERATION, context: *const c_void)>;

/// Called for each event of a system, a process or an operation.
pub type HCS_EVENT_CALLBACK =
    Option<unsafe extern "system" fn(event: *const HCS_EVENT, context: *const c_void)>;

/// The callback of the first API (`vmcompute.dll`); no function of `computecore.dll` takes it.
pub type HCS_NOTIFICATION_CALLBACK = Option<
    unsafe extern "system" fn(
        notificationtype: u32,
        context: *const c_void,
        notificationstatus: HRESULT,
        notificationdata: PCWSTR,
    ),
>;

// HCS: what happened to a system, a process or an operation.

/// The type of an [`HCS_EVENT`].
pub type HCS_EVENT_TYPE = i32;

/// No event.
pub const HcsEventInvalid: HCS_EVENT_TYPE = 0;
/// The system has exited. Data: `SystemExitStatus`.
pub const HcsEventSystemExited: HCS_EVENT_TYPE = 1;
/// A crash of the guest has begun.
pub const HcsEventSystemCrashInitiated: HCS_EVENT_TYPE = 2;
/// The guest has crashed. Data: `CrashReport`.
pub const HcsEventSystemCrashReport: HCS_EVENT_TYPE = 3;
/// The guest's enhanced session mode was switched.
pub const HcsEventSystemRdpEnhancedModeStateChanged: HCS_EVENT_TYPE = 4;
/// Reserved: the job object of a container was created.
pub const HcsEventSystemSiloJobCreated: HCS_EVENT_TYPE = 5;
/// The connection to the guest's agent has closed.
pub const HcsEventSystemGuestConnectionClosed: HCS_EVENT_TYPE = 6;
/// The process has exited. Data: `ProcessStatus`.
pub const HcsEventProcessExited: HCS_EVENT_TYPE = 0x0001_0000;
/// An operation on the handle has completed.
pub const HcsEventOperationCallback: HCS_EVENT_TYPE = 0x0100_0000;
/// The compute service has gone away.
pub const HcsEventServiceDisconnect: HCS_EVENT_TYPE = 0x0200_0000;
/// A step in the life of a virtual machine.
pub const HcsEventGroupVmLifecycle: HCS_EVENT_TYPE = 0x8000_0002_u32.cast_signed();
/// A step of a live migration (not in windows-sys; hcsshim has it).
pub const HcsEventGroupLiveMigration: HCS_EVENT_TYPE = 0x8000_0003_u32.cast_signed();
/// Progress of an operation.
pub const HcsEventGroupOperationInfo: HCS_EVENT_TYPE = 0xC000_0001_u32.cast_signed();

/// Which further events a callback wants; flags.
pub type HCS_EVENT_OPTIONS = i32;

/// Exits, crashes and the service's end only.
pub const HcsEventOptionNone: HCS_EVENT_OPTIONS = 0;
/// And [`HcsEventOperationCallback`].
pub const HcsEventOptionEnableOperationCallbacks: HCS_EVENT_OPTIONS = 1;
/// And [`HcsEventGroupVmLifecycle`].
pub const HcsEventOptionEnableVmLifecycle: HCS_EVENT_OPTIONS = 2;
/// And [`HcsEventGroupLiveMigration`] (not in windows-sys; hcsshim has it).
pub const HcsEventOptionEnableLiveMigrationEvents: HCS_EVENT_OPTIONS = 4;

// HCS: operations.

/// What an operation is used for.
pub type HCS_OPERATION_TYPE = i32;

/// Nothing yet.
pub const HcsOperationTypeNone: HCS_OPERATION_TYPE = -1;
/// `HcsEnumerateComputeSystems`.
pub const HcsOperationTypeEnumerate: HCS_OPERATION_TYPE = 0;
/// `HcsCreateComputeSystem`.
pub const HcsOperationTypeCreate: HCS_OPERATION_TYPE = 1;
/// `HcsStartComputeSystem`.
pub const HcsOperationTypeStart: HCS_OPERATION_TYPE = 2;
/// `HcsShutDownComputeSystem`.
pub const HcsOperationTypeShutdown: HCS_OPERATION_TYPE = 3;
/// `HcsPauseComputeSystem`.
pub const HcsOperationTypePause: HCS_OPERATION_TYPE = 4;
/// `HcsResumeComputeSystem`.
pub const HcsOperationTypeResume: HCS_OPERATION_TYPE = 5;
/// `HcsSaveComputeSystem`.
pub const HcsOperationTypeSave: HCS_OPERATION_TYPE = 6;
/// `HcsTerminateComputeSystem`.
pub const HcsOperationTypeTerminate: HCS_OPERATION_TYPE = 7;
/// `HcsModifyComputeSystem`.
pub const HcsOperationTypeModify: HCS_OPERATION_TYPE = 8;
/// `HcsGetComputeSystemProperties`.
pub const HcsOperationTypeGetProperties: HCS_OPERATION_TYPE = 9;
/// `HcsCreateProcess`.
pub const HcsOperationTypeCreateProcess: HCS_OPERATION_TYPE = 10;
/// `HcsSignalProcess`.
pub const HcsOperationTypeSignalProcess: HCS_OPERATION_TYPE = 11;
/// `HcsGetProcessInfo`.
pub const HcsOperationTypeGetProcessInfo: HCS_OPERATION_TYPE = 12;
/// `HcsGetProcessProperties`.
pub const HcsOperationTypeGetProcessProperties: HCS_OPERATION_TYPE = 13;
/// `HcsModifyProcess`.
pub const HcsOperationTypeModifyProcess: HCS_OPERATION_TYPE = 14;
/// `HcsCrashComputeSystem`.
pub const HcsOperationTypeCrash: HCS_OPERATION_TYPE = 15;
/// Reserved (not in windows-sys; hcsshim has it).
pub const HcsOperationTypeReserved1: HCS_OPERATION_TYPE = 16;
/// Reserved (not in windows-sys; hcsshim has it).
pub const HcsOperationTypeReserved2: HCS_OPERATION_TYPE = 17;
/// Reserved (not in windows-sys; hcsshim has it).
pub const HcsOperationTypeReserved3: HCS_OPERATION_TYPE = 18;
/// The live migration functions (not in windows-sys; hcsshim has it).
pub const HcsOperationTypeLiveMigration: HCS_OPERATION_TYPE = 19;

/// Which events an operation's own callback wants; flags.
pub type HCS_OPERATION_OPTIONS = i32;

/// Completion only.
pub const HcsOperationOptionNone: HCS_OPERATION_OPTIONS = 0;
/// And [`HcsEventGroupOperationInfo`].
pub const HcsOperationOptionProgressUpdate: HCS_OPERATION_OPTIONS = 1;
/// Reserved (not in windows-sys; hcsshim has it).
pub const HcsOperationOptionReserved1: HCS_OPERATION_OPTIONS = 2;

/// What `HcsAddResourceToOperation` adds.
pub type HCS_RESOURCE_TYPE = i32;

/// Nothing.
pub const HcsResourceTypeNone: HCS_RESOURCE_TYPE = 0;
/// A file's handle.
pub const HcsResourceTypeFile: HCS_RESOURCE_TYPE = 1;
/// A job object's handle.
pub const HcsResourceTypeJob: HCS_RESOURCE_TYPE = 2;
/// A COM object (not in windows-sys; hcsshim has it).
pub const HcsResourceTypeComObject: HCS_RESOURCE_TYPE = 3;
/// A socket (not in windows-sys; hcsshim has it).
pub const HcsResourceTypeSocket: HCS_RESOURCE_TYPE = 4;

// HCS: the notifications of the first API, which share its header.

/// What an [`HCS_NOTIFICATION_CALLBACK`] is told.
pub type HCS_NOTIFICATIONS = i32;

/// No notification.
pub const HcsNotificationInvalid: HCS_NOTIFICATIONS = 0;
/// The system has exited.
pub const HcsNotificationSystemExited: HCS_NOTIFICATIONS = 1;
/// A create has completed.
pub const HcsNotificationSystemCreateCompleted: HCS_NOTIFICATIONS = 2;
/// A start has completed.
pub const HcsNotificationSystemStartCompleted: HCS_NOTIFICATIONS = 3;
/// A pause has completed.
pub const HcsNotificationSystemPauseCompleted: HCS_NOTIFICATIONS = 4;
/// A resume has completed.
pub const HcsNotificationSystemResumeCompleted: HCS_NOTIFICATIONS = 5;
/// The guest has crashed.
pub const HcsNotificationSystemCrashReport: HCS_NOTIFICATIONS = 6;
/// The job object of a container was created.
pub const HcsNotificationSystemSiloJobCreated: HCS_NOTIFICATIONS = 7;
/// A save has completed.
pub const HcsNotificationSystemSaveCompleted: HCS_NOTIFICATIONS = 8;
/// The guest's enhanced session mode was switched.
pub const HcsNotificationSystemRdpEnhancedModeStateChanged: HCS_NOTIFICATIONS = 9;
/// A shutdown did not work. The same number as [`HcsNotificationSystemShutdownCompleted`].
pub const HcsNotificationSystemShutdownFailed: HCS_NOTIFICATIONS = 10;
/// A shutdown has completed. The same number as [`HcsNotificationSystemShutdownFailed`].
pub const HcsNotificationSystemShutdownCompleted: HCS_NOTIFICATIONS = 10;
/// A query for properties has completed.
pub const HcsNotificationSystemGetPropertiesCompleted: HCS_NOTIFICATIONS = 11;
/// A modification has completed.
pub const HcsNotificationSystemModifyCompleted: HCS_NOTIFICATIONS = 12;
/// A crash of the guest has begun.
pub const HcsNotificationSystemCrashInitiated: HCS_NOTIFICATIONS = 13;
/// The connection to the guest's agent has closed.
pub const HcsNotificationSystemGuestConnectionClosed: HCS_NOTIFICATIONS = 14;
/// An operation has completed.
pub const HcsNotificationSystemOperationCompletion: HCS_NOTIFICATIONS = 15;
/// Handed through from below.
pub const HcsNotificationSystemPassThru: HCS_NOTIFICATIONS = 16;
/// Progress of an operation.
pub const HcsNotificationOperationProgressUpdate: HCS_NOTIFICATIONS = 0x0000_0100;
/// The process has exited.
pub const HcsNotificationProcessExited: HCS_NOTIFICATIONS = 0x0001_0000;
/// The compute service has gone away.
pub const HcsNotificationServiceDisconnect: HCS_NOTIFICATIONS = 0x0100_0000;
/// The bits that no notification uses.
pub const HcsNotificationFlagsReserved: HCS_NOTIFICATIONS = 0xF000_0000_u32.cast_signed();

/// How a notification of the first API ended.
pub type HCS_NOTIFICATION_FLAGS = i32;

/// Well.
pub const HcsNotificationFlagSuccess: HCS_NOTIFICATION_FLAGS = 0;
/// Badly.
pub const HcsNotificationFlagFailure: HCS_NOTIFICATION_FLAGS = 0x8000_0000_u32.cast_signed();
