//! `ReadFile`, `WriteFile` and `CloseHandle` on the pipes of processes: finding the host, and waiting without stopping its time.
//! Not here: the table of pipes (`pipes`), the prototypes (`abi::win32`).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::clock::Time;
use super::dispatch::{self, CALLBACK_PAUSE};
use super::pipes::{self, Given};
use super::seat;
use super::world::{Shared, World};
use super::{free, registry};
use crate::abi::pipe::PIPES;
use crate::journal::report::{self, Stuck};

/// How often a thread that waits for a pipe looks by itself, in real time: clients use pipes without telling us.
const LOOK: Duration = Duration::from_millis(5);

/// How a read or a write went.
pub(crate) enum Transfer {
    Done(io::Result<usize>),
    /// It could never end; that is a finding now.
    Stuck,
    /// The value is no pipe that was given out; that is a finding now.
    NotOurs,
}

/// Reads from a pipe: what there is, or what comes next.
pub(crate) fn read(value: usize, buffer: &mut [u8]) -> Transfer {
    let Some((shared, given)) = owner(value) else {
        return match pipes::is_orphan(&PIPES, value) {
            true => Transfer::Done((PIPES.read)(value, buffer)),
            false => not_ours("ReadFile", value),
        };
    };
    if buffer.is_empty() {
        return Transfer::Done(Ok(0));
    }
    if !wait(&shared, value, false, "ReadFile", &given) {
        return Transfer::Stuck;
    }
    Transfer::Done((shared.gateway.pipes.read)(value, buffer))
}

/// Writes to a pipe, all of it.
pub(crate) fn write(value: usize, bytes: &[u8]) -> Transfer {
    let Some((shared, given)) = owner(value) else {
        return match pipes::is_orphan(&PIPES, value) {
            true => Transfer::Done((PIPES.write)(value, bytes)),
            false => not_ours("WriteFile", value),
        };
    };
    let mut written = 0;
    while written < bytes.len() {
        // What a pipe that is ready takes without blocking.
        let part = &bytes[written..bytes.len().min(written + 4096)];
        if cfg!(unix) && !wait(&shared, value, true, "WriteFile", &given) {
            return Transfer::Stuck;
        }
        match (shared.gateway.pipes.write)(value, part) {
            Ok(count) => written += count,
            Err(error) => return Transfer::Done(Err(error)),
        }
    }
    // A program that waited for this goes on first.
    dispatch::settle(&shared, &mut shared.world.lock());
    Transfer::Done(Ok(written))
}

/// Closes a pipe. Answers whether the value was one.
pub(crate) fn close(value: usize) -> bool {
    let Some((shared, _)) = owner(value) else { return pipes::close_orphan(&PIPES, value) };
    let mut world = shared.world.lock();
    let closed = world.pipes.close(&shared.gateway.pipes, value);
    dispatch::settle(&shared, &mut world); // a program may have waited for that
    closed
}

fn not_ours(function: &'static str, value: usize) -> Transfer {
    free::report_strange_handle(function, value as u64);
    Transfer::NotOurs
}

/// The host that gave a pipe out: the thread's own first.
fn owner(value: usize) -> Option<(Arc<Shared>, Given)> {
    let here = seat::entered().map(|it| Arc::clone(&it.shared));
    here.into_iter().chain(registry::all()).find_map(|shared| {
        let given = shared.world.lock().pipes.find(&shared.gateway.pipes, value)?;
        Some((shared, given))
    })
}

/// Waits until a pipe is ready. Time goes on meanwhile: by this thread if nobody else could act, else by whoever waits, or by
/// the dispatcher once all are quiet. Answers whether it is.
fn wait(shared: &Arc<Shared>, value: usize, write: bool, function: &str, given: &Given) -> bool {
    let is_ready = || (shared.gateway.pipes.is_ready)(value, write);
    let label = seat::label_on(shared);
    let mut world = shared.world.lock();
    world.calls += 1;
    let within = seat::is_worker_of(shared);
    if within {
        world.dispatch.set_waiting(label, true);
    } else {
        world.threads.set_blocked(label, true);
    }
    world.readers += 1;
    dispatch::ensure_worker(shared, &mut world);
    let stuck = wait_in(shared, &mut world, label, is_ready);
    world.readers -= 1;
    if within {
        world.dispatch.set_waiting(label, false);
    } else {
        world.threads.set_blocked(label, false);
    }
    let Some(why) = stuck else { return true };
    let call = format!("{function}({} of process {})", given.stream.name(), given.process_id);
    let what = report::other_end(write, world.state_of_program(given.process_id).as_deref());
    world.find_here(report::stuck_pipe(&call, what, &why));
    false
}

fn wait_in(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    is_ready: impl Fn() -> bool,
) -> Option<Stuck> {
    let (mut calls, mut idle) = (world.calls, Instant::now());
    let mut busy: Option<Instant> = None;
    let within = seat::is_worker_of(shared);
    // What a program is about to write is waited for, so that a read of the same run reads the same.
    while within || !is_ready() || world.is_busy() {
        if within && is_ready() {
            break;
        }
        if world.calls != calls {
            (calls, idle) = (world.calls, Instant::now());
        }
        if world.is_busy() {
            if !within && dispatch::hand_over(shared, world) {
                continue;
            }
            let busy = busy.get_or_insert_with(Instant::now).elapsed();
            if busy >= CALLBACK_PAUSE && (!world.is_at_work() || busy >= world.settings.patience) {
                world.dispatch.allow_overlap();
            }
            dispatch::ensure_worker(shared, world);
            shared.changed.wait_for(world, LOOK);
            continue;
        }
        busy = None;
        if is_ready() {
            break;
        }
        let alone = !world.threads.can_others_act(label) && world.waiting == 0;
        if alone && world.clock.mode == Time::Virtual && world.queue.next_at().is_some() {
            world.run_next();
            dispatch::ensure_worker(shared, world);
            shared.announce(world);
            idle = Instant::now();
            continue;
        }
        let patience = world.settings.patience;
        if world.ended || idle.elapsed() >= patience {
            return Some(Stuck::NobodyActed(patience));
        }
        shared.changed.wait_for(world, LOOK);
    }
    None
}
