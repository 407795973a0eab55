//! The second door: the symbols of computecore.dll as windows-sys declares them, and those that it lacks.
//! Not here: the other doors (`hcs_sim_conformance::doors`).

use std::ffi::c_void;

use hcs_sim as _; // on Linux the drop-in has the symbols
use hcs_sim_conformance::api::{Api, Win32};
use hcs_sim_conformance::doors::read_file;
use windows_sys::Win32::Foundation::{CloseHandle, LocalFree};
use windows_sys::Win32::Storage::FileSystem::ReadFile;
use windows_sys::Win32::System::HostComputeSystem::*;

/// What an executable gets that links to computecore.dll: on Windows the DLL beside it, elsewhere the drop-in.
pub fn linked() -> Api {
    // SAFETY: these are the functions of those names, and what is linked stays.
    unsafe {
        let read_file = read_file(ReadFile as *const c_void);
        let win32 = Win32 { local_free: LocalFree, close_handle: CloseHandle, read_file };
        Api::found(win32, |name| Some(address(name)))
    }
}

#[cfg_attr(
    all(windows, target_arch = "x86"),
    link(
        name = "computecore.dll",
        kind = "raw-dylib",
        modifiers = "+verbatim",
        import_name_type = "undecorated"
    )
)]
#[cfg_attr(
    all(windows, not(target_arch = "x86")),
    link(name = "computecore.dll", kind = "raw-dylib", modifiers = "+verbatim")
)]
unsafe extern "system" {
    fn HcsGetOperationProperties(operation: *mut c_void, options: *const u16, document: *mut *mut u16)
    -> i32;
    fn HcsInitializeLiveMigrationOnSource(
        system: *mut c_void,
        operation: *mut c_void,
        options: *const u16,
    ) -> i32;
    fn HcsStartLiveMigrationOnSource(system: *mut c_void, operation: *mut c_void, options: *const u16)
    -> i32;
    fn HcsStartLiveMigrationTransfer(system: *mut c_void, operation: *mut c_void, options: *const u16)
    -> i32;
    fn HcsFinalizeLiveMigration(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
    fn HcsCancelLiveMigration(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
}

macro_rules! addresses {
    ($($name:ident)*) => {
        /// The address of a symbol.
        fn address(name: &str) -> *const c_void {
            match name {
                $(stringify!($name) => $name as *const c_void,)*
                _ => panic!("{name} is not declared in doors.rs"),
            }
        }
    };
}

addresses! {
    HcsAddResourceToOperation
    HcsCancelLiveMigration
    HcsCancelOperation
    HcsCloseComputeSystem
    HcsCloseOperation
    HcsCloseProcess
    HcsCrashComputeSystem
    HcsCreateComputeSystem
    HcsCreateComputeSystemInNamespace
    HcsCreateEmptyGuestStateFile
    HcsCreateEmptyRuntimeStateFile
    HcsCreateOperation
    HcsCreateOperationWithNotifications
    HcsCreateProcess
    HcsEnumerateComputeSystems
    HcsEnumerateComputeSystemsInNamespace
    HcsFinalizeLiveMigration
    HcsGetComputeSystemFromOperation
    HcsGetComputeSystemProperties
    HcsGetOperationContext
    HcsGetOperationId
    HcsGetOperationProperties
    HcsGetOperationResult
    HcsGetOperationResultAndProcessInfo
    HcsGetOperationType
    HcsGetProcessFromOperation
    HcsGetProcessInfo
    HcsGetProcessProperties
    HcsGetProcessorCompatibilityFromSavedState
    HcsGetServiceProperties
    HcsGrantVmAccess
    HcsGrantVmGroupAccess
    HcsInitializeLiveMigrationOnSource
    HcsModifyComputeSystem
    HcsModifyProcess
    HcsModifyServiceSettings
    HcsOpenComputeSystem
    HcsOpenComputeSystemInNamespace
    HcsOpenProcess
    HcsPauseComputeSystem
    HcsResumeComputeSystem
    HcsRevokeVmAccess
    HcsRevokeVmGroupAccess
    HcsSaveComputeSystem
    HcsSetComputeSystemCallback
    HcsSetOperationCallback
    HcsSetOperationContext
    HcsSetProcessCallback
    HcsShutDownComputeSystem
    HcsSignalProcess
    HcsStartComputeSystem
    HcsStartLiveMigrationOnSource
    HcsStartLiveMigrationTransfer
    HcsSubmitWerReport
    HcsTerminateComputeSystem
    HcsTerminateProcess
    HcsWaitForComputeSystemExit
    HcsWaitForOperationResult
    HcsWaitForOperationResultAndProcessInfo
    HcsWaitForProcessExit
}
