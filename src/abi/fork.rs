//! Whether this process was forked from one that used a host: then the host's threads and locks are the parent's.
//! Not here: what such a process is told (`journal::report`).

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::journal::report;

static FORKED: AtomicBool = AtomicBool::new(false);

/// From the first host on, a fork is noticed.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(imp::watch);
}

/// Whether the process is the child of one that used a host. Says so on stderr, once: nothing works here any more.
#[inline]
pub(crate) fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed) && tell()
}

/// Whether it is, without a word.
pub(crate) fn is_silently_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Whether hosts are out of reach: this is the child of a process that had them, or, on Windows, the end of a process. The threads that may
/// hold their locks are gone.
pub(crate) fn is_alone() -> bool {
    is_silently_forked() || imp::is_ending()
}

#[cold]
fn tell() -> bool {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        eprintln!("{}", report::forked());
    }
    true
}

#[cfg(unix)]
mod imp {
    use std::ffi::c_int;
    use std::sync::atomic::Ordering;

    unsafe extern "C" {
        fn pthread_atfork(
            prepare: Option<extern "C" fn()>,
            parent: Option<extern "C" fn()>,
            child: Option<extern "C" fn()>,
        ) -> c_int;
    }

    extern "C" fn in_the_child() {
        super::FORKED.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ending() -> bool {
        false // a thread that ends the process leaves the others running
    }

    pub(super) fn watch() {
        // SAFETY: the function does nothing that a child of a process with threads may not do.
        unsafe { pthread_atfork(None, None, Some(in_the_child)) };
    }
}

#[cfg(windows)]
mod imp {
    #[link(name = "ntdll")]
    unsafe extern "system" {
        fn RtlDllShutdownInProgress() -> u8;
    }

    pub(super) fn is_ending() -> bool {
        // SAFETY: nothing is passed.
        unsafe { RtlDllShutdownInProgress() != 0 }
    }

    pub(super) fn watch() {}
}
