//! A small, honest client of HCS for the cookbook and for the comparison with mocks: it boots machines, runs commands in
//! them, and ends them. Not here: anything that knows how it is tested; handles and pointers (`seam`).
//!
//! It is generic over a seam, because a mock needs one. hcs-sim does not: `examples/` has clients on windows-sys as it is.

#![allow(dead_code)] // each test file uses a part

pub mod seam;

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};

use hcs_sim::computecore::{HcsEventServiceDisconnect, HcsEventSystemExited};
use serde_json::{Value, json};
use windows_sys::Win32::Foundation::*;

use seam::{Computecore, Hcs, Outcome};

/// A machine that can be asked to shut down and that runs commands. It ends with its last handle.
pub const CONFIGURATION: &str = r#"{"Owner":"keeper","SchemaVersion":{"Major":2,"Minor":5},
    "ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{
        "ComputeTopology":{"Memory":{"SizeInMB":512}},"Services":{"Shutdown":{}},"GuestConnection":{}}}"#;

/// How long a create or a start may take.
const START_MS: u32 = 60_000;
/// How long anything else may take.
const REQUEST_MS: u32 = 10_000;
/// How long a terminated machine may take to be gone.
const GONE_MS: u32 = 30_000;

const SHUTDOWN: &str = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;
/// ERROR_NOT_SUPPORTED: the guest has nothing that could be asked.
const CANNOT_BE_ASKED: i32 = 0x8007_0032_u32 as i32;

/// What could not be done, and what HCS said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub doing: &'static str,
    pub code: i32,
    pub document: Option<String>,
}

/// A machine. Dropping it closes its handle.
pub struct Vm<H: Hcs = Computecore> {
    hcs: Arc<H>,
    system: usize,
    told: Arc<Told>,
}

/// What the callback was told, and who waits for it.
#[derive(Default)]
struct Told {
    end: Mutex<Option<End>>,
    changed: Condvar,
}

#[derive(Clone)]
enum End {
    Exited(Option<String>),
    ServiceLost,
}

impl<H: Hcs> Vm<H> {
    /// Creates a machine and starts it. One of the same name that a killed run has left over is ended first.
    pub fn boot(hcs: &Arc<H>, id: &str, configuration: &str) -> Result<Vm<H>, Failure> {
        let vm = match Vm::create(hcs, id, configuration) {
            Err(failure) if failure.code == HCS_E_SYSTEM_ALREADY_EXISTS => {
                Vm::open(hcs, id)?.end()?;
                Vm::create(hcs, id, configuration)?
            }
            created => created?,
        };
        vm.listen()?; // before the start, so that no event is missed
        let started = vm.request("start the machine", START_MS, |operation| hcs.start(vm.system, operation));
        if started.is_err() {
            let _ = vm.end(); // a start that outlived its limit goes on without us, and nobody would end what comes of it
        }
        started.map(|_| vm)
    }

    fn create(hcs: &Arc<H>, id: &str, configuration: &str) -> Result<Vm<H>, Failure> {
        let doing = "create the machine";
        let operation = Operation::new(hcs, doing)?;
        let (code, system) = hcs.create(id, configuration, operation.number);
        // The handle comes before it is known whether the create succeeds: it is owned, and so closed, in either case.
        let vm = Vm { hcs: Arc::clone(hcs), system, told: Arc::default() };
        checked(doing, (code, None))?;
        checked(doing, hcs.wait(operation.number, START_MS))?;
        Ok(vm)
    }

    fn open(hcs: &Arc<H>, id: &str) -> Result<Vm<H>, Failure> {
        let (code, system) = hcs.open(id);
        let vm = Vm { hcs: Arc::clone(hcs), system, told: Arc::default() };
        checked("open the machine", (code, None)).map(|_| vm)
    }

    fn listen(&self) -> Result<(), Failure> {
        let told = Arc::clone(&self.told);
        let callback = move |event, data| {
            let end = match event {
                it if it == HcsEventSystemExited => End::Exited(data),
                it if it == HcsEventServiceDisconnect => End::ServiceLost,
                _ => return,
            };
            told.end.lock().unwrap().get_or_insert(end);
            told.changed.notify_all(); // there may be several who wait
        };
        checked("listen to the machine", (self.hcs.listen(self.system, Box::new(callback)), None)).map(drop)
    }

    /// Waits until the machine tells that it has ended, for ever if need be: how, in the words of HCS.
    pub fn wait(&self) -> Result<String, Failure> {
        let doing = "wait for the exit";
        let end = self.told.end.lock().unwrap();
        let end = self.told.changed.wait_while(end, |it| it.is_none()).unwrap().clone();
        match end {
            Some(End::Exited(document)) => exit_type(doing, document),
            _ => Err(Failure { doing, code: HCS_E_SERVICE_DISCONNECT, document: None }),
        }
    }

    /// Asks the guest to shut down. One that cannot be asked, or is there still after `patience_ms`, is terminated.
    pub fn shut_down(&self, patience_ms: u32) -> Result<String, Failure> {
        let asked = self.request("shut the guest down", REQUEST_MS, |operation| {
            self.hcs.shut_down(self.system, operation, SHUTDOWN)
        });
        // Success means that the guest has been told; it has not obeyed yet.
        match asked.and_then(|_| self.wait_for_exit(patience_ms)) {
            Err(it) if [HCS_E_OPERATION_TIMEOUT, CANNOT_BE_ASKED].contains(&it.code) => self.end(),
            outcome => outcome,
        }
    }

    /// Ends the machine at once, and waits until it is gone: not for the event, which may be lost.
    pub fn end(&self) -> Result<String, Failure> {
        self.terminate()?;
        self.wait_for_exit(GONE_MS)
    }

    fn terminate(&self) -> Result<(), Failure> {
        let terminate = |operation| self.hcs.terminate(self.system, operation);
        match self.request("terminate the machine", REQUEST_MS, terminate) {
            Err(failure) if failure.code != HCS_E_SYSTEM_ALREADY_STOPPED => Err(failure),
            _ => Ok(()),
        }
    }

    fn wait_for_exit(&self, limit_ms: u32) -> Result<String, Failure> {
        let doing = "wait for the exit";
        exit_type(doing, checked(doing, self.hcs.wait_for_exit(self.system, limit_ms))?)
    }

    /// What the machine is doing.
    pub fn state(&self) -> Result<String, Failure> {
        let doing = "read the properties";
        let properties = |operation| self.hcs.properties(self.system, operation);
        let document = parsed(doing, self.request(doing, REQUEST_MS, properties)?)?;
        // HCS leaves the state out for a machine that never started, and for one that has stopped.
        let without = if document["Stopped"] == true { "Stopped" } else { "Created" };
        Ok(document["State"].as_str().unwrap_or(without).to_owned())
    }

    /// Runs a command in the guest: its exit code, and what it printed.
    pub fn run(&self, command_line: &str) -> Result<(u64, String), Failure> {
        let doing = "run the command";
        let parameters = json!({ "CommandLine": command_line, "CreateStdOutPipe": true }).to_string();
        let operation = Operation::new(&self.hcs, doing)?;
        let (code, process) = self.hcs.create_process(self.system, &parameters, operation.number);
        let process = Process { hcs: &*self.hcs, number: process };
        checked(doing, (code, None))?;
        let (outcome, output) = self.hcs.wait_for_process(operation.number, REQUEST_MS);
        checked(doing, outcome)?;
        let mut printed = String::new();
        if let Some(mut output) = output
            && output.read_to_string(&mut printed).is_err()
        {
            return Err(Failure { doing, code: E_FAIL, document: None });
        }
        let ended = self.hcs.wait_for_process_exit(process.number, REQUEST_MS);
        let status = parsed(doing, checked(doing, ended)?)?;
        Ok((status["ExitCode"].as_u64().unwrap_or(u64::MAX), printed))
    }

    /// Makes a request, and waits for its outcome.
    fn request(
        &self,
        doing: &'static str,
        limit_ms: u32,
        request: impl FnOnce(usize) -> i32,
    ) -> Result<Option<String>, Failure> {
        let operation = Operation::new(&self.hcs, doing)?;
        checked(doing, (request(operation.number), None))?;
        checked(doing, self.hcs.wait(operation.number, limit_ms))
    }
}

impl<H: Hcs> Drop for Vm<H> {
    fn drop(&mut self) {
        if self.system != 0 {
            self.hcs.close(self.system);
        }
    }
}

/// One request, closed when it is dropped.
struct Operation<'a, H: Hcs> {
    hcs: &'a H,
    number: usize,
}

impl<'a, H: Hcs> Operation<'a, H> {
    fn new(hcs: &'a Arc<H>, doing: &'static str) -> Result<Operation<'a, H>, Failure> {
        match hcs.create_operation() {
            0 => Err(Failure { doing, code: E_OUTOFMEMORY, document: None }),
            number => Ok(Operation { hcs: &**hcs, number }),
        }
    }
}

impl<H: Hcs> Drop for Operation<'_, H> {
    fn drop(&mut self) {
        self.hcs.close_operation(self.number);
    }
}

/// A process, closed when it is dropped.
struct Process<'a, H: Hcs> {
    hcs: &'a H,
    number: usize,
}

impl<H: Hcs> Drop for Process<'_, H> {
    fn drop(&mut self) {
        if self.number != 0 {
            self.hcs.close_process(self.number);
        }
    }
}

fn checked(doing: &'static str, (code, document): Outcome) -> Result<Option<String>, Failure> {
    if code < 0 { Err(Failure { doing, code, document }) } else { Ok(document) }
}

/// Reads an answer. That there is none is the same as one that cannot be read.
fn parsed(doing: &'static str, document: Option<String>) -> Result<Value, Failure> {
    let value = document.as_deref().and_then(|it| serde_json::from_str(it).ok());
    value.ok_or(Failure { doing, code: E_UNEXPECTED, document })
}

fn exit_type(doing: &'static str, document: Option<String>) -> Result<String, Failure> {
    Ok(parsed(doing, document)?["ExitType"].as_str().unwrap_or("Unknown").to_owned())
}
