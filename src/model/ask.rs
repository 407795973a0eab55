//! The calls that ask an operation, or change nothing but it: results, type, id, context, callback, resources.
//! Not here: waiting for a result (`runtime::call`), what an operation tracks (`operation`).

use std::sync::Arc;

use super::host::Host;
use super::migration::SOCKET;
use super::operation::Operation;
use super::step::{Fault, Performed, Plan, refusal_of};
use crate::answer::{Answer, Returned};
use crate::call::{Call, Needed, OperationType, Pointer};
use crate::document;
use crate::document::operation::{OperationFailureInfo, OperationInfo};
use crate::document::result_error::About;
use crate::document::timestamp::timestamp;
use crate::handle::{ProcessHandle, SystemHandle};
use crate::hresult::*;

impl Host {
    /// The calls on an operation that change nothing but itself.
    pub(super) fn ask_operation(&mut self, call: &Call, plan: Plan) -> Result<Performed, Fault> {
        let number = self.operation_number(call.operation().unwrap_or_default())?;
        if let Some(performed) = scripted_at_once(call, plan, || self.about(call)) {
            return Ok(performed);
        }
        let operation = self.operations.get_mut(number).expect("the number is live");
        Ok(Performed::done(match call {
            Call::GetOperationContext { .. } => Answer::new(Returned::Context(Pointer(operation.context))),
            Call::SetOperationContext { context, .. } => {
                operation.context = context.0;
                Answer::hresult(S_OK)
            }
            Call::SetOperationCallback { callback: Pointer(0), .. } => {
                let note = "callback is NULL, and HcsSetOperationCallback requires it".to_owned();
                return Ok(Performed { note: Some(note), ..Performed::hresult(E_INVALIDARG) });
            }
            Call::SetOperationCallback { context, callback, .. } => {
                operation.context = context.0;
                if operation.is_pending() && operation.callback == 0 {
                    self.awaited += 1;
                }
                operation.callback = callback.0;
                operation.notifications = None; // it is a completion callback from now on
                Answer::hresult(S_OK)
            }
            Call::GetComputeSystemFromOperation { .. } => {
                Answer::new(Returned::System(operation.active().map_or(SystemHandle::NULL, |it| it.system)))
            }
            Call::GetProcessFromOperation { .. } => Answer::new(Returned::Process(
                operation.active().map_or(ProcessHandle::NULL, |it| it.process),
            )),
            Call::GetOperationType { .. } => {
                Answer::new(Returned::Type(operation.tracked().map_or(OperationType::None, |it| it.kind)))
            }
            Call::GetOperationId { .. } => {
                Answer::new(Returned::Id(operation.tracked().map_or(u64::MAX, |it| it.id)))
            }
            Call::CancelOperation { .. } => Answer::hresult(E_NOTIMPL), // fidelity: cancel
            Call::GetOperationProperties { .. } => {
                Answer::with_document(S_OK, Some(operation_info(operation)))
            }
            Call::AddResourceToOperation { resource_type, uri, handle, .. } => {
                let added = add_resource(operation, *resource_type, uri, *handle);
                return Ok(added.unwrap_or_else(|(code, note)| Performed::noted(call, code, note)));
            }
            _ => {
                let answer = result_of(operation, asks_process_info(call));
                self.outcome_is_known(number);
                answer
            }
        }))
    }
}

impl Host {
    /// What a scripted document of a call is about.
    pub(super) fn about(&self, call: &Call) -> About {
        let by_operation = || {
            let operation = call.operation().and_then(|it| self.operation_number(it).ok());
            operation.and_then(|it| self.operations.get(it)?.tracked()).map_or(0, |it| it.system_number)
        };
        let by_process = || {
            let process = call.process().and_then(|it| self.process_behind(it));
            process.and_then(|it| self.processes.get(it)).map(|it| it.system)
        };
        let system = call.compute_system().and_then(|it| self.system_behind(it)).or_else(by_process);
        let id = match call.id() {
            Some(id) => id.into(),
            None => self.id_of(system.unwrap_or_else(by_operation)),
        };
        About { id, schema: self.behavior.written_schema() }
    }
}

/// What `HcsGetOperationResult` and its siblings answer for an operation as it is.
pub(crate) fn result_of(operation: &Operation, with_process_info: bool) -> Answer {
    let outcome = match operation.outcome() {
        Err(code) if code == HCS_E_OPERATION_NOT_STARTED => return Answer::hresult(code),
        _ if with_process_info && !operation.has_process_info() => return Answer::hresult(E_INVALIDARG),
        Err(code) => return Answer::hresult(code),
        Ok(outcome) => outcome,
    };
    Answer {
        process_info: outcome.info.filter(|_| with_process_info && outcome.hresult.is_success()),
        ..Answer::with_document(outcome.hresult, outcome.document.clone())
    }
}

/// What `HcsGetOperationProperties` tells: an `OperationInfo`. (fidelity: `operation-properties`)
fn operation_info(operation: &Operation) -> Arc<str> {
    let tracked = operation.tracked();
    let outcome = operation.outcome().ok();
    document::write(&OperationInfo {
        operation: tracked.map_or(OperationType::None, |it| it.kind).schema_name(),
        start_timestamp: tracked.map(|it| timestamp(it.started_at)),
        end_timestamp: outcome.map(|_| timestamp(operation.ended_at)),
        failure_info: outcome
            .filter(|it| it.hresult.is_failure())
            .map(|it| OperationFailureInfo { result: it.hresult }),
    })
}

/// The types of resources: none, file, job, COM object, socket.
const SOCKET_RESOURCE: i32 = 4;

/// (fidelity: `add-resource`)
fn add_resource(
    operation: &mut Operation,
    kind: i32,
    uri: &Needed,
    handle: Pointer,
) -> Result<Performed, (Hresult, String)> {
    if operation.is_pending() {
        return Err((
            HCS_E_OPERATION_ALREADY_STARTED,
            "the request that would use it is under way".to_owned(),
        ));
    }
    if !(1..=SOCKET_RESOURCE).contains(&kind) {
        return Err((E_INVALIDARG, format!("{kind} is no type of resource")));
    }
    // What a client holds that has not checked whether it got a file or a socket.
    if matches!(handle.0, 0 | usize::MAX) {
        return Err((E_INVALIDARG, "handle is NULL or INVALID_HANDLE_VALUE".to_owned()));
    }
    let Some(uri) = uri.0.as_str().filter(|it| !it.is_empty()) else {
        return Err((E_INVALIDARG, "uri is not a text".to_owned()));
    };
    if kind == SOCKET_RESOURCE && uri.eq_ignore_ascii_case(SOCKET) {
        operation.has_socket = true;
        return Ok(Performed::hresult(S_OK));
    }
    let note = format!("nothing is known to use a resource at {uri:?}");
    Ok(Performed { note: Some(note), ..Performed::hresult(S_OK) })
}

pub(crate) fn asks_process_info(call: &Call) -> bool {
    matches!(
        call,
        Call::GetOperationResultAndProcessInfo { .. } | Call::WaitForOperationResultAndProcessInfo { .. }
    )
}

/// What a rule makes of a call that answers in its return value: both kinds of failure are the return value.
pub(super) fn scripted_at_once(call: &Call, plan: Plan, about: impl FnOnce() -> About) -> Option<Performed> {
    let (code, say) = match plan {
        Plan::Simulate(_) | Plan::Never => return None,
        Plan::Refuse(code, say) | Plan::Fail(code, say) => (code, say),
        Plan::Succeed(say) | Plan::Acknowledge(say) => (S_OK, say),
    };
    Some(Performed::done(Answer { document: say.or(code, None, about), ..refusal_of(call, code) }))
}
