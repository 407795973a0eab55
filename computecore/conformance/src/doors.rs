//! The doors to the exports: Rust functions, a library that is loaded at run time.
//! Not here: linked symbols (`tests/linked`), because an older Windows lacks some; what is done through the doors (`run`).

use std::ffi::c_void;
use std::path::{Path, PathBuf};

use hcs_sim::computecore::*;
use libloading::Library;

use crate::api::{Api, Win32};

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

/// Documents and pipes are the system's business.
#[cfg(windows)]
fn of_the_library(_: &dyn Fn(&str) -> Option<*const c_void>) -> Result<Win32, String> {
    use windows_sys::Win32::Foundation::{CloseHandle, LocalFree};
    use windows_sys::Win32::Storage::FileSystem::ReadFile;
    Ok(Win32 {
        local_free: LocalFree,
        close_handle: CloseHandle,
        // SAFETY: it is that function.
        read_file: unsafe { read_file(ReadFile as *const c_void) },
    })
}

/// Documents and pipes are the library's business.
#[cfg(not(windows))]
fn of_the_library(find: &dyn Fn(&str) -> Option<*const c_void>) -> Result<Win32, String> {
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
            read_file: read_file(need("ReadFile")?),
        })
    }
}

type ReadFileFunction = unsafe extern "system" fn(HANDLE, *mut u8, u32, *mut u32, *mut OVERLAPPED) -> BOOL;

/// `ReadFile` with the OVERLAPPED of hcs-sim, which is that of windows-sys: `tests/parity.rs` of hcs-sim compares them.
///
/// # Safety
///
/// It is the address of such a function.
pub unsafe fn read_file(address: *const c_void) -> ReadFileFunction {
    // SAFETY: the caller promises it.
    unsafe { std::mem::transmute::<*const c_void, ReadFileFunction>(address) }
}

/// Where cargo put a library: with the tests of its package, or one folder up.
pub fn beside(name: &str) -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|it| format!("where this test is cannot be told: {it}"))?;
    let folders: Vec<&Path> = program.ancestors().skip(1).take(2).collect();
    let mut looked: Vec<PathBuf> = folders.iter().map(|it| it.join(name)).collect();
    looked.extend(folders.first().map(|it| it.join("deps").join(name)));
    looked.iter().find(|it| it.is_file()).cloned().ok_or_else(|| {
        let tried: Vec<String> = looked.iter().map(|it| it.display().to_string()).collect();
        format!("no {name} at {}: build it with `cargo build -p computecore`", tried.join(" or "))
    })
}
