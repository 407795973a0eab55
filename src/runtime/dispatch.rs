//! The host's own threads, on which callbacks run: never on the caller's, never under the world's lock. Callbacks and guest
//! programs take turns. Not here: when something completes or happens (`world`), the unsafe calls themselves (`abi`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::clock::Time;
use super::seat;
use super::threads::Threads;
use super::world::{Shared, World};
use crate::event::EventType;
use crate::journal::{Event, What, report};
use crate::model::Nanos;
use crate::model::registration::{Target, Told};

/// How long the user's threads have to be quiet before the dispatcher moves the clock for the sake of a callback or a program
/// that nobody waits for inside the host.
const QUIET: Duration = Duration::from_millis(3);

/// How long it takes a thread's word that it is running, on systems that tell, though it makes no calls.
const BUSY: Duration = Duration::from_millis(250);

/// How long others wait for a callback before they go on without it: it may need what they hold.
pub(crate) const CALLBACK_PAUSE: Duration = Duration::from_millis(100);

const MOST_WORKERS: u32 = 64;

#[derive(Default)]
pub(crate) struct Dispatch {
    jobs: VecDeque<Job>,
    workers: u32,
    idle: u32,
    /// Callbacks and programs that run in the user's code, not counting those that wait inside the host.
    running: u32,
    /// How many may run side by side: one, so that runs repeat, and one more whenever one does not come back.
    overlap: u32,
    /// The callbacks that run.
    entered: Vec<Entered>,
    label: Option<u32>,
    /// Since when the user's threads have made no call, while a callback is awaited.
    quiet: Option<Instant>,
    /// It was said already that a callback is awaited which nothing will bring about.
    hinted: bool,
    /// Callbacks of one handle may run side by side.
    concurrent: bool,
    /// Whom nothing is told any more.
    pub(crate) muted: Muted,
}

/// Which callbacks are not called any more: the test that they belong to is over, and what they refer to may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Muted {
    #[default]
    Nobody,
    /// Those of handles, which should have been closed. Those of operations may yet close them.
    Handles,
    All,
}

/// A callback that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entered {
    pub(crate) target: Target,
    /// The thread that it runs on.
    pub(crate) label: u32,
    /// What it was told; nothing for a completion callback.
    pub(crate) event: Option<EventType>,
    pub(crate) since: Nanos,
}

/// Something to run in the user's code.
pub(crate) enum Job {
    Completion(Completion),
    Event(Box<Told>),
    /// A program's turn.
    Guest(u64),
}

/// A completion callback to be called: of which operation and use, and with what.
pub(crate) struct Completion {
    pub(crate) operation: u64,
    pub(crate) id: u64,
    pub(crate) callback: usize,
    pub(crate) context: usize,
}

impl Job {
    /// What runs one after the other: the callbacks of one handle. (fidelity: `events-serial`)
    fn lane(&self) -> Option<Target> {
        match self {
            Job::Completion(it) => Some(Target::Operation(it.operation)),
            Job::Event(told) => Some(told.target),
            Job::Guest(_) => None,
        }
    }
}

impl Dispatch {
    pub(crate) fn new(concurrent: bool) -> Dispatch {
        Dispatch { concurrent, ..Dispatch::default() }
    }

    pub(crate) fn enqueue(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// The label under which the host itself stands in the journal.
    pub(crate) fn label(&mut self, threads: &mut Threads) -> u32 {
        *self.label.get_or_insert_with(|| threads.add_own())
    }

    /// Whether something is queued that may run, or runs in the user's code; not counting what did not come back in time.
    fn is_busy(&self) -> bool {
        self.running > self.overlap || self.jobs.iter().any(|it| self.may_run(it))
    }

    fn may_run(&self, job: &Job) -> bool {
        self.concurrent || job.lane().is_none_or(|lane| !self.entered.iter().any(|it| it.target == lane))
    }

    /// A callback's thread enters or leaves a wait inside the host.
    pub(crate) fn set_waiting(&mut self, waiting: bool) {
        if waiting {
            self.running -= 1;
        } else {
            self.running += 1;
        }
    }

    /// A callback does not come back: let another one start beside it.
    pub(crate) fn allow_overlap(&mut self) {
        if self.overlap < self.running {
            self.overlap = self.running;
        }
    }

    /// The callback of a target that runs on another thread, or on this one.
    pub(crate) fn entered(&self, target: Target, label: u32, elsewhere: bool) -> Option<Entered> {
        self.entered.iter().find(|it| it.target == target && (it.label != label) == elsewhere).copied()
    }

    /// The place in the queue of what runs next.
    fn next(&mut self) -> Option<usize> {
        if self.running > self.overlap && !self.concurrent {
            return None;
        }
        if self.running == 0 {
            self.overlap = 0;
        }
        self.jobs.iter().position(|it| self.may_run(it))
    }
}

impl World {
    /// Whether something runs in the user's code, or is about to: time stands still then.
    pub(crate) fn is_busy(&self) -> bool {
        self.dispatch.is_busy() || self.guests.is_any_ready(&self.gateway.pipes)
    }

    /// Whether time may concern somebody who does not wait inside the host.
    fn is_awaited(&self) -> bool {
        self.model.awaited > 0 || self.model.registrations > 0 || self.guests.are_running()
    }

    /// Gives programs their turns, up to the next callback, which needs a thread of the dispatcher.
    fn pump(&mut self) -> Option<usize> {
        self.thaw();
        loop {
            let at = self.dispatch.next()?;
            let Job::Guest(process) = self.dispatch.jobs[at] else { return Some(at) };
            self.dispatch.jobs.remove(at);
            if self.give_turn(process) {
                self.dispatch.running += 1;
            }
        }
    }
}

/// Makes sure that somebody runs what is queued, or moves the clock for what is awaited.
pub(crate) fn ensure_worker(shared: &Arc<Shared>, world: &mut World) {
    let has_jobs = !world.dispatch.jobs.is_empty();
    if !has_jobs && !world.is_awaited() {
        return;
    }
    let next = if has_jobs || world.guests.has_frozen() { world.pump() } else { None };
    let dispatch = &mut world.dispatch;
    if dispatch.idle > 0 {
        shared.work.notify_one();
        return;
    }
    if dispatch.workers >= MOST_WORKERS || (dispatch.workers > 0 && next.is_none()) {
        return;
    }
    dispatch.workers += 1;
    let label =
        if dispatch.workers == 1 { dispatch.label(&mut world.threads) } else { world.threads.add_own() };
    let shared = Arc::clone(shared);
    let spawned = std::thread::Builder::new().name("hcs-sim".to_owned()).spawn(move || work(&shared, label));
    if spawned.is_err() {
        world.dispatch.workers -= 1; // out of threads: the next call tries again
    }
}

/// A program stops running in the user's code: others go on.
pub(super) fn left(shared: &Arc<Shared>, world: &mut World) {
    world.dispatch.running -= 1;
    ensure_worker(shared, world);
    shared.announce(world);
}

/// Lets callbacks and programs go as far as they can, for a while: what the caller sees next is then the same in every run.
/// Inside a callback nothing is waited for: the next one comes when this one has returned.
pub(crate) fn settle(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    if !world.is_busy() || seat::is_worker_of(shared) {
        return;
    }
    let started = Instant::now();
    while world.is_busy() {
        ensure_worker(shared, world);
        let Some(left) = CALLBACK_PAUSE.checked_sub(started.elapsed()) else {
            world.dispatch.allow_overlap();
            ensure_worker(shared, world);
            break;
        };
        wait(shared, world, left);
    }
}

/// Something has happened on the word of the test: whoever waits looks again, and the dispatcher sees what is due now.
pub(crate) fn after_a_step(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    shared.announce(world);
    ensure_worker(shared, world);
    settle(shared, world);
}

/// Waits for something to happen, for a while.
pub(crate) fn wait(shared: &Shared, world: &mut MutexGuard<'_, World>, limit: Duration) {
    world.waiting += 1;
    shared.changed.wait_for(world, limit);
    world.waiting -= 1;
}

/// The life of a dispatcher thread.
fn work(shared: &Arc<Shared>, label: u32) {
    let _seat = seat::enter_as_worker(shared, label);
    let mut world = shared.world.lock();
    while !world.ended {
        match world.pump().and_then(|at| world.dispatch.jobs.remove(at)) {
            Some(job) => run(shared, &mut world, job, label),
            None => rest(shared, &mut world),
        }
    }
    world.dispatch.workers -= 1;
}

fn run(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, job: Job, label: u32) {
    match job {
        Job::Completion(job) => complete(shared, world, &job, label),
        Job::Event(told) => tell(shared, world, *told, label),
        Job::Guest(_) => {} // `pump` takes these
    }
    shared.announce(world);
    if !world.dispatch.jobs.is_empty() {
        ensure_worker(shared, world);
    }
}

fn complete(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, job: &Completion, label: u32) {
    // Closed between its completion and now: nothing is called any more. (fidelity: close-stops-callback)
    let Some(operation) = world.model.operations.get(job.operation) else { return };
    if world.dispatch.muted == Muted::All {
        return;
    }
    let handle = operation.handle;
    let operation = world.model.operation_handle(job.operation);
    in_the_clients_code(world, Target::Operation(job.operation), None, label, |world, enters| {
        if enters {
            log(world, label, What::CallbackEntered { operation });
            MutexGuard::unlocked(world, || {
                (shared.gateway.call_back)(job.callback, handle.0, job.context);
            });
        } else {
            log(world, label, What::CallbackReturned { operation });
        }
    });
    callback_is_over(world, job.operation, job.id);
}

/// Tells a callback of an event, if it is still registered, and the operation that it is about still open.
/// (fidelity: `close-unregisters`)
fn tell(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, told: Told, label: u32) {
    let is_muted = match world.dispatch.muted {
        Muted::Nobody => false,
        Muted::Handles => !matches!(told.target, Target::Operation(_)),
        Muted::All => true,
    };
    if is_muted || !world.model.is_registered(&told) {
        return;
    }
    let operation = match told.operation {
        None => 0,
        Some((number, _)) => match world.model.operations.get(number) {
            Some(operation) => operation.handle.0,
            None => return,
        },
    };
    let named = told.operation.map(|(number, _)| world.model.operation_handle(number));
    let target = world.model.target_name(told.target);
    in_the_clients_code(world, told.target, Some(told.event), label, |world, enters| {
        let (event, target) = (told.event, target.clone());
        if enters {
            let data = told.data.clone();
            log(world, label, What::EventEntered { event, target, operation: named, data });
            MutexGuard::unlocked(world, || {
                let data = told.data.as_deref();
                (shared.gateway.tell)(told.callback, told.event.number(), data, operation, told.context);
            });
        } else {
            log(world, label, What::EventReturned { event, target });
        }
    });
    if let Some((number, id)) = told.operation {
        callback_is_over(world, number, id);
    }
}

/// Runs a callback: the closure is asked to enter it, and then to note its return.
/// A panic in it ends the process at the callback's own `extern` boundary, as it does on Windows: nothing to catch.
fn in_the_clients_code(
    world: &mut MutexGuard<'_, World>,
    target: Target,
    event: Option<EventType>,
    label: u32,
    mut step: impl FnMut(&mut MutexGuard<'_, World>, bool),
) {
    let since = world.now();
    world.dispatch.running += 1;
    world.dispatch.entered.push(Entered { target, label, event, since });
    step(world, true);
    world.dispatch.running -= 1;
    world.dispatch.entered.retain(|it| it.target != target || it.label != label);
    step(world, false);
}

fn log(world: &mut World, label: u32, what: What) {
    let now = world.now();
    world.log.push(now, now, label, Event::Other(Box::new(what)));
}

/// The operation's system can be asked for no longer.
fn callback_is_over(world: &mut World, operation: u64, id: u64) {
    if let Some(operation) = world.model.operations.get_mut(operation)
        && operation.callback_of == id
    {
        operation.callback_of = 0;
    }
}

/// Nothing to run: sleep, or move the clock for what nobody waits for inside the host.
fn rest(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    world.dispatch.idle += 1;
    let due = world.queue.next_at().filter(|_| world.is_awaited() && !world.dispatch.is_busy());
    match (world.clock.mode, due) {
        (Time::Real, Some(at)) => {
            let limit = world.clock.real_time_until(at);
            if limit.is_zero() || shared.work.wait_for(world, limit).timed_out() {
                world.catch_up();
                shared.announce(world);
            }
        }
        (Time::Virtual, Some(_)) => {
            let calls = world.calls;
            let started = Instant::now();
            shared.work.wait_for(world, QUIET);
            if world.calls != calls || world.waiting > 0 || world.is_busy() {
                world.dispatch.quiet = None;
            } else if started.elapsed() >= QUIET {
                let quiet = *world.dispatch.quiet.get_or_insert(started);
                if world.threads.are_asleep(None) || quiet.elapsed() >= BUSY {
                    world.dispatch.quiet = None;
                    world.run_next();
                    shared.announce(world);
                }
            }
        }
        (Time::Virtual, None) if world.model.awaited > 0 && !world.dispatch.hinted => {
            let (calls, patience) = (world.calls, world.settings.patience);
            let timed_out = shared.work.wait_for(world, patience).timed_out();
            let nothing_happens = timed_out && world.calls == calls && world.waiting == 0;
            if nothing_happens && world.queue.next_at().is_none() && world.threads.are_asleep(None) {
                // Whatever the client waits in, it is not ours to end; but somebody may be looking at a test that hangs.
                world.dispatch.hinted = true;
                eprintln!("{}", report::awaited_callback(world.model.awaited, patience));
            }
        }
        _ => shared.work.wait(world),
    }
    world.dispatch.idle -= 1;
}
