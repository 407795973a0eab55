//! The operation handle: Idle, Pending, Completed; one use after the other.
//! Not here: what the request behind it does to a system, nor waiting and callbacks (`runtime`).

use std::sync::Arc;

use super::Nanos;
use super::attention::Attention;
use crate::answer::ProcessInfo;
use crate::call::OperationType;
use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};
use crate::hresult::{HCS_E_OPERATION_NOT_STARTED, HCS_E_OPERATION_PENDING, Hresult};

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) context: usize,
    /// The address of the completion callback, 0 if there is none.
    pub(crate) callback: usize,
    /// The handle as the client knows it: another one than ours if it was made before it had a host.
    pub(crate) handle: OperationHandle,
    pub(crate) state: State,
    /// Threads that are blocked in a call on this operation.
    pub(crate) inside: u32,
    /// The id of the use whose completion callback is queued or running; 0 if none is.
    pub(crate) callback_of: u64,
    /// Made for notifications, with these options: the callback is one for events.
    pub(crate) notifications: Option<i32>,
    /// Nobody has seen the outcome of its use, nor was told of it.
    pub(crate) untold: bool,
    /// A socket was added for the next request that takes one.
    pub(crate) has_socket: bool,
    /// When its use completed.
    pub(crate) ended_at: Nanos,
    pub(crate) attention: Attention,
}

#[derive(Debug)]
pub(crate) enum State {
    Idle,
    Pending(Use),
    Completed(Use, Outcome),
}

/// What the operation tracks: one use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) kind: OperationType,
    pub(crate) id: u64,
    pub(crate) system: SystemHandle,
    pub(crate) process: ProcessHandle,
    /// The number of the system behind the handle, 0 if none: the handle may be closed meanwhile.
    pub(crate) system_number: u64,
    /// The same of the process.
    pub(crate) process_number: u64,
    /// When the request was accepted.
    pub(crate) started_at: Nanos,
}

/// How a use ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) hresult: Hresult,
    pub(crate) document: Option<Arc<str>>,
    pub(crate) info: Option<ProcessInfo>,
}

impl Outcome {
    pub(crate) fn new(hresult: Hresult, document: Option<Arc<str>>) -> Outcome {
        Outcome { hresult, document, info: None }
    }
}

impl Operation {
    pub(crate) fn new(context: usize, callback: usize) -> Operation {
        Operation {
            context,
            callback,
            handle: OperationHandle::NULL,
            state: State::Idle,
            inside: 0,
            callback_of: 0,
            notifications: None,
            untold: false,
            has_socket: false,
            ended_at: 0,
            attention: Attention::default(),
        }
    }

    /// The use that is tracked, pending or completed.
    pub(crate) fn tracked(&self) -> Option<&Use> {
        match &self.state {
            State::Idle => None,
            State::Pending(it) | State::Completed(it, _) => Some(it),
        }
    }

    /// The use whose handles are to be had: the active one. A completed one counts only while its own callback runs.
    /// (fidelity: `system-from-operation`)
    pub(crate) fn active(&self) -> Option<&Use> {
        match &self.state {
            State::Pending(it) => Some(it),
            State::Completed(it, _) if self.callback_of == it.id => Some(it),
            _ => None,
        }
    }

    /// Whether progress is reported while it is pending. (fidelity: `progress`)
    pub(crate) fn wants_progress(&self) -> bool {
        self.callback != 0 && self.notifications.is_some_and(|it| it & 1 != 0)
    }

    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending(_))
    }

    pub(crate) fn is_pending_as(&self, id: u64) -> bool {
        matches!(&self.state, State::Pending(it) if it.id == id)
    }

    /// What `HcsGetOperationResult` answers now; the outcome itself when there is one. (fidelity: `result-idle`,
    /// `result-pending`, `result-completed`)
    pub(crate) fn outcome(&self) -> Result<&Outcome, Hresult> {
        match &self.state {
            State::Idle => Err(HCS_E_OPERATION_NOT_STARTED),
            State::Pending(_) => Err(HCS_E_OPERATION_PENDING),
            State::Completed(_, outcome) => Ok(outcome),
        }
    }

    /// Whether `...AndProcessInfo` may be asked of this use. (fidelity: `process-info-types`)
    pub(crate) fn has_process_info(&self) -> bool {
        self.tracked()
            .is_some_and(|it| matches!(it.kind, OperationType::CreateProcess | OperationType::GetProcessInfo))
    }
}
