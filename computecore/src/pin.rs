//! On Windows, what happens when the library is loaded and when the process ends: it stays loaded, as threads of a host may
//! still run when a program frees it. Not here: the report at the end (`at_exit`).

use std::ffi::c_void;

use crate::at_exit;

const PROCESS_ATTACH: u32 = 1;
const PROCESS_DETACH: u32 = 0;
/// `GET_MODULE_HANDLE_EX_FLAG_PIN` and `GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS`.
const PIN_BY_ADDRESS: u32 = 1 | 4;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExW(flags: u32, address: *const u16, module: *mut *mut c_void) -> i32;
}

/// Called as `DllMain` would be, which would be one more export. It stands before what Rust's standard library has there, which ends the
/// thread's own data.
#[used]
#[unsafe(link_section = ".CRT$XLAA")]
static NOTIFIED: extern "system" fn(*mut c_void, u32, *mut c_void) = notified;

extern "system" fn notified(_: *mut c_void, reason: u32, _: *mut c_void) {
    match reason {
        PROCESS_ATTACH => {
            let mut module = std::ptr::null_mut();
            // SAFETY: the flag says that the second argument is any address inside the module.
            unsafe { GetModuleHandleExW(PIN_BY_ADDRESS, (notified as *const ()).cast(), &mut module) };
        }
        PROCESS_DETACH => at_exit::ended(), // it stays loaded, so the process ends
        _ => {}
    }
}
