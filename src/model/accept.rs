//! Accepting calls that answer through their operation, and completing them when they are due.
//! Not here: what a request does to its system (`lifecycle`), the other calls (`host`), when things are due (`runtime`).

use std::time::Duration;

use super::Nanos;
use super::failure::Failure;
use super::host::{Accepted, Completed, Due, Fault, Host, OpenProcess, Performed, Plan};
use super::identity::{fold, runtime_id};
use super::operation::{Operation, Outcome, State, Use};
use super::request::{Body, Request};
use super::system::{Key, PendingList, PendingUse, System, SystemState};
use crate::answer::{Answer, ProcessInfo};
use crate::call::{Call, Export, ExportKind, Needed, OperationType, Text};
use crate::document::Problem;
use crate::document::configuration::Configuration;
use crate::handle::{ProcessHandle, SystemHandle};
use crate::hresult::*;

impl Host {
    /// Accepts a call that answers through its operation. (fidelity: `accepted`, `operation-in-use`, `failed-call-idle`)
    pub(super) fn accept(&mut self, call: &Call, plan: Plan, now: Nanos) -> Result<Performed, Fault> {
        let export = call.export();
        let (handle, number) = match call {
            Call::StartComputeSystem { compute_system, .. } => {
                (*compute_system, self.handle_number(*compute_system)?)
            }
            _ => match call.compute_system() {
                Some(handle) => (handle, self.handle_number(handle)?),
                None => (SystemHandle::NULL, 0),
            },
        };
        let process = match call {
            Call::TerminateProcess { process, .. }
            | Call::SignalProcess { process, .. }
            | Call::GetProcessInfo { process, .. }
            | Call::GetProcessProperties { process, .. }
            | Call::ModifyProcess { process, .. } => {
                self.process_number(*process)?;
                *process
            }
            _ => ProcessHandle::NULL,
        };
        let operation_handle = match call {
            Call::StartComputeSystem { operation, .. } => *operation,
            _ => call.operation().unwrap_or_default(),
        };
        let operation_number = self.operation_number(operation_handle)?;
        if self.operations.get(operation_number).is_some_and(Operation::is_pending) {
            return Ok(Performed::hresult(HCS_E_OPERATION_ALREADY_STARTED));
        }
        if let Plan::Refuse(code, document) = plan {
            if let Some(document) = document {
                // A call that fails at once may leave a document on its operation. (fidelity: failed-call-document)
                let document = document.write_for(code);
                let tracked = self.next_use(export.info().operation_type, handle, process, 0);
                let operation = self.operations.get_mut(operation_number).expect("the number is live");
                operation.state = State::Completed(tracked, Outcome::new(code, Some(document)));
            }
            return Ok(Performed::hresult(code));
        }
        if !is_simulated(export) && matches!(plan, Plan::Simulate | Plan::SimulateWith(_)) {
            return Err(Fault::NotSimulated(export));
        }
        let mut answer = Answer::hresult(S_OK);
        let mut handle = handle;
        let mut process = process;
        let mut body = Body::of(call);
        let mut system = self.handles.get(number).map_or(0, |it| it.system);
        let mut note = None;
        match call {
            Call::CreateComputeSystem { id, configuration, .. } => {
                (system, body, note) = self.construct(&Text::Null, id, configuration, now);
            }
            Call::CreateComputeSystemInNamespace { id_namespace, id, configuration, .. } => {
                (system, body, note) = self.construct(id_namespace, id, configuration, now);
            }
            Call::CreateProcess { .. } => {
                let process_id = 1000 + 4 * self.processes.len() as u32;
                process = ProcessHandle::new(self.serial, self.processes.insert(OpenProcess { process_id }));
                answer.process = process;
            }
            _ => {}
        }
        if let Some(note) = &note
            && system == 0
        {
            return Ok(Performed::noted(call, E_INVALIDARG, note.clone()));
        }
        if matches!(call, Call::CreateComputeSystem { .. } | Call::CreateComputeSystemInNamespace { .. }) {
            handle = self.open_handle(system); // fidelity: create-handle
            answer.system = handle;
        }
        let tracked = self.next_use(export.info().operation_type, handle, process, system);
        self.track(operation_number, tracked, system);
        if matches!(plan, Plan::Never) {
            self.never.insert(tracked.id);
        }
        let request = Request { kind: tracked.kind, system, body };
        let accepted = Accepted { operation: operation_number, id: tracked.id, request, plan };
        Ok(Performed { answer, accepted: Some(accepted), fault: None, note })
    }

    /// Begins a system: it exists for its handle, and for nobody else until its create completes.
    fn construct(
        &mut self,
        namespace: &Text,
        id: &Needed,
        configuration: &Needed,
        now: Nanos,
    ) -> (u64, Body, Option<String>) {
        let Some(id) = id.0.as_str().filter(|it| !it.is_empty()) else {
            let fault = id.0.fault().unwrap_or_else(|| "empty".to_owned());
            return (0, Body::Empty, Some(format!("id is {fault}")));
        };
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
            runtime_id: runtime_id(id),
            memory_mb: configuration.memory_mb,
            configuration,
            state: SystemState::Creating,
            handles: 0,
            started_at: 0,
            shutting_down: false,
            template_id: None,
            exit: None,
            pending: PendingList::default(),
            created_at: now,
        });
        (system, body, None)
    }

    fn next_use(
        &mut self,
        kind: OperationType,
        system: SystemHandle,
        process: ProcessHandle,
        number: u64,
    ) -> Use {
        let id = self.next_id;
        self.next_id += 1;
        Use { kind, id, system, process, system_number: number }
    }

    fn track(&mut self, number: u64, tracked: Use, system: u64) {
        let operation = self.operations.get_mut(number).expect("the number is live");
        operation.state = State::Pending(tracked);
        self.awaited += u32::from(operation.callback != 0);
        operation.in_callback = false;
        if let Some(system) = self.systems.get_mut(system) {
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
        let carried = match &plan {
            Plan::Fail(code, document) => Err(Failure {
                hresult: *code,
                document: document.as_ref().map(|it| it.write_for(*code)),
                note: None,
            }),
            _ => self.carry_out(&request, matches!(plan, Plan::Succeed(_)), now),
        };
        let info = (request.kind == OperationType::CreateProcess)
            .then(|| ProcessInfo { process_id: self.process_id_of(operation) });
        if request.kind == OperationType::Create {
            if carried.is_err()
                && let Some(system) = self.systems.get_mut(request.system)
            {
                system.state = SystemState::Failed;
            }
        }
        let (outcome, note) = match (carried, plan) {
            (Ok(_), Plan::Succeed(Some(document)) | Plan::SimulateWith(document)) => {
                (Outcome { hresult: S_OK, document: Some(document.write_for(S_OK)), info }, None)
            }
            (Ok(document), _) => (Outcome { hresult: S_OK, document, info }, None),
            (Err(failure), _) => (Outcome::new(failure.hresult, failure.document), failure.note),
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
            callback: 0,
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
            operation.in_callback = operation.callback != 0;
            self.awaited -= u32::from(operation.callback != 0);
            operation.state = State::Completed(tracked, outcome);
        }
        if let Some(system) = self.systems.get_mut(system) {
            system.pending.ended();
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
