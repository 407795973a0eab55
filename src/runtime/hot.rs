//! The short way to a dispatcher thread: one that has just run a callback looks out for the next one, so that a caller who waits
//! for a callback hands it over and gets it back without waking anybody. Not here: which callback comes next (`dispatch`).

use std::hint;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::world::Gateway;

/// How long a thread looks out for the next callback, in real time.
const LOOK_OUT: Duration = Duration::from_micros(30);

/// How long a caller looks for the callback's return before it sleeps.
const PATIENCE: Duration = Duration::from_micros(20);

/// Nobody looks out.
const COLD: u32 = 0;
/// A thread looks out.
const READY: u32 = 1;
/// A callback was handed over, and its caller looks for its return.
const FULL: u32 = 2;
/// It runs.
const RUNNING: u32 = 3;
/// It has returned, and its caller is to notice.
const DONE: u32 = 4;
/// A caller is about to hand something over.
const RESERVED: u32 = 7;
/// As `FULL` and `RUNNING`, but its caller has gone to sleep: the thread finishes it by itself.
const FULL_ALONE: u32 = 5;
const RUNNING_ALONE: u32 = 6;

/// Where a callback is handed over.
#[derive(Default)]
pub(crate) struct HotSeat {
    state: AtomicU32,
    /// Work came that was not handed over: the thread is to look into the queue.
    poked: AtomicBool,
    hand: Mutex<Hand>,
}

#[derive(Default)]
struct Hand {
    label: u32,
    call: Option<Callback>,
}

/// A call into the client's code.
#[derive(Clone, Debug)]
pub(crate) enum Callback {
    Completion { callback: usize, operation: u64, context: usize },
    Event { callback: usize, event: i32, data: Option<Arc<str>>, operation: u64, context: usize },
}

impl Callback {
    pub(crate) fn call(&self, gateway: &Gateway) {
        match self {
            Callback::Completion { callback, operation, context } => {
                (gateway.call_back)(*callback, *operation, *context);
            }
            Callback::Event { callback, event, data, operation, context } => {
                (gateway.tell)(*callback, *event, data.as_deref(), *operation, *context);
            }
        }
    }
}

/// How a callback that was handed over came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handed {
    /// It has returned.
    Back,
    /// It takes long: the thread will finish it by itself.
    Alone,
}

/// Looking out is for machines on which somebody else can run meanwhile.
static IS_WORTH_IT: LazyLock<bool> =
    LazyLock::new(|| std::thread::available_parallelism().is_ok_and(|it| it > NonZero::<usize>::MIN));

impl HotSeat {
    /// Whether a thread looks out.
    pub(crate) fn is_ready(&self) -> bool {
        self.state.load(Ordering::Acquire) == READY
    }

    /// Keeps the thread that looks out, if one does, until something is handed over or it is let go of: its label.
    pub(crate) fn reserve(&self) -> Option<u32> {
        let reserved = self.state.compare_exchange(READY, RESERVED, Ordering::AcqRel, Ordering::Acquire);
        reserved.is_ok().then(|| self.hand.lock().label)
    }

    /// Lets go of the thread that was reserved.
    pub(crate) fn release(&self) {
        self.state.store(READY, Ordering::Release);
    }

    /// Hands a callback over to the thread that was reserved.
    pub(crate) fn hand_over(&self, call: Callback) {
        self.hand.lock().call = Some(call);
        self.state.store(FULL, Ordering::Release);
    }

    /// Looks for the return of what was handed over. Once it is back the thread stays reserved, until `release`: what was
    /// handed over is to be written down before the next one is.
    pub(crate) fn await_return(&self) -> Handed {
        look(PATIENCE, || self.state.load(Ordering::Acquire) == DONE);
        loop {
            let (from, to, how) = match self.state.load(Ordering::Acquire) {
                DONE => (DONE, RESERVED, Handed::Back),
                FULL => (FULL, FULL_ALONE, Handed::Alone),
                _ => (RUNNING, RUNNING_ALONE, Handed::Alone),
            };
            if self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return how;
            }
        }
    }

    /// Lets the thread that looks out look into the queue.
    pub(crate) fn poke(&self) {
        self.poked.store(true, Ordering::Release);
    }

    /// Looks out for callbacks for a while, and calls those that are handed over, by `call`; `finish` is for those whose callers
    /// did not wait. One thread at a time.
    pub(crate) fn look_out(&self, label: u32, call: impl Fn(Callback), finish: impl Fn()) {
        if !*IS_WORTH_IT {
            return;
        }
        {
            let mut hand = self.hand.lock(); // whoever reserves the thread waits here for its label
            if self.state.compare_exchange(COLD, READY, Ordering::AcqRel, Ordering::Acquire).is_err() {
                return; // another thread does
            }
            hand.label = label;
        }
        loop {
            let is_full = || matches!(self.state.load(Ordering::Acquire), FULL | FULL_ALONE);
            look(LOOK_OUT, || is_full() || self.poked.load(Ordering::Acquire));
            if !is_full() {
                if self.state.compare_exchange(READY, COLD, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    self.poked.store(false, Ordering::Release);
                    return;
                }
                continue; // handed over in the last moment, or its caller is about to notice the return
            }
            let handed = self.hand.lock().call.take();
            if self.state.compare_exchange(FULL, RUNNING, Ordering::AcqRel, Ordering::Acquire).is_err() {
                self.state.store(RUNNING_ALONE, Ordering::Release);
            }
            if let Some(callback) = handed {
                call(callback);
            }
            if self.state.compare_exchange(RUNNING, DONE, Ordering::AcqRel, Ordering::Acquire).is_err() {
                finish();
                self.state.store(READY, Ordering::Release);
            }
        }
    }
}

impl HotSeat {
    /// The thread that was handed a callback is lost in it: waits until its caller has stopped looking for its return.
    pub(crate) fn abandon(&self) {
        while !matches!(self.state.load(Ordering::Acquire), RUNNING_ALONE | FULL_ALONE) {
            std::thread::yield_now();
        }
    }

    /// Nobody looks out any more.
    pub(crate) fn is_left(&self) {
        self.state.store(COLD, Ordering::Release);
    }
}

/// Looks until something is so, or a time is over.
fn look(limit: Duration, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    loop {
        for _ in 0..64 {
            if is_so() {
                return;
            }
            hint::spin_loop();
        }
        if started.elapsed() >= limit {
            return;
        }
    }
}
