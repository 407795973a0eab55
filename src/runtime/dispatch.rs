//! The host's own threads, on which completion callbacks run: never on the caller's, never under the world's lock.
//! Not here: when an operation completes (`world`), the unsafe call itself (`abi`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::clock::Time;
use super::seat;
use super::threads::Threads;
use super::world::{Shared, World};
use crate::journal::{Event, What, report};

/// How long the user's threads have to be quiet before the dispatcher moves the clock for the sake of a callback that nobody
/// waits for inside the host.
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
    /// Callbacks that run in the user's code, not counting those that wait inside the host.
    running: u32,
    /// How many may run side by side: one, so that runs repeat, and one more whenever one does not come back.
    overlap: u32,
    /// The operations whose callbacks run, with the label of the thread.
    entered: Vec<(u64, u32)>,
    label: Option<u32>,
    /// Since when the user's threads have made no call, while a callback is awaited.
    quiet: Option<Instant>,
    /// It was said already that a callback is awaited which nothing will bring about.
    hinted: bool,
}

/// A completion callback to be called: of which operation and use, and with what.
pub(crate) struct Job {
    pub(crate) operation: u64,
    pub(crate) id: u64,
    pub(crate) callback: usize,
    pub(crate) context: usize,
}

impl Dispatch {
    pub(crate) fn enqueue(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// The label under which the host itself stands in the journal.
    pub(crate) fn label(&mut self, threads: &mut Threads) -> u32 {
        *self.label.get_or_insert_with(|| threads.add_own())
    }

    /// Whether callbacks are queued, or run in the user's code; not counting those that did not come back in time.
    pub(crate) fn is_busy(&self) -> bool {
        self.running > self.overlap || !self.jobs.is_empty()
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

    /// Whether the callback of an operation runs on another thread.
    pub(crate) fn runs_elsewhere(&self, operation: u64, label: u32) -> bool {
        self.entered.iter().any(|it| it.0 == operation && it.1 != label)
    }

    fn next_job(&mut self) -> Option<Job> {
        if self.running > self.overlap {
            return None;
        }
        if self.running == 0 {
            self.overlap = 0;
        }
        self.jobs.pop_front()
    }
}

/// Makes sure that somebody runs what is queued, or moves the clock for a callback that is awaited.
pub(crate) fn ensure_worker(shared: &Arc<Shared>, world: &mut World) {
    let dispatch = &mut world.dispatch;
    if dispatch.jobs.is_empty() && world.model.awaited == 0 {
        return;
    }
    if dispatch.idle > 0 {
        shared.work.notify_one();
        return;
    }
    if dispatch.workers >= MOST_WORKERS || (dispatch.workers > 0 && dispatch.jobs.is_empty()) {
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

/// Lets callbacks finish that are queued or running, for a while: what the caller sees next is then the same in every run.
/// Inside a callback nothing is waited for: the next one comes when this one has returned.
pub(crate) fn settle(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    if !world.dispatch.is_busy() || seat::is_worker_of(shared) {
        return;
    }
    let started = Instant::now();
    while world.dispatch.is_busy() {
        ensure_worker(shared, world);
        let Some(left) = CALLBACK_PAUSE.checked_sub(started.elapsed()) else {
            world.dispatch.allow_overlap();
            ensure_worker(shared, world);
            break;
        };
        wait(shared, world, left);
    }
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
        match world.dispatch.next_job() {
            Some(job) => run(shared, &mut world, job, label),
            None => rest(shared, &mut world),
        }
    }
    world.dispatch.workers -= 1;
}

fn run(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, job: Job, label: u32) {
    // Closed between its completion and now: nothing is called any more. (fidelity: close-stops-callback)
    let Some(operation) = world.model.operations.get(job.operation) else {
        shared.announce(world);
        return;
    };
    let handle = operation.handle;
    let name = world.model.operation_handle(job.operation);
    world.dispatch.running += 1;
    world.dispatch.entered.push((job.operation, label));
    let now = world.now();
    world.log.push(now, now, label, Event::Other(Box::new(What::CallbackEntered { operation: name })));
    // A panic in it ends the process at the callback's own `extern` boundary, as it does on Windows: nothing to catch.
    MutexGuard::unlocked(world, || (shared.gateway.call_back)(job.callback, handle.0, job.context));
    world.dispatch.running -= 1;
    world.dispatch.entered.retain(|it| *it != (job.operation, label));
    if let Some(operation) = world.model.operations.get_mut(job.operation)
        && operation.callback_of == job.id
    {
        operation.callback_of = 0;
    }
    let now = world.now();
    world.log.push(now, now, label, Event::Other(Box::new(What::CallbackReturned { operation: name })));
    shared.announce(world);
    if !world.dispatch.jobs.is_empty() {
        shared.work.notify_one();
    }
}

/// Nothing to run: sleep, or move the clock for callbacks that nobody waits for inside the host.
fn rest(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    world.dispatch.idle += 1;
    let due = world.queue.next_at().filter(|_| world.model.awaited > 0 && world.dispatch.jobs.is_empty());
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
            if world.calls != calls || world.waiting > 0 || world.dispatch.is_busy() {
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
