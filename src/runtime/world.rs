//! The world of one host: everything behind its lock, and the steps by which time passes in it.
//! Not here: calls (`call`), waiting (`wait`), callbacks (`dispatch`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::clock::{Clock, Time};
use super::dispatch::{self, Dispatch, Job};
use super::documents::Documents;
use super::existing::Declared;
use super::guests::Guests;
use super::hot::HotSeat;
use super::lanes::{Lane, Lanes};
use super::lints::Lints;
use super::pipes::PipeTable;
use super::queue::{Order, Queue};
use super::replay::Replay;
use super::threads::Threads;
use crate::abi::pipe::Pipes;
use crate::call::OperationType;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::level::Level;
use crate::journal::place::Place;
use crate::journal::written::JournalFile;
use crate::journal::{Event, Journal, Log, Output, What};
use crate::model::Nanos;
use crate::model::behavior::{Behavior, usual_latency};
use crate::model::host::Host;
use crate::model::lifecycle::nanos;
use crate::model::registration::Target;
use crate::model::step::{Accepted, Due, Effect, GuestChange, Plan};
use crate::script::Script;
use crate::script::rule::Reply;

/// A host as its doors share it.
pub(crate) struct Shared {
    pub(crate) serial: u32,
    pub(crate) world: Mutex<World>,
    /// Something happened that a waiting thread may wait for.
    pub(crate) changed: Condvar,
    /// There may be work for the dispatcher.
    pub(crate) work: Condvar,
    pub(crate) gateway: Gateway,
    /// A dispatcher thread that looks out for callbacks.
    pub(crate) hot: HotSeat,
    /// Of how many calls to come the places are taken.
    places_left: AtomicUsize,
    /// How many threads take a place, or have one and not the lock yet. A thread may sleep meanwhile, as all threads of the process take
    /// places one after the other; it is at work all the same.
    arriving: AtomicUsize,
    /// The last clone of the host is gone; others may still hold this for a moment.
    pub(crate) over: AtomicBool,
    /// The host that has taken its place.
    pub(crate) successor: OnceLock<Weak<Shared>>,
}

/// What only unsafe code can do, handed in by `abi`.
#[derive(Clone, Copy)]
pub(crate) struct Gateway {
    /// Copies a text into memory of its own, as UTF-16 with a NUL: address and size in bytes. Address 0: no memory.
    pub(crate) publish: fn(&str) -> (usize, usize),
    /// Gives such memory back.
    pub(crate) take_back: fn(usize, usize),
    /// Whether a document that was handed out and never freed here is still at its address.
    pub(crate) is_there: fn(usize, &str) -> bool,
    /// Calls a completion callback: its address, the operation, the context.
    pub(crate) call_back: fn(usize, u64, usize),
    /// Calls an event callback: its address, the type, the data, the operation, the context.
    pub(crate) tell: fn(usize, i32, Option<&str>, u64, usize),
    pub(crate) pipes: Pipes,
}

/// When an accepted operation completes.
///
/// ```
/// use hcs_sim::{Completion, Host};
/// Host::builder().completion(Completion::WhenReleased).run(|host| {
///     assert!(!host.release_next()); // nothing is held yet
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Completion {
    /// After its latency: the call returns with the operation pending. The default.
    #[default]
    Asynchronous,
    /// Before the call returns; the call takes the latency.
    BeforeReturn,
    /// Only when the test releases it: [`Host::release_next`](crate::Host::release_next),
    /// [`Host::release_all`](crate::Host::release_all).
    WhenReleased,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) completion: Completion,
    pub(crate) call_latency: Duration,
    pub(crate) latency: Option<Duration>,
    pub(crate) latencies: BTreeMap<OperationType, Duration>,
    pub(crate) poll_step: Duration,
    pub(crate) patience: Duration,
    pub(crate) grace: Duration,
    pub(crate) journal_limit: usize,
    pub(crate) journal_file: Option<JournalFile>,
    pub(crate) source_lines: usize,
    pub(crate) time: Time,
    pub(crate) order: Order,
    pub(crate) behavior: Behavior,
    /// The levels that were set.
    pub(crate) levels: BTreeMap<FindingKind, Level>,
}

impl Settings {
    pub(crate) fn level(&self, kind: FindingKind) -> Level {
        self.levels.get(&kind).copied().unwrap_or_else(|| kind.default_level())
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            completion: Completion::Asynchronous,
            call_latency: Duration::ZERO,
            latency: None,
            latencies: BTreeMap::new(),
            poll_step: Duration::from_millis(10),
            patience: Duration::from_secs(5),
            grace: Duration::from_millis(50),
            journal_limit: 100_000,
            journal_file: None,
            source_lines: 512,
            time: Time::Virtual,
            order: Order::Sequence,
            behavior: Behavior::default(),
            levels: BTreeMap::new(),
        }
    }
}

pub(crate) struct World {
    /// The host that it is of.
    pub(crate) this: Weak<Shared>,
    pub(crate) gateway: Gateway,
    pub(crate) model: Host,
    pub(crate) script: Script,
    /// The recording that answers instead of the model.
    pub(crate) replay: Option<Box<Replay>>,
    pub(crate) clock: Clock,
    pub(crate) queue: Queue,
    pub(crate) log: Log,
    pub(crate) findings: Vec<Finding>,
    pub(crate) threads: Threads,
    pub(crate) documents: Documents,
    pub(crate) settings: Settings,
    pub(crate) dispatch: Dispatch,
    pub(crate) guests: Guests,
    pub(crate) pipes: PipeTable,
    pub(crate) lanes: Lanes,
    /// What processes have written, by their ids.
    pub(crate) outputs: BTreeMap<u32, Output>,
    pub(crate) lints: Lints,
    /// Where the callbacks of handles were registered.
    pub(crate) places: BTreeMap<Target, Place>,
    pub(crate) gates: BTreeMap<u64, Gate>,
    /// The ends of finite waits: (when, which wait).
    pub(crate) deadlines: BTreeSet<(Nanos, u64)>,
    pub(crate) waits: u64,
    /// Threads that wait in `changed`.
    pub(crate) waiting: u32,
    /// Threads that wait for a pipe inside the host.
    pub(crate) readers: u32,
    /// Calls so far, for telling whether anybody still acts.
    pub(crate) calls: u64,
    /// What others had done when a finite wait last gave them their chance in vain.
    pub(crate) chance_given: u64,
    pub(crate) ended: bool,
    /// What a test or a file said was there before.
    pub(crate) declared: Declared,
    /// Runs of test bodies that are under way, one inside of the other.
    pub(crate) runs: u32,
    /// What was reported as open, so that it is reported once: kind and number.
    pub(crate) leaks_told: BTreeSet<(char, u64)>,
}

/// Completions that wait for the test.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) open: bool,
    pub(crate) held: Vec<Accepted>,
    /// The test still holds the gate.
    pub(crate) in_hand: bool,
    /// The name by which it is released.
    pub(crate) name: Option<String>,
}

/// A call in which something may be noticed before it has its entry.
#[derive(Clone, Copy)]
pub(crate) struct Noticing {
    /// What is noticed stands under this number of no entry.
    pub(crate) provisional: u64,
    /// How many findings there were when it began.
    pub(crate) findings: usize,
}

/// The gate of [`Completion::WhenReleased`].
pub(crate) const HOST_GATE: u64 = 0;

impl Shared {
    pub(crate) fn new(serial: u32, settings: Settings, gateway: Gateway) -> Arc<Shared> {
        let dispatch = Dispatch::new(settings.behavior.delivery);
        // Without a journal there is nothing beside which they could be kept.
        let places_left = if settings.journal_limit == 0 { 0 } else { settings.source_lines };
        let mut log = Log::new(settings.journal_limit, settings.source_lines);
        if let Some(file) = &settings.journal_file {
            log.write_to(file.clone());
        }
        Arc::new_cyclic(|this| {
            let world = World {
                this: Weak::clone(this),
                gateway,
                model: Host::new(serial, settings.behavior.clone()),
                script: Script::default(),
                replay: None,
                clock: Clock::new(settings.time),
                queue: Queue::new(settings.order),
                log,
                findings: Vec::new(),
                threads: Threads::default(),
                documents: Documents::default(),
                dispatch,
                guests: Guests::default(),
                pipes: PipeTable::default(),
                lanes: Lanes::default(),
                outputs: BTreeMap::new(),
                lints: Lints::default(),
                places: BTreeMap::new(),
                gates: BTreeMap::from([(HOST_GATE, Gate::default())]),
                deadlines: BTreeSet::new(),
                waits: 0,
                waiting: 0,
                readers: 0,
                calls: 0,
                chance_given: 0,
                ended: false,
                declared: Declared::default(),
                runs: 0,
                leaks_told: BTreeSet::new(),
                settings,
            };
            Shared {
                serial,
                world: Mutex::new(world),
                changed: Condvar::new(),
                work: Condvar::new(),
                gateway,
                hot: HotSeat::default(),
                places_left: AtomicUsize::new(places_left),
                arriving: AtomicUsize::new(0),
                over: AtomicBool::new(false),
                successor: OnceLock::new(),
            }
        })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// The place of the call that begins, if it is one of the first: then the thread says `arrived` once it has the lock. For all others
    /// this is one comparison. The world is not locked: taking a place is the dearest part of a call.
    #[inline]
    pub(crate) fn place_of_call(&self) -> Option<Place> {
        if self.places_left.load(Ordering::Relaxed) == 0 { None } else { self.take_place() }
    }

    #[cold]
    fn take_place(&self) -> Option<Place> {
        let taken =
            self.places_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1));
        taken.ok().map(|_| {
            self.arriving.fetch_add(1, Ordering::Relaxed);
            Place::here()
        })
    }

    /// A thread that has taken a place has the lock.
    #[inline]
    pub(crate) fn arrived(&self, place: Option<&Place>) {
        if place.is_some() {
            self.arriving.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether a thread is about to come in with a call.
    pub(crate) fn is_anybody_arriving(&self) -> bool {
        self.arriving.load(Ordering::Relaxed) > 0
    }

    /// Wakes whoever waits for something to happen.
    pub(crate) fn announce(&self, world: &World) {
        if world.waiting > 0 || world.readers > 0 {
            self.changed.notify_all();
        }
    }
}

impl World {
    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Writes down what happened.
    #[inline]
    pub(crate) fn note(&mut self, began: Nanos, at: Nanos, label: u32, event: Event) {
        let World { log, threads, .. } = self;
        log.push(began, at, label, event, |label| threads.name(label));
    }

    /// Puts an accepted request on its way. Answers when it will complete, if that is known.
    pub(crate) fn send_off(&mut self, mut accepted: Accepted, reply: Option<&Reply>) -> Option<Nanos> {
        accepted.aside = reply.and_then(|it| it.aside.clone());
        accepted.lane = self.lane_of(&accepted).map(Box::new);
        if let Some(lane) = accepted.lane.as_deref().copied() {
            accepted = self.lanes.enter(lane, accepted, reply)?;
        }
        if let Some(aside) = &accepted.aside {
            for (after, event) in &aside.raises_meanwhile {
                let at = self.now().saturating_add(nanos(*after));
                self.queue.push(at, Due::Raise(Box::new(event.clone()), None));
            }
        }
        self.send(accepted, reply)
    }

    fn send(&mut self, accepted: Accepted, reply: Option<&Reply>) -> Option<Nanos> {
        if matches!(accepted.plan, Plan::Never) {
            return None;
        }
        let gate = reply
            .and_then(|it| it.gate)
            .or_else(|| (self.settings.completion == Completion::WhenReleased).then_some(HOST_GATE));
        if let Some(gate) = gate.and_then(|it| self.gates.get_mut(&it)).filter(|it| !it.open) {
            gate.held.push(accepted);
            return None;
        }
        let latency = reply.and_then(|it| it.after).unwrap_or_else(|| self.latency_of(accepted.request.kind));
        let at = self.now().max(self.model.earliest(&accepted)).saturating_add(nanos(latency));
        self.model.created_at(&accepted, at);
        if self.model.operations.get(accepted.operation).is_some_and(|it| it.wants_progress()) {
            let half = self.now() + (at - self.now()) / 2;
            self.queue.push(half, Due::Progress { operation: accepted.operation, id: accepted.id });
        }
        self.queue.push(at, Due::Finish(accepted));
        Some(at)
    }

    fn latency_of(&self, kind: OperationType) -> Duration {
        let settings = &self.settings;
        if settings.latencies.is_empty() {
            return settings.latency.unwrap_or_else(|| usual_latency(kind));
        }
        settings.latencies.get(&kind).copied().or(settings.latency).unwrap_or_else(|| usual_latency(kind))
    }

    /// Completes a held request now.
    pub(crate) fn release(&mut self, accepted: Accepted) {
        let now = self.now();
        self.happen(Due::Finish(accepted), now);
    }

    /// Moves the clock to the next due effect and lets it happen.
    pub(crate) fn run_next(&mut self) {
        if let Some((at, due)) = self.queue.pop() {
            self.clock.move_to(at);
            self.happen(due, at);
        }
    }

    /// Lets everything happen that is due until a time, and moves the clock there.
    pub(crate) fn pass_time_to(&mut self, until: Nanos) {
        while self.queue.next_at().is_some_and(|at| at <= until) {
            self.run_next();
        }
        self.clock.move_to(until);
    }

    /// In real time, lets everything happen whose time has come.
    pub(crate) fn catch_up(&mut self) {
        if self.clock.mode == Time::Real {
            self.clock.read();
            self.pass_time_to(self.now());
        }
    }

    fn happen(&mut self, due: Due, at: Nanos) {
        self.model.set_now(at);
        let mut note = None;
        let mut lane = None;
        match due {
            Due::Finish(accepted) => {
                lane = accepted.lane.as_deref().copied();
                note = self.model.finish(accepted, at);
            }
            Due::Exit { system, cause } => self.model.exit(system, cause),
            Due::TellExit { system } => self.model.tell_exit(system),
            Due::TellProcessExit { process } => self.model.tell_process_exit(process),
            Due::Progress { operation, id } => self.model.progress(operation, id),
            Due::MigrationStep { system, serial, index } => {
                self.model.migration_step(system, serial, index, at)
            }
            Due::Wake { process, serial } => self.wake_guest(process, serial),
            Due::Raise(event, raised) => self.raise(&event, raised),
            Due::Release(name) => {
                self.open_gate(&name);
            }
        }
        self.take_in(note);
        if let Some((next, reply)) = lane.and_then(|it: Lane| self.lanes.leave(it)) {
            self.send(next, reply.as_ref());
        }
    }

    /// Passes on what happened in the model: to the journal, to the dispatcher, to the queue.
    pub(crate) fn take_in(&mut self, mut note: Option<String>) {
        let now = self.now();
        let own = self.dispatch.label(&mut self.threads);
        // Both lists are given back, so that a step allocates nothing.
        let mut completed = std::mem::take(&mut self.model.happened.completed);
        for it in completed.drain(..) {
            let operation = self.model.operation_handle(it.operation);
            let event = match note.take() {
                None => Event::Completed {
                    operation,
                    kind: it.kind,
                    hresult: it.hresult,
                    document: it.document,
                    dropped: !it.tracked,
                },
                Some(note) => Event::Other(Box::new(What::Completed {
                    operation,
                    operation_type: it.kind,
                    hresult: it.hresult,
                    document: it.document,
                    dropped: !it.tracked,
                    note: Some(note.into()),
                })),
            };
            self.note(now, now, own, event);
            if it.callback != 0 {
                self.dispatch.enqueue(Job::Completion(dispatch::Completion {
                    operation: it.operation,
                    id: it.id,
                    callback: it.callback,
                    context: it.context,
                }));
            }
        }
        self.model.happened.completed = completed;
        // An effect on a program may bring about others.
        while !self.model.happened.effects.is_empty() {
            for effect in std::mem::take(&mut self.model.happened.effects) {
                self.take_in_effect(effect, own);
            }
        }
        let mut later = std::mem::take(&mut self.model.happened.later);
        for (after, due) in later.drain(..) {
            self.queue.push(now.saturating_add(nanos(after)), due);
        }
        self.model.happened.later = later;
    }

    fn take_in_effect(&mut self, effect: Effect, own: u32) {
        let what = match effect {
            Effect::Exited(system_id, document) => What::Exited { system_id, document },
            Effect::ProcessExited { system_id, process_id, document } => {
                let output = self.outputs.remove(&process_id).map(Arc::new);
                What::ProcessExited { system_id, process_id, document, output }
            }
            Effect::Service(what) => What::Service { what: what.into() },
            Effect::Tell(told) => return self.dispatch.enqueue(Job::Event(Box::new(told))),
            Effect::Guest(process, change) => {
                self.change_guest(process, change);
                if change == GuestChange::End {
                    for (next, reply) in self.lanes.open(process) {
                        self.send(next, reply.as_ref());
                    }
                }
                return;
            }
        };
        let now = self.now();
        self.note(now, now, own, Event::Other(Box::new(what)));
    }

    /// Something is wrong with what the calling thread asks for now, in a call that stands in no journal. Answers it with its place.
    pub(crate) fn find_here(&mut self, mut finding: Finding) -> Finding {
        let place = self.log.places().are_wanted().then(Place::here);
        finding.sources.noticed_at("called at", place.as_ref());
        self.find(finding.clone(), None);
        finding
    }

    /// A call has its entry: what was noticed of it meanwhile, under a provisional number, gets the right one and the place.
    pub(crate) fn written_down(&mut self, call: Noticing, entry: u64, mut place: Option<Place>) {
        // A verification may have taken what was there before.
        let first = if self.findings.len() < call.findings { 0 } else { call.findings };
        if place.is_none() && self.findings.len() <= first && self.script.is_empty() {
            return;
        }
        self.script.written_down(call.provisional, entry);
        let is_its = |it: &&mut Finding| it.entry == Some(call.provisional) || it.entry == Some(entry);
        for finding in self.findings[first..].iter_mut().filter(is_its) {
            if place.is_none() && self.log.places().are_wanted() {
                place = Some(Place::here());
            }
            finding.entry = Some(entry);
            finding.sources.noticed_at("called at", place.as_ref());
        }
        if let Some(place) = place {
            self.log.keep_place(entry, place);
        }
    }

    pub(crate) fn find(&mut self, mut finding: Finding, entry: Option<u64>) {
        finding.entry = finding.entry.or(entry);
        #[cfg(feature = "tracing")]
        self.log.heard.found(&finding, self.settings.level(finding.kind) == Level::Allow);
        self.findings.push(finding);
    }

    /// A finding of a call that is still under way has no entry in the journal yet.
    pub(crate) fn so_far(&self, finding: Finding) -> Finding {
        let entry = finding.entry.filter(|it| *it < self.log.next_number());
        Finding { entry, ..finding }
    }

    pub(crate) fn journal(&self) -> Journal {
        self.log.snapshot(|label| self.threads.name(label))
    }
}
