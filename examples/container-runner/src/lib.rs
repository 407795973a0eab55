//! Runs commands in process-isolated containers on Windows' Host Compute Service, in the manner of `docker run`.
//! Not here: images, networks, and anything that knows how this crate is tested; that is in `tests/`.
//!
//! - `container`: a container from its start to its end
//! - `running`: a command that runs in it: what can be told to it, and how it ends
//! - `command`: what to run, and in which surroundings
//! - `stream`: threads that carry output from pipes to where it is wanted
//! - `error`: what went wrong
//! - `hcs`: owners of HCS's handles, pipes, documents and callbacks; the only unsafe code

mod command;
mod container;
mod error;
mod hcs;
mod running;
mod stream;

use std::io::Write;

pub use command::Command;
pub use container::{Container, Exit, ExitType};
pub use error::Error;
pub use running::Running;

/// A limit of time that is none.
pub const FOREVER: u32 = u32::MAX;
/// How long a container may take to shut down before it is terminated.
const PATIENCE_MS: u32 = 30_000;

/// Starts a container, runs one command in it to its end, and shuts the container down: the exit code of the command.
pub fn run(
    id: &str,
    configuration: &str,
    command: &Command,
    output: impl Write + Send + 'static,
    errors: impl Write + Send + 'static,
) -> Result<u32, Error> {
    let container = Container::start(id, configuration)?;
    let code = container.spawn(command, output, errors)?.wait(FOREVER)?;
    container.shut_down(PATIENCE_MS)?;
    Ok(code)
}
