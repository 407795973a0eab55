//! Accepting calls that answer through their operation, and completing them when they are due.
//! Not here: what a request does to its system (`lifecycle`), the other calls (`host`), when things are due (`runtime`).

use std::cell::OnceCell;
use std::time::Duration;

use super::Nanos;
use super::failure::Failure;
use super::host::{Accepted, Completed, Due, Fault, Host, OpenProcess, Performed, Plan, Say};
use super::identity::fold;
use super::operation::{Operation, Outcome, State, Use};
use super::request::{Body, Request};
use super::system::{Key, PendingList, PendingUse, System, SystemState};
use crate::answer::{Answer, ProcessInfo};
use crate::call::{Call, Export, ExportKind, Needed, OperationType, Text};
use crate::document::Problem;
use crate::document::configuration::Configuration;
use crate::document::exit::ExitCause;
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
        };
        if let Some(system) = call.compute_system() {
            let number = self.handle_number(system)?;
            tracked.system = system;
            tracked.system_number = self.handles.get(number).map_or(0, |it| it.system);
        }
        if let Some(process) = call.process() {
            self.process_number(process)?;
            tracked.process = process;
        }
        let operation = self.operation_number(call.operation().unwrap_or_default())?;
        if self.operations.get(operation).is_some_and(Operation::is_pending) {
            return Ok(Performed::hresult(HCS_E_OPERATION_ALREADY_STARTED));
        }
        if let Plan::Refuse(code, say) = plan {
            if let Some(document) = say.or(code, None) {
                // A call that fails at once may leave a document on its operation. (fidelity: failed-call-document)
                self.next_id += 1;
                let operation = self.operations.get_mut(operation).expect("the number is live");
                operation.state = State::Completed(tracked, Outcome::new(code, Some(document)));
            }
            return Ok(Performed::hresult(code));
        }
        if !is_simulated(export) && matches!(plan, Plan::Simulate(_)) {
            return Err(Fault::NotSimulated(export));
        }
        let mut answer = Answer::hresult(S_OK);
        let mut body = Body::of(call);
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
            (tracked.system_number, body) = self.construct(namespace, name, configuration, now);
            tracked.system = self.open_handle(tracked.system_number); // fidelity: create-handle
            answer.system = tracked.system;
        }
        if let Call::CreateProcess { .. } = call {
            self.last_process_id += 4;
            let process_id = self.last_process_id;
            tracked.process =
                ProcessHandle::new(self.serial, self.processes.insert(OpenProcess { process_id }));
            answer.process = tracked.process;
        }
        self.track(operation, tracked);
        if matches!(plan, Plan::Never) {
            self.never.insert(tracked.id);
        }
        let request = Request { kind, system: tracked.system_number, body };
        let accepted = Accepted { operation, id: tracked.id, request, plan };
        Ok(Performed { answer, accepted: Some(accepted), fault: None, note: None })
    }

    /// Begins a system: it exists for its handle, and for nobody else until its create completes.
    fn construct(&mut self, namespace: &Text, id: &str, configuration: &Needed, now: Nanos) -> (u64, Body) {
        let parsed = match &configuration.0 {
            Text::Is(text) => Configuration::parse(text),
            broken => Err(Problem::at_root(broken.fault().unwrap_or_default())),
        };
        let (configuration, body) = match parsed {
            Ok(configuration) => (configuration, Body::Empty),
            Err(problem) => (Configuration::unreadable(), Body::Broken(Box::new(problem))),
        };
        let key = Key { namespace: namespace.as_str().unwrap_or_default().into(), id: fold(id) };
        let system = self.systems.insert(System {
            id: id.into(),
            key,
            runtime_id: OnceCell::new(),
            told: None,
            memory_mb: configuration.memory_mb,
            configuration: Box::new(configuration),
            state: SystemState::Creating,
            handles: 0,
            started_at: 0,
            shutting_down: false,
            template_id: None,
            exit: None,
            pending: PendingList::default(),
            created_at: now,
        });
        (system, body)
    }

    /// The operation begins a use.
    fn track(&mut self, number: u64, tracked: Use) {
        self.next_id += 1;
        let operation = self.operations.get_mut(number).expect("the number is live");
        operation.state = State::Pending(tracked);
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
        let Accepted { operation, id, request, plan } = accepted;
        if self.operations.get(operation).is_some_and(|it| !it.is_pending_as(id)) {
            return None; // its system's exit has completed it
        }
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
                let document = say.or(code, usual.document);
                (Err(Failure { hresult: code, document, note: None }), Say::Usual)
            }
            Plan::Refuse(..) | Plan::Never => return None, // never on their way
        };
        let info = (request.kind == OperationType::CreateProcess)
            .then(|| ProcessInfo { process_id: self.process_id_of(operation) });
        if request.kind == OperationType::Create
            && carried.is_err()
            && let Some(system) = self.systems.get_mut(request.system)
        {
            system.state = SystemState::Failed;
        }
        let (outcome, note) = match carried {
            Ok(document) => (Outcome { hresult: S_OK, document: say.or(S_OK, document), info }, None),
            Err(failure) => (Outcome::new(failure.hresult, failure.document), failure.note),
        };
        self.complete(operation, id, request.kind, outcome);
        if request.kind == OperationType::Create {
            self.end_if_abandoned(request.system);
        }
        for (system, cause) in std::mem::take(&mut self.exits) {
            self.exit(system, cause);
        }
        self.drop_if_unreachable(request.system);
        note
    }

    /// A scripted failure that says that the system is gone takes it along. (fidelity: `fail-by-exit`)
    fn fail_as_scripted(&mut self, request: &Request, code: Hresult) {
        let cause = match code {
            HCS_E_TERMINATED => ExitCause::Terminate,
            HCS_E_TERMINATED_DURING_START | HCS_E_UNEXPECTED_EXIT => ExitCause::WorkerDied,
            _ => return,
        };
        if request.kind != OperationType::Create {
            self.exits.push((request.system, cause));
        }
    }

    fn process_id_of(&self, operation: u64) -> u32 {
        self.operations
            .get(operation)
            .and_then(|it| it.tracked()?.process.number())
            .and_then(|it| self.processes.get(it))
            .map_or(0, |it| it.process_id)
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
        let mut system = 0;
        if let Some(operation) = self.operations.get_mut(number)
            && let State::Pending(tracked) = operation.state
            && tracked.id == id
        {
            system = tracked.system_number;
            completed.callback = operation.callback;
            completed.tracked = true;
            completed.context = operation.context;
            if operation.callback != 0 {
                operation.callback_of = id;
            }
            self.awaited -= u32::from(operation.callback != 0);
            operation.state = State::Completed(tracked, outcome);
        }
        if let Some(system) = self.systems.get_mut(system) {
            system.pending.ended(id);
        }
        self.happened.completed.push(completed);
    }

    /// How long after now a request on a system can complete at the earliest.
    pub(crate) fn earliest(&self, accepted: &Accepted) -> Nanos {
        self.systems.get(accepted.request.system).map_or(0, |it| it.created_at)
    }

    /// Notes when the create of a system completes.
    pub(crate) fn created_at(&mut self, accepted: &Accepted, at: Nanos) {
        if accepted.request.kind == OperationType::Create
            && let Some(system) = self.systems.get_mut(accepted.request.system)
        {
            system.created_at = at;
        }
    }

    pub(crate) fn due_later(&mut self, after: Duration, due: Due) {
        self.happened.later.push((after, due));
    }
}

/// Exports whose behaviour is modelled; the others need a rule that answers for them.
fn is_simulated(export: Export) -> bool {
    let info = export.info();
    match info.operation_type {
        OperationType::CreateProcess => true,
        OperationType::LiveMigration => false,
        _ => info.kind == ExportKind::ComputeSystem,
    }
}
