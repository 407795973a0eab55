//! Accepting calls that answer through their operation, and completing them when they are due.
//! Not here: what a request does to its system (`lifecycle`), the other calls (`host`), when things are due (`runtime`).

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Nanos;
use super::attention::{Attention, Ending};
use super::failure::Failure;
use super::host::Host;
use super::identity::fold;
use super::operation::{Operation, Outcome, State, Use};
use super::registration::Target;
use super::request::{Body, Intake, Request};
use super::step::{Accepted, Aside, Completed, Due, Fault, Performed, Plan, Say};
use super::system::{Key, PendingList, PendingUse, System, SystemState};
use crate::answer::Answer;
use crate::call::{Call, CreateOptions, Needed, OperationType, Text};
use crate::document::Problem;
use crate::document::configuration::{Configuration, SystemKind};
use crate::document::exit::ExitCause;
use crate::document::result_error::About;
use crate::event::EventType;
use crate::handle::{ProcessHandle, SystemHandle};
use crate::hresult::*;

impl Host {
    /// Accepts a call that answers through its operation. (fidelity: `accepted`, `operation-in-use`, `failed-call-idle`)
    pub(super) fn accept(&mut self, call: &Call, plan: Plan, now: Nanos) -> Result<Performed, Fault> {
        let export = call.export();
        let kind = export.info().operation_type;
        let mut tracked = Use {
            kind,
            id: self.next_id,
            system: SystemHandle::NULL,
            process: ProcessHandle::NULL,
            system_number: 0,
            process_number: 0,
            started_at: now,
        };
        let mut process_number = 0;
        if let Some(system) = call.compute_system() {
            let number = self.handle_number(system)?;
            tracked.system = system;
            tracked.system_number = self.handles.get(number).map_or(0, |it| it.system);
        }
        if let Some(process) = call.process() {
            let number = self.process_number(process)?;
            process_number = self.process_handles.get(number).map_or(0, |it| it.process);
            tracked.process = process;
            tracked.system_number = self.processes.get(process_number).map_or(0, |it| it.system);
        }
        let operation = self.operation_number(call.operation().unwrap_or_default())?;
        if self.operations.get(operation).is_some_and(Operation::is_pending) {
            return Ok(Performed::hresult(HCS_E_OPERATION_ALREADY_STARTED));
        }
        if let Plan::Refuse(code, say) = plan {
            if let Some(document) = say.or(code, None, || self.about(call)) {
                // A call that fails at once may leave a document on its operation. (fidelity: failed-call-document)
                self.next_id += 1;
                let operation = self.operations.get_mut(operation).expect("the number is live");
                operation.state = State::Completed(tracked, Outcome::new(code, Some(document)));
                operation.ended_at = now;
                operation.attention = Attention::default();
            }
            return Ok(Performed::hresult(code));
        }
        if self.has_callback_conflict(&tracked, call.operation().unwrap_or_default()) {
            return Ok(Performed::hresult(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET));
        }
        let mut answer = Answer::hresult(S_OK);
        let has_socket = self.operations.get(operation).is_some_and(|it| it.has_socket);
        let mut intake = Intake { reading: self.behavior.reading(), note: None };
        let mut body = Body::of(call, has_socket, &mut intake);
        if let Call::CreateComputeSystem { id, configuration, .. }
        | Call::CreateComputeSystemInNamespace { id, configuration, .. } = call
        {
            let namespace = match call {
                Call::CreateComputeSystemInNamespace { id_namespace, .. } => id_namespace,
                _ => &Text::Null,
            };
            let Some(name) = id.0.as_str().filter(|it| !it.is_empty()) else {
                let note = format!("id is {}", id.0.fault().unwrap_or_else(|| "empty".to_owned()));
                return Ok(Performed::noted(call, E_INVALIDARG, note));
            };
            (tracked.system_number, body) = self.construct(namespace, name, configuration, &mut intake, now);
            tracked.system = self.open_handle(tracked.system_number); // fidelity: create-handle
            answer.system = tracked.system;
            if let Call::CreateComputeSystemInNamespace { options, .. } = call
                && let Some(refused) = self.register_at_creation(call, tracked.system, options)
            {
                return Ok(refused);
            }
        }
        if let Call::CreateProcess { compute_system, .. } = call {
            let parameters = match &body {
                Body::NewProcess(new) => Arc::clone(&new.parameters),
                _ => Arc::default(),
            };
            tracked.process = self.begin_process(*compute_system, &parameters);
            process_number = self.process_behind(tracked.process).unwrap_or_default();
            answer.process = tracked.process;
        }
        tracked.process_number = process_number;
        self.track(operation, tracked);
        if matches!(plan, Plan::Never) {
            self.never.insert(tracked.id);
        }
        let request = Request { kind, system: tracked.system_number, process: process_number, body };
        let accepted = Accepted { operation, id: tracked.id, request, plan, aside: None, lane: None };
        Ok(Performed { answer, accepted: Some(accepted), fault: None, note: intake.note })
    }

    /// A callback that comes with the create hears everything from then on. (fidelity: `create-options`)
    fn register_at_creation(
        &mut self,
        call: &Call,
        system: SystemHandle,
        options: &CreateOptions,
    ) -> Option<Performed> {
        let CreateOptions::Version1 { callback_options, context, callback } = options else { return None };
        if callback.0 == 0 {
            return None;
        }
        let target = Target::System(system.number()?);
        let performed = self.set_event_callback(call, target, *callback_options, context.0, callback.0);
        if performed.answer == Answer::hresult(S_OK) {
            return None;
        }
        // The call fails, and so there is no system.
        let number = self.handles.remove(system.number()?)?.system;
        self.systems.remove(number);
        Some(performed)
    }

    /// Begins a system: it exists for its handle, and for nobody else until its create completes.
    fn construct(
        &mut self,
        namespace: &Text,
        id: &str,
        configuration: &Needed,
        intake: &mut Intake,
        now: Nanos,
    ) -> (u64, Body) {
        let parsed = match &configuration.0 {
            Text::Is(text) => Configuration::parse(text, intake.reading),
            broken => Err(Problem::at_root(broken.fault().unwrap_or_default())),
        };
        let (configuration, body) = match parsed {
            Ok((configuration, note)) => {
                intake.note = note;
                (configuration, Body::Empty)
            }
            Err(problem) => (Configuration::unreadable(), Body::Broken(Box::new(problem))),
        };
        let namespace = namespace.as_str().unwrap_or_default();
        (self.insert_system(namespace, id, configuration, now), body)
    }

    fn insert_system(&mut self, namespace: &str, id: &str, configuration: Configuration, now: Nanos) -> u64 {
        self.systems.insert(System {
            id: id.into(),
            key: Key { namespace: namespace.into(), id: fold(id) },
            runtime_id: OnceCell::new(),
            told: None,
            memory_mb: configuration.memory_mb,
            tree: None,
            configuration: Box::new(configuration),
            state: SystemState::Creating,
            handles: 0,
            registered: Vec::new(),
            processes: BTreeMap::new(),
            started_at: 0,
            shutting_down: false,
            template_id: None,
            exit: None,
            exit_told: false,
            ending: Ending::default(),
            silent: false,
            exit_event_delay: None,
            connection_lost: false,
            migration: None,
            pending: PendingList::default(),
            created_at: now,
        })
    }

    /// A system that is there already, as if another program had made it; answers why not, if it cannot be.
    pub(crate) fn add_system(
        &mut self,
        id: &str,
        configuration: &Arc<str>,
        state: SystemState,
    ) -> Result<(), String> {
        let reading = self.behavior.reading();
        let (configuration, _) =
            Configuration::parse(configuration, reading).map_err(|problem| problem.note)?;
        let key = Key { namespace: "".into(), id: fold(id) };
        if self.names.contains_key(&key) {
            return Err(format!("there is a system {id:?} already"));
        }
        let now = self.now;
        let number = self.insert_system("", id, configuration, now);
        self.names.insert(key, number);
        let system = self.systems.get_mut(number).expect("just made");
        system.state = state;
        system.started_at = now;
        Ok(())
    }

    /// The operation begins a use.
    fn track(&mut self, number: u64, tracked: Use) {
        self.outcome_is_known(number);
        self.next_id += 1;
        let operation = self.operations.get_mut(number).expect("the number is live");
        operation.state = State::Pending(tracked);
        operation.has_socket = false;
        operation.attention = Attention::default();
        self.awaited += u32::from(operation.callback != 0);
        if let Some(system) = self.systems.get_mut(tracked.system_number) {
            let operations = &self.operations;
            system.pending.push(PendingUse { operation: number, id: tracked.id }, |it| {
                operations.get(it.operation).is_some_and(|op| op.is_pending_as(it.id))
            });
        }
    }

    /// Carries out a request that is due and completes its operation. Answers a remark for the journal.
    pub(crate) fn finish(&mut self, accepted: Accepted, now: Nanos) -> Option<String> {
        let Accepted { operation, id, request, plan, aside, .. } = accepted;
        self.now = now;
        let is_other = |it: &Operation| !it.is_pending_as(id);
        if self.early.remove(&id) || self.operations.get(operation).is_some_and(is_other) {
            self.drop_if_unreachable(request.system);
            return None; // its system's exit has completed it, whether its handle is still open or not
        }
        if let Some(aside) = &aside {
            self.set_aside(&request, aside);
        }
        let version = self.behavior.written_schema();
        let mut failed_as_told = None;
        let (carried, say) = match plan {
            Plan::Simulate(say) => (self.carry_out(&request, false, now), say),
            Plan::Succeed(say) => (self.carry_out(&request, true, now), say),
            Plan::Acknowledge(say) => (Ok(None), say),
            Plan::Fail(code, say) => {
                self.fail_as_scripted(&request, code);
                let usual = match request.kind {
                    OperationType::Create => Failure::of_construct(code),
                    _ => Failure::plain(code),
                };
                failed_as_told =
                    Some(say.or(code, usual.write(version), || self.about_system(request.system)));
                (Err(usual), Say::Usual)
            }
            Plan::Refuse(..) | Plan::Never => return None, // never on their way
        };
        let is_create = request.kind == OperationType::CreateProcess;
        let info = if is_create || request.kind == OperationType::GetProcessInfo {
            let tracked = self.operations.get(operation).and_then(Operation::tracked).copied();
            let opened = tracked.and_then(|it| self.process_info(it.process, is_create));
            // The handle is closed, and so the operation alone knows of the process.
            opened.or_else(|| self.process_info_of(request.process, is_create))
        } else {
            None
        };
        if is_create && carried.is_err() {
            self.fail_process(request.process);
        }
        if request.kind == OperationType::Create
            && carried.is_err()
            && let Some(system) = self.systems.get_mut(request.system)
        {
            system.state = SystemState::Failed;
        }
        let (outcome, note) = match carried {
            Ok(_) if is_create && self.is_spurious(request.system) => {
                let note = "the process runs all the same".to_owned();
                (Outcome::new(E_INVALIDARG, None), Some(note)) // fidelity: spurious-process-wait
            }
            Ok(document) => {
                let remark = self.remark.take();
                let document = say.or(S_OK, document, || self.about_system(request.system));
                (Outcome { hresult: S_OK, document, info }, remark)
            }
            Err(failure) => {
                self.remark = None;
                let document = failed_as_told.unwrap_or_else(|| failure.write(version));
                (Outcome::new(failure.hresult, document), failure.note)
            }
        };
        if outcome.hresult.is_failure() {
            self.will_not_end(&request, id);
        }
        self.complete(operation, id, request.kind, outcome);
        if request.kind == OperationType::Create {
            self.end_if_abandoned(request.system);
        }
        for (system, cause) in std::mem::take(&mut self.exits) {
            self.exit(system, cause);
        }
        self.drop_if_unreachable(request.system);
        for (after, event) in aside.map_or(Vec::new(), |it| it.raises) {
            self.due_later(after, Due::Raise(Box::new(event), None));
        }
        note
    }

    fn about_system(&self, system: u64) -> About {
        About { id: self.id_of(system), schema: self.behavior.written_schema() }
    }

    pub(super) fn id_of(&self, system: u64) -> Arc<str> {
        self.systems.get(system).map(|it| Arc::clone(&it.id)).unwrap_or_default()
    }

    /// Whether the wait for a new process fails though the process runs.
    fn is_spurious(&self, system: u64) -> bool {
        let isolated_by_process = |kind| matches!(kind, SystemKind::Container { isolated: false, .. });
        self.behavior.spurious_process_wait
            && self.systems.get(system).is_some_and(|it| isolated_by_process(it.configuration.kind))
    }

    /// A request that was to end its system or its process has failed: the end is not on its way.
    fn will_not_end(&mut self, request: &Request, id: u64) {
        let system = self.systems.get_mut(request.system).map(|it| &mut it.ending);
        let process = self.processes.get_mut(request.process).map(|it| &mut it.ending);
        for ending in [system, process].into_iter().flatten() {
            if ending.requested.is_some_and(|by| by.id == id) {
                ending.left = false;
            }
        }
    }

    /// What a rule says of the exit that a request brings about.
    fn set_aside(&mut self, request: &Request, aside: &Aside) {
        if let Some(process) = self.processes.get_mut(request.process) {
            process.silent |= aside.loses_events;
            process.exit_event_delay = aside.event_delay.or(process.exit_event_delay);
        } else if let Some(system) = self.systems.get_mut(request.system) {
            system.silent |= aside.loses_events;
            system.exit_event_delay = aside.event_delay.or(system.exit_event_delay);
        }
    }

    /// A scripted failure that says that the system is gone takes it along. (fidelity: `fail-by-exit`)
    fn fail_as_scripted(&mut self, request: &Request, code: Hresult) {
        let cause = match code {
            HCS_E_TERMINATED => ExitCause::Terminate,
            HCS_E_TERMINATED_DURING_START | HCS_E_UNEXPECTED_EXIT => ExitCause::WorkerDied(255),
            _ => return,
        };
        if request.kind != OperationType::Create {
            self.exits.push((request.system, cause));
        }
    }

    /// Completes a use, if the operation is still pending with it. (fidelity: `close-pending`)
    pub(crate) fn complete(&mut self, number: u64, id: u64, kind: OperationType, outcome: Outcome) {
        let Outcome { hresult, document, .. } = &outcome;
        let mut completed = Completed {
            operation: number,
            id,
            callback: 0,
            context: 0,
            kind,
            hresult: *hresult,
            document: document.clone(),
            tracked: false,
        };
        let mut ended = None;
        if let Some(operation) = self.operations.get_mut(number)
            && let State::Pending(tracked) = operation.state
            && tracked.id == id
        {
            completed.tracked = true;
            completed.context = operation.context;
            if operation.callback != 0 {
                operation.callback_of = id;
            }
            self.awaited -= u32::from(operation.callback != 0);
            operation.state = State::Completed(tracked, outcome);
            operation.ended_at = self.now;
            if operation.notifications.is_none() {
                completed.callback = operation.callback;
            }
            ended = Some((tracked, operation.callback != 0, operation.notifications.is_some()));
        }
        let system = ended.map_or(0, |it| it.0.system_number);
        if let Some(system) = self.systems.get_mut(system) {
            system.pending.ended(id);
        }
        let document = completed.document.clone();
        self.happened.completed.push(completed);
        match ended {
            Some((_, true, true)) => self.notify(number, id, EventType::OperationCallback, document),
            Some((tracked, false, _)) => self.completion_of(number, &tracked),
            _ => {}
        }
    }

    /// How long after now a request on a system can complete at the earliest.
    pub(crate) fn earliest(&self, accepted: &Accepted) -> Nanos {
        let request = &accepted.request;
        let system = self.systems.get(request.system).map_or(0, |it| it.created_at);
        let process = self.processes.get(request.process).map_or(0, |it| it.created_at);
        if request.process == 0 { system } else { system.max(process) }
    }

    /// Notes when the create of a system or a process completes.
    pub(crate) fn created_at(&mut self, accepted: &Accepted, at: Nanos) {
        let request = &accepted.request;
        if request.kind == OperationType::Create
            && let Some(system) = self.systems.get_mut(request.system)
        {
            system.created_at = at;
        }
        if request.kind == OperationType::CreateProcess
            && let Some(process) = self.processes.get_mut(request.process)
        {
            process.created_at = at;
        }
    }

    pub(crate) fn due_later(&mut self, after: Duration, due: Due) {
        self.happened.later.push((after, due));
    }
}
