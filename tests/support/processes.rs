//! A small client for processes: create, fetch the pipes, read and write them, signal, kill, wait; nothing asserts but set-up.
//! Not here: expectations.

use std::ptr::{null, null_mut};

use hcs_sim::Hresult;
use hcs_sim::computecore::*;
use hcs_sim::hresult::S_OK;
use hcs_sim::win32::{CloseHandle, GetLastError, ReadFile, WriteFile};

use super::*;

pub const ALL_PIPES: &str =
    r#"{"CommandLine":"tool","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}"#;
pub const OUT_ONLY: &str = r#"{"CommandLine":"tool","CreateStdOutPipe":true}"#;
pub const NO_PIPES: &str = r#"{"CommandLine":"tool"}"#;

/// A process handle with what came with it.
pub struct Started {
    pub process: HCS_PROCESS,
    pub info: HCS_PROCESS_INFORMATION,
}

/// A running container.
pub fn running(id: &str) -> HCS_SYSTEM {
    let system = create(id, CONTAINER);
    start(system);
    system
}

/// Issues a create; answers the call's HRESULT and the handle.
pub fn create_process_call(
    system: HCS_SYSTEM,
    parameters: &str,
    operation: HCS_OPERATION,
) -> (Hresult, HCS_PROCESS) {
    let parameters = wide(parameters);
    let mut process = null_mut();
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe { HcsCreateProcess(system, parameters.as_ptr(), operation, null(), &mut process) };
    (code.into(), process)
}

/// Waits with process information.
pub fn wait_with_info(operation: HCS_OPERATION) -> (Hresult, HCS_PROCESS_INFORMATION, Option<String>) {
    let mut info = HCS_PROCESS_INFORMATION::default();
    let mut document = null_mut();
    // SAFETY: both out pointers are valid.
    let code =
        unsafe { HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &mut info, &mut document) };
    (code.into(), info, take(document))
}

/// Creates a process and waits; answers the outcome of the operation, and the handle.
pub fn try_start_process(system: HCS_SYSTEM, parameters: &str) -> (Hresult, Started) {
    let operation = operation();
    let (called, process) = create_process_call(system, parameters, operation);
    assert_eq!(called, S_OK);
    let (code, info, _) = wait_with_info(operation);
    close_operation(operation);
    (code, Started { process, info })
}

/// Creates a process that has to be created.
pub fn start_process(system: HCS_SYSTEM, parameters: &str) -> Started {
    let (code, started) = try_start_process(system, parameters);
    assert_eq!(code, S_OK);
    started
}

pub fn process_info(process: HCS_PROCESS) -> (Hresult, HCS_PROCESS_INFORMATION) {
    let operation = operation();
    // SAFETY: any handle value is recognised.
    assert_eq!(unsafe { HcsGetProcessInfo(process, operation) }, S_OK);
    let (code, info, _) = wait_with_info(operation);
    close_operation(operation);
    (code, info)
}

pub fn open_process(system: HCS_SYSTEM, process_id: u32) -> (Hresult, HCS_PROCESS) {
    let mut process = null_mut();
    // SAFETY: the out pointer is valid.
    let code = unsafe { HcsOpenProcess(system, process_id, GENERIC_ALL, &mut process) };
    (code.into(), process)
}

pub fn close_process(process: HCS_PROCESS) {
    // SAFETY: any value is recognised.
    unsafe { HcsCloseProcess(process) }
}

pub fn wait_for_process(process: HCS_PROCESS, milliseconds: u32) -> Fetched {
    let mut document = null_mut();
    // SAFETY: the out pointer is valid.
    let code = unsafe { HcsWaitForProcessExit(process, milliseconds, &mut document) };
    (code.into(), take(document))
}

/// The exit code of a process that ends.
pub fn exit_code(process: HCS_PROCESS) -> u64 {
    let (code, document) = wait_for_process(process, INFINITE);
    assert_eq!(code, S_OK);
    json(document)["ExitCode"].as_u64().unwrap()
}

/// Asks something of a process and waits; answers the operation's outcome.
pub fn ask_process(request: Request, process: HCS_PROCESS, options: Option<&str>) -> Fetched {
    ask(request, process, options) // the prototypes are alike
}

pub fn kill(process: HCS_PROCESS) -> Fetched {
    ask_process(HcsTerminateProcess, process, None)
}

pub fn signal(process: HCS_PROCESS, options: &str) -> Fetched {
    ask_process(HcsSignalProcess, process, Some(options))
}

pub fn modify_process(process: HCS_PROCESS, settings: &str) -> Fetched {
    ask_process(HcsModifyProcess, process, Some(settings))
}

/// Reads once; the error is that of `GetLastError`.
pub fn read_some(pipe: HANDLE, buffer: &mut [u8]) -> Result<usize, u32> {
    let mut count = 0;
    // SAFETY: the buffer and the count are valid.
    let read = unsafe { ReadFile(pipe, buffer.as_mut_ptr(), buffer.len() as u32, &mut count, null_mut()) };
    // SAFETY: nothing is passed.
    if read != 0 { Ok(count as usize) } else { Err(unsafe { GetLastError() }) }
}

/// Reads to the end.
pub fn read_all(pipe: HANDLE) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = read_some(pipe, &mut buffer) {
        all.extend_from_slice(&buffer[..count]);
    }
    all
}

pub fn read_text(pipe: HANDLE) -> String {
    String::from_utf8(read_all(pipe)).unwrap()
}

/// Writes all; the error is that of `GetLastError`.
pub fn write_all(pipe: HANDLE, bytes: &[u8]) -> Result<(), u32> {
    let mut count = 0;
    // SAFETY: the bytes and the count are valid.
    let written = unsafe { WriteFile(pipe, bytes.as_ptr(), bytes.len() as u32, &mut count, null_mut()) };
    // SAFETY: nothing is passed.
    if written != 0 { Ok(()) } else { Err(unsafe { GetLastError() }) }
}

pub fn close_pipe(pipe: HANDLE) {
    // SAFETY: a pipe is not used any more.
    assert_ne!(unsafe { CloseHandle(pipe) }, 0);
}

impl Started {
    /// Closes the pipes that are there, and the handle.
    pub fn close(self) {
        for pipe in [self.info.StdInput, self.info.StdOutput, self.info.StdError] {
            if !pipe.is_null() && pipe != INVALID_HANDLE_VALUE {
                close_pipe(pipe);
            }
        }
        close_process(self.process);
    }
}
