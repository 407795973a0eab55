//! Who is told of events: the one callback that a handle can have, and which events it has been told already.
//! Not here: the callbacks' threads (`runtime::dispatch`), what happens to systems and processes (`lifecycle`, `process`).

use std::sync::Arc;
use std::time::Duration;

use super::behavior::{NullCallback, SecondRegistration};
use super::host::Host;
use super::operation::{State, Use};
use super::step::{Due, Effect, Performed};
use super::system::PendingUse;
use crate::call::Call;
use crate::event::EventType;
use crate::handle::OperationHandle;
use crate::hresult::*;

const OPERATION_CALLBACKS: i32 = 1;
const VM_LIFECYCLE: i32 = 2;
const LIVE_MIGRATION: i32 = 4;
const KNOWN_OPTIONS: i32 = OPERATION_CALLBACKS | VM_LIFECYCLE | LIVE_MIGRATION;

/// What has a callback: an operation, or a handle of a system or a process, each by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Operation(u64),
    System(u64),
    Process(u64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Registration {
    options: i32,
    context: usize,
    callback: usize,
    serial: u64,
}

/// What a handle of a system or a process knows about its callback.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    registration: Option<Box<Registration>>,
    /// How many completions nobody has seen or was told of: a callback that is registered later is.
    untold: u32,
}

/// An event for one callback.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) target: Target,
    /// The registration that is meant: one that replaces it is not.
    pub(crate) serial: u64,
    pub(crate) callback: usize,
    pub(crate) context: usize,
    pub(crate) event: EventType,
    pub(crate) data: Option<Arc<str>>,
    /// The operation that the event is about and the id of its use.
    pub(crate) operation: Option<(u64, u64)>,
}

impl Listener {
    pub(crate) fn is_registered(&self) -> bool {
        self.registration.is_some()
    }

    pub(super) fn wants_operations(&self) -> bool {
        self.registration.as_ref().is_some_and(|it| it.options & OPERATION_CALLBACKS != 0)
    }

    fn told(&self, target: Target, event: EventType, data: Option<Arc<str>>) -> Option<Told> {
        let it = self.registration.as_ref()?;
        let wanted = match event {
            EventType::OperationCallback => it.options & OPERATION_CALLBACKS != 0,
            EventType::GroupVmLifecycle => it.options & VM_LIFECYCLE != 0,
            EventType::GroupLiveMigration => it.options & LIVE_MIGRATION != 0,
            _ => true,
        };
        wanted.then_some(Told {
            target,
            serial: it.serial,
            callback: it.callback,
            context: it.context,
            event,
            data,
            operation: None,
        })
    }
}

impl Host {
    fn listener(&mut self, target: Target) -> Option<&mut Listener> {
        match target {
            Target::Operation(_) => None,
            Target::System(number) => self.handles.get_mut(number).map(|it| &mut it.listener),
            Target::Process(number) => self.process_handles.get_mut(number).map(|it| &mut it.listener),
        }
    }

    /// Whether a callback is still registered as it was when an event was told.
    pub(crate) fn is_registered(&self, told: &Told) -> bool {
        let listener = match told.target {
            Target::Operation(number) => return self.operations.get(number).is_some(),
            Target::System(number) => self.handles.get(number).map(|it| &it.listener),
            Target::Process(number) => self.process_handles.get(number).map(|it| &it.listener),
        };
        listener.and_then(|it| it.registration.as_ref()).is_some_and(|it| it.serial == told.serial)
    }

    /// `HcsSetComputeSystemCallback` and `HcsSetProcessCallback`. (fidelity: `set-event-callback`, `null-event-callback`,
    /// `second-registration`)
    pub(super) fn set_event_callback(
        &mut self,
        call: &Call,
        target: Target,
        options: i32,
        context: usize,
        callback: usize,
    ) -> Performed {
        if options & !KNOWN_OPTIONS != 0 {
            let note = format!("callback_options 0x{options:X} has flags that nothing defines");
            return Performed::noted(call, E_INVALIDARG, note);
        }
        let registered = self.listener(target).is_some_and(|it| it.registration.is_some());
        if callback == 0 {
            return match self.behavior.null_callback {
                NullCallback::Refuse => {
                    let note = format!("callback is NULL, and {} requires it", call.export());
                    Performed::noted(call, E_INVALIDARG, note)
                }
                NullCallback::Clear => {
                    self.unregister(target);
                    Performed::hresult(S_OK)
                }
            };
        }
        if registered && self.behavior.second_registration == SecondRegistration::Refuse {
            return Performed::hresult(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
        }
        self.register(target, options, context, callback);
        Performed::hresult(S_OK)
    }

    /// Registers a callback, and tells it what came before: the exit, and completions that nobody was told of.
    /// (fidelity: `exit-sticky`, `early-completions`)
    pub(super) fn register(&mut self, target: Target, options: i32, context: usize, callback: usize) {
        self.last_registration += 1;
        let registration = Registration { options, context, callback, serial: self.last_registration };
        let Some(listener) = self.listener(target) else { return };
        let is_new = listener.registration.replace(Box::new(registration)).is_none();
        let has_untold = listener.wants_operations() && listener.untold > 0;
        if is_new {
            self.registrations += 1;
            match target {
                Target::System(number) => {
                    let system = self.handles.get(number).map_or(0, |it| it.system);
                    if let Some(system) = self.systems.get_mut(system) {
                        system.registered.push(number);
                    }
                }
                Target::Process(number) => {
                    let process = self.process_handles.get(number).map_or(0, |it| it.process);
                    if let Some(process) = self.processes.get_mut(process) {
                        process.registered.push(number);
                    }
                }
                Target::Operation(_) => {}
            }
        }
        if has_untold && self.behavior.early_completions {
            self.tell_earlier_completions(target);
        }
        match target {
            Target::System(number) => {
                let system = self.handles.get(number).and_then(|it| self.systems.get(it.system));
                if let Some(exit) = system.filter(|it| it.exit_told).and_then(|it| it.exit.as_ref()) {
                    let document = Arc::clone(&exit.document);
                    self.tell(target, EventType::SystemExited, Some(document));
                }
            }
            Target::Process(number) => {
                let process = self.process_handles.get(number).and_then(|it| self.processes.get(it.process));
                if let Some(exit) = process.filter(|it| it.exit_told).and_then(|it| it.exit.as_ref()) {
                    let document = Arc::clone(&exit.document);
                    self.tell(target, EventType::ProcessExited, Some(document));
                }
            }
            Target::Operation(_) => {}
        }
    }

    /// A handle closes, or gives up its callback.
    pub(super) fn unregister(&mut self, target: Target) {
        let Some(listener) = self.listener(target) else { return };
        if listener.registration.take().is_none() {
            return;
        }
        self.registrations -= 1;
        match target {
            Target::System(number) => {
                let system = self.handles.get(number).map_or(0, |it| it.system);
                if let Some(system) = self.systems.get_mut(system) {
                    system.registered.retain(|it| *it != number);
                }
            }
            Target::Process(number) => {
                let process = self.process_handles.get(number).map_or(0, |it| it.process);
                if let Some(process) = self.processes.get_mut(process) {
                    process.registered.retain(|it| *it != number);
                }
            }
            Target::Operation(_) => {}
        }
    }

    /// The test that registered them is over: no callback of a handle is called any more.
    pub(crate) fn unregister_all(&mut self) {
        let systems: Vec<Target> = self.handles.iter().map(|(number, _)| Target::System(number)).collect();
        let processes = self.process_handles.iter().map(|(number, _)| Target::Process(number));
        for target in systems.into_iter().chain(processes.collect::<Vec<_>>()) {
            self.unregister(target);
        }
    }

    /// Tells one callback, if it wants to know. What was opened before the service went away hears nothing any more.
    pub(super) fn tell(&mut self, target: Target, event: EventType, data: Option<Arc<str>>) {
        let is_stale = match target {
            Target::System(number) => self.is_stale_handle(number),
            Target::Process(number) => self.is_stale_process(number),
            Target::Operation(_) => false,
        };
        if is_stale {
            return;
        }
        if let Some(told) = self.listener(target).and_then(|it| it.told(target, event, data)) {
            self.happened.effects.push(Effect::Tell(told));
        }
    }

    /// Tells every callback of a system.
    pub(super) fn tell_system(&mut self, number: u64, event: EventType, data: Option<&Arc<str>>) {
        let handles = self.systems.get(number).map_or(Vec::new(), |it| it.registered.clone());
        for handle in handles {
            self.tell(Target::System(handle), event, data.cloned());
        }
    }

    /// Tells every callback of a process.
    pub(super) fn tell_process(&mut self, number: u64, event: EventType, data: Option<&Arc<str>>) {
        let handles = self.processes.get(number).map_or(Vec::new(), |it| it.registered.clone());
        for handle in handles {
            self.tell(Target::Process(handle), event, data.cloned());
        }
    }

    /// Tells the exit of a system, once per registration. (fidelity: `exit-event`, `exit-once`)
    pub(crate) fn tell_exit(&mut self, number: u64) {
        let Some(system) = self.systems.get_mut(number).filter(|it| !it.exit_told && !it.silent) else {
            return;
        };
        system.exit_told = true;
        let document = system.exit.as_ref().map(|it| Arc::clone(&it.document));
        self.tell_system(number, EventType::SystemExited, document.as_ref());
    }

    /// Tells the exit of a process, once per registration. (fidelity: `process-exit-event`)
    pub(crate) fn tell_process_exit(&mut self, number: u64) {
        let Some(process) = self.processes.get_mut(number).filter(|it| !it.exit_told) else { return };
        process.exit_told = true;
        let document = process.exit.as_ref().map(|it| Arc::clone(&it.document));
        self.tell_process(number, EventType::ProcessExited, document.as_ref());
    }

    /// A use without a callback of its own has completed: the callback of the handle it was made on is told, now or when it
    /// is registered. (fidelity: `operation-event`, `early-completions`)
    pub(super) fn completion_of(&mut self, number: u64, tracked: &Use) {
        let Some(target) = target_of(tracked) else { return };
        let Some(listener) = self.listener(target) else { return };
        if listener.wants_operations() {
            return self.tell_completion(target, PendingUse { operation: number, id: tracked.id });
        }
        listener.untold += 1;
        if let Some(operation) = self.operations.get_mut(number) {
            operation.untold = true;
        }
    }

    /// Somebody sees the outcome of an operation, or nobody ever will.
    pub(crate) fn outcome_is_known(&mut self, number: u64) {
        let Some(operation) = self.operations.get_mut(number) else { return };
        if !std::mem::take(&mut operation.untold) {
            return;
        }
        let target = operation.tracked().and_then(target_of);
        if let Some(listener) = target.and_then(|it| self.listener(it)) {
            listener.untold = listener.untold.saturating_sub(1);
        }
    }

    fn tell_earlier_completions(&mut self, target: Target) {
        let untold = self.operations.iter().filter_map(|(operation, it)| match &it.state {
            State::Completed(tracked, _) if it.untold && target_of(tracked) == Some(target) => {
                Some(PendingUse { operation, id: tracked.id })
            }
            _ => None,
        });
        for entry in untold.collect::<Vec<_>>() {
            self.outcome_is_known(entry.operation);
            self.tell_completion(target, entry);
        }
    }

    fn tell_completion(&mut self, target: Target, entry: PendingUse) {
        let Some(operation) = self.operations.get_mut(entry.operation) else { return };
        let State::Completed(_, outcome) = &operation.state else { return };
        let data = outcome.document.clone(); // fidelity: operation-event-data
        operation.callback_of = entry.id;
        let told = self.listener(target).and_then(|it| it.told(target, EventType::OperationCallback, data));
        if let Some(told) = told {
            let told = Told { operation: Some((entry.operation, entry.id)), ..told };
            self.happened.effects.push(Effect::Tell(told));
        }
    }

    /// An operation that was made for notifications is told something. (fidelity: `notifications`)
    pub(super) fn notify(&mut self, number: u64, id: u64, event: EventType, data: Option<Arc<str>>) {
        let Some(operation) = self.operations.get(number) else { return };
        self.happened.effects.push(Effect::Tell(Told {
            target: Target::Operation(number),
            serial: 0,
            callback: operation.callback,
            context: operation.context,
            event,
            data,
            operation: Some((number, id)),
        }));
    }

    /// Progress of a pending use, for an operation that asked for it. (fidelity: `progress`)
    pub(crate) fn progress(&mut self, number: u64, id: u64) {
        if self.operations.get(number).is_some_and(|it| it.is_pending_as(id) && it.wants_progress()) {
            self.notify(number, id, EventType::GroupOperationInfo, Some("{}".into()));
        }
    }

    /// Whether a call on this handle may not have an operation with a callback of its own. (fidelity: `callback-already-set`)
    pub(super) fn has_callback_conflict(&self, tracked: &Use, operation: OperationHandle) -> bool {
        let wants = match target_of(tracked) {
            Some(Target::System(number)) => {
                self.handles.get(number).is_some_and(|it| it.listener.wants_operations())
            }
            Some(Target::Process(number)) => {
                self.process_handles.get(number).is_some_and(|it| it.listener.wants_operations())
            }
            _ => false,
        };
        wants && operation.number().and_then(|it| self.operations.get(it)).is_some_and(|it| it.callback != 0)
    }

    /// Lets an exit be told, a while after it happened. (fidelity: `exit-event`)
    pub(super) fn tell_later(&mut self, late: Option<Duration>, due: Due) {
        match (late.unwrap_or(self.behavior.exit_event_delay), due) {
            (Duration::ZERO, Due::TellExit { system }) => self.tell_exit(system),
            (Duration::ZERO, Due::TellProcessExit { process }) => self.tell_process_exit(process),
            (delay, due) => self.due_later(delay, due),
        }
    }
}

/// The handle that a call was made on: of a process if it is a process's call, else of a system.
fn target_of(tracked: &Use) -> Option<Target> {
    match (tracked.system.number(), tracked.process.number()) {
        (Some(system), _) => Some(Target::System(system)),
        (None, Some(process)) => Some(Target::Process(process)),
        (None, None) => None,
    }
}
