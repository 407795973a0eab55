//! Pipes as the plain values that handles are, on both families of systems.
//! Not here: turning such a value back into a pipe, which is unsafe (`abi::pipe`).

/// Gives an owned end away as a value.
pub(crate) trait IntoRaw {
    fn into_raw_value(self) -> usize;
}

/// The value of an end that stays owned.
pub(crate) trait AsRaw {
    fn as_raw_value(&self) -> usize;
}

#[cfg(unix)]
mod imp {
    use std::os::fd::{AsRawFd, IntoRawFd};

    impl<T: IntoRawFd> super::IntoRaw for T {
        fn into_raw_value(self) -> usize {
            self.into_raw_fd() as usize
        }
    }

    impl<T: AsRawFd> super::AsRaw for T {
        fn as_raw_value(&self) -> usize {
            self.as_raw_fd() as usize
        }
    }
}

#[cfg(windows)]
mod imp {
    use std::os::windows::io::{AsRawHandle, IntoRawHandle};

    impl<T: IntoRawHandle> super::IntoRaw for T {
        fn into_raw_value(self) -> usize {
            self.into_raw_handle().expose_provenance()
        }
    }

    impl<T: AsRawHandle> super::AsRaw for T {
        fn as_raw_value(&self) -> usize {
            self.as_raw_handle().expose_provenance()
        }
    }
}
