//! lib stub
#![deny(unsafe_code, clippy::undocumented_unsafe_blocks)] // unsafe code is opened again in abi only
#![forbid(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs, unreachable_pub)]
mod abi;
mod answer;
pub mod call;
mod document;
mod error;
mod handle;
pub mod hresult;
mod journal;
mod model;
mod panics;
mod runtime;
mod script;

/// The exports of `computecore.dll`, with their types and constants: names and signatures as in windows-sys.
pub mod computecore {
    pub use crate::abi::operation::*;
    pub use crate::abi::process::*;
    pub use crate::abi::service::*;
    pub use crate::abi::system::*;
    pub use crate::abi::types::*;
}

/// The few Win32 functions that an HCS client cannot live without.
pub mod win32 {
    pub use crate::abi::win32::{
        CloseHandle, CoTaskMemFree, GetLastError, LocalAlloc, LocalFree, SetLastError,
    };
}

pub use answer::{Answer, ProcessInfo, Returned};
pub use call::{
    Argument, Call, Delivery, Export, ExportInfo, ExportKind, Milliseconds, Needed, NeededOut, OperationType,
    Out, Pointer, Text,
};
pub use document::exit::{ExitType, SystemExitStatus};
pub use document::result_error::{AttributionRecord, ErrorEvent, ResultDocument, ResultError};
pub use error::Error;
pub use handle::{HandleKind, OperationHandle, ProcessHandle, SystemHandle};
pub use hresult::Hresult;
pub use journal::finding::{Finding, FindingKind};
pub use journal::report::Report;
pub use journal::{Entry, Journal, What};
pub use model::behavior::{Behavior, PendingAtExit};
pub use runtime::clock::Time;
pub use runtime::host::{Builder, Host};
pub use runtime::queue::Order;
pub use runtime::rules::{Expected, Gate, Rule, When};
pub use runtime::scope::Body;
pub use runtime::seat::Entered;
pub use runtime::world::Completion;
