//! `Running`: a command that was started in a container.
//! Not here: the container (`container`).

use std::fs::File;
use std::os::windows::io::FromRawHandle;

use serde::Deserialize;
use windows::Win32::System::HostComputeSystem::*;
use windows::core::{HSTRING, Owned};

use crate::Error;
use crate::request::{LIMIT, finish, milliseconds, operation, parse};

const INFINITE: u32 = u32::MAX;

/// A command that was started. Dropping it does not end the command.
pub struct Running {
    /// What the command writes, up to its end. HCS opens the pipe for overlapped I/O, with which a file reads as well.
    pub stdout: File,
    process: Owned<HCS_PROCESS>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessStatus {
    exit_code: u32,
}

impl Running {
    pub(crate) fn start(system: HCS_SYSTEM, command_line: &str) -> Result<Running, Error> {
        let doing = "run the command";
        let parameters = serde_json::json!({ "CommandLine": command_line, "CreateStdOutPipe": true });
        let parameters = HSTRING::from(parameters.to_string());
        let operation = operation(doing)?;
        // SAFETY: the text and both handles outlive the call; the new handle is nobody else's.
        let process =
            unsafe { HcsCreateProcess(system, &parameters, *operation, None).map(|it| Owned::new(it)) }
                .map_err(|source| Error::new(doing, source, None))?;
        let mut information = HCS_PROCESS_INFORMATION::default();
        finish(doing, |document| {
            // SAFETY: the operation is live, information and document can be written.
            unsafe {
                HcsWaitForOperationResultAndProcessInfo(
                    *operation,
                    milliseconds(LIMIT),
                    Some(&mut information),
                    Some(document),
                )
            }
        })?;
        // SAFETY: the pipe was asked for, and HCS leaves it to the caller.
        let stdout = unsafe { File::from_raw_handle(information.StdOutput.0) };
        Ok(Running { stdout, process })
    }

    /// Waits until the command has exited, and answers its exit code.
    pub fn wait(&self) -> Result<u32, Error> {
        let doing = "wait for the command";
        // SAFETY: the handle is live, the document can be written.
        let document = finish(doing, |document| unsafe {
            HcsWaitForProcessExit(*self.process, INFINITE, Some(document))
        })?;
        parse::<ProcessStatus>(doing, document).map(|it| it.exit_code)
    }
}
