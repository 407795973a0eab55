//! A host that answers from a journal: each call is compared with the one that was recorded, and answered as that was.
//! Not here: reading journals (`journal::saved`), the sentences about calls that depart (`journal::report::replay`).

mod memory;
mod pipes;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::call::{self, Answered};
use super::clock::Time;
use super::dispatch::{self, CALLBACK_PAUSE, Job};
use super::host::{Builder, Host};
use super::hot::Callback;
use super::seat;
use super::threads::{FIRST, OWN};
use super::world::{Noticing, Shared, World};
use crate::answer::Returned;
use crate::call::{Argument, Call, Text};
use crate::event::EventType;
use crate::handle::{OperationHandle, Parts, ProcessHandle, SystemHandle, TargetHandle};
use crate::hresult::{HCS_E_SERVICE_NOT_AVAILABLE, Hresult};
use crate::journal::place::Place as Source;
use crate::journal::report::replay::{self as words, Instead};
use crate::journal::saved::argument_value;
use crate::journal::{Entry, Event, Journal, Output, What};
use crate::model::Nanos;
use crate::model::behavior::CallbackDelivery;
use crate::model::lifecycle::nanos;
use crate::model::registration::Target;
use crate::model::step::{Performed, refusal_of};

/// What is left of a recording, and what the client has told its host so far.
pub(crate) struct Replay {
    rest: VecDeque<Entry>,
    /// Each thread's name in the recording, by the label that this host gives it.
    roles: BTreeMap<u32, Arc<str>>,
    /// The names of threads that make calls in the recording, in the order of their first.
    cast: Vec<Arc<str>>,
    /// Callback and context of each operation, by its name.
    operations: BTreeMap<u64, Registered>,
    /// The same of systems and processes.
    listeners: BTreeMap<Target, Registered>,
    /// How many callbacks of each handle have returned, and are not written down yet.
    returned: BTreeMap<Target, usize>,
    /// What each process wrote until its exit.
    outputs: BTreeMap<u32, Arc<Output>>,
    /// The names of operations that it uses and that no call of it has made: they came from another place.
    foreign: VecDeque<u64>,
    /// The handles that the client has of these.
    adopted: BTreeMap<u64, OperationHandle>,
    /// How many callbacks are left in it.
    callbacks_left: usize,
    departed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Registered {
    callback: usize,
    context: usize,
    /// It is a callback for events.
    is_told: bool,
}

impl Host {
    /// A host that answers from a journal, of a run on hcs-sim or one that was written by hand. Each call has to be the one that the
    /// journal has next for its thread: the same export with the same arguments, but for addresses. It is answered as the journal
    /// says, at the same virtual time; callbacks come where the journal has them. The first call that departs is a finding that
    /// shows both; calls after it are refused with `HCS_E_SERVICE_NOT_AVAILABLE`. So is a journal that is not played to the end.
    ///
    /// Nothing is simulated: rules, programs and raised events say nothing here, and time moves by the journal alone. Pipes of
    /// processes hold what the recorded process wrote. A run that departs nowhere has the identical journal.
    ///
    /// ```
    /// use hcs_sim::computecore::*;
    /// use hcs_sim::{Host, Journal};
    /// fn client() -> u64 {
    ///     // SAFETY: no pointers are passed, and the handle is closed once.
    ///     unsafe {
    ///         let operation = HcsCreateOperation(std::ptr::null(), None);
    ///         let id = HcsGetOperationId(operation);
    ///         HcsCloseOperation(operation);
    ///         id
    ///     }
    /// }
    /// let recorded = Host::new().run(|host| {
    ///     client();
    ///     host.journal().to_json_lines()
    /// });
    /// let edited = recorded.replace(r#""returned":"HCS_INVALID_OPERATION_ID""#, r#""returned":"42""#);
    /// Host::replaying(&Journal::load(&edited).unwrap()).run(|host| {
    ///     assert_eq!(client(), 42);
    ///     assert_eq!(host.journal().to_json_lines(), edited);
    /// });
    /// ```
    pub fn replaying(journal: &Journal) -> Host {
        Builder::default().replaying(journal)
    }
}

impl Builder {
    /// As [`Host::replaying`], with what counts for a host that answers from a journal: patience, levels.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hcs_sim::{FindingKind, Host};
    /// let recorded = Host::new().journal();
    /// let host = Host::builder().patience(Duration::from_secs(60)).allow(FindingKind::ReplayDeparted).replaying(&recorded);
    /// # drop(host);
    /// ```
    pub fn replaying(self, journal: &Journal) -> Host {
        // The recording says which callbacks overlap, how time passes, and how long the journal is.
        let replaying = self.edit(|it| {
            it.time = Time::Virtual;
            it.journal_limit = it.journal_limit.max(journal.entries().len());
            it.behavior.delivery = CallbackDelivery::SideBySide;
        });
        let host = replaying.build();
        let serial = host.shared().serial;
        let mut cast: Vec<Arc<str>> = Vec::new();
        for entry in journal.entries() {
            if matches!(entry.what, What::Called { .. }) && !cast.contains(&entry.thread) {
                cast.push(Arc::clone(&entry.thread));
            }
        }
        let outputs = journal.entries().iter().filter_map(|it| match &it.what {
            What::ProcessExited { process_id, output: Some(output), .. } => {
                Some((*process_id, Arc::clone(output)))
            }
            _ => None,
        });
        if journal.dropped() > 0 {
            host.shared().world.lock().find(words::not_whole(journal.dropped()), None);
        }
        host.shared().world.lock().replay = Some(Box::new(Replay {
            rest: journal.entries().iter().map(|it| on_host(it, serial)).collect(),
            roles: BTreeMap::new(),
            cast,
            operations: BTreeMap::new(),
            listeners: BTreeMap::new(),
            returned: BTreeMap::new(),
            outputs: outputs.collect(),
            foreign: memory::foreign_operations(journal),
            adopted: BTreeMap::new(),
            callbacks_left: journal.entries().iter().filter(|it| enters(it)).count(),
            departed: false,
        }));
        host
    }
}

/// An entry with the handles that a host would give.
fn on_host(entry: &Entry, serial: u32) -> Entry {
    let here = |value: u64| match Parts::decode(value) {
        Some(parts) if parts.serial != 0 => Parts { serial, ..parts }.encode(),
        _ => value,
    };
    let target = |it: TargetHandle| match it {
        TargetHandle::Operation(it) => TargetHandle::Operation(OperationHandle(here(it.0))),
        TargetHandle::System(it) => TargetHandle::System(SystemHandle(here(it.0))),
        TargetHandle::Process(it) => TargetHandle::Process(ProcessHandle(here(it.0))),
    };
    let mut entry = entry.clone();
    match &mut entry.what {
        What::Called { answer, .. } => {
            answer.system = SystemHandle(here(answer.system.0));
            answer.process = ProcessHandle(here(answer.process.0));
            match &mut answer.returned {
                Returned::Operation(it) => it.0 = here(it.0),
                Returned::System(it) => it.0 = here(it.0),
                Returned::Process(it) => it.0 = here(it.0),
                _ => {}
            }
        }
        What::Completed { operation, .. }
        | What::CallbackEntered { operation }
        | What::CallbackReturned { operation } => operation.0 = here(operation.0),
        What::EventEntered { target: it, operation, .. } => {
            *it = target(*it);
            if let Some(operation) = operation {
                operation.0 = here(operation.0);
            }
        }
        What::EventReturned { target: it, .. } => *it = target(*it),
        What::Exited { .. } | What::ProcessExited { .. } | What::Service { .. } => {}
    }
    entry
}

/// Answers a call from the recording.
pub(crate) fn answer(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    call: Call,
    source: Option<Source>,
) -> Answered {
    let mut idle = Instant::now();
    let mut left = usize::MAX;
    loop {
        world.play_on();
        dispatch::ensure_worker(shared, world);
        let role = role_of(world, label);
        let replay = world.replay.as_deref().expect("the caller has looked");
        if replay.departed {
            return refused(shared, world, label, call, source);
        }
        if replay.rest.len() != left {
            (left, idle) = (replay.rest.len(), Instant::now());
        }
        let Some((index, expected)) = replay.next_call_of(&role) else {
            if world.was_cut(label, &call) && idle.elapsed() < world.settings.patience {
                wait(shared, world, label);
                continue;
            }
            return depart(shared, world, label, (call, source), Instead::Nothing);
        };
        if let Some(differing) = difference(&call, expected) {
            if world.may_be_of_another(label, &role, &call, index) && idle.elapsed() < world.settings.patience
            {
                wait(shared, world, label);
                continue;
            }
            let replay = world.replay.as_deref().expect("it was there");
            let instead = Instead::Call { entry: Box::new(replay.rest[index].clone()), differing };
            return depart(shared, world, label, (call, source), instead);
        }
        if index == 0 {
            break;
        }
        if idle.elapsed() >= world.settings.patience {
            let first = replay.rest[0].clone();
            return depart(shared, world, label, (call, source), Instead::First { entry: Box::new(first) });
        }
        wait(shared, world, label);
    }
    let replay = world.replay.as_deref_mut().expect("it was there");
    let Some(Entry { began, at, what: What::Called { answer, system_id, note, .. }, .. }) =
        replay.rest.pop_front()
    else {
        return refused(shared, world, label, call, source); // unreachable: what was found is a call
    };
    let answer = replay.learn(&call, answer);
    world.clock.move_to(nanos(at));
    if let Some(id) = &system_id {
        world.log.name_system(answer.system, id);
    }
    if let Some(info) = answer.process_info.filter(|it| it.is_create && !world.pipes.has(it.process_id)) {
        pipes::make(world, info.process_id, [info.std_input, info.std_output, info.std_error]);
    }
    let performed = Performed { note: note.map(|it| it.to_string()), ..Performed::done(answer) };
    let answered = write_down(shared, world, label, nanos(began), (call, source), performed);
    world.play_on();
    dispatch::ensure_worker(shared, world);
    shared.announce(world);
    answered
}

/// Lets other threads come first.
fn wait(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, label: u32) {
    let within = seat::is_worker_of(shared);
    if within {
        world.dispatch.set_waiting(label, true);
        dispatch::ensure_worker(shared, world);
    }
    dispatch::wait(shared, world, CALLBACK_PAUSE);
    if within {
        world.dispatch.set_waiting(label, false);
    }
}

/// Lets callbacks and other threads do what the recording has before the next call of the main thread, as long as they go on.
pub(super) fn let_others_go_on(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, limit: Duration) {
    if seat::is_worker_of(shared) {
        return;
    }
    let mut idle = Instant::now();
    let mut left = usize::MAX;
    while let Some(rest) = world.left_for_others() {
        if rest != left {
            (left, idle) = (rest, Instant::now());
        }
        let is_slow = world.dispatch.runs_anything() && world.is_at_work();
        if idle.elapsed() >= limit && (!is_slow || idle.elapsed() >= world.settings.patience) {
            return;
        }
        dispatch::ensure_worker(shared, world);
        dispatch::wait(shared, world, CALLBACK_PAUSE.min(limit));
    }
}

/// The name that a thread has in the recording: its own, or that of the first one that nobody has yet.
fn role_of(world: &mut World, label: u32) -> Arc<str> {
    let name = world.threads.name(label);
    let Some(replay) = world.replay.as_deref_mut() else { return name };
    if let Some(role) = replay.roles.get(&label) {
        return Arc::clone(role);
    }
    let role = if replay.cast.contains(&name) || world.threads.is_own(label) {
        name
    } else {
        let is_free = |it: &&Arc<str>| ***it != *OWN && !replay.roles.values().any(|taken| taken == *it);
        replay.cast.iter().find(is_free).cloned().unwrap_or(name)
    };
    replay.roles.insert(label, Arc::clone(&role));
    world.threads.rename(label, &role);
    role
}

/// The first argument in which two calls of one export differ, by name; the empty name if the exports do.
fn difference(call: &Call, recorded: &Call) -> Option<&'static str> {
    if call.export() != recorded.export() {
        return Some("");
    }
    let same = |one: &Argument<'_>, other: &Argument<'_>| match (one, other) {
        (Argument::Text { text: Text::Is(one), .. }, Argument::Text { text: Text::Is(other), .. }) => {
            one == other
        }
        _ => argument_value(one) == argument_value(other),
    };
    let arguments = call.arguments().into_iter().zip(recorded.arguments());
    arguments.into_iter().find(|(one, other)| !same(&one.1, &other.1)).map(|it| it.0.0)
}

impl World {
    /// Whether another thread of the same name may have the recording's next call, and this one a later call: the threads of a pool
    /// share a name, and the host's own do, which are several only while callbacks overlap.
    fn may_be_of_another(&self, label: u32, role: &Arc<str>, call: &Call, next: usize) -> bool {
        if self.was_cut(label, call) {
            return true;
        }
        let Some(replay) = self.replay.as_deref().filter(|_| label != FIRST) else { return false };
        if self.threads.is_own(label)
            && self.dispatch.callbacks_entered() < 2
            && !replay.rest.iter().take(next).any(enters)
        {
            return false;
        }
        let rest = replay.rest.iter().filter(|it| it.thread == *role);
        let mut calls = rest.filter_map(|it| match &it.what {
            What::Called { call, .. } => Some(call),
            _ => None,
        });
        calls.any(|it| difference(call, it).is_none())
    }

    /// Whether the recording may lack a call because its journal was taken too early: that of a thread that waited inside the host
    /// then, or of a callback that had not returned.
    fn was_cut(&self, label: u32, call: &Call) -> bool {
        let Some(replay) = self.replay.as_deref().filter(|_| label != FIRST) else { return false };
        let returns = |it: &Entry, target: Target| match &it.what {
            What::CallbackReturned { operation } => {
                target_of(TargetHandle::Operation(*operation)) == Some(target)
            }
            What::EventReturned { target: it, .. } => target_of(*it) == Some(target),
            _ => false,
        };
        let callback = self.dispatch.entered_on(label);
        call.is_wait() || callback.is_some_and(|target| !replay.rest.iter().any(|it| returns(it, target)))
    }

    /// How much is left of the recording, if what comes next is for a callback or another thread to do, and there is one.
    fn left_for_others(&mut self) -> Option<usize> {
        self.play_on();
        let replay = self.replay.as_deref().filter(|it| !it.departed)?;
        let next = replay.rest.front()?;
        let can_come = match &next.what {
            What::Called { .. } if *next.thread != *OWN => self.threads.is_another_alive(&next.thread),
            _ => self.dispatch.callbacks_entered() > 0,
        };
        can_come.then_some(replay.rest.len())
    }

    /// Plays what the recording has up to the next call: what completes, ends and is told.
    pub(super) fn play_on(&mut self) {
        loop {
            let Some(replay) = self.replay.as_deref_mut() else { return };
            let Some(entry) = replay.rest.front().filter(|_| !replay.departed) else { return };
            let returns = match &entry.what {
                What::Called { .. } => return,
                What::CallbackReturned { operation } => Some(TargetHandle::Operation(*operation)),
                What::EventReturned { target, .. } => Some(*target),
                _ => None,
            };
            if returns.is_some_and(|it| !target_of(it).is_some_and(|it| replay.take_return(it))) {
                return; // the client's callback still runs
            }
            let Some(entry) = replay.rest.pop_front() else { return };
            replay.callbacks_left -= usize::from(enters(&entry));
            let at = nanos(entry.at);
            self.clock.move_to(at);
            let label = self.label_named(&entry.thread);
            if let Some(job) = self.callback_of(&entry) {
                self.dispatch.enqueue(job);
            }
            self.note(nanos(entry.began), at, label, Event::Other(Box::new(entry.what)));
        }
    }

    /// The callback that an entry says is entered. One that the client never registered has returned at once.
    fn callback_of(&mut self, entry: &Entry) -> Option<Job> {
        let (name, event, operation, data) = match &entry.what {
            What::CallbackEntered { operation } => {
                (TargetHandle::Operation(*operation), None, Some(*operation), None)
            }
            What::EventEntered { event, target, operation, data } => {
                (*target, Some(*event), *operation, data.clone())
            }
            _ => return None,
        };
        let replay = self.replay.as_deref_mut()?;
        let target = target_of(name)?;
        let Registered { callback, context, is_told } = replay.registered(target);
        if callback == 0 || is_told != event.is_some() {
            replay.has_returned(target);
            return None;
        }
        let operation = operation.map_or(0, |it| replay.handle_of(it));
        let callback = match event {
            None => Callback::Completion { callback, operation, context },
            Some(event) => {
                Callback::Event { callback, event: EventType::number(event), data, operation, context }
            }
        };
        Some(Job::Replayed(Box::new(dispatch::InCallback::replayed(target, name, event, callback))))
    }

    /// A callback of the recording has returned.
    pub(super) fn replayed_callback_returned(&mut self, target: Target) {
        if let Some(replay) = self.replay.as_deref_mut() {
            replay.has_returned(target);
            self.play_on();
        }
    }

    /// A label of the host's own under which the journal shows a name.
    fn label_named(&mut self, name: &Arc<str>) -> u32 {
        let own = self.dispatch.label(&mut self.threads);
        match self.threads.own_named(name) {
            Some(label) => label,
            None if self.threads.name(own) == *name => own,
            None => self.threads.add_own_named(name),
        }
    }

    /// What the recording still has when the test is over: its next call was never made.
    pub(super) fn end_replay(&mut self) {
        self.play_on();
        let Some(replay) = self.replay.as_deref_mut().filter(|it| !it.departed) else { return };
        replay.departed = true;
        let left = std::mem::take(&mut replay.rest);
        let Some(next) = left.iter().find(|it| matches!(it.what, What::Called { .. })) else { return };
        let calls = left.iter().filter(|it| matches!(it.what, What::Called { .. })).count();
        let finding = words::not_played(next, calls);
        let entry = self.log.next_number().checked_sub(1);
        self.find(finding, entry);
    }
}

/// Whether a callback is entered.
fn enters(entry: &Entry) -> bool {
    matches!(entry.what, What::CallbackEntered { .. } | What::EventEntered { .. })
}

fn target_of(handle: TargetHandle) -> Option<Target> {
    Some(match handle {
        TargetHandle::Operation(it) => Target::Operation(it.number()?),
        TargetHandle::System(it) => Target::System(it.number()?),
        TargetHandle::Process(it) => Target::Process(it.number()?),
    })
}

/// The first call that is not the recorded one.
fn depart(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    (call, source): (Call, Option<Source>),
    instead: Instead,
) -> Answered {
    let id = call.compute_system().and_then(|it| world.log.system_id(it)).cloned();
    let finding = words::departed(&call, id.as_deref(), &world.threads.name(label), &instead);
    let entry = world.log.next_number();
    world.find(finding, Some(entry));
    if let Some(replay) = world.replay.as_deref_mut() {
        replay.departed = true;
    }
    refused(shared, world, label, call, source)
}

fn refused(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    call: Call,
    source: Option<Source>,
) -> Answered {
    const CODE: Hresult = HCS_E_SERVICE_NOT_AVAILABLE;
    let now = world.now();
    let answer = refusal_of(&call, CODE);
    let performed = Performed { note: Some(words::after_departure()), ..Performed::done(answer) };
    let answered = write_down(shared, world, label, now, (call, source), performed);
    shared.announce(world);
    answered
}

fn write_down(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    began: Nanos,
    (call, source): (Call, Option<Source>),
    performed: Performed,
) -> Answered {
    let entry = world.log.next_number();
    // A departure was noticed under this number already.
    let noticing = Noticing { provisional: entry, findings: world.findings.len().saturating_sub(1) };
    let answered = call::write_down(shared, world, label, began, call, performed);
    world.written_down(noticing, entry, source);
    answered
}
