//! What pipes need beyond the standard library: whether one is ready, what a raw handle leads to, copies of it, its end.
//! Not here: who owns which end (`runtime::pipes`), `ReadFile` and its kin (`win32`).

use std::io::{self, PipeReader, PipeWriter, Read, Write};

/// What only unsafe code can do with the pipes of processes.
#[derive(Clone, Copy)]
pub(crate) struct Pipes {
    /// Whether a read (or a write) of a raw handle would not block.
    pub(crate) is_ready: fn(usize, bool) -> bool,
    /// Whether any of several would not block.
    pub(crate) is_any_ready: fn(&mut dyn Iterator<Item = (usize, bool)>) -> bool,
    /// Waits until a read (or a write) of a raw handle would not block, or something comes through the second one.
    pub(crate) wait: fn(usize, bool, usize),
    /// Two numbers that tell what a raw handle leads to, if it is open; [`UNKNOWN`] if the system does not tell.
    pub(crate) identity: fn(usize) -> Option<(u64, u64)>,
    /// Another handle of the same thing.
    pub(crate) duplicate: fn(usize) -> Option<usize>,
    pub(crate) close: fn(usize),
    pub(crate) read: fn(usize, &mut [u8]) -> io::Result<usize>,
    pub(crate) write: fn(usize, &[u8]) -> io::Result<usize>,
}

/// The identity of a pipe that the system does not tell.
pub(crate) const UNKNOWN: (u64, u64) = (0, 0);

/// What the caller's end of a pipe is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Reads,
    Writes,
}

/// A pipe between a process and its caller. On Windows the caller's end takes overlapped reads and writes, as that of HCS does; the
/// other does not. (fidelity: `stdio-overlapped`)
pub(crate) fn pair(caller: Caller) -> io::Result<(PipeReader, PipeWriter)> {
    imp::pair(caller)
}

pub(crate) const PIPES: Pipes = Pipes {
    is_ready: imp::is_ready,
    is_any_ready: imp::is_any_ready,
    wait: imp::wait,
    identity: imp::identity,
    duplicate: imp::duplicate,
    close: imp::close,
    read,
    write,
};

fn read(handle: usize, buffer: &mut [u8]) -> io::Result<usize> {
    imp::as_file(handle).read(buffer)
}

fn write(handle: usize, bytes: &[u8]) -> io::Result<usize> {
    unsignalled(|| imp::as_file(handle).write(bytes))
}

/// Writes. That nobody reads is an error, and no signal: programs in C, unlike those in Rust, are ended by `SIGPIPE`.
pub(crate) fn unsignalled<T>(write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    imp::unsignalled(write)
}

#[cfg(unix)]
mod imp {
    use std::ffi::{c_int, c_short};
    use std::fs::File;
    use std::io::{self, PipeReader, PipeWriter};
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
    use std::os::unix::fs::MetadataExt;

    /// `struct pollfd`.
    #[repr(C)]
    struct Poll {
        fd: c_int,
        events: c_short,
        revents: c_short,
    }

    const POLLIN: c_short = 1;
    const POLLOUT: c_short = 4;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    type Count = std::ffi::c_ulong;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    type Count = std::ffi::c_uint;

    unsafe extern "C" {
        fn poll(fds: *mut Poll, count: Count, timeout: c_int) -> c_int;
    }

    fn poll_all(handles: &mut [Poll], timeout: c_int) -> bool {
        // SAFETY: the pointer and the number describe the slice; the numbers in it need not be open.
        unsafe { poll(handles.as_mut_ptr(), handles.len() as Count, timeout) > 0 }
    }

    pub(super) fn pair(_: super::Caller) -> io::Result<(PipeReader, PipeWriter)> {
        io::pipe()
    }

    fn entry(handle: usize, write: bool) -> Poll {
        Poll { fd: handle as RawFd, events: if write { POLLOUT } else { POLLIN }, revents: 0 }
    }

    pub(super) fn is_ready(handle: usize, write: bool) -> bool {
        poll_all(&mut [entry(handle, write)], 0)
    }

    pub(super) fn is_any_ready(handles: &mut dyn Iterator<Item = (usize, bool)>) -> bool {
        let mut entries: Vec<Poll> = handles.map(|(handle, write)| entry(handle, write)).collect();
        !entries.is_empty() && poll_all(&mut entries, 0)
    }

    pub(super) fn wait(handle: usize, write: bool, wake: usize) {
        poll_all(&mut [entry(handle, write), entry(wake, false)], -1);
    }

    pub(super) fn as_file(handle: usize) -> ManuallyDrop<File> {
        // SAFETY: the file is never closed through this value, and using a number that is not open is an error, not more.
        ManuallyDrop::new(unsafe { File::from_raw_fd(handle as RawFd) })
    }

    /// `sigset_t`, which has 4 to 128 bytes.
    #[repr(C, align(16))]
    struct Signals([u8; 128]);

    const SIGPIPE: c_int = 13;
    const SIG_BLOCK: c_int = if cfg!(any(target_os = "linux", target_os = "android")) { 0 } else { 1 };
    const SIG_SETMASK: c_int = if cfg!(any(target_os = "linux", target_os = "android")) { 2 } else { 3 };

    unsafe extern "C" {
        fn sigemptyset(set: *mut Signals) -> c_int;
        fn sigaddset(set: *mut Signals, signal: c_int) -> c_int;
        fn sigismember(set: *const Signals, signal: c_int) -> c_int;
        fn sigpending(set: *mut Signals) -> c_int;
        fn sigwait(set: *const Signals, signal: *mut c_int) -> c_int;
        fn pthread_sigmask(how: c_int, set: *const Signals, before: *mut Signals) -> c_int;
    }

    /// The signal goes to the thread that writes: it is blocked for that long, and taken if it came.
    pub(super) fn unsignalled<T>(write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let [mut pipe, mut before, mut pending] = [const { Signals([0; 128]) }; 3];
        // SAFETY: the sets are valid for reads and writes, and at least as large as those of the system.
        let is_blocked = unsafe {
            sigemptyset(&mut pipe);
            sigaddset(&mut pipe, SIGPIPE);
            pthread_sigmask(SIG_BLOCK, &pipe, &mut before) != 0 || sigismember(&before, SIGPIPE) == 1
        };
        if is_blocked {
            return write(); // by the program, which then takes the signal
        }
        let written = write();
        let is_broken = written.as_ref().is_err_and(|it| it.kind() == io::ErrorKind::BrokenPipe);
        // SAFETY: as above. The wait is for a signal that is there, if only for this thread: it was not blocked before.
        unsafe {
            if is_broken && sigpending(&mut pending) == 0 && sigismember(&pending, SIGPIPE) == 1 {
                sigwait(&pipe, &mut 0);
            }
            pthread_sigmask(SIG_SETMASK, &before, std::ptr::null_mut());
        }
        written
    }

    fn is_number(handle: usize) -> bool {
        RawFd::try_from(handle).is_ok()
    }

    pub(super) fn identity(handle: usize) -> Option<(u64, u64)> {
        if !is_number(handle) {
            return None;
        }
        as_file(handle).metadata().ok().map(|it| (it.dev(), it.ino()))
    }

    pub(super) fn duplicate(handle: usize) -> Option<usize> {
        if !is_number(handle) {
            return None;
        }
        // SAFETY: the number is not -1, and is not kept; one that is not open makes the copy an error.
        let borrowed = unsafe { BorrowedFd::borrow_raw(handle as RawFd) };
        borrowed.as_fd().try_clone_to_owned().ok().map(|it| it.into_raw_fd() as usize)
    }

    pub(super) fn close(handle: usize) {
        // SAFETY: the table of handles given out names it as open and the caller's, who gives it up.
        drop(unsafe { OwnedFd::from_raw_fd(handle as RawFd) });
    }
}

#[cfg(windows)]
mod imp {
    use std::ffi::c_void;
    use std::fs::File;
    use std::io::{self, PipeReader, PipeWriter};
    use std::mem::ManuallyDrop;
    use std::os::windows::io::{AsHandle, BorrowedHandle, FromRawHandle, IntoRawHandle, OwnedHandle};
    use std::ptr::{null, null_mut, with_exposed_provenance_mut};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::Caller;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn PeekNamedPipe(
            pipe: *mut c_void,
            buffer: *mut c_void,
            size: u32,
            read: *mut u32,
            available: *mut u32,
            left: *mut u32,
        ) -> i32;
        fn GetFileType(file: *mut c_void) -> u32;
        fn SetNamedPipeHandleState(
            pipe: *mut c_void,
            mode: *const u32,
            most: *const u32,
            timeout: *const u32,
        ) -> i32;
        fn CreateNamedPipeW(
            name: *const u16,
            open: u32,
            mode: u32,
            instances: u32,
            out_size: u32,
            in_size: u32,
            timeout: u32,
            security: *const c_void,
        ) -> *mut c_void;
        fn CreateFileW(
            name: *const u16,
            access: u32,
            share: u32,
            security: *const c_void,
            disposition: u32,
            flags: u32,
            template: *mut c_void,
        ) -> *mut c_void;
        fn GetFileInformationByHandleEx(file: *mut c_void, class: u32, into: *mut c_void, size: u32) -> i32;
    }

    const FILE_TYPE_PIPE: u32 = 3;
    const PIPE_NOWAIT: u32 = 1;
    const PIPE_REJECT_REMOTE_CLIENTS: u32 = 8;
    const PIPE_ACCESS_INBOUND: u32 = 1;
    const PIPE_ACCESS_OUTBOUND: u32 = 2;
    const FILE_FLAG_FIRST_PIPE_INSTANCE: u32 = 0x0008_0000;
    const FILE_FLAG_OVERLAPPED: u32 = 0x4000_0000;
    const GENERIC_READ: u32 = 0x8000_0000;
    const GENERIC_WRITE: u32 = 0x4000_0000;
    const OPEN_EXISTING: u32 = 3;
    const FILE_NAME_INFO: u32 = 2;
    /// As much as a pipe of Linux holds.
    const SIZE: u32 = 1 << 16;

    /// The process has the end that makes the pipe, without overlapped I/O, the caller the one that opens it by its name.
    pub(super) fn pair(caller: Caller) -> io::Result<(PipeReader, PipeWriter)> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!(r"\\.\pipe\hcs-sim-{}-{number}-{now:x}", std::process::id());
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        let (open, access) = match caller {
            Caller::Reads => (PIPE_ACCESS_OUTBOUND, GENERIC_READ),
            Caller::Writes => (PIPE_ACCESS_INBOUND, GENERIC_WRITE),
        };
        let open = open | FILE_FLAG_FIRST_PIPE_INSTANCE;
        // SAFETY: the name ends with a zero; NULL is the usual security.
        let process = unsafe {
            CreateNamedPipeW(name.as_ptr(), open, PIPE_REJECT_REMOTE_CLIENTS, 1, SIZE, SIZE, 0, null())
        };
        let process = owned(process)?;
        // SAFETY: as above, and there is no template.
        let callers = unsafe {
            CreateFileW(name.as_ptr(), access, 0, null(), OPEN_EXISTING, FILE_FLAG_OVERLAPPED, null_mut())
        };
        let callers = owned(callers)?;
        Ok(match caller {
            Caller::Reads => (callers.into(), process.into()),
            Caller::Writes => (process.into(), callers.into()),
        })
    }

    fn owned(handle: *mut c_void) -> io::Result<OwnedHandle> {
        if handle.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was just made, and is nobody else's.
        Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
    }

    fn raw(handle: usize) -> *mut c_void {
        with_exposed_provenance_mut(handle)
    }

    /// Windows tells it of reads only; writes are made not to block instead, and tried again.
    pub(super) fn is_ready(handle: usize, write: bool) -> bool {
        if write {
            return false;
        }
        let mut available = 0;
        // SAFETY: out pointers are valid or NULL; a handle that is not open is an error, and an error is read by reading.
        let told =
            unsafe { PeekNamedPipe(raw(handle), null_mut(), 0, null_mut(), &mut available, null_mut()) };
        told == 0 || available > 0
    }

    pub(super) fn is_any_ready(mut handles: &mut dyn Iterator<Item = (usize, bool)>) -> bool {
        Iterator::any(&mut handles, |(handle, write)| is_ready(handle, write))
    }

    pub(super) fn wait(handle: usize, write: bool, wake: usize) {
        if write {
            // SAFETY: the mode is valid for a read; a handle that is no pipe makes it an error.
            unsafe { SetNamedPipeHandleState(raw(handle), &PIPE_NOWAIT, std::ptr::null(), std::ptr::null()) };
            return std::thread::sleep(Duration::from_millis(1));
        }
        while !is_ready(handle, false) && !is_ready(wake, false) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(super) fn as_file(handle: usize) -> ManuallyDrop<File> {
        // SAFETY: the file is never closed through this value, and using a handle that is not open is an error, not more.
        ManuallyDrop::new(unsafe { File::from_raw_handle(raw(handle)) })
    }

    pub(super) fn unsignalled<T>(write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        write()
    }

    /// The name of a pipe, which no other has, as a number.
    pub(super) fn identity(handle: usize) -> Option<(u64, u64)> {
        // SAFETY: a value that is no handle is answered with "unknown".
        if unsafe { GetFileType(raw(handle)) } != FILE_TYPE_PIPE {
            return None;
        }
        // The length in bytes, then the name.
        let mut info = [0u32; 128];
        // SAFETY: the size is that of the buffer.
        let told = unsafe {
            let size = size_of_val(&info) as u32;
            GetFileInformationByHandleEx(raw(handle), FILE_NAME_INFO, info.as_mut_ptr().cast(), size)
        };
        if told == 0 {
            return Some(super::UNKNOWN); // wine forgets the name when the other end closes
        }
        let step = |sum: u64, it: &u32| (sum ^ u64::from(*it)).wrapping_mul(0x0100_0000_01B3);
        Some((info.iter().fold(0xCBF2_9CE4_8422_2325, step), 1))
    }

    pub(super) fn duplicate(handle: usize) -> Option<usize> {
        identity(handle)?;
        // SAFETY: the handle is open and is not kept.
        let borrowed = unsafe { BorrowedHandle::borrow_raw(raw(handle)) };
        borrowed.as_handle().try_clone_to_owned().ok().map(|it| it.into_raw_handle().expose_provenance())
    }

    pub(super) fn close(handle: usize) {
        // SAFETY: the table of handles given out names it as open and the caller's, who gives it up.
        drop(unsafe { OwnedHandle::from_raw_handle(raw(handle)) });
    }
}
