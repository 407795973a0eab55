//! Keeps virtual machines on Windows' Host Compute Service: creates, starts, suspends, stops and lists them.
//! Not here: containers, networks, and anything that knows how this crate is tested; that is in `tests/`.
//!
//! - `vm`: what a virtual machine can do, with its limits of time
//! - `error`: what went wrong, with the document by which HCS explains it
//! - `hcs`: owners of HCS's handles and documents; the only unsafe code

mod error;
mod hcs;
mod vm;

pub use error::{Error, ErrorEvent, ResultError};
pub use vm::{Exit, ExitType, Listed, State, VirtualMachine};
