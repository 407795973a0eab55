//! All of it together: accepting calls, completing operations, opening and closing handles.
//! Not here: what requests do when they are due (`lifecycle`), locks, time and threads (`runtime`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::Nanos;
use super::ask::scripted_at_once;
use super::behavior::Behavior;
use super::identity::fold;
use super::ledger::{Ledger, Standing};
use super::operation::{Operation, State};
use super::process::{OpenProcess, Process, ProcessState};
use super::registration::{Listener, Target};
use super::service::Service;
use super::step::{Fault, Happened, Performed, Plan};
use super::system::{Key, System};
use crate::answer::{Answer, Returned};
use crate::call::{Call, Delivery, ExportKind, Needed, Text};
use crate::document::exit::ExitCause;
use crate::handle::{HandleKind, OperationHandle, Parts, ProcessHandle, SystemHandle, TargetHandle};
use crate::hresult::*;

pub(crate) const GENERIC_ALL: u32 = 0x1000_0000;

pub(crate) struct Host {
    pub(crate) serial: u32,
    pub(crate) behavior: Behavior,
    pub(crate) operations: Ledger<Operation>,
    pub(crate) systems: Ledger<System>,
    pub(crate) handles: Ledger<OpenSystem>,
    pub(crate) processes: Ledger<Process>,
    pub(crate) process_handles: Ledger<OpenProcess>,
    pub(crate) service: Service,
    /// The listed system of an id. Looked up, never iterated.
    pub(crate) names: HashMap<Key, u64>,
    /// Saved states by path.
    pub(crate) saved: BTreeMap<String, SavedState>,
    /// State files that were made at paths which are none of this system: their kinds.
    pub(crate) state_files: BTreeMap<String, &'static str>,
    /// Uses that a rule lets never complete, not even by an exit.
    pub(crate) never: BTreeSet<u64>,
    /// Systems that nobody has a handle of and whose creates have failed.
    pub(crate) failed_creates: BTreeSet<u64>,
    /// Uses that an exit or the service has completed before they were due.
    pub(crate) early: BTreeSet<u64>,
    /// Exits to be carried out after the operation that causes them is complete.
    pub(crate) exits: Vec<(u64, ExitCause)>,
    pub(crate) happened: Happened,
    /// What there is to say about the request that is being carried out, though it succeeds.
    pub(super) remark: Option<String>,
    pub(crate) next_id: u64,
    pub(crate) last_process_id: u32,
    /// Pending uses whose operation has a completion callback.
    pub(crate) awaited: u32,
    /// Handles that have a callback.
    pub(crate) registrations: u32,
    pub(super) last_registration: u64,
    pub(super) last_migration: u64,
    /// The time of the step that is being made.
    pub(super) now: Nanos,
}

/// What was saved of a system; nothing is known of a state that a test declares.
#[derive(Debug, Default)]
pub(crate) struct SavedState {
    pub(crate) memory_mb: Option<u64>,
    pub(crate) tree: Option<Value>,
}

/// An open `HCS_SYSTEM`.
#[derive(Debug)]
pub(crate) struct OpenSystem {
    pub(crate) system: u64,
    pub(crate) id: Arc<str>,
    /// Threads that are blocked in a call on this handle.
    pub(crate) inside: u32,
    pub(crate) listener: Listener,
}

impl Host {
    pub(crate) fn new(serial: u32, behavior: Behavior) -> Host {
        Host {
            serial,
            behavior,
            operations: Ledger::default(),
            systems: Ledger::default(),
            handles: Ledger::default(),
            processes: Ledger::default(),
            process_handles: Ledger::default(),
            service: Service::default(),
            names: HashMap::new(),
            saved: BTreeMap::new(),
            state_files: BTreeMap::new(),
            never: BTreeSet::new(),
            failed_creates: BTreeSet::new(),
            early: BTreeSet::new(),
            exits: Vec::new(),
            happened: Happened::default(),
            remark: None,
            next_id: 1,
            last_process_id: 1000,
            awaited: 0,
            registrations: 0,
            last_registration: 0,
            last_migration: 0,
            now: 0,
        }
    }

    pub(crate) fn set_now(&mut self, now: Nanos) {
        self.now = now;
    }

    /// The name of what has a callback.
    pub(crate) fn target_name(&self, target: Target) -> TargetHandle {
        match target {
            Target::Operation(number) => TargetHandle::Operation(OperationHandle::new(self.serial, number)),
            Target::System(number) => TargetHandle::System(SystemHandle::new(self.serial, number)),
            Target::Process(number) => TargetHandle::Process(ProcessHandle::new(self.serial, number)),
        }
    }

    /// Performs a call as far as it goes at once.
    pub(crate) fn perform(&mut self, call: &Call, plan: Plan, now: Nanos) -> Performed {
        self.now = now;
        if let Some(note) = call.bad_argument() {
            return Performed::noted(call, E_INVALIDARG, note); // fidelity: null-argument
        }
        if matches!(plan, Plan::Simulate(_))
            && let Some(refused) = self.refused_by_service(call)
        {
            return refused;
        }
        let result = match call {
            Call::CreateOperation { context, callback } => {
                Ok(self.create_operation(context.0, callback.0, None, plan))
            }
            Call::CreateOperationWithNotifications { event_types, context, callback } => {
                Ok(self.create_operation(context.0, callback.0, Some(*event_types), plan))
            }
            Call::CloseOperation { operation } => self.close_operation(*operation),
            Call::CloseComputeSystem { compute_system } => self.close_system(*compute_system),
            Call::CloseProcess { process } => self.close_process(*process),
            Call::GetOperationContext { .. }
            | Call::SetOperationContext { .. }
            | Call::SetOperationCallback { .. }
            | Call::GetComputeSystemFromOperation { .. }
            | Call::GetProcessFromOperation { .. }
            | Call::GetOperationType { .. }
            | Call::GetOperationId { .. }
            | Call::GetOperationResult { .. }
            | Call::GetOperationResultAndProcessInfo { .. }
            | Call::WaitForOperationResult { .. }
            | Call::WaitForOperationResultAndProcessInfo { .. }
            | Call::GetOperationProperties { .. }
            | Call::AddResourceToOperation { .. }
            | Call::CancelOperation { .. } => self.ask_operation(call, plan),
            Call::OpenComputeSystem { id, requested_access, .. } => {
                Ok(self.open_system(call, &Text::Null, id, *requested_access, plan))
            }
            Call::OpenComputeSystemInNamespace { id_namespace, id, requested_access, .. } => {
                Ok(self.open_system(call, id_namespace, id, *requested_access, plan))
            }
            _ if call.export().info().delivery == Delivery::ThroughOperation => self.accept(call, plan, now),
            _ => self.answer_at_once(call, plan),
        };
        result.unwrap_or_else(|fault| Performed::faulty(call, fault))
    }

    /// Nobody answers while the service is away, and what was opened before then is known to nobody afterwards.
    /// (fidelity: `service-disconnect`, `service-return`)
    fn refused_by_service(&self, call: &Call) -> Option<Performed> {
        let service = &self.service;
        if !service.is_away && service.stale_handles == 0 && service.stale_processes == 0 {
            return None;
        }
        let info = call.export().info();
        if info.delivery == Delivery::Nothing || info.kind == ExportKind::Operation {
            return None;
        }
        let stale_system = call
            .compute_system()
            .is_some_and(|it| self.handle_number(it).is_ok_and(|it| self.is_stale_handle(it)));
        let stale_process = call
            .process()
            .is_some_and(|it| self.process_number(it).is_ok_and(|it| self.is_stale_process(it)));
        if stale_system || stale_process {
            let note = "the handle is from before the service went away".to_owned();
            return Some(Performed::noted(call, self.behavior.stale_handle, note));
        }
        service
            .is_away
            .then(|| Performed::noted(call, HCS_E_SERVICE_NOT_AVAILABLE, "the service is away".to_owned()))
    }

    fn create_operation(
        &mut self,
        context: usize,
        callback: usize,
        notifications: Option<i32>,
        plan: Plan,
    ) -> Performed {
        if let Plan::Refuse(code, _) | Plan::Fail(code, _) = plan {
            let answer = Answer::new(Returned::Operation(OperationHandle::NULL));
            return Performed {
                note: Some(format!("out of resources: {code:?}")),
                ..Performed::done(answer)
            };
        }
        let operation = Operation { notifications, ..Operation::new(context, callback) };
        let number = self.operations.insert(operation);
        let handle = OperationHandle::new(self.serial, number);
        self.operations.get_mut(number).expect("just made").handle = handle;
        Performed::done(Answer::new(Returned::Operation(handle)))
    }

    /// Takes over an operation that was made before it had a host, idle as it is.
    pub(crate) fn adopt(&mut self, operation: Operation) -> OperationHandle {
        OperationHandle::new(self.serial, self.operations.insert(operation))
    }

    /// (fidelity: `close-pending`, `close-idle`)
    fn close_operation(&mut self, handle: OperationHandle) -> Result<Performed, Fault> {
        let number = self.operation_number(handle)?;
        self.outcome_is_known(number);
        let operation = self.operations.remove(number).expect("the number is live");
        if operation.is_pending() && operation.callback != 0 {
            self.awaited -= 1;
        }
        if let State::Pending(it) = operation.state
            && let Some(system) = self.systems.get_mut(it.system_number)
        {
            system.pending.ended(it.id);
        }
        let fault = (operation.inside > 0).then_some(Fault::ClosedInUse {
            kind: HandleKind::Operation,
            value: handle.0,
            threads: operation.inside,
        });
        Ok(Performed { fault, ..Performed::done(Answer::new(Returned::Nothing)) })
    }

    /// (fidelity: `last-handle`, `close-keeps-running`)
    fn close_system(&mut self, handle: SystemHandle) -> Result<Performed, Fault> {
        let number = self.handle_number(handle)?;
        self.unregister(Target::System(number)); // fidelity: close-unregisters
        let open = self.handles.remove(number).expect("the number is live");
        let fault = (open.inside > 0).then_some(Fault::ClosedInUse {
            kind: HandleKind::System,
            value: handle.0,
            threads: open.inside,
        });
        if let Some(system) = self.systems.get_mut(open.system) {
            system.handles -= 1;
            self.end_if_abandoned(open.system);
            self.drop_if_unreachable(open.system);
        }
        Ok(Performed { fault, ..Performed::done(Answer::new(Returned::Nothing)) })
    }

    pub(super) fn end_if_abandoned(&mut self, number: u64) {
        let abandoned = |it: &System| {
            it.handles == 0 && it.is_listed() && it.configuration.terminate_on_last_handle_closed
        };
        if self.systems.get(number).is_some_and(abandoned) {
            self.exit(number, ExitCause::Terminate);
        }
    }

    fn close_process(&mut self, handle: ProcessHandle) -> Result<Performed, Fault> {
        let number = self.process_number(handle)?;
        self.unregister(Target::Process(number));
        let open = self.process_handles.remove(number).expect("the number is live");
        let fault = (open.inside > 0).then_some(Fault::ClosedInUse {
            kind: HandleKind::Process,
            value: handle.0,
            threads: open.inside,
        });
        if let Some(process) = self.processes.get_mut(open.process) {
            process.handles -= 1;
            self.drop_process_if_unreachable(open.process);
        }
        Ok(Performed { fault, ..Performed::done(Answer::new(Returned::Nothing)) })
    }

    fn open_system(
        &mut self,
        call: &Call,
        namespace: &Text,
        id: &Needed,
        access: u32,
        plan: Plan,
    ) -> Performed {
        let forced = matches!(plan, Plan::Succeed(_) | Plan::Acknowledge(_)); // there has to be a handle to hand out
        if !forced && let Some(performed) = scripted_at_once(call, plan, || self.about(call)) {
            return performed;
        }
        // fidelity: open-access
        if !forced && self.behavior.require_generic_all && access != GENERIC_ALL {
            let note =
                format!("requested_access is 0x{access:08X}; only GENERIC_ALL (0x10000000) is accepted");
            return Performed::noted(call, E_INVALIDARG, note);
        }
        let Some(id) = id.0.as_str() else {
            return Performed::noted(
                call,
                E_INVALIDARG,
                format!("id is {}", id.0.fault().unwrap_or_default()),
            );
        };
        let key = Key { namespace: namespace.as_str().unwrap_or_default().into(), id: fold(id) };
        let Some(&system) = self.names.get(&key) else {
            return Performed::hresult(HCS_E_SYSTEM_NOT_FOUND); // fidelity: open-missing
        };
        Performed::done(Answer { system: self.open_handle(system), ..Answer::hresult(S_OK) })
    }

    pub(super) fn open_handle(&mut self, number: u64) -> SystemHandle {
        let system = self.systems.get_mut(number).expect("the caller found it");
        system.handles += 1;
        let id = Arc::clone(&system.id);
        let open = OpenSystem { system: number, id, inside: 0, listener: Listener::default() };
        SystemHandle::new(self.serial, self.handles.insert(open))
    }

    /// The other exports that answer in their return value.
    fn answer_at_once(&mut self, call: &Call, plan: Plan) -> Result<Performed, Fault> {
        if let Some(handle) = call.operation() {
            self.operation_number(handle)?;
        }
        if let Some(handle) = call.compute_system() {
            self.handle_number(handle)?;
        }
        if let Some(handle) = call.process() {
            self.process_number(handle)?;
        }
        // There has to be a handle to hand out.
        let hands_out =
            matches!(call, Call::OpenProcess { .. }) && !matches!(plan, Plan::Refuse(..) | Plan::Fail(..));
        if call.export().info().kind == ExportKind::Service && plan.asks_the_model() {
            return Ok(plan.over(self.answer_of_service(call)));
        }
        if !hands_out && let Some(performed) = scripted_at_once(call, plan, || self.about(call)) {
            return Ok(performed);
        }
        let exit_or_timeout = |document| match document {
            Some(document) => Answer::with_document(S_OK, Some(document)),
            None => Answer::hresult(HCS_E_OPERATION_TIMEOUT),
        };
        Ok(match call {
            Call::WaitForComputeSystemExit { compute_system, .. } => {
                let system = self.system_behind(*compute_system).expect("the handle is live");
                Performed::done(exit_or_timeout(self.exit_document(system)))
            }
            Call::WaitForProcessExit { process, .. } => {
                let process = self.process_behind(*process).expect("the handle is live");
                if self.processes.get(process).is_some_and(|it| it.state == ProcessState::Failed) {
                    let note = "its create failed; only the handle is left".to_owned();
                    return Ok(Performed::noted(call, HRESULT_ERROR_NOT_FOUND, note));
                }
                Performed::done(exit_or_timeout(self.process_exit_document(process)))
            }
            Call::SetComputeSystemCallback { compute_system, callback_options, context, callback } => {
                let target = Target::System(self.handle_number(*compute_system)?);
                self.set_event_callback(call, target, *callback_options, context.0, callback.0)
            }
            Call::SetProcessCallback { process, callback_options, context, callback } => {
                let target = Target::Process(self.process_number(*process)?);
                self.set_event_callback(call, target, *callback_options, context.0, callback.0)
            }
            Call::OpenProcess { compute_system, process_id, .. } => {
                self.open_process(*compute_system, *process_id, call)
            }
            _ => Performed::hresult(E_NOTIMPL),
        })
    }

    /// The exports on the service, on files and on access rights.
    fn answer_of_service(&mut self, call: &Call) -> Performed {
        match call {
            Call::GetServiceProperties { property_query, .. } => {
                self.service_properties(call, property_query)
            }
            Call::ModifyServiceSettings { settings, .. } => self.modify_service(call, settings),
            Call::SubmitWerReport { settings } => self.submit_report(call, settings),
            Call::GrantVmAccess { .. }
            | Call::RevokeVmAccess { .. }
            | Call::GrantVmGroupAccess { .. }
            | Call::RevokeVmGroupAccess { .. } => self.change_access(call),
            // State files are files: the runtime answers these before it comes here.
            _ => Performed::hresult(E_NOTIMPL),
        }
    }

    /// The handle by which messages name an operation, open or not.
    pub(crate) fn operation_handle(&self, number: u64) -> OperationHandle {
        OperationHandle::new(self.serial, number)
    }

    /// The number of an open operation.
    pub(crate) fn operation_number(&self, handle: OperationHandle) -> Result<u64, Fault> {
        self.number(HandleKind::Operation, handle.0, |it| self.operations.standing(it))
    }

    /// The number of an open system handle.
    pub(crate) fn handle_number(&self, handle: SystemHandle) -> Result<u64, Fault> {
        self.number(HandleKind::System, handle.0, |it| self.handles.standing(it))
    }

    pub(crate) fn process_number(&self, handle: ProcessHandle) -> Result<u64, Fault> {
        self.number(HandleKind::Process, handle.0, |it| self.process_handles.standing(it))
    }

    /// The number of the system behind an open handle.
    pub(crate) fn system_behind(&self, handle: SystemHandle) -> Option<u64> {
        self.handles.get(self.handle_number(handle).ok()?).map(|it| it.system)
    }

    fn number(&self, kind: HandleKind, value: u64, standing: impl Fn(u64) -> Standing) -> Result<u64, Fault> {
        if value == 0 {
            return Err(Fault::Null(kind));
        }
        let Some(parts) = Parts::decode(value) else { return Err(Fault::Garbage(kind)) };
        if parts.kind != kind {
            return Err(Fault::WrongKind { wanted: kind, given: parts.kind, value });
        }
        if parts.serial != self.serial {
            return Err(Fault::OtherHost { kind, value });
        }
        match standing(parts.number) {
            Standing::Live => Ok(parts.number),
            Standing::Closed => Err(Fault::Closed { kind, value }),
            Standing::NeverMade => Err(Fault::Garbage(kind)),
        }
    }
}
