//! What a thread of the dispatcher does when there is nothing to run: it waits, moves the clock for what is awaited, and ends in time.
//! Not here: what it runs (`dispatch`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::clock::Time;
use super::world::{Shared, World};
use crate::journal::report;

/// How long the user's threads have to be quiet before the dispatcher moves the clock for the sake of a callback or a program
/// that nobody waits for inside the host. Longer where a thread that waits for a processor cannot be told from one that sleeps.
const QUIET: Duration = Duration::from_millis(if cfg!(target_os = "linux") { 3 } else { 30 });

/// How long it takes a thread's word that it is running, on systems that tell, though it makes no calls.
const BUSY: Duration = Duration::from_millis(250);

/// How long a thread without work stays. Some runtimes (mono) wait, at the end of a process, for every thread that has called them.
const STAY: Duration = Duration::from_millis(100);

/// Why a thread rests no longer.
#[derive(PartialEq)]
pub(super) enum Rest {
    Over,
    /// Nothing came for a while, and nothing is awaited that could come.
    Idle,
}

/// Nothing to run: sleep, or move the clock for what nobody waits for inside the host.
pub(super) fn rest(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) -> Rest {
    world.dispatch.idle += 1;
    let mut rest = Rest::Over;
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
            world.dispatch.watching = true;
            shared.work.wait_for(world, QUIET);
            world.dispatch.watching = false;
            if world.calls != calls || world.waiting > 0 || world.is_busy() {
                world.dispatch.quiet = None;
            } else if started.elapsed() >= QUIET {
                let quiet = *world.dispatch.quiet.get_or_insert(started);
                let are_asleep = !shared.is_anybody_arriving() && world.threads.are_asleep(None);
                if are_asleep || quiet.elapsed() >= BUSY {
                    world.dispatch.quiet = None;
                    world.run_next();
                    shared.announce(world);
                }
            }
        }
        (Time::Virtual, None) if world.is_awaited() && !world.dispatch.hinted => {
            let (calls, patience) = (world.calls, world.settings.patience);
            world.dispatch.hinting = true;
            let started = Instant::now();
            let mut timed_out = false;
            while !timed_out && shared.work.wait_for(world, STAY.min(patience)).timed_out() {
                timed_out = started.elapsed() >= patience;
                let has_work = world.dispatch.may_run_any() || world.queue.next_at().is_some();
                if has_work || !world.is_awaited() {
                    break; // a word that came between the end of the wait and the lock is lost
                }
            }
            world.dispatch.hinting = false;
            let nobody_waits = world.waiting == 0 && world.readers == 0;
            let nothing_happens = timed_out && world.calls == calls && nobody_waits && world.runs > 0;
            if nothing_happens && world.queue.next_at().is_none() && world.threads.are_asleep(None) {
                // Whatever the client waits in, it is not ours to end; but somebody may be looking at a test that hangs.
                world.dispatch.hinted = true;
                match world.replay.as_deref() {
                    Some(replay) => eprintln!("{}", replay.what_is_awaited(patience)),
                    None => {
                        let programs = world.states_of_programs();
                        eprintln!("{}", report::awaited_callback(world.model.awaited, &programs, patience));
                    }
                }
            }
        }
        _ => {
            let has_timed_out = shared.work.wait_for(world, STAY).timed_out();
            // Looked at again: a word that came between the end of the wait and the lock is lost.
            let has_due = world.clock.mode != Time::Manual && world.queue.next_at().is_some();
            let may_still_come = world.is_awaited() && (has_due || !world.dispatch.hinted);
            if has_timed_out && !may_still_come {
                rest = Rest::Idle;
            }
        }
    }
    world.dispatch.idle -= 1;
    rest
}
