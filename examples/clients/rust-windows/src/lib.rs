//! Runs commands in containers, on the `windows` crate: a client of HCS as it would be on Windows.
//! Not here: anything that knows how it is tested.
//!
//! `container` a container from its creation to its exit; `running` a command in it; `request` calls that take an operation;
//! `error` failures.

mod container;
mod error;
mod request;
mod running;

pub use container::{Container, Exit, Properties};
pub use error::{Error, ResultError};
pub use running::Running;
