//! Reading a pipe of a process: at once, or by overlapped I/O where the end that HCS hands out wants it.
//! Not here: which pipes there are (`run`).

use hcs_sim::computecore::OVERLAPPED;

use crate::api::Api;

/// Reads what there is, or what comes next; `None` at the end.
pub fn read(api: &Api, pipe: usize, buffer: &mut [u8]) -> Option<usize> {
    let mut overlapped = OVERLAPPED { hEvent: event::new(), ..OVERLAPPED::default() };
    let pipe = std::ptr::with_exposed_provenance_mut(pipe);
    let length = buffer.len() as u32;
    // SAFETY: the buffer and the structure live until the read is over, which is before this function returns.
    let done = unsafe {
        (api.win32.read_file)(pipe, buffer.as_mut_ptr(), length, std::ptr::null_mut(), &raw mut overlapped)
    };
    let is_over = done != 0 || event::finish(pipe, &mut overlapped);
    event::close(overlapped.hEvent);
    is_over.then_some(overlapped.InternalHigh)
}

#[cfg(windows)]
mod event {
    use hcs_sim::computecore::{HANDLE, OVERLAPPED};
    use windows_sys::Win32::Foundation::{CloseHandle, ERROR_IO_PENDING, GetLastError};
    use windows_sys::Win32::System::IO::GetOverlappedResult;
    use windows_sys::Win32::System::Threading::CreateEventW;

    pub(super) fn new() -> HANDLE {
        // SAFETY: no pointers are passed.
        unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) }
    }

    /// Waits for a read that has begun.
    pub(super) fn finish(pipe: HANDLE, overlapped: &mut OVERLAPPED) -> bool {
        let mut count = 0;
        // SAFETY: the structure is that of the read; OVERLAPPED is one type under two names.
        unsafe {
            GetLastError() == ERROR_IO_PENDING
                && GetOverlappedResult(pipe, (&raw mut *overlapped).cast(), &raw mut count, 1) != 0
        }
    }

    pub(super) fn close(event: HANDLE) {
        // SAFETY: it was made above, and the read is over.
        unsafe { CloseHandle(event) };
    }
}

/// Elsewhere every read is over when it returns.
#[cfg(not(windows))]
mod event {
    use hcs_sim::computecore::{HANDLE, OVERLAPPED};

    pub(super) fn new() -> HANDLE {
        std::ptr::null_mut()
    }

    pub(super) fn finish(_: HANDLE, _: &mut OVERLAPPED) -> bool {
        false
    }

    pub(super) fn close(_: HANDLE) {}
}
