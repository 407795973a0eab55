//! The doors to the exports: Rust functions, linked symbols, a library that is loaded at run time.
//! Not here: what is done through them (`run`).

use std::ffi::c_void;
use std::path::{Path, PathBuf};

use hcs_sim::computecore::*;
use libloading::Library;
use windows_sys::Win32::Foundation as foundation;

use super::api::{Api, Win32};

/// The library's name on this system.
pub const LIBRARY: &str = if cfg!(windows) {
    "computecore.dll"
} else if cfg!(target_os = "macos") {
    "libcomputecore.dylib"
} else {
    "libcomputecore.so"
};

/// The functions of the module `computecore`.
pub fn rust() -> Api {
    use hcs_sim::win32;
    Api::rust(Win32 {
        local_free: win32::LocalFree,
        close_handle: win32::CloseHandle,
        read_file: win32::ReadFile,
    })
}

/// What an executable gets that links to computecore.dll: on Windows the DLL beside it, elsewhere the drop-in.
#[allow(dead_code)] // the arm against a real Windows links to nothing, because an older one lacks exports
pub fn linked() -> Api {
    // SAFETY: these are the exports of those names, and what is linked stays.
    unsafe { Api::found(of_the_linker(), |name| Some(linked::address(name))) }
}

/// The exports of the library that cargo built beside this executable.
pub fn loaded() -> Result<Api, String> {
    from(&beside(LIBRARY)?)
}

/// The exports of a library; it stays loaded for good.
pub fn from(path: &Path) -> Result<Api, String> {
    let cannot = |error| format!("{} cannot be loaded: {error}", path.display());
    // SAFETY: loading it runs nothing of its own, or it is Windows' own library.
    let library = unsafe { Library::new(path) }.map_err(cannot)?;
    let library: &'static Library = Box::leak(Box::new(library));
    let find = |name: &str| {
        // SAFETY: only the address is looked at; the library stays loaded.
        unsafe { library.get::<*const c_void>(name.as_bytes()) }.ok().map(|it| *it)
    };
    // SAFETY: these are the library's exports of those names.
    Ok(unsafe { Api::found(of_the_library(&find)?, find) })
}

/// On Windows documents and pipes are the system's business, elsewhere the library's.
fn of_the_library(find: &dyn Fn(&str) -> Option<*const c_void>) -> Result<Win32, String> {
    if cfg!(windows) {
        return Ok(of_the_linker());
    }
    let need = |name: &str| find(name).ok_or_else(|| format!("{LIBRARY} does not export {name}"));
    // SAFETY: these are the library's exports of those names; all are pointers to functions.
    unsafe {
        Ok(Win32 {
            local_free: std::mem::transmute::<*const c_void, unsafe extern "system" fn(HLOCAL) -> HLOCAL>(
                need("LocalFree")?,
            ),
            close_handle: std::mem::transmute::<*const c_void, unsafe extern "system" fn(HANDLE) -> BOOL>(
                need("CloseHandle")?,
            ),
            read_file: std::mem::transmute::<
                *const c_void,
                unsafe extern "system" fn(HANDLE, *mut u8, u32, *mut u32, *mut OVERLAPPED) -> BOOL,
            >(need("ReadFile")?),
        })
    }
}

/// kernel32 on Windows, the drop-in elsewhere.
fn of_the_linker() -> Win32 {
    let read_file = windows_sys::Win32::Storage::FileSystem::ReadFile as *const c_void;
    Win32 {
        local_free: foundation::LocalFree,
        close_handle: foundation::CloseHandle,
        // SAFETY: OVERLAPPED is one type under two names; `tests/parity.rs` of hcs-sim compares them.
        read_file: unsafe {
            std::mem::transmute::<
                *const c_void,
                unsafe extern "system" fn(HANDLE, *mut u8, u32, *mut u32, *mut OVERLAPPED) -> BOOL,
            >(read_file)
        },
    }
}

/// Where cargo put a library: with the tests of its package, or one folder up.
pub fn beside(name: &str) -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|it| format!("where this test is cannot be told: {it}"))?;
    let folders = program.ancestors().skip(1).take(2);
    let looked: Vec<PathBuf> = folders.map(|it| it.join(name)).collect();
    looked.iter().find(|it| it.is_file()).cloned().ok_or_else(|| {
        let tried: Vec<String> = looked.iter().map(|it| it.display().to_string()).collect();
        format!("no {name} at {}: build it with `cargo build -p computecore`", tried.join(" or "))
    })
}

/// The symbols as windows-sys declares them, and those that it lacks.
mod linked {
    use std::ffi::c_void;

    use windows_sys::Win32::System::HostComputeSystem::*;

    #[cfg_attr(
        all(windows, target_arch = "x86"),
        link(name = "computecore.dll", kind = "raw-dylib", modifiers = "+verbatim", import_name_type = "undecorated")
    )]
    #[cfg_attr(
        all(windows, not(target_arch = "x86")),
        link(name = "computecore.dll", kind = "raw-dylib", modifiers = "+verbatim")
    )]
    unsafe extern "system" {
        fn HcsGetOperationProperties(operation: *mut c_void, options: *const u16, document: *mut *mut u16) -> i32;
        fn HcsInitializeLiveMigrationOnSource(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
        fn HcsStartLiveMigrationOnSource(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
        fn HcsStartLiveMigrationTransfer(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
        fn HcsFinalizeLiveMigration(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
        fn HcsCancelLiveMigration(system: *mut c_void, operation: *mut c_void, options: *const u16) -> i32;
    }

    macro_rules! addresses {
        ($($name:ident)*) => {
            /// The address of a symbol.
            pub(super) fn address(name: &str) -> *const c_void {
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
}
