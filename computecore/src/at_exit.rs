//! The report at the end of the process, which `HCS_SIM_VERIFY=1` asks for: findings on stderr, and an exit code.
//! Not here: what is found (`hcs_sim::Host::verify`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hcs_sim::{Host, Scenario};

use crate::hosts;

/// The environment variable that asks for the report.
const VARIABLE: &str = "HCS_SIM_VERIFY";

/// The exit code of a process that did everything right but for what was found.
const FOUND: i32 = 70;

/// Findings of hosts that have ended.
static EARLIER: AtomicUsize = AtomicUsize::new(0);

/// The process ends.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Whether the process ends: hosts are verified by the report, and otherwise left.
pub(crate) fn has_begun() -> bool {
    BEGUN.load(Ordering::Relaxed)
}

fn is_asked_for() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|it| !it.is_empty() && it != "0")
}

/// A host ends before the process does: what is wrong with it is told now, and counts at the end.
pub(crate) fn verify_early(name: Option<&str>, host: &Host) {
    EARLIER.fetch_add(tell(name, host.verify()), Ordering::Relaxed);
}

/// Verifies every host that is left. Answers whether anything was found in the life of the process. The hosts of a process that was
/// forked are its parent's, which reports them.
fn report() -> bool {
    if Host::problem_of_a_fork().is_some() {
        return false;
    }
    BEGUN.store(true, Ordering::Relaxed);
    let hosts = hosts::all();
    // Told when the first host began; a client that does not mind being refused would pass otherwise.
    let is_without_scenario = !hosts.is_empty() && !Scenario::of_environment_is_good();
    let found = hosts.into_iter().map(|(name, host)| tell(name.as_deref(), host.verify_at_exit()));
    found.sum::<usize>() + EARLIER.load(Ordering::Relaxed) > 0 || is_without_scenario
}

fn tell(name: Option<&str>, verified: Result<(), hcs_sim::Report>) -> usize {
    let Err(report) = verified else { return 0 };
    match name {
        Some(name) => eprintln!("\nhost {name:?}:\n{report}"),
        None => eprintln!("\n{report}"),
    }
    report.findings.len()
}

#[cfg(unix)]
mod imp {
    use std::ffi::c_int;

    /// Everything else that is to run at the end does, and streams are flushed: in the GNU C library `exit` may be called while it runs,
    /// and goes on where it was. `fflush` would wait for a thread that reads a stream.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn leave(code: c_int) -> ! {
        unsafe extern "C" {
            fn exit(code: c_int) -> !;
        }
        // SAFETY: it is this thread that runs `exit`.
        unsafe { exit(code) }
    }

    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    fn leave(code: c_int) -> ! {
        unsafe extern "C" {
            fn fflush(file: *mut std::ffi::c_void) -> c_int;
            fn _exit(code: c_int) -> !;
        }
        // SAFETY: NULL is every stream; what the program has printed is not lost.
        unsafe { fflush(std::ptr::null_mut()) };
        // SAFETY: the process is about to end anyway, and everything that was to run at its end and was registered after
        // the library was loaded has run.
        unsafe { _exit(code) }
    }

    /// Runs when the library is loaded, before `main` of a program that is linked with it: what is registered first comes last.
    #[used]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    static LOADED: extern "C" fn() = loaded;

    extern "C" fn loaded() {
        if super::is_asked_for() {
            register();
        }
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn register() {
        unsafe extern "C" {
            fn on_exit(
                function: extern "C" fn(c_int, *mut std::ffi::c_void),
                argument: *mut std::ffi::c_void,
            ) -> c_int;
        }
        extern "C" fn at_exit(status: c_int, _: *mut std::ffi::c_void) {
            end(status);
        }
        // SAFETY: the function lives as long as the process: the library is never unloaded.
        unsafe { on_exit(at_exit, std::ptr::null_mut()) };
    }

    /// Without `on_exit` the program's own code is not known, and taken for success.
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    fn register() {
        unsafe extern "C" {
            fn atexit(function: extern "C" fn()) -> c_int;
        }
        extern "C" fn at_exit() {
            end(0);
        }
        // SAFETY: the function lives as long as the library; a process that unloads it ends no host.
        unsafe { atexit(at_exit) };
    }

    /// The program's own failure is never hidden: its code stays.
    fn end(status: c_int) {
        let found = std::panic::catch_unwind(super::report).unwrap_or(true);
        if found && status & 0xFF == 0 {
            leave(super::FOUND); // the system looks at eight bits, and so does whoever looks at the code
        }
    }
}

#[cfg(windows)]
pub(crate) use imp::ended;

#[cfg(windows)]
mod imp {
    use std::ffi::c_void;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetCurrentProcess() -> *mut c_void;
        fn TerminateProcess(process: *mut c_void, code: u32) -> i32;
    }

    /// The process ends, and its other threads are gone. Its own exit code is not told to libraries.
    pub(crate) fn ended() {
        super::BEGUN.store(true, super::Ordering::Relaxed);
        if !super::is_asked_for() {
            return;
        }
        if std::panic::catch_unwind(super::report).unwrap_or(true) {
            // SAFETY: the process is at its end.
            unsafe { TerminateProcess(GetCurrentProcess(), super::FOUND as u32) };
        }
    }
}
