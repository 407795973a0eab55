//! Handles: opaque tagged integers that say their kind, their host and a number that is never given twice.
//! Not here: what the number stands for (`model::ledger`), how a handle finds its host (`runtime::seat`).

use std::fmt;

/// What a handle value claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HandleKind {
    /// `HCS_OPERATION`.
    Operation,
    /// `HCS_SYSTEM`.
    System,
    /// `HCS_PROCESS`.
    Process,
}

impl HandleKind {
    /// The top byte of a handle value. A value with such a byte is no address that a process can have on 64-bit targets.
    const fn tag(self) -> u64 {
        match self {
            HandleKind::Operation => b'O' as u64,
            HandleKind::System => b'S' as u64,
            HandleKind::Process => b'P' as u64,
        }
    }

    /// The type's name in the headers.
    pub fn type_name(self) -> &'static str {
        match self {
            HandleKind::Operation => "HCS_OPERATION",
            HandleKind::System => "HCS_SYSTEM",
            HandleKind::Process => "HCS_PROCESS",
        }
    }
}

impl fmt::Display for HandleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HandleKind::Operation => "operation",
            HandleKind::System => "system",
            HandleKind::Process => "process",
        })
    }
}

const NUMBER_BITS: u32 = 36;
const HOST_BITS: u32 = 20;

/// The largest host serial that fits into a handle; serial 0 means "bound to no host yet".
pub(crate) const MAX_SERIAL: u32 = (1 << HOST_BITS) - 1;

/// The largest number that fits into a handle.
pub(crate) const MAX_NUMBER: u64 = (1 << NUMBER_BITS) - 1;

/// The parts of a handle value that has the shape of one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) kind: HandleKind,
    pub(crate) serial: u32,
    pub(crate) number: u64,
}

impl Parts {
    pub(crate) const fn encode(self) -> u64 {
        (self.kind.tag() << 56) | ((self.serial as u64) << NUMBER_BITS) | self.number
    }

    /// `None` for NULL and for every value that no host ever made.
    pub(crate) fn decode(value: u64) -> Option<Parts> {
        let kind = match (value >> 56) as u8 {
            b'O' => HandleKind::Operation,
            b'S' => HandleKind::System,
            b'P' => HandleKind::Process,
            _ => return None,
        };
        let parts =
            Parts { kind, serial: (value >> NUMBER_BITS) as u32 & MAX_SERIAL, number: value & MAX_NUMBER };
        (parts.number != 0).then_some(parts)
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// NULL.
            pub const NULL: $name = $name(0);

            pub(crate) const fn new(serial: u32, number: u64) -> $name {
                $name(Parts { kind: HandleKind::$kind, serial, number }.encode())
            }

            /// Whether the value is NULL.
            pub fn is_null(self) -> bool {
                self.0 == 0
            }

            /// The number that names the object in messages and in the journal, counted from 1 in each host; `None`
            /// if the value is not a handle of this kind.
            pub fn number(self) -> Option<u64> {
                Parts::decode(self.0).filter(|it| it.kind == HandleKind::$kind).map(|it| it.number)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        /// The object's name in messages, such as `operation#3`; never the raw value.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_handle(self.0, f)
            }
        })*
    };
}

handles! {
    /// An `HCS_OPERATION` as a number.
    OperationHandle: Operation;
    /// An `HCS_SYSTEM` as a number.
    SystemHandle: System;
    /// An `HCS_PROCESS` as a number.
    ProcessHandle: Process;
}

/// The handle value that is shown so, on the host with this serial; garbage is some value that is no handle.
pub(crate) fn by_name(name: &str, serial: u32) -> Option<u64> {
    match name {
        "NULL" => return Some(0),
        "garbage" => return Some(1),
        _ => {}
    }
    let (name, serial) = match name.strip_prefix("unbound ") {
        Some(name) => (name, 0),
        None => (name, serial),
    };
    let (kind, number) = name.split_once('#')?;
    let kind = match kind {
        "operation" => HandleKind::Operation,
        "system" => HandleKind::System,
        "process" => HandleKind::Process,
        _ => return None,
    };
    let number = number.parse().ok().filter(|it| (1..=MAX_NUMBER).contains(it))?;
    Some(Parts { kind, serial, number }.encode())
}

/// The handle that a callback belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // one variant per kind of handle
pub enum TargetHandle {
    Operation(OperationHandle),
    System(SystemHandle),
    Process(ProcessHandle),
}

impl TargetHandle {
    /// What has this handle value, which no other kind has.
    pub(crate) fn of(value: u64) -> Option<TargetHandle> {
        Some(match Parts::decode(value)?.kind {
            HandleKind::Operation => TargetHandle::Operation(OperationHandle(value)),
            HandleKind::System => TargetHandle::System(SystemHandle(value)),
            HandleKind::Process => TargetHandle::Process(ProcessHandle(value)),
        })
    }

    /// An operation of the same host, by its number.
    pub(crate) fn operation_beside(self, number: u64) -> OperationHandle {
        let value = match self {
            TargetHandle::Operation(it) => it.0,
            TargetHandle::System(it) => it.0,
            TargetHandle::Process(it) => it.0,
        };
        OperationHandle::new(Parts::decode(value).map_or(0, |it| it.serial), number)
    }
}

impl fmt::Display for TargetHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetHandle::Operation(it) => it.fmt(f),
            TargetHandle::System(it) => it.fmt(f),
            TargetHandle::Process(it) => it.fmt(f),
        }
    }
}

fn write_handle(value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match Parts::decode(value) {
        _ if value == 0 => f.write_str("NULL"),
        Some(parts) if parts.serial == 0 => write!(f, "unbound {}#{}", parts.kind, parts.number),
        Some(parts) => write!(f, "{}#{}", parts.kind, parts.number),
        None => f.write_str("garbage"),
    }
}

#[cfg(not(target_pointer_width = "64"))]
compile_error!("hcs-sim needs a 64-bit target: a handle carries its kind, its host and its number");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive_the_round_trip() {
        for kind in [HandleKind::Operation, HandleKind::System, HandleKind::Process] {
            for (serial, number) in [(0, 1), (1, 1), (MAX_SERIAL, MAX_NUMBER), (77, 123_456_789)] {
                let parts = Parts { kind, serial, number };
                assert_eq!(Parts::decode(parts.encode()), Some(parts));
            }
        }
    }

    #[test]
    fn null_small_numbers_addresses_and_minus_one_are_no_handles() {
        let local = 5;
        for value in [0, 1, 0x1000, u64::MAX, &raw const local as u64, Parts::decode as *const () as u64] {
            assert_eq!(Parts::decode(value), None, "{value:#x}");
        }
    }

    #[test]
    fn a_handle_is_shown_by_name_and_never_by_value() {
        assert_eq!(OperationHandle::new(3, 12).to_string(), "operation#12");
        assert_eq!(SystemHandle::NULL.to_string(), "NULL");
        assert_eq!(SystemHandle(0x1234).to_string(), "garbage");
        assert_eq!(OperationHandle(SystemHandle::new(1, 2).0).to_string(), "system#2");
    }
}
