//! The handles, texts and places of a row that runs, how it gets to its start, and what it leaves behind, whatever happens.
//! Not here: the row's own calls (`run`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::{HCS_E_INVALID_JSON, HCS_E_INVALID_STATE, S_OK};
use hcs_sim::{Export, Hresult};

use crate::api::Api;
use crate::listener::{Listener, on_completion, on_event, text};
use crate::row::{Arg, Operation, Process, Row, Slot, State, System};

/// A machine that every Windows can start: firmware that finds nothing to boot.
pub const VM: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"StopOnReset":true,"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#;
const CONTAINER: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"Container":{}}"#;

/// A program of every Windows that does not end by itself, and one that ends.
pub const RUNS_ON: &str = r#"{"CommandLine":"ping -t 127.0.0.1"}"#;
pub const ENDS: &str = r#"{"CommandLine":"cmd /c exit 3"}"#;

/// The same programs for a simulated container: nothing else of it is scripted.
pub const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs.json");

const MINUTE: u32 = 60_000;
const ACCESS: usize = GENERIC_ALL as usize;

/// How a machine is asked.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// It is a real Windows: things take their time.
    pub real: bool,
    /// The configuration of a container with cmd.exe, if it has one.
    pub container: Option<String>,
}

/// An out pointer that nothing was written through holds this.
pub const UNTOUCHED: usize = 0x5EED_5EE8;

/// Never a handle: no address of user space.
const GARBAGE: usize = 0x0BAD_F00D_0BAD_F008_u64 as usize;

pub struct Session<'a> {
    api: &'a Api,
    pub id: String,
    folder: PathBuf,
    surroundings: &'a Surroundings,
    /// Value, and whether it is still open.
    slots: BTreeMap<Slot, (usize, bool)>,
    pub pipes: Vec<usize>,
    pub process_id: u32,
    pub listener: Listener,
    pub options: Box<HCS_CREATE_OPTIONS_1>,
    /// Arguments that a call of this row reads.
    texts: Vec<Vec<u16>>,
}

impl<'a> Session<'a> {
    pub fn new(row: &Row, api: &'a Api, surroundings: &'a Surroundings) -> Session<'a> {
        let id = format!("hcs-sim-conformance-{}", row.name);
        let folder = std::env::temp_dir().join(format!("{id}-{}", unique()));
        Session {
            api,
            id,
            folder,
            surroundings,
            slots: BTreeMap::new(),
            pipes: Vec::new(),
            process_id: 0,
            listener: Listener::default(),
            options: Box::default(),
            texts: Vec::new(),
        }
    }

    /// How long a callback may take to come.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(if self.surroundings.real { 60 } else { 10 })
    }

    /// Brings everything to where the row starts.
    pub fn set_up(&mut self, row: &Row) -> Result<(), String> {
        let operation = self.create_operation()?;
        self.put(Slot::Operation, operation);
        match row.system {
            System::None => {}
            System::Vm(state) => self.system(VM, state)?,
            System::Container(state) => {
                let real = self.surroundings.container.clone();
                self.system(&real.unwrap_or_else(|| CONTAINER.into()), state)?;
            }
        }
        match row.process {
            Process::None => {}
            Process::Running => self.process(RUNS_ON)?,
            Process::Exited => {
                self.process(ENDS)?;
                let process = self.value(Slot::Process);
                let code = self.code(Export::HcsWaitForProcessExit, &[process, MINUTE as usize, 0])?;
                expect("HcsWaitForProcessExit", code, S_OK)?;
            }
        }
        self.operation(row.operation)
    }

    fn operation(&mut self, state: Operation) -> Result<(), String> {
        let (system, operation) = (self.value(Slot::System), self.value(Slot::Operation));
        let (request, outcome) = match state {
            Operation::Idle => return Ok(()),
            Operation::Pending => {
                let code = self.code(Export::HcsStartComputeSystem, &[system, operation, 0])?;
                return expect("HcsStartComputeSystem", code, S_OK);
            }
            Operation::Completed => (Export::HcsStartComputeSystem, S_OK),
            Operation::CompletedWithDocument => (Export::HcsGetComputeSystemProperties, S_OK),
            Operation::Failed => (Export::HcsResumeComputeSystem, HCS_E_INVALID_STATE),
            Operation::CreatedProcess => {
                let parameters = self.text(RUNS_ON);
                let process = self.create_process(system, operation, parameters)?;
                self.put(Slot::Process, process);
                return self.wait(operation, S_OK, "HcsCreateProcess");
            }
        };
        let code = self.code(request, &[system, operation, 0])?;
        expect(request.name(), code, S_OK)?;
        self.wait(operation, outcome, request.name())
    }

    /// The row's system, in a state.
    fn system(&mut self, configuration: &str, state: State) -> Result<(), String> {
        let (create, outcome) = match state {
            State::Failed => ("{", HCS_E_INVALID_JSON),
            _ => (configuration, S_OK),
        };
        let id = self.id.clone();
        let (id, create) = (self.text(&id), self.text(create));
        let operation = self.create_operation()?;
        let mut system = 0_usize;
        let out = (&raw mut system).expose_provenance();
        let code = self.code(Export::HcsCreateComputeSystem, &[id, create, operation, 0, out]);
        self.put(Slot::System, system);
        let mut done = code.and_then(|it| expect("HcsCreateComputeSystem", it, S_OK));
        done = done.and_then(|()| self.wait(operation, outcome, "HcsCreateComputeSystem"));
        let template = self.text(r#"{"SaveType":"AsTemplate"}"#);
        let requests: &[(Export, usize)] = match state {
            State::Failed | State::Created => &[],
            State::Running => &[(Export::HcsStartComputeSystem, 0)],
            State::Paused => &[(Export::HcsStartComputeSystem, 0), (Export::HcsPauseComputeSystem, 0)],
            State::Stopped => &[(Export::HcsStartComputeSystem, 0), (Export::HcsTerminateComputeSystem, 0)],
            State::Saved => &[
                (Export::HcsStartComputeSystem, 0),
                (Export::HcsPauseComputeSystem, 0),
                (Export::HcsSaveComputeSystem, template),
            ],
        };
        for (request, options) in requests {
            done = done.and_then(|()| {
                let code = self.code(*request, &[system, operation, *options])?;
                expect(request.name(), code, S_OK)?;
                self.wait(operation, S_OK, request.name())
            });
        }
        self.close(Export::HcsCloseOperation, operation);
        done
    }

    /// The row's process.
    fn process(&mut self, parameters: &str) -> Result<(), String> {
        let (system, parameters, operation) =
            (self.value(Slot::System), self.text(parameters), self.create_operation()?);
        let done = self.create_process(system, operation, parameters).and_then(|process| {
            self.put(Slot::Process, process);
            let mut info = HCS_PROCESS_INFORMATION::default();
            let out = (&raw mut info).expose_provenance();
            let code = self.code(
                Export::HcsWaitForOperationResultAndProcessInfo,
                &[operation, MINUTE as usize, out, 0],
            )?;
            self.process_id = info.ProcessId;
            expect("HcsCreateProcess", code, S_OK)
        });
        self.close(Export::HcsCloseOperation, operation);
        done
    }

    fn create_process(
        &mut self,
        system: usize,
        operation: usize,
        parameters: usize,
    ) -> Result<usize, String> {
        let mut process = 0_usize;
        let out = (&raw mut process).expose_provenance();
        let code = self.code(Export::HcsCreateProcess, &[system, parameters, operation, 0, out])?;
        expect("HcsCreateProcess", code, S_OK).map(|()| process)
    }

    fn create_operation(&self) -> Result<usize, String> {
        let operation = self.raw(Export::HcsCreateOperation, &[0, 0])? as usize;
        (operation != 0).then_some(operation).ok_or_else(|| "set-up: HcsCreateOperation answers NULL".into())
    }

    fn wait(&self, operation: usize, outcome: Hresult, of: &str) -> Result<(), String> {
        let words = [operation, MINUTE as usize, 0];
        expect(of, self.code(Export::HcsWaitForOperationResult, &words)?, outcome)
    }

    /// The word that an argument is.
    pub fn word(&mut self, argument: Arg) -> Result<usize, String> {
        Ok(match argument {
            Arg::Null | Arg::Document | Arg::Out(_) | Arg::Info => 0,
            Arg::In(slot) => self.value(slot),
            Arg::Closed(slot) => self.closed(slot)?,
            Arg::Garbage => GARBAGE,
            Arg::Text(text) => self.text(text),
            Arg::Number(it) => it as usize,
            Arg::ProcessId => self.process_id as usize,
            Arg::Listener => self.listener.context(),
            Arg::OnEvent => (on_event as *const ()).expose_provenance(),
            Arg::OnCompletion => (on_completion as *const ()).expose_provenance(),
            Arg::CreateOptions(version, events) => {
                *self.options = HCS_CREATE_OPTIONS_1 {
                    Version: version,
                    CallbackOptions: events as i32,
                    CallbackContext: std::ptr::with_exposed_provenance_mut(self.listener.context()),
                    Callback: Some(on_event),
                    ..HCS_CREATE_OPTIONS_1::default()
                };
                (&raw const *self.options).expose_provenance()
            }
        })
    }

    /// A handle that was closed right after it was made.
    fn closed(&mut self, slot: Slot) -> Result<usize, String> {
        let mut handle = 0_usize;
        let out = (&raw mut handle).expose_provenance();
        match slot {
            Slot::Operation | Slot::Other => {
                handle = self.create_operation()?;
                self.close(Export::HcsCloseOperation, handle);
            }
            Slot::System | Slot::Opened => {
                let id = self.id.clone();
                let id = self.text(&id);
                expect("open", self.code(Export::HcsOpenComputeSystem, &[id, ACCESS, out])?, S_OK)?;
                self.close(Export::HcsCloseComputeSystem, handle);
            }
            Slot::Process | Slot::OpenedProcess => {
                let words = [self.value(Slot::System), self.process_id as usize, ACCESS, out];
                expect("open", self.code(Export::HcsOpenProcess, &words)?, S_OK)?;
                self.close(Export::HcsCloseProcess, handle);
            }
        }
        Ok(handle)
    }

    /// UTF-16 that lives as long as the row.
    fn text(&mut self, text: &str) -> usize {
        let mut text = text.replace("<id>", &self.id).replace("<ID>", &self.id.to_uppercase());
        if text.contains("<temp>") || text.contains("<file>") {
            let made = std::fs::create_dir_all(&self.folder);
            let file = self.folder.join("a file.vhdx");
            let made = made.and_then(|()| std::fs::write(&file, "no disk"));
            made.unwrap_or_else(|error| panic!("{}: {error}", self.folder.display()));
            // Windows takes either slash, and this one needs no escape in JSON.
            let slashes = |it: &std::path::Path| it.display().to_string().replace('\\', "/");
            text = text.replace("<temp>", &slashes(&self.folder)).replace("<file>", &slashes(&file));
        }
        self.texts.push(text.encode_utf16().chain([0]).collect());
        self.texts.last().map_or(0, |it| it.as_ptr().expose_provenance())
    }

    /// What is the same in every run: a document without the row's folder.
    pub fn without_places(&self, text: &str) -> String {
        text.replace(&self.folder.display().to_string().replace('\\', "/"), "<temp>")
    }

    pub fn put(&mut self, slot: Slot, handle: usize) {
        if handle != 0 && handle != UNTOUCHED {
            self.slots.insert(slot, (handle, true));
        }
    }

    /// What a slot holds or held; 0 for nothing.
    pub fn value(&self, slot: Slot) -> usize {
        self.slots.get(&slot).map_or(0, |it| it.0)
    }

    /// The name of the slot that holds a handle.
    pub fn name_of(&self, handle: usize) -> Option<String> {
        let found = self.slots.iter().find(|(_, (value, _))| *value == handle);
        found.map(|(slot, _)| format!("the row's {slot:?}"))
    }

    /// Calls an export.
    pub fn raw(&self, export: Export, words: &[usize]) -> Result<u64, String> {
        // SAFETY: the words fit the export: rows and set-up write them so, with texts and places of the session. Values that
        // are no handles go to simulated hosts only, which follow none.
        unsafe { self.api.call(export, words) }
            .ok_or_else(|| format!("this library does not export {export}"))
    }

    fn code(&self, export: Export, words: &[usize]) -> Result<Hresult, String> {
        self.raw(export, words).map(|it| Hresult::from_bits(it as u32))
    }

    fn close(&self, export: Export, handle: usize) {
        let _ = self.raw(export, &[handle]);
    }

    /// A row's own close: the handle is not closed again, if the export was for handles of its kind.
    pub fn was_closed(&mut self, export: Export, handle: usize) {
        for (slot, (value, open)) in &mut self.slots {
            *open &= *value != handle || close_of(*slot) != export;
        }
    }

    /// A document, read and given back.
    pub fn take(&self, document: usize) -> String {
        // SAFETY: the export wrote a document.
        let text = unsafe { text(std::ptr::with_exposed_provenance(document)) }.unwrap_or_default();
        // SAFETY: it is freed once.
        let left = unsafe { (self.api.win32.local_free)(std::ptr::with_exposed_provenance_mut(document)) };
        if left.is_null() { text } else { format!("(LocalFree refuses it) {text}") }
    }

    /// What comes out of a pipe until it ends.
    pub fn read(&self, pipe: usize) -> String {
        let mut all = Vec::new();
        let mut buffer = [0_u8; 512];
        while let Some(count) = crate::pipe::read(self.api, pipe, &mut buffer).filter(|it| *it != 0) {
            all.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Lets come what nobody expects: a simulated host's time goes on with each request that is waited for.
    pub fn settle(&mut self) {
        if self.surroundings.real {
            std::thread::sleep(Duration::from_millis(300));
            return;
        }
        let nobody = self.text(r#"{"Ids":["hcs-sim-conformance"]}"#);
        for _ in 0..10 {
            let Ok(operation) = self.create_operation() else { return };
            let _ = self.code(Export::HcsEnumerateComputeSystems, &[nobody, operation]);
            let _ = self.code(Export::HcsWaitForOperationResult, &[operation, MINUTE as usize, 0]);
            self.close(Export::HcsCloseOperation, operation);
        }
    }

    /// Closes the pipes that the row was given. Answers how many were none.
    pub fn close_pipes(&mut self) -> usize {
        let close = |pipe: &usize| {
            // SAFETY: a pipe of the row, not used any more.
            unsafe { (self.api.win32.close_handle)(std::ptr::with_exposed_provenance_mut(*pipe)) == 0 }
        };
        std::mem::take(&mut self.pipes).iter().filter(|pipe| close(pipe)).count()
    }

    /// Ends and closes everything of the row, and nothing else.
    pub fn clean_up(&mut self) {
        self.close_pipes();
        let open: Vec<(Slot, usize)> =
            self.slots.iter().filter(|(_, it)| it.1).map(|(slot, it)| (*slot, it.0)).collect();
        self.slots.values_mut().for_each(|it| it.1 = false);
        // The last handle ends its system; what goes on without one is ended by its id below.
        for (slot, handle) in open.iter().rev() {
            self.close(close_of(*slot), *handle);
        }
        self.end_by_id();
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// Ends the row's system if it is still there, from an earlier run too.
    pub fn end_by_id(&mut self) {
        self.end("<id>");
        if self.surroundings.real {
            self.end("<id>-2"); // which only a refused create names
        }
    }

    fn end(&mut self, id: &str) {
        let mut left = 0_usize;
        let out = (&raw mut left).expose_provenance();
        let id = self.text(id);
        if self.code(Export::HcsOpenComputeSystem, &[id, ACCESS, out]) == Ok(S_OK) {
            self.terminate(left);
            self.close(Export::HcsCloseComputeSystem, left);
        }
    }

    fn terminate(&self, system: usize) {
        let Ok(operation) = self.create_operation() else { return };
        if self.code(Export::HcsTerminateComputeSystem, &[system, operation, 0]) == Ok(S_OK) {
            let _ = self.code(Export::HcsWaitForOperationResult, &[operation, MINUTE as usize, 0]);
        }
        self.close(Export::HcsCloseOperation, operation);
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.clean_up();
    }
}

fn close_of(slot: Slot) -> Export {
    match slot {
        Slot::Operation | Slot::Other => Export::HcsCloseOperation,
        Slot::System | Slot::Opened => Export::HcsCloseComputeSystem,
        Slot::Process | Slot::OpenedProcess => Export::HcsCloseProcess,
    }
}

fn expect(what: &str, got: Hresult, wanted: Hresult) -> Result<(), String> {
    (got == wanted).then_some(()).ok_or_else(|| format!("set-up: {what}: expected {wanted:?}, got {got:?}"))
}

/// Different for each session of this process, and for each process.
fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
