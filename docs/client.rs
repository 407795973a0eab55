// The small client of the guide's pages, on windows-sys alone: owners of handles, pipes and documents, and what pages take for
// granted. Not here: anything that knows how it is tested. (Pages include this file, hence no inner documentation.)

use std::ffi::c_void;
use std::io::{self, Read, Write};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

/// A machine that can be asked to shut down, and that runs commands. It ends with its last handle.
pub const CONFIGURATION: &str = r#"{"SchemaVersion":{"Major":2,"Minor":5},"Owner":"guide","ShouldTerminateOnLastHandleClosed":true,
    "VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":512}},"Services":{"Shutdown":{}},"GuestConnection":{}}}"#;
const SHUTDOWN: &str = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;
const LIMIT_MS: u32 = 60_000;

/// What HCS answered.
#[derive(Debug, PartialEq)]
pub struct Failed {
    pub code: HRESULT,
    pub document: Option<String>,
}

type Answer = Result<Option<String>, Failed>;
type Request = unsafe extern "system" fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;
type Listener = Box<dyn Fn(i32, Option<String>) + Send + Sync>;

/// A compute system; its handle is closed when it is dropped.
pub struct Vm {
    system: HCS_SYSTEM,
    listeners: Vec<Box<Listener>>, // they live until the handle is closed
}

// SAFETY: a handle is a token for HCS; its functions may be called from any thread.
unsafe impl Send for Vm {}
// SAFETY: as above; every request has an operation of its own.
unsafe impl Sync for Vm {}

impl Vm {
    pub fn create(id: &str) -> Result<Vm, Failed> {
        let (id, configuration) = (wide(id), wide(CONFIGURATION));
        let operation = Operation::new();
        let mut vm = Vm { system: null_mut(), listeners: Vec::new() };
        // SAFETY: texts end in a NUL and outlive the call, the operation is live, the handle is ours to write.
        checked(unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation.0, null(), &mut vm.system)
        })?;
        operation.wait(LIMIT_MS).map(|_| vm)
    }

    pub fn boot(id: &str) -> Result<Vm, Failed> {
        let vm = Vm::create(id)?;
        vm.start().map(|_| vm)
    }

    pub fn open(id: &str) -> Result<Vm, Failed> {
        let id = wide(id);
        let mut vm = Vm { system: null_mut(), listeners: Vec::new() };
        // SAFETY: the text ends in a NUL and outlives the call, the handle is ours to write.
        checked(unsafe { HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &mut vm.system) }).map(|()| vm)
    }

    pub fn start(&self) -> Answer {
        self.ask(HcsStartComputeSystem, None)
    }

    pub fn pause(&self) -> Answer {
        self.ask(HcsPauseComputeSystem, None)
    }

    pub fn shut_down(&self) -> Answer {
        self.ask(HcsShutDownComputeSystem, Some(SHUTDOWN))
    }

    pub fn terminate(&self) -> Answer {
        self.ask(HcsTerminateComputeSystem, None)
    }

    pub fn properties(&self) -> Answer {
        self.ask(HcsGetComputeSystemProperties, None)
    }

    /// How it ended, as HCS says it.
    pub fn wait_for_exit(&self, limit_ms: u32) -> Answer {
        let mut document = null_mut();
        // SAFETY: the handle is live, the document is ours to write.
        let code = unsafe { HcsWaitForComputeSystemExit(self.system, limit_ms, &mut document) };
        finish(code, document)
    }

    /// Lets the listener be told of events.
    pub fn listen(
        &mut self,
        listener: impl Fn(i32, Option<String>) + Send + Sync + 'static,
    ) -> Result<(), Failed> {
        self.listeners.push(Box::new(Box::new(listener)));
        let context = (&raw const **self.listeners.last().unwrap()).cast();
        // SAFETY: the handle is live, and the context outlives it.
        checked(unsafe {
            HcsSetComputeSystemCallback(self.system, HcsEventOptionNone, context, Some(on_event))
        })
    }

    /// Starts a process with all three pipes.
    pub fn spawn(&self, command_line: &str) -> Result<Process, Failed> {
        let parameters = wide(&format!(
            r#"{{"CommandLine":"{command_line}","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}}"#
        ));
        let operation = Operation::new();
        let mut process = Process { handle: null_mut(), id: 0, stdin: None, stdout: None, stderr: None };
        let (mut info, mut document) = (HCS_PROCESS_INFORMATION::default(), null_mut());
        // SAFETY: the text ends in a NUL and outlives the call, handles are live, the rest is ours to write.
        let code = unsafe {
            let parameters = parameters.as_ptr();
            checked(HcsCreateProcess(self.system, parameters, operation.0, null(), &mut process.handle))?;
            HcsWaitForOperationResultAndProcessInfo(operation.0, LIMIT_MS, &mut info, &mut document)
        };
        finish(code, document)?;
        process.id = info.ProcessId;
        process.stdin = Some(Pipe(info.StdInput));
        process.stdout = Some(Pipe(info.StdOutput));
        process.stderr = Some(Pipe(info.StdError));
        Ok(process)
    }

    fn ask(&self, request: Request, options: Option<&str>) -> Answer {
        ask(self.system, request, options)
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        if !self.system.is_null() {
            // SAFETY: the only owner.
            unsafe { HcsCloseComputeSystem(self.system) }
        }
    }
}

/// A process; its handle is closed when it is dropped, and so are the pipes that it still has.
pub struct Process {
    handle: HCS_PROCESS,
    pub id: u32,
    pub stdin: Option<Pipe>,
    pub stdout: Option<Pipe>,
    pub stderr: Option<Pipe>,
}

impl Process {
    /// Reads standard output to its end.
    pub fn output(&mut self) -> String {
        io::read_to_string(self.stdout.take().unwrap()).unwrap()
    }

    /// How it ended, as HCS says it.
    pub fn wait(&self, limit_ms: u32) -> Answer {
        let mut document = null_mut();
        // SAFETY: the handle is live, the document is ours to write.
        let code = unsafe { HcsWaitForProcessExit(self.handle, limit_ms, &mut document) };
        finish(code, document)
    }

    pub fn signal(&self, signal: &str) -> Answer {
        ask(self.handle, HcsSignalProcess, Some(&format!(r#"{{"Signal":"{signal}"}}"#)))
    }

    pub fn kill(&self) -> Answer {
        ask(self.handle, HcsTerminateProcess, None)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the only owner.
            unsafe { HcsCloseProcess(self.handle) }
        }
    }
}

/// The client's end of a pipe.
pub struct Pipe(HANDLE);

// SAFETY: a handle of the kernel belongs to the whole process.
unsafe impl Send for Pipe {}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        // SAFETY: the handle is live, there is that much room, the count is ours to write.
        let read =
            unsafe { ReadFile(self.0, buffer.as_mut_ptr(), buffer.len() as u32, &mut count, null_mut()) };
        // SAFETY: it only reads a number of this thread.
        match unsafe { GetLastError() } {
            _ if read != 0 => Ok(count as usize),
            ERROR_BROKEN_PIPE => Ok(0),
            error => Err(io::Error::from_raw_os_error(error as i32)),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut count = 0;
        // SAFETY: the handle is live, that much can be read, the count is ours to write.
        match unsafe { WriteFile(self.0, bytes.as_ptr(), bytes.len() as u32, &mut count, null_mut()) } {
            0 => Err(io::ErrorKind::BrokenPipe.into()),
            _ => Ok(count as usize),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // SAFETY: the only owner.
        unsafe { CloseHandle(self.0) };
    }
}

/// One request; closed when it is dropped.
struct Operation(HCS_OPERATION);

impl Operation {
    fn new() -> Operation {
        // SAFETY: neither context nor callback.
        Operation(unsafe { HcsCreateOperation(null(), None) })
    }

    fn wait(&self, limit_ms: u32) -> Answer {
        let mut document = null_mut();
        // SAFETY: the operation is live, the document is ours to write.
        let code = unsafe { HcsWaitForOperationResult(self.0, limit_ms, &mut document) };
        finish(code, document)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: the only owner.
        unsafe { HcsCloseOperation(self.0) }
    }
}

fn ask(handle: *mut c_void, request: Request, options: Option<&str>) -> Answer {
    let options = options.map(wide);
    let operation = Operation::new();
    // SAFETY: the handles are live; the options are NULL, or end in a NUL and outlive the call.
    checked(unsafe { request(handle, operation.0, options.as_ref().map_or(null(), |it| it.as_ptr())) })?;
    operation.wait(LIMIT_MS)
}

unsafe extern "system" fn on_event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, its data is NULL or ends in a NUL; the context is a `Listener`.
    let (event, data, listener) =
        unsafe { ((*event).Type, copied((*event).EventData), &*context.cast::<Listener>()) };
    listener(event, data);
}

fn checked(code: HRESULT) -> Result<(), Failed> {
    if code < 0 { Err(Failed { code, document: None }) } else { Ok(()) }
}

/// Reads the document, if there is one, and frees it.
fn finish(code: HRESULT, document: PWSTR) -> Answer {
    // SAFETY: NULL, or a document that ends in a NUL; it is freed once, after it was read.
    let document = unsafe {
        let text = copied(document);
        LocalFree(document.cast()); // NULL is none
        text
    };
    if code < 0 { Err(Failed { code, document }) } else { Ok(document) }
}

/// # Safety
///
/// The text is NULL, or ends in a NUL.
unsafe fn copied(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller promises it.
    unsafe {
        let length = (0..).take_while(|&at| *text.add(at) != 0).count();
        Some(String::from_utf16_lossy(std::slice::from_raw_parts(text, length)))
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
