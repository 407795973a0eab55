//! `Container`: a process-isolated container from its start to its end.
//! Not here: the commands that run in it (`running`), handles and documents (`hcs`).

use std::io::Write;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use windows_sys::Win32::Foundation::{HCS_E_OPERATION_TIMEOUT, HCS_E_SYSTEM_ALREADY_STOPPED};
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::hcs::Handle;
use crate::stream::Streams;
use crate::{Command, Error, Running};

/// How long a create may take: HCS looks at every layer.
const CREATE_MS: u32 = 60_000;
/// How long a start may take: it is done when the guest is ready.
const START_MS: u32 = 120_000;
/// How long anything else may take.
pub(crate) const REQUEST_MS: u32 = 10_000;
/// How long a terminated container may take to be gone.
pub(crate) const GONE_MS: u32 = 30_000;

/// A container that was started. Dropping it ends it, and waits for the output of what ran in it.
#[derive(Debug)]
pub struct Container {
    pub(crate) system: Handle,
    /// Output that nobody waited for. It ends with the container, so the handle above is closed first.
    pub(crate) leftovers: Streams,
}

/// How a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Exit {
    pub status: i32,
    pub exit_type: ExitType,
}

/// How a container ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ExitType {
    GracefulExit,
    ForcedExit,
    UnexpectedExit,
    /// `None`, `Unknown`, or something newer than this crate.
    #[serde(other)]
    Unknown,
}

impl Container {
    /// Creates a container and starts it. Whatever its configuration says, it does not outlive this process or the service.
    pub fn start(id: &str, configuration: &str) -> Result<Container, Error> {
        let mut configuration: Map<String, Value> =
            parse("read the configuration", Some(configuration.to_owned()))?;
        configuration.insert("ShouldTerminateOnLastHandleClosed".to_owned(), Value::Bool(true));
        let system = Handle::create_system(id, &json!(configuration).to_string(), CREATE_MS)?;
        let container = Container { system, leftovers: Streams::default() };
        container.system.listen()?; // before the start, so that no event is missed
        container.system.request("start the container", HcsStartComputeSystem, None, START_MS)?;
        Ok(container)
    }

    /// Begins a command. What it writes goes to `output` and `errors` as it comes, each from a thread of its own.
    pub fn spawn(
        &self,
        command: &Command,
        output: impl Write + Send + 'static,
        errors: impl Write + Send + 'static,
    ) -> Result<Running<'_>, Error> {
        Running::spawn(self, command, output, errors)
    }

    /// How the container ended, if it has.
    pub fn exited(&self) -> Result<Option<Exit>, Error> {
        match self.wait_for_exit(0) {
            Err(error) if error.is(HCS_E_OPERATION_TIMEOUT) => Ok(None),
            exit => exit.map(Some),
        }
    }

    /// Asks the container to shut down. If it is still there after `patience_ms`, it is terminated.
    pub fn shut_down(&self, patience_ms: u32) -> Result<Exit, Error> {
        let doing = "shut the container down";
        unless_stopped(self.system.request(doing, HcsShutDownComputeSystem, None, REQUEST_MS))?;
        // It has been told; it has not obeyed yet.
        match self.wait_for_exit(patience_ms) {
            Err(error) if error.is(HCS_E_OPERATION_TIMEOUT) => {
                self.terminate()?;
                self.wait_for_exit(GONE_MS)
            }
            exit => exit,
        }
    }

    /// Ends the container at once. One that has ended already is as good.
    pub fn terminate(&self) -> Result<(), Error> {
        let doing = "terminate the container";
        unless_stopped(self.system.request(doing, HcsTerminateComputeSystem, None, REQUEST_MS))
    }

    fn wait_for_exit(&self, limit_ms: u32) -> Result<Exit, Error> {
        let doing = "wait for the container's exit";
        parse(doing, self.system.wait_for_exit(doing, limit_ms)?)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Whoever is told of the exit hears of it before the handle is closed, or never.
        if self.system.told_exit().is_none() && self.terminate().is_ok() {
            let _ = self.wait_for_exit(GONE_MS); // nobody is left to be told of a failure
        }
    }
}

/// Reads a document. That there is none is the same as one that cannot be read.
pub(crate) fn parse<T: DeserializeOwned>(doing: &'static str, document: Option<String>) -> Result<T, Error> {
    serde_json::from_str(&document.unwrap_or_default()).map_err(|source| Error::Document { doing, source })
}

fn unless_stopped(outcome: Result<(), Error>) -> Result<(), Error> {
    outcome.or_else(|error| if error.is(HCS_E_SYSTEM_ALREADY_STOPPED) { Ok(()) } else { Err(error) })
}
