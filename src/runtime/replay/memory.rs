//! What a replay remembers of its client, and what is left of the recording: callbacks, contexts, operations from elsewhere.
//! Not here: comparing and answering calls (`runtime::replay`).

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{Registered, Replay, words};
use crate::answer::{Answer, Returned};
use crate::call::{Call, CreateOptions, Pointer};
use crate::handle::OperationHandle;
use crate::journal::{Journal, What};
use crate::model::registration::Target;

impl Replay {
    /// The next call that the recording has of a thread, and how many entries stand before it.
    pub(super) fn next_call_of(&self, role: &Arc<str>) -> Option<(usize, &Call)> {
        self.rest.iter().enumerate().find_map(|(index, entry)| match &entry.what {
            What::Called { call, .. } if entry.thread == *role => Some((index, call)),
            _ => None,
        })
    }

    /// Remembers callbacks and contexts, which only the client knows; answers the recorded answer with them.
    pub(super) fn learn(&mut self, call: &Call, answer: Answer) -> Answer {
        let register = |callback: &Pointer, context: &Pointer, is_told| Registered {
            callback: callback.0,
            context: context.0,
            is_told,
        };
        let made = match answer.returned {
            Returned::Operation(it) => it.number(),
            _ => None,
        };
        let has_succeeded = matches!(answer.returned, Returned::Hresult(it) if it.is_success());
        match call {
            Call::CreateOperation { context, callback } => {
                self.operations.extend(made.map(|it| (it, register(callback, context, false))));
            }
            Call::CreateOperationWithNotifications { context, callback, .. } => {
                self.operations.extend(made.map(|it| (it, register(callback, context, true))));
            }
            Call::SetOperationCallback { operation, context, callback } if has_succeeded => {
                self.operations.extend(operation.number().map(|it| (it, register(callback, context, false))));
            }
            Call::SetOperationContext { operation, context } if has_succeeded => {
                let known = operation.number().and_then(|it| self.operations.get_mut(&it));
                known.into_iter().for_each(|it| it.context = context.0);
            }
            Call::GetOperationContext { operation } if answer.returned != Returned::Context(Pointer(0)) => {
                let known =
                    operation.number().and_then(|it| self.operations.get(&it)).copied().unwrap_or_default();
                return Answer { returned: Returned::Context(Pointer(known.context)), ..answer };
            }
            Call::SetComputeSystemCallback { compute_system, context, callback, .. } if has_succeeded => {
                let target = compute_system.number().map(Target::System);
                self.listeners.extend(target.map(|it| (it, register(callback, context, true))));
            }
            Call::SetProcessCallback { process, context, callback, .. } if has_succeeded => {
                let target = process.number().map(Target::Process);
                self.listeners.extend(target.map(|it| (it, register(callback, context, true))));
            }
            Call::CreateComputeSystemInNamespace { options, .. } => {
                if let CreateOptions::Version1 { context, callback, .. } = &**options {
                    let target = answer.system.number().map(Target::System);
                    self.listeners.extend(target.map(|it| (it, register(callback, context, true))));
                }
            }
            _ => {}
        }
        answer
    }

    /// The name of an operation that was made before it had a host.
    pub(in crate::runtime) fn adopt(
        &mut self,
        handle: OperationHandle,
        context: usize,
        callback: usize,
        serial: u32,
    ) -> OperationHandle {
        let Some(number) = self.foreign.pop_front() else { return handle };
        self.operations.insert(number, Registered { callback, context, is_told: false });
        self.adopted.insert(number, handle);
        OperationHandle::new(serial, number)
    }

    /// The handle of an operation that the client has.
    pub(super) fn handle_of(&self, operation: OperationHandle) -> u64 {
        let adopted = operation.number().and_then(|it| self.adopted.get(&it));
        adopted.map_or(operation.0, |it| it.0)
    }

    /// Whether the client may wait for a callback.
    pub(in crate::runtime) fn has_callbacks_left(&self) -> bool {
        let mut registered = self.operations.values().chain(self.listeners.values());
        self.callbacks_left > 0 && registered.any(|it| it.callback != 0)
    }

    /// Why no callback comes, in words.
    pub(in crate::runtime) fn what_is_awaited(&self, patience: Duration) -> String {
        words::awaited(self.rest.front().filter(|_| !self.departed), patience)
    }

    pub(super) fn has_returned(&mut self, target: Target) {
        *self.returned.entry(target).or_default() += 1;
    }

    /// Whether a callback of the handle has returned that is not written down yet; it is now.
    pub(super) fn take_return(&mut self, target: Target) -> bool {
        let Some(count) = self.returned.get_mut(&target).filter(|it| **it > 0) else { return false };
        *count -= 1;
        true
    }

    pub(super) fn registered(&self, target: Target) -> Registered {
        let known = match target {
            Target::Operation(number) => self.operations.get(&number),
            Target::System(_) | Target::Process(_) => self.listeners.get(&target),
        };
        known.copied().unwrap_or_default()
    }
}

/// Operations that calls use before, or without, any call that makes them, in the order of their first use.
pub(super) fn foreign_operations(journal: &Journal) -> VecDeque<u64> {
    let mut known = BTreeSet::new();
    let mut foreign = VecDeque::new();
    for (call, answer) in journal.calls() {
        if let Some(used) = call.operation().and_then(OperationHandle::number).filter(|it| known.insert(*it))
        {
            foreign.push_back(used);
        }
        if let Returned::Operation(made) = answer.returned {
            known.extend(made.number());
        }
    }
    foreign
}
