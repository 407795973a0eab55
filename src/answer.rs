//! What a call answers: the return value and what was written through its out parameters.
//! Not here: how it is encoded for the caller (`abi`).

use std::fmt;
use std::sync::Arc;

use crate::call::{OperationType, Pointer};
use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};
use crate::hresult::Hresult;

/// The outcome of a call, as its caller sees it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The return value.
    pub returned: Returned,
    /// The compute-system handle that was handed out; NULL if none.
    pub system: SystemHandle,
    /// The process handle that was handed out; NULL if none.
    pub process: ProcessHandle,
    /// The process information that was written.
    pub process_info: Option<ProcessInfo>,
    /// The document that was handed out.
    pub document: Option<Arc<str>>,
}

/// A return value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // one variant per return type of the exports
pub enum Returned {
    Nothing,
    Hresult(Hresult),
    Operation(OperationHandle),
    System(SystemHandle),
    Process(ProcessHandle),
    Context(Pointer),
    Type(OperationType),
    Id(u64),
}

/// `HCS_PROCESS_INFORMATION` without pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The process id.
    pub process_id: u32,
    /// There is a pipe to its standard input.
    pub std_input: bool,
    /// There is a pipe from its standard output.
    pub std_output: bool,
    /// There is a pipe from its standard error.
    pub std_error: bool,
    /// It came of the create: the first pipes, not copies of them.
    pub(crate) is_create: bool,
}

impl Answer {
    pub(crate) fn new(returned: Returned) -> Answer {
        Answer {
            returned,
            system: SystemHandle::NULL,
            process: ProcessHandle::NULL,
            process_info: None,
            document: None,
        }
    }

    pub(crate) fn hresult(hresult: Hresult) -> Answer {
        Answer::new(Returned::Hresult(hresult))
    }

    pub(crate) fn with_document(hresult: Hresult, document: Option<Arc<str>>) -> Answer {
        Answer { document, ..Answer::hresult(hresult) }
    }
}

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Returned::Nothing => f.write_str("returned"),
            Returned::Hresult(it) => f.write_str(&it.label()),
            Returned::Operation(it) => it.fmt(f),
            Returned::System(it) => it.fmt(f),
            Returned::Process(it) => it.fmt(f),
            Returned::Context(Pointer(0)) => f.write_str("NULL"),
            Returned::Context(_) => f.write_str("context"),
            Returned::Type(it) => write!(f, "{it:?}"),
            Returned::Id(u64::MAX) => f.write_str("HCS_INVALID_OPERATION_ID"),
            Returned::Id(it) => it.fmt(f),
        }
    }
}

impl Hresult {
    /// The code that [`label`](Hresult::label) writes so, or that people write in hexadecimal.
    pub(crate) fn by_label(label: &str) -> Option<Hresult> {
        if let Some(digits) = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X")) {
            let plain = digits.bytes().all(|it| it.is_ascii_hexdigit());
            return u32::from_str_radix(digits, 16).ok().filter(|_| plain).map(Hresult::from_bits);
        }
        // Some constants have a prefix that the names of Windows have not.
        let name = label.strip_prefix("HRESULT_").unwrap_or(label);
        crate::hresult::TABLE.iter().find(|it| it.name == name || it.name == label).map(|it| it.value)
    }

    /// Name, or the value in hexadecimal where there is no name.
    pub(crate) fn label(self) -> String {
        match self.name() {
            Some(name) => name.to_owned(),
            None => format!("0x{:08X}", self.bits()),
        }
    }
}
