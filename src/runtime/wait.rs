//! Waiting: who waits moves the clock, and a wait that nothing can end is told instead of endured.
//! Not here: what is waited for (`call`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::clock::Time;
use super::dispatch::{self, CALLBACK_PAUSE};
use super::seat;
use super::world::{Shared, World};
use crate::journal::report::Stuck;
use crate::model::Nanos;

/// How a wait ended.
pub(crate) enum Waited<T> {
    Ready(T),
    TimedOut,
    Stuck(Stuck),
}

/// How long an INFINITE wait with nothing due gives threads that the host does not know of, before it is a finding.
const STRANGERS_PAUSE: Duration = Duration::from_millis(100);

/// How many programs may wake with nothing else due before an INFINITE wait is a finding.
const MOST_WAKES: u64 = 100_000;

/// Waits until `ready` answers, or `timeout` of the host's time has passed. Nothing else about the world is changed.
pub(crate) fn wait_until<T>(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    timeout: Option<Nanos>,
    mut ready: impl FnMut(&World) -> Option<T>,
) -> Waited<T> {
    let deadline = timeout.map(|it| world.now().saturating_add(it));
    let this = world.waits;
    world.waits += 1;
    if let Some(deadline) = deadline {
        world.deadlines.insert((deadline, this));
    }
    let within = seat::is_worker_of(shared);
    if within {
        world.dispatch.set_waiting(label, true);
    } else {
        world.threads.set_blocked(label, true);
    }
    shared.announce(world); // others may be the last that could act now
    let mut wait =
        Wait { shared, label, deadline, this, idle: None, busy: None, calls: world.calls, wakes: 0 };
    let waited = loop {
        if let Some(waited) = wait.step(world, &mut ready) {
            break waited;
        }
    };
    if within {
        world.dispatch.set_waiting(label, false);
    } else {
        world.threads.set_blocked(label, false);
    }
    if let Some(deadline) = deadline {
        world.deadlines.remove(&(deadline, this));
    }
    waited
}

struct Wait<'a> {
    shared: &'a Arc<Shared>,
    label: u32,
    deadline: Option<Nanos>,
    this: u64,
    /// Since when nobody has done anything, in real time.
    idle: Option<Instant>,
    /// Since when callbacks have kept this wait from going on.
    busy: Option<Instant>,
    calls: u64,
    /// How many programs woke, one after the other, with nothing else due.
    wakes: u64,
}

impl Wait<'_> {
    fn step<T>(
        &mut self,
        world: &mut MutexGuard<'_, World>,
        ready: &mut impl FnMut(&World) -> Option<T>,
    ) -> Option<Waited<T>> {
        if world.calls != self.calls {
            self.calls = world.calls;
            self.idle = None;
        }
        if world.is_busy() {
            return self.let_callbacks_finish(world, ready);
        }
        self.busy = None;
        world.catch_up();
        if let Some(it) = ready(world) {
            return Some(Waited::Ready(it));
        }
        let now = world.now();
        // What is due at the very end of the timeout still happens. (fidelity: wait-deadline)
        let nothing_due = world.queue.next_at().is_none_or(|at| at > now);
        if nothing_due && self.deadline.is_some_and(|it| it <= now) {
            return Some(Waited::TimedOut);
        }
        match world.clock.mode {
            Time::Virtual => self.move_the_clock(world),
            Time::Manual => self
                .pause(world, world.settings.patience, STRANGERS_PAUSE)
                .then_some(Waited::Stuck(Stuck::NobodyAdvances)),
            Time::Real => self.let_time_pass(world),
        }
    }

    /// The clock never moves while a callback runs, and what this thread sees next should not depend on who is faster.
    fn let_callbacks_finish<T>(
        &mut self,
        world: &mut MutexGuard<'_, World>,
        ready: &mut impl FnMut(&World) -> Option<T>,
    ) -> Option<Waited<T>> {
        if !seat::is_worker_of(self.shared) && dispatch::hand_over(self.shared, world) {
            self.busy = None;
            return None;
        }
        dispatch::ensure_worker(self.shared, world);
        let busy = self.busy.get_or_insert_with(Instant::now).elapsed();
        if let Some(left) = CALLBACK_PAUSE.checked_sub(busy) {
            dispatch::wait(self.shared, world, left);
            return None;
        }
        if world.is_at_work() && busy < world.settings.patience {
            dispatch::wait(self.shared, world, dispatch::LOOK);
            return None;
        }
        // It does not come back; it may need something that this thread holds.
        world.dispatch.allow_overlap();
        if let Some(it) = ready(world) {
            return Some(Waited::Ready(it));
        }
        let patience = world.settings.patience;
        let idle = self.idle.get_or_insert_with(Instant::now).elapsed();
        if idle >= patience {
            return Some(Waited::Stuck(Stuck::NobodyActed(patience)));
        }
        dispatch::wait(self.shared, world, CALLBACK_PAUSE);
        None
    }

    fn move_the_clock<T>(&mut self, world: &mut MutexGuard<'_, World>) -> Option<Waited<T>> {
        let first = world.deadlines.first().copied();
        let due = world.queue.next_at();
        if let Some(at) = due
            && first.is_none_or(|(deadline, _)| at <= deadline)
        {
            self.wakes = if world.queue.has_more_than_wakes() { 0 } else { self.wakes + 1 };
            if self.deadline.is_none() && self.wakes >= MOST_WAKES {
                return Some(Waited::Stuck(Stuck::OnlySleepers(self.wakes)));
            }
            world.run_next();
            self.shared.announce(world);
            self.idle = None;
            return None;
        }
        match (first, self.deadline) {
            (Some((deadline, this)), Some(_)) if this == self.this => {
                if self.others_can_act(world) && !self.have_others_had_their_chance(world) {
                    return None;
                }
                world.clock.move_to(deadline);
                self.shared.announce(world);
                Some(Waited::TimedOut)
            }
            (Some(_), _) => {
                // Another thread's wait ends first; it moves the clock itself.
                self.shared.announce(world);
                dispatch::wait(self.shared, world, CALLBACK_PAUSE);
                None
            }
            (None, _) => {
                let patience = world.settings.patience;
                let known = self.others_can_act(world);
                self.pause(world, patience, STRANGERS_PAUSE).then(|| {
                    Waited::Stuck(if known { Stuck::NobodyActed(patience) } else { Stuck::NothingDue })
                })
            }
        }
    }

    fn let_time_pass<T>(&mut self, world: &mut MutexGuard<'_, World>) -> Option<Waited<T>> {
        let until = match (world.queue.next_at(), self.deadline) {
            (Some(due), Some(deadline)) => Some(due.min(deadline)),
            (due, deadline) => due.or(deadline),
        };
        match until {
            Some(at) => {
                let limit = world.clock.real_time_until(at);
                dispatch::wait(self.shared, world, limit);
                None
            }
            None => {
                let patience = world.settings.patience;
                self.pause(world, patience, patience).then_some(Waited::Stuck(Stuck::NobodyActed(patience)))
            }
        }
    }

    /// A finite wait with nothing due gives other threads a while to act, and longer to those that are running: once, until
    /// one of them has done something.
    fn have_others_had_their_chance(&mut self, world: &mut MutexGuard<'_, World>) -> bool {
        let deeds = world.threads.deeds_of_others(self.label);
        if world.chance_given == deeds {
            return true;
        }
        let (grace, patience) = (world.settings.grace, world.settings.patience);
        if !self.pause(world, grace, grace) {
            return false;
        }
        let idle = self.idle.get_or_insert_with(Instant::now).elapsed();
        let are_asleep = || !self.shared.is_anybody_arriving() && world.threads.are_asleep(Some(self.label));
        if idle >= patience || are_asleep() {
            world.chance_given = deeds;
            return true;
        }
        dispatch::wait(self.shared, world, grace);
        false
    }

    fn others_can_act(&self, world: &World) -> bool {
        world.threads.can_others_act(self.label)
            || world.dispatch.runs_anything()
            || world.gates.values().any(|it| it.in_hand && !it.held.is_empty())
    }

    /// Waits for somebody to act: for a while if a thread is known that could, else for a moment. Answers whether nobody did.
    fn pause(&mut self, world: &mut MutexGuard<'_, World>, known: Duration, unknown: Duration) -> bool {
        let limit = if self.others_can_act(world) { known } else { unknown.min(known) };
        let idle = self.idle.get_or_insert_with(Instant::now).elapsed();
        if idle >= limit {
            return true;
        }
        dispatch::wait(self.shared, world, limit - idle);
        false
    }
}
