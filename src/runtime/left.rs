//! What is left behind too early: operations whose outcome nobody knows, handles whose exit is still to be told.
//! Not here: what is made of it (`lints`), what the client has taken note of (`model::attention`).

use super::lints::{Lints, Suspicion};
use super::world::World;
use crate::call::OperationType;
use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};
use crate::hresult::*;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::report::lints::{self as sentences, Coming, Left};
use crate::model::attention::Ending;
use crate::model::host::Host;
use crate::model::operation::State;
use crate::model::system::PendingUse;

/// What a request was about, by numbers; 0 is none.
#[derive(Clone, Copy)]
pub(super) struct Tracked {
    pub(super) kind: OperationType,
    pub(super) id: u64,
    pub(super) system: u64,
    pub(super) process: u64,
}

/// Requests that change nothing: one that is left does no harm.
pub(super) fn is_query(kind: OperationType) -> bool {
    matches!(
        kind,
        OperationType::Enumerate
            | OperationType::GetProperties
            | OperationType::GetProcessInfo
            | OperationType::GetProcessProperties
    )
}

/// Requests whose success shows: the system or the process ends.
fn is_to_end(kind: OperationType) -> bool {
    matches!(kind, OperationType::Terminate | OperationType::Shutdown | OperationType::SignalProcess)
}

/// Codes that need no explanation.
fn says_all(code: Hresult) -> bool {
    matches!(
        code,
        HCS_E_SYSTEM_ALREADY_STOPPED
            | HCS_E_PROCESS_ALREADY_STOPPED
            | HCS_E_SYSTEM_NOT_FOUND
            | HCS_E_SYSTEM_ALREADY_EXISTS
    )
}

/// Codes of requests that were pending when their system ended.
fn is_by_end(code: Hresult) -> bool {
    says_all(code) || matches!(code, HCS_E_TERMINATED | HCS_E_TERMINATED_DURING_START | HCS_E_UNEXPECTED_EXIT)
}

/// A request that is to end something is left while it is pending: the end may come at any time from now on.
fn leave(world: &mut World, number: u64) {
    let Some(operation) = world.model.operations.get(number) else { return };
    let State::Pending(tracked) = operation.state else { return };
    let this = PendingUse { operation: number, id: tracked.id };
    let mark = |ending: &mut Ending| ending.left |= ending.requested == Some(this);
    if let Some(process) = world.model.process_behind(tracked.process) {
        world.model.processes.get_mut(process).into_iter().for_each(|it| mark(&mut it.ending));
    } else if let Some(system) = world.model.systems.get_mut(tracked.system_number) {
        mark(&mut system.ending);
    }
}

/// An operation is closed, or used again: does somebody know how its last use ended?
#[inline]
pub(super) fn unread(world: &mut World, handle: OperationHandle, closing: bool) -> Option<Box<Suspicion>> {
    let operation = world.model.operations.get(handle.number()?)?;
    let seen = operation.attention;
    let is_settled = match &operation.state {
        State::Idle => true,
        State::Pending(_) => !closing,
        State::Completed(_, outcome) => {
            let is_explained = outcome.hresult.is_success() || outcome.document.is_none() || seen.document;
            (seen.fetched || seen.told) && is_explained
        }
    };
    if is_settled { None } else { unsettled(world, handle, closing) }
}

#[cold]
fn unsettled(world: &mut World, handle: OperationHandle, closing: bool) -> Option<Box<Suspicion>> {
    let number = world.model.operation_number(handle).ok()?;
    if closing {
        leave(world, number);
    }
    let operation = world.model.operations.get(number)?;
    if operation.attention.excused || operation.inside > 0 { None } else { left(world, number, closing) }
}

fn left(world: &World, number: u64, closing: bool) -> Option<Box<Suspicion>> {
    let World { model, lints, .. } = world;
    let operation = model.operations.get(number)?;
    let used = *operation.tracked()?;
    let tracked =
        Tracked { kind: used.kind, id: used.id, system: used.system_number, process: used.process_number };
    let outcome = operation.outcome().ok();
    let this = Left {
        operation: model.operation_handle(number),
        kind: used.kind,
        id: model.systems.get(used.system_number).map(|it| it.id.clone()),
        closing,
        hresult: outcome.map(|it| it.hresult),
    };
    let (seen, kind) = (operation.attention, used.kind);
    let is_known = seen.fetched || seen.told;
    let Some(outcome) = outcome else {
        if is_query(kind) || has_ended(model, tracked) {
            return None;
        }
        if seen.timed_out {
            // A terminate that takes longer needs nothing but time.
            let is_ended = kind == OperationType::Terminate || is_ended_on_purpose(model, tracked);
            return (!is_ended).then(|| lints.open(tracked, sentences::timeout_abandoned(&this)));
        }
        if is_to_end(kind) {
            return lints.until_the_end(model, tracked, sentences::closed_while_pending(&this));
        }
        let finding = || sentences::closed_while_pending(&this);
        return Some(lints.certain(FindingKind::ClosedWhilePending, finding));
    };
    let code = outcome.hresult;
    let is_by_end = code == HCS_E_SERVICE_DISCONNECT || is_by_end(code) && has_ended(model, tracked);
    if is_known && says_all(code) || is_by_end && !is_to_end(kind) {
        return None;
    }
    if is_to_end(kind) && (code.is_success() || says_all(code)) {
        return lints.until_the_end(model, tracked, sentences::result_unread(&this));
    }
    if seen.timed_out && !is_known {
        let is_ended = is_query(kind) || is_ended_on_purpose(model, tracked);
        return (!is_ended).then(|| lints.open(tracked, sentences::timeout_abandoned(&this)));
    }
    Some(match &outcome.document {
        Some(document) if code.is_failure() && !says_all(code) => lints
            .certain(FindingKind::FailureUnread, || sentences::failure_unread(&this, document, seen.fetched)),
        _ => lints.certain(FindingKind::ResultUnread, || sentences::result_unread(&this)),
    })
}

/// Whether what a request was about is over. The system of a create that failed is not; nobody has seen it.
pub(super) fn has_ended(model: &Host, it: Tracked) -> bool {
    let is_gone = || it.kind != OperationType::Create || !model.failed_creates.contains(&it.system);
    let system = model.systems.get(it.system).map_or_else(is_gone, |it| it.exit.is_some());
    let process = model.processes.get(it.process).is_none_or(|it| it.exit.is_some());
    it.system != 0 && system || it.process != 0 && process
}

/// Whether the client has done something that ends a request: asked for the end of its system or its process, or given up the
/// last handle of a system that ends then.
pub(super) fn is_ended_on_purpose(model: &Host, it: Tracked) -> bool {
    let is_later = |ending: Ending| ending.requested.is_some_and(|by| by.id > it.id);
    let system = model.systems.get(it.system).is_some_and(|it| {
        is_later(it.ending) || it.handles == 0 && it.configuration.terminate_on_last_handle_closed
    });
    let process = model.processes.get(it.process).is_some_and(|it| is_later(it.ending));
    system || process
}

/// A handle of a system is closed: is its callback still to be told of the exit?
pub(super) fn close_of_system(world: &World, handle: SystemHandle) -> Option<Box<Suspicion>> {
    let model = &world.model;
    let number = model.handle_number(handle).ok()?;
    let open = model.handles.get(number)?;
    if !open.listener.is_registered() || open.inside > 0 || model.is_stale_handle(number) {
        return None;
    }
    let system = model.systems.get(open.system)?;
    if system.ending.known || system.silent {
        return None;
    }
    let coming = if system.exit.is_some() {
        Coming::Happened
    } else if system.shutting_down || is_on_its_way(model, system.ending) {
        Coming::Requested
    } else {
        return None;
    };
    let finding = || sentences::system_closed_before_exit_event(handle, &open.id, coming);
    Some(world.lints.certain(FindingKind::ClosedBeforeExitEvent, finding))
}

pub(super) fn close_of_process(world: &World, handle: ProcessHandle) -> Option<Box<Suspicion>> {
    let model = &world.model;
    let number = model.process_number(handle).ok()?;
    let open = model.process_handles.get(number)?;
    if !open.listener.is_registered() || open.inside > 0 || model.is_stale_process(number) {
        return None;
    }
    let process = model.processes.get(open.process)?;
    // Processes end with their system: who knows of that end knows of theirs, and their events may be lost.
    let tells = model.behavior.process_events_at_system_exit;
    let is_over =
        model.systems.get(process.system).is_none_or(|it| it.ending.known || it.exit.is_some() && !tells);
    if process.ending.known || process.silent || is_over {
        return None;
    }
    let coming = if process.exit.is_some() {
        Coming::Happened
    } else if is_on_its_way(model, process.ending) {
        Coming::Requested
    } else {
        return None;
    };
    let finding = || sentences::process_closed_before_exit_event(handle, process.process_id, coming);
    Some(world.lints.certain(FindingKind::ClosedBeforeExitEvent, finding))
}

/// Whether an end was asked for and may still come.
fn is_on_its_way(model: &Host, ending: Ending) -> bool {
    let is_pending =
        |it: PendingUse| model.operations.get(it.operation).is_some_and(|op| op.is_pending_as(it.id));
    ending.left || ending.requested.is_some_and(is_pending)
}

impl Lints {
    /// A request that is to end something is well known once the end is.
    fn until_the_end(&self, model: &Host, it: Tracked, finding: Finding) -> Option<Box<Suspicion>> {
        let is_known = if it.kind == OperationType::SignalProcess {
            model.processes.get(it.process).is_none_or(|it| it.ending.known)
        } else {
            model.systems.get(it.system).is_none_or(|it| it.ending.known)
        };
        (!is_known).then(|| self.open(it, finding))
    }
}
