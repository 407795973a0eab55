//! The host's own threads, on which callbacks run: never on the caller's, never under the world's lock. Callbacks and guest
//! programs take turns. Not here: when something completes or happens (`world`), the unsafe calls themselves (`abi`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::hot::{Callback, Handed};
use super::replay::Replay;
use super::rest::{Rest, rest};
use super::threads::Threads;
use super::world::{Shared, World};
use super::{seat, trace};
use crate::event::EventType;
use crate::handle::TargetHandle;
use crate::journal::{Event, What};
use crate::model::Nanos;
use crate::model::behavior::CallbackDelivery;
use crate::model::registration::{Target, Told};

/// How long others wait for a callback before they go on without it: it may need what they hold.
pub(crate) const CALLBACK_PAUSE: Duration = Duration::from_millis(100);

/// How often it is looked whether a callback that takes long is at work.
pub(super) const LOOK: Duration = Duration::from_millis(10);

const MOST_WORKERS: u32 = 64;

#[derive(Default)]
pub(crate) struct Dispatch {
    jobs: VecDeque<Job>,
    pub(super) workers: u32,
    pub(super) idle: u32,
    /// Workers whose callbacks wait inside the host: they see to nothing.
    inside: u32,
    /// Callbacks and programs that run in the user's code, not counting those that wait inside the host.
    pub(super) running: u32,
    /// How many may run side by side: one, so that runs repeat, and one more whenever one does not come back.
    overlap: u32,
    /// The callbacks that run.
    pub(super) entered: Vec<Entered>,
    label: Option<u32>,
    /// Since when the user's threads have made no call, while a callback is awaited.
    pub(super) quiet: Option<Instant>,
    /// It was said already that a callback is awaited which nothing will bring about.
    pub(super) hinted: bool,
    /// What may run side by side.
    delivery: CallbackDelivery,
    /// A thread looks at the clock every now and then.
    pub(super) watching: bool,
    /// A thread waits to say that a callback is awaited which nothing will bring about.
    pub(super) hinting: bool,
    /// The callback that was handed over.
    pub(super) in_hand: Option<InCallback>,
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
    /// A callback that a recording has.
    Replayed(Box<InCallback>),
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
            Job::Replayed(it) => Some(it.target),
        }
    }
}

impl Dispatch {
    pub(crate) fn new(delivery: CallbackDelivery) -> Dispatch {
        Dispatch { delivery, ..Dispatch::default() }
    }

    pub(crate) fn enqueue(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// The label under which the host itself stands in the journal.
    pub(crate) fn label(&mut self, threads: &mut Threads) -> u32 {
        *self.label.get_or_insert_with(|| threads.add_own())
    }

    /// Whether something is queued that may run, or runs in the user's code; not counting what did not come back in time.
    #[inline]
    pub(super) fn is_busy(&self) -> bool {
        self.running > self.overlap || self.may_run_any()
    }

    /// Whether something is queued that may run.
    #[inline]
    pub(super) fn may_run_any(&self) -> bool {
        !self.jobs.is_empty() && self.jobs.iter().any(|it| self.may_run(it))
    }

    /// Whether a callback or a program runs in the user's code, however long it takes.
    pub(super) fn runs_anything(&self) -> bool {
        self.running > 0
    }

    fn may_run(&self, job: &Job) -> bool {
        self.delivery == CallbackDelivery::SideBySide
            || job.lane().is_none_or(|lane| !self.entered.iter().any(|it| it.target == lane))
    }

    /// The thread of a callback or a program enters or leaves a wait inside the host.
    pub(crate) fn set_waiting(&mut self, label: u32, waiting: bool) {
        let is_worker = u32::from(self.entered.iter().any(|it| it.label == label));
        if waiting {
            self.running -= 1;
            self.inside += is_worker;
        } else {
            self.running += 1;
            self.inside -= is_worker;
        }
    }

    /// A callback does not come back: let another one start beside it.
    pub(crate) fn allow_overlap(&mut self) {
        if self.overlap < self.running {
            self.overlap = self.running;
        }
    }

    /// How many callbacks of a recording have been entered and have not returned, as the recording has it.
    pub(super) fn callbacks_entered(&self) -> usize {
        self.entered.len() + self.jobs.iter().filter(|it| matches!(it, Job::Replayed(_))).count()
    }

    /// Whose callback a thread is inside of.
    pub(super) fn entered_on(&self, label: u32) -> Option<Target> {
        self.entered.iter().find(|it| it.label == label).map(|it| it.target)
    }

    /// Whether a thread is inside of a callback.
    pub(super) fn is_in_callback(&self, label: u32) -> bool {
        self.entered.iter().any(|it| it.label == label)
    }

    /// The callback of a target that runs on another thread, or on this one.
    pub(crate) fn entered(&self, target: Target, label: u32, elsewhere: bool) -> Option<Entered> {
        self.entered.iter().find(|it| it.target == target && (it.label != label) == elsewhere).copied()
    }

    /// The place in the queue of what runs next.
    fn next(&mut self) -> Option<usize> {
        if self.running > self.overlap && self.delivery == CallbackDelivery::OneByOne {
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

    /// Whether what keeps the world busy is at work, or about to be: it is only slow, and not waiting for anybody. Asked once
    /// the usual pause is over.
    pub(super) fn is_at_work(&self) -> bool {
        let dispatch = &self.dispatch;
        let is_picked_up = dispatch.running > dispatch.overlap;
        !is_picked_up
            || self.guests.is_any_at_work()
            || dispatch.entered.iter().any(|it| self.threads.is_at_work(it.label))
    }

    /// Whether time may concern somebody who does not wait inside the host.
    pub(super) fn is_awaited(&self) -> bool {
        self.model.awaited > 0
            || self.model.registrations > 0
            || self.guests.are_running()
            || self.replay.as_deref().is_some_and(Replay::has_callbacks_left)
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
    if next.is_none() {
        // Whoever runs or looks out goes on to watch the clock.
        let is_seen_to = if world.queue.next_at().is_some() {
            dispatch.watching
        } else {
            dispatch.hinting || dispatch.hinted
        };
        if is_seen_to || dispatch.workers > dispatch.idle + dispatch.inside {
            return;
        }
    } else if shared.hot.is_ready() {
        return shared.hot.poke();
    }
    if dispatch.idle > 0 {
        shared.work.notify_one();
        return;
    }
    if dispatch.workers >= MOST_WORKERS {
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
#[inline]
pub(crate) fn settle(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    if !world.is_busy() && !world.is_awaited() {
        return; // nothing runs, and nobody is to be called
    }
    settle_busy(shared, world);
}

fn settle_busy(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    if !world.is_busy() || seat::is_worker_of(shared) {
        return ensure_worker(shared, world);
    }
    let started = Instant::now();
    while world.is_busy() {
        if hand_over(shared, world) {
            continue;
        }
        ensure_worker(shared, world);
        if let Some(left) = CALLBACK_PAUSE.checked_sub(started.elapsed()) {
            wait(shared, world, left);
        } else if world.is_at_work() && started.elapsed() < world.settings.patience {
            wait(shared, world, LOOK);
        } else {
            world.dispatch.allow_overlap();
            break;
        }
    }
    ensure_worker(shared, world);
}

/// Gives the next callback to a thread that looks out for one, and waits a moment for its return. Answers whether it went on.
pub(super) fn hand_over(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) -> bool {
    let Some(label) = shared.hot.reserve() else { return false };
    let Some(entered) = world.next_callback(label) else {
        shared.hot.release();
        return false;
    };
    shared.hot.hand_over(entered.callback.clone());
    world.dispatch.in_hand = Some(entered);
    let how = MutexGuard::unlocked(world, || shared.hot.await_return());
    if how == Handed::Back {
        finish(shared, world);
        shared.hot.release();
    }
    true
}

/// What was handed over has returned.
fn finish(shared: &Arc<Shared>, world: &mut World) {
    if let Some(entered) = world.dispatch.in_hand.take() {
        world.leave(entered);
        shared.announce(world);
    }
}

/// Something has happened on the word of the test: whoever waits looks again, and the dispatcher sees what is due now.
pub(crate) fn after_a_step(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    shared.announce(world);
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
    world.threads.note_status(label);
    let mut is_idle = false;
    while !world.ended {
        if trace::is_pending(&world) {
            // Subscribers are the user's code, as callbacks are.
            world.dispatch.running += 1;
            MutexGuard::unlocked(&mut world, || trace::flush(shared));
            world.dispatch.running -= 1;
            shared.announce(&world);
            continue; // the host may be over by now
        }
        let Some(entered) = world.next_callback(label) else {
            if is_idle {
                break;
            }
            is_idle = rest(shared, &mut world) == Rest::Idle;
            continue;
        };
        is_idle = false;
        let callback = entered.callback.clone();
        if world.replay.is_some() {
            ensure_worker(shared, &mut world); // what the recording has beside it may be what it waits for
        }
        MutexGuard::unlocked(&mut world, || {
            trace::before_callback(shared);
            callback.call(&shared.gateway);
        });
        world.leave(entered);
        shared.announce(&world);
        if world.dispatch.jobs.is_empty() {
            // The next one is handed over, as a rule, by whoever waited for this one.
            MutexGuard::unlocked(&mut world, || {
                let call = |callback: Callback| {
                    trace::before_callback(shared);
                    callback.call(&shared.gateway);
                };
                shared.hot.look_out(label, call, || finish(shared, &mut shared.world.lock()));
            });
        }
    }
    world.threads.forget_status(label);
    world.dispatch.workers -= 1;
}

impl World {
    /// The next callback, entered; those that nobody is to hear any more are left out.
    fn next_callback(&mut self, label: u32) -> Option<InCallback> {
        loop {
            let at = self.pump()?;
            let job = self.dispatch.jobs.remove(at)?;
            if let Some(entered) = self.enter(job, label) {
                return Some(entered);
            }
        }
    }

    /// A callback is about to be called, on a thread; nothing if it is not to be called any more. A panic in it ends the
    /// process at the callback's own `extern` boundary, as it does on Windows: nothing to catch.
    fn enter(&mut self, job: Job, label: u32) -> Option<InCallback> {
        let entered = match job {
            Job::Completion(job) => self.completion(job)?,
            Job::Event(told) => self.event(*told)?,
            Job::Guest(_) => return None, // `pump` takes these
            Job::Replayed(it) if self.is_muted(it.target) => {
                self.replayed_callback_returned(it.target);
                return None;
            }
            Job::Replayed(it) => *it,
        };
        self.heed_told(entered.target, entered.event, entered.of);
        let since = self.now();
        self.dispatch.running += 1;
        self.dispatch.entered.push(Entered { target: entered.target, label, event: entered.event, since });
        if self.replay.is_none() {
            self.note(since, since, label, entered.enters()); // a recording has its own word for it
        }
        Some(InCallback { label, ..entered })
    }

    /// A callback has returned.
    fn leave(&mut self, entered: InCallback) {
        let (target, label) = (entered.target, entered.label);
        self.dispatch.running -= 1;
        self.dispatch.entered.retain(|it| it.target != target || it.label != label);
        if self.replay.is_some() {
            return self.replayed_callback_returned(target);
        }
        let now = self.now();
        self.note(now, now, label, entered.returns());
        if let Some((number, id)) = entered.of
            && let Some(operation) = self.model.operations.get_mut(number)
            && operation.callback_of == id
        {
            operation.callback_of = 0; // its system can be asked for no longer
        }
    }

    /// Closed between its completion and now: nothing is called any more. (fidelity: `close-stops-callback`)
    fn completion(&self, job: Completion) -> Option<InCallback> {
        let operation = self.model.operations.get(job.operation)?;
        if self.dispatch.muted == Muted::All {
            return None;
        }
        let callback = Callback::Completion {
            callback: job.callback,
            operation: operation.handle.0,
            context: job.context,
        };
        Some(InCallback {
            target: Target::Operation(job.operation),
            name: TargetHandle::Operation(self.model.operation_handle(job.operation)),
            label: 0,
            event: None,
            of: Some((job.operation, job.id)),
            callback,
        })
    }

    fn is_muted(&self, target: Target) -> bool {
        match self.dispatch.muted {
            Muted::Nobody => false,
            Muted::Handles => !matches!(target, Target::Operation(_)),
            Muted::All => true,
        }
    }

    /// An event is told if the callback is still registered, and the operation that it is about still open.
    /// (fidelity: `close-unregisters`)
    fn event(&self, told: Told) -> Option<InCallback> {
        if self.is_muted(told.target) || !self.model.is_registered(&told) {
            return None;
        }
        let operation = match told.operation {
            None => 0,
            Some((number, _)) => self.model.operations.get(number)?.handle.0,
        };
        let callback = Callback::Event {
            callback: told.callback,
            event: told.event.number(),
            data: told.data,
            operation,
            context: told.context,
        };
        Some(InCallback {
            target: told.target,
            name: self.model.target_name(told.target),
            label: 0,
            event: Some(told.event),
            of: told.operation,
            callback,
        })
    }
}

/// A callback that is being called.
pub(crate) struct InCallback {
    target: Target,
    name: TargetHandle,
    pub(super) label: u32,
    event: Option<EventType>,
    /// The operation that it is about, and the id of its use.
    of: Option<(u64, u64)>,
    callback: Callback,
}

impl InCallback {
    pub(super) fn replayed(
        target: Target,
        name: TargetHandle,
        event: Option<EventType>,
        callback: Callback,
    ) -> InCallback {
        InCallback { target, name, label: 0, event, of: None, callback }
    }

    fn enters(&self) -> Event {
        match (&self.callback, self.event, self.name) {
            (Callback::Event { data, .. }, Some(event), target) => {
                let operation = self.of.map(|(number, _)| self.name.operation_beside(number));
                Event::Other(Box::new(What::EventEntered { event, target, operation, data: data.clone() }))
            }
            (_, _, TargetHandle::Operation(operation)) => Event::CallbackEntered(operation),
            _ => unreachable!("completion callbacks are of operations"),
        }
    }

    fn returns(&self) -> Event {
        match (self.event, self.name) {
            (Some(event), target) => Event::Other(Box::new(What::EventReturned { event, target })),
            (None, TargetHandle::Operation(operation)) => Event::CallbackReturned(operation),
            _ => unreachable!("completion callbacks are of operations"),
        }
    }
}
