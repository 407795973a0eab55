//! `Running`: a command that runs in a container. What can be told to it, and how it ends.
//! Not here: handles, pipes and documents (`hcs`).

use std::io::{ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::json;
use windows_sys::Win32::Foundation::{HCS_E_OPERATION_TIMEOUT, HCS_E_PROCESS_ALREADY_STOPPED};
use windows_sys::Win32::System::HostComputeSystem::*;

use crate::container::{GONE_MS, REQUEST_MS, parse};
use crate::hcs::{Handle, Pipe};
use crate::stream::Streams;
use crate::{Command, Container, Error, FOREVER};

/// How long it may take until a process runs.
const CREATE_MS: u32 = 60_000;

/// A command in a container. Dropping it kills a command that has not ended.
#[derive(Debug)]
pub struct Running<'a> {
    container: &'a Container,
    process: Handle,
    id: u32,
    input: Mutex<Option<Pipe>>,
    streams: Streams,
}

impl<'a> Running<'a> {
    pub(crate) fn spawn(
        container: &'a Container,
        command: &Command,
        output: impl Write + Send + 'static,
        errors: impl Write + Send + 'static,
    ) -> Result<Running<'a>, Error> {
        let (process, started) = container.system.create_process(&json!(command).to_string(), CREATE_MS)?;
        let input = Mutex::new(started.input);
        let running = Running { container, process, id: started.id, input, streams: Streams::default() };
        running.streams.carry(started.output, output);
        running.streams.carry(started.errors, errors);
        running.process.listen()?;
        Ok(running)
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The exit code, if HCS has told that the command has ended.
    pub fn exited(&self) -> Option<u32> {
        exit_code("read the exit", self.process.told_exit().map(str::to_owned)).ok()
    }

    /// Waits until the command has ended and all of its output was passed on: the exit code.
    /// As in a shell, what it leaves behind in the background counts as long as it holds the output.
    pub fn wait(&self, limit_ms: u32) -> Result<u32, Error> {
        let doing = "wait for the command";
        let status = match self.process.wait_for_exit(doing, limit_ms) {
            Err(error @ Error::ServiceLost { .. }) => return Err(error),
            Err(error) if error.is(HCS_E_OPERATION_TIMEOUT) => return Err(error),
            status => status,
        };
        // A command that went with its container did not end by itself, and its exit code tells nothing.
        if let Some(exit) = self.container.exited()? {
            let _ = self.streams.finish(); // the smaller failure of the two
            return Err(Error::ContainerGone(exit));
        }
        let code = exit_code(doing, status?)?;
        self.streams.finish()?;
        Ok(code)
    }

    /// Feeds the command. Returns when the pipe has taken everything, which a command that does not read delays.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        let doing = "write to the command";
        match &*self.input.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(pipe) => pipe.write_all(doing, bytes),
            None => Err(Error::Stream { doing, source: ErrorKind::BrokenPipe.into() }),
        }
    }

    /// Lets the command see the end of its input. One that has ended already is as good.
    pub fn close_input(&self) -> Result<(), Error> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        // Closing our end alone does not always reach the command.
        let request = json!({ "Operation": "CloseHandle", "CloseHandle": { "Handle": "StdIn" } }).to_string();
        let closed = self.process.request("close the input", HcsModifyProcess, Some(&request), REQUEST_MS);
        *input = None;
        unless_ended(closed)
    }

    /// Tells the command that its console has another size.
    pub fn resize(&self, height: u16, width: u16) -> Result<(), Error> {
        let size = json!({ "Height": height, "Width": width });
        let request = json!({ "Operation": "ConsoleSize", "ConsoleSize": size }).to_string();
        self.process.request("resize the console", HcsModifyProcess, Some(&request), REQUEST_MS)
    }

    /// Presses Ctrl-C. What comes of it is up to the command.
    pub fn interrupt(&self) -> Result<(), Error> {
        let signal = json!({ "Signal": "CtrlC" }).to_string();
        self.process.request("interrupt the command", HcsSignalProcess, Some(&signal), REQUEST_MS)
    }

    /// Ends the command at once. One that has ended already is as good.
    pub fn kill(&self) -> Result<(), Error> {
        unless_ended(self.process.request("kill the command", HcsTerminateProcess, None, REQUEST_MS))
    }

    /// Presses Ctrl-C, and kills the command if it is still there after `patience_ms`: the exit code.
    pub fn stop(&self, patience_ms: u32) -> Result<u32, Error> {
        unless_ended(self.interrupt())?;
        match self.wait(patience_ms) {
            Err(error) if error.is(HCS_E_OPERATION_TIMEOUT) => {
                self.kill()?;
                self.wait(FOREVER)
            }
            ended => ended,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // What cannot be killed goes with the container.
        if self.process.told_exit().is_none() && self.kill().is_ok() {
            let _ = self.process.wait_for_exit("wait for the killed command", GONE_MS);
        }
        // Something in the background may hold the output still. The end of the container ends that, too.
        self.streams.move_to(&self.container.leftovers);
    }
}

/// The schema's `ProcessStatus`, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    exited: bool,
    exit_code: u32,
    last_wait_result: i32,
}

fn exit_code(doing: &'static str, document: Option<String>) -> Result<u32, Error> {
    match parse(doing, document)? {
        Status { exited: true, last_wait_result: 0, exit_code } => Ok(exit_code),
        // The schema says that the code means nothing then.
        _ => Err(Error::Document { doing, source: serde_json::Error::custom("no valid exit code") }),
    }
}

fn unless_ended(outcome: Result<(), Error>) -> Result<(), Error> {
    outcome.or_else(|error| if error.is(HCS_E_PROCESS_ALREADY_STOPPED) { Ok(()) } else { Err(error) })
}
