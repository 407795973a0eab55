//! A process in a compute system: how it begins and ends, and what its handles answer.
//! Not here: the program that it runs (`runtime::guest`), its pipes (`runtime::pipes`).

use std::sync::Arc;
use std::time::Duration;

use super::Nanos;
use super::attention::Ending;
use super::failure::Failure;
use super::host::Host;
use super::identity::fold;
use super::lifecycle::Carried;
use super::registration::Listener;
use super::request::{Body, Request};
use super::step::{Due, Effect, GuestChange, Performed};
use super::system::{System, SystemState};
use crate::answer::{Answer, ProcessInfo};
use crate::call::{Call, OperationType};
use crate::document;
use crate::document::configuration::SystemKind;
use crate::document::process::{ProcessChange, ProcessParameters, ProcessStatus, Signal};
use crate::document::properties::ProcessDetails;
use crate::document::timestamp::timestamp;
use crate::handle::{ProcessHandle, SystemHandle};
use crate::hresult::*;

#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) system: u64,
    pub(crate) system_id: Arc<str>,
    pub(crate) process_id: u32,
    pub(crate) parameters: Arc<ProcessParameters>,
    pub(crate) state: ProcessState,
    pub(crate) exit: Option<ProcessExit>,
    /// Open handles.
    pub(crate) handles: u32,
    /// The handles that have a callback.
    pub(crate) registered: Vec<u64>,
    pub(crate) exit_told: bool,
    pub(crate) ending: Ending,
    /// Its program takes signals; without, they end it.
    pub(crate) catches_signals: bool,
    /// The caller was to get pipes: no longer those that were closed by a modify request.
    pub(crate) pipes: [bool; 3],
    /// Nobody is told of its exit.
    pub(crate) silent: bool,
    /// How long after its exit the callbacks are told, if not the usual time.
    pub(crate) exit_event_delay: Option<Duration>,
    /// When its create completes: no request on it completes before.
    pub(crate) created_at: Nanos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessState {
    /// Its create is pending.
    Creating,
    /// Its create failed; only its handle is left.
    Failed,
    Running,
    Exited,
}

#[derive(Debug)]
pub(crate) struct ProcessExit {
    pub(crate) document: Arc<str>,
    pub(crate) exit_code: u32,
}

/// An open `HCS_PROCESS`.
#[derive(Debug)]
pub(crate) struct OpenProcess {
    pub(crate) process: u64,
    /// The number of the system handle that it came through.
    pub(crate) via: u64,
    /// It gives the process's pipes out; a handle that was opened does not. (fidelity: `open-process-no-stdio`)
    pub(crate) has_stdio: bool,
    /// Threads that are blocked in a call on this handle.
    pub(crate) inside: u32,
    pub(crate) listener: Listener,
}

impl Host {
    /// Begins a process: it exists for its handle, and for nobody else until its create completes.
    pub(super) fn begin_process(
        &mut self,
        system: SystemHandle,
        parameters: &Arc<ProcessParameters>,
    ) -> ProcessHandle {
        let via = system.number().unwrap_or_default();
        let number = self.system_behind(system).unwrap_or_default();
        let process = self.new_process(number, parameters, ProcessState::Creating);
        self.open_process_handle(process, via, true)
    }

    fn new_process(&mut self, system: u64, parameters: &Arc<ProcessParameters>, state: ProcessState) -> u64 {
        self.last_process_id += 4;
        let system_id = self.systems.get(system).map_or_else(|| "".into(), |it| Arc::clone(&it.id));
        self.processes.insert(Process {
            system,
            system_id,
            process_id: self.last_process_id,
            parameters: Arc::clone(parameters),
            state,
            exit: None,
            handles: 0,
            registered: Vec::new(),
            exit_told: false,
            ending: Ending::default(),
            catches_signals: false,
            pipes: parameters.pipes(),
            silent: false,
            exit_event_delay: None,
            created_at: 0,
        })
    }

    fn open_process_handle(&mut self, process: u64, via: u64, has_stdio: bool) -> ProcessHandle {
        if let Some(process) = self.processes.get_mut(process) {
            process.handles += 1;
        }
        let listener = Listener::default();
        let open = OpenProcess { process, via, has_stdio, inside: 0, listener };
        ProcessHandle::new(self.serial, self.process_handles.insert(open))
    }

    /// A guest program starts another one: a process without pipes, which no caller has a handle of. Answers its number and
    /// id; nothing in a system that does not run.
    pub(crate) fn spawn_process(
        &mut self,
        parent: u64,
        parameters: &Arc<ProcessParameters>,
        program: usize,
        now: Nanos,
    ) -> Option<(u64, u32)> {
        let system = self.processes.get(parent)?.system;
        self.systems.get(system).filter(|it| it.exit.is_none())?;
        let process = self.new_process(system, parameters, ProcessState::Creating);
        self.start_process(process, Some(program), now);
        let child = self.processes.get_mut(process)?;
        child.handles = 1; // its parent's, until `release_process`
        Some((process, child.process_id))
    }

    /// A process that runs already, as if another program had made it; answers its id, or why it cannot be there.
    pub(crate) fn add_process(
        &mut self,
        system_id: &str,
        parameters: &Arc<ProcessParameters>,
        process_id: Option<u32>,
        program: Option<usize>,
    ) -> Result<u32, String> {
        let found = self.systems.iter().find(|(_, it)| it.is_listed() && fold(&it.id) == fold(system_id));
        let Some((system, _)) = found.filter(|it| it.1.state == SystemState::Running) else {
            return Err(format!("there is no running system {system_id:?}"));
        };
        if process_id.is_some_and(|wanted| self.processes.iter().any(|(_, it)| it.process_id == wanted)) {
            return Err(format!("there is a process {} already", process_id.unwrap_or_default()));
        }
        let number = self.new_process(system, parameters, ProcessState::Creating);
        let process = self.processes.get_mut(number).expect("just made");
        process.process_id = process_id.unwrap_or(process.process_id);
        let process_id = process.process_id;
        self.last_process_id = self.last_process_id.max(process_id);
        let now = self.now;
        self.start_process(number, program, now);
        Ok(process_id)
    }

    /// A guest program is done with another one that it started.
    pub(crate) fn release_process(&mut self, number: u64) {
        if let Some(process) = self.processes.get_mut(number) {
            process.handles -= 1;
            self.drop_process_if_unreachable(number);
        }
    }

    /// (fidelity: `state-create-process`, `process-not-found`)
    pub(super) fn create_process(&mut self, request: &Request, force: bool, now: Nanos) -> Carried {
        let (program, nearest) = match &request.body {
            Body::NewProcess(new) => (new.program, new.nearest.clone()),
            _ => (None, None),
        };
        if !force {
            let system = self.systems.get(request.system).expect("carry_out found it");
            if system.configuration.kind == SystemKind::VirtualMachine && !system.is_guest_connected() {
                let why = if system.configuration.guest_connection {
                    "the connection to the guest is lost"
                } else {
                    "the configuration has no GuestConnection"
                };
                return Err(Failure::noted(HRESULT_ERROR_NOT_SUPPORTED, why));
            }
            if program.is_none() {
                let note = nearest.unwrap_or_else(|| {
                    "no guest program is known; Host::program provides one, and a rule can let the call succeed"
                        .to_owned()
                });
                return Err(Failure::noted(HRESULT_ERROR_FILE_NOT_FOUND, note));
            }
        }
        self.start_process(request.process, program, now);
        Ok(None)
    }

    fn start_process(&mut self, number: u64, program: Option<usize>, now: Nanos) {
        let Some(process) = self.processes.get_mut(number) else { return };
        if process.state != ProcessState::Creating {
            return;
        }
        process.state = ProcessState::Running;
        process.created_at = now;
        if let Some(system) = self.systems.get_mut(process.system) {
            system.processes.insert(process.process_id, number);
        }
        self.happened.effects.push(Effect::Guest(number, GuestChange::Start(program)));
    }

    /// A process ends. (fidelity: `process-exit-document`, `process-exit-event`)
    pub(crate) fn end_process(&mut self, number: u64, exit_code: u32) {
        let Some(process) = self.processes.get_mut(number) else { return };
        if process.state != ProcessState::Running {
            return;
        }
        process.state = ProcessState::Exited;
        let document = document::write(&ProcessStatus::of(process.process_id, Some(exit_code)));
        process.exit = Some(ProcessExit { document: Arc::clone(&document), exit_code });
        let (silent, late) = (process.silent, process.exit_event_delay);
        self.happened.effects.push(Effect::ProcessExited {
            system_id: Arc::clone(&process.system_id),
            process_id: process.process_id,
            document,
        });
        let (system, process_id) = (process.system, process.process_id);
        let mut quiet = silent;
        if let Some(system) = self.systems.get_mut(system) {
            system.processes.remove(&process_id);
            quiet |= system.exit.is_some() && !self.behavior.process_events_at_system_exit;
        }
        self.happened.effects.push(Effect::Guest(number, GuestChange::End));
        if !quiet {
            self.tell_later(late, Due::TellProcessExit { process: number });
        }
        self.drop_process_if_unreachable(number);
    }

    pub(super) fn fail_process(&mut self, number: u64) {
        if let Some(process) = self.processes.get_mut(number)
            && process.state == ProcessState::Creating
        {
            process.state = ProcessState::Failed;
        }
        self.drop_process_if_unreachable(number);
    }

    /// Carries out a request on a process.
    pub(super) fn carry_out_on_process(&mut self, request: &Request, force: bool) -> Carried {
        let number = request.process;
        let Some(process) = self.processes.get_mut(number) else {
            return Err(Failure::noted(
                self.behavior.exited_process,
                "the process has ended and nobody has a handle",
            ));
        };
        if process.state == ProcessState::Failed {
            return Err(Failure::noted(
                HRESULT_ERROR_NOT_FOUND,
                "its create failed; only the handle is left",
            ));
        }
        let exited = process.state == ProcessState::Exited;
        if request.kind == OperationType::GetProcessProperties {
            // fidelity: process-properties
            let document = match &process.exit {
                Some(exit) => Arc::clone(&exit.document),
                None => document::write(&ProcessStatus::of(process.process_id, None)),
            };
            return Ok(Some(document));
        }
        if exited && !force {
            let gone = self.systems.get(process.system).is_none_or(|it| it.state == SystemState::Stopped);
            let code = match (&request.body, request.kind) {
                _ if gone => self.behavior.process_after_system_exit,
                (_, OperationType::GetProcessInfo) => self.behavior.exited_process_info,
                (Body::Kill, _) => self.behavior.second_kill,
                _ => self.behavior.exited_process,
            };
            return Err(Failure::noted(code, "the process has exited"));
        }
        match &request.body {
            Body::Kill => self.end_process(number, self.behavior.killed_exit_code),
            Body::Signal(signal) if process.catches_signals && !signal.is_final() => {
                self.happened.effects.push(Effect::Guest(number, GuestChange::Signal(*signal)));
            }
            Body::Signal(signal) => self.end_process(number, signal.exit_code()),
            Body::ChangeProcess(ProcessChange::ConsoleSize { height, width }) => {
                self.happened.effects.push(Effect::Guest(number, GuestChange::Resize(*height, *width)));
            }
            Body::ChangeProcess(ProcessChange::Close(which)) => {
                let names = which.names();
                for (pipe, closed) in process.pipes.iter_mut().zip(names) {
                    *pipe &= !closed;
                }
                self.happened.effects.push(Effect::Guest(number, GuestChange::Close(names)));
            }
            _ => {}
        }
        Ok(None)
    }

    /// What `...AndProcessInfo` tells of a process. (fidelity: `process-info-fresh`, `open-process-no-stdio`)
    pub(super) fn process_info(&self, handle: ProcessHandle, is_create: bool) -> Option<ProcessInfo> {
        let open = self.process_handles.get(handle.number()?)?;
        let process = self.processes.get(open.process)?;
        let given = if open.has_stdio { process.pipes } else { [false; 3] };
        Some(ProcessInfo {
            process_id: process.process_id,
            std_input: given[0],
            std_output: given[1],
            std_error: given[2],
            is_create,
        })
    }

    pub(super) fn process_info_of(&self, process: u64, is_create: bool) -> Option<ProcessInfo> {
        let process_id = self.processes.get(process)?.process_id;
        let none = false;
        Some(ProcessInfo { process_id, std_input: none, std_output: none, std_error: none, is_create })
    }

    /// (fidelity: `process-list`)
    pub(super) fn process_list(&self, system: &System) -> Vec<ProcessDetails> {
        let details = |process: &Process| ProcessDetails {
            process_id: process.process_id,
            image_name: image_name(&process.parameters.command()),
            create_timestamp: timestamp(process.created_at),
            user_time_100ns: 0,
            kernel_time_100ns: 0,
            memory_commit_bytes: 0,
            memory_working_set_private_bytes: 0,
            memory_working_set_shared_bytes: 0,
        };
        system.processes.values().filter_map(|it| self.processes.get(*it)).map(details).collect()
    }

    /// (fidelity: `open-process`)
    pub(super) fn open_process(&mut self, system: SystemHandle, process_id: u32, call: &Call) -> Performed {
        let number = self.system_behind(system).unwrap_or_default();
        let found = self.systems.get(number).and_then(|it| it.processes.get(&process_id)).copied();
        let Some(process) = found else {
            let note = format!("no process {process_id} runs in the system");
            return Performed::noted(call, HRESULT_ERROR_NOT_FOUND, note);
        };
        let process = self.open_process_handle(process, system.number().unwrap_or_default(), false);
        Performed::done(Answer { process, ..Answer::hresult(S_OK) })
    }

    /// The process behind an open handle.
    pub(crate) fn process_behind(&self, handle: ProcessHandle) -> Option<u64> {
        self.process_handles.get(self.process_number(handle).ok()?).map(|it| it.process)
    }

    /// The exit document, once there is one. (fidelity: `wait-for-process-exit`)
    pub(crate) fn process_exit_document(&self, number: u64) -> Option<Arc<str>> {
        Some(Arc::clone(&self.processes.get(number)?.exit.as_ref()?.document))
    }

    /// Forgets processes that have neither life nor handle.
    pub(crate) fn drop_process_if_unreachable(&mut self, number: u64) {
        let gone =
            |it: &Process| it.handles == 0 && matches!(it.state, ProcessState::Exited | ProcessState::Failed);
        if self.processes.get(number).is_some_and(gone) {
            self.processes.remove(number);
        }
    }

    /// Whether a program may go on: its system is not paused.
    pub(crate) fn is_frozen(&self, process: u64) -> bool {
        let system = self.processes.get(process).and_then(|it| self.systems.get(it.system));
        system.is_some_and(|it| it.state == SystemState::Paused)
    }
}

/// The name of the program's file: the first word of the command, without its folder.
fn image_name(command: &str) -> String {
    let program = match command.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => command.split_whitespace().next(),
    };
    program.unwrap_or_default().rsplit(['\\', '/']).next().unwrap_or_default().to_owned()
}

/// A signal's options; none at all mean Ctrl-C. (fidelity: `signal-null-options`)
pub(super) fn signal_of(signal: Option<Signal>) -> Signal {
    signal.unwrap_or(Signal::CtrlC)
}
