//! A close waits for the callbacks that run, or says why it cannot.
//! Not here: what a close does to the model (`model::host`), running callbacks (`dispatch`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::dispatch;
use super::seat;
use super::world::{Shared, World};
use crate::call::Call;
use crate::journal::{report, text};
use crate::model::registration::Target;

/// What a call closes.
pub(super) fn closed_by(call: &Call) -> Option<Target> {
    match call {
        Call::CloseOperation { operation } => operation.number().map(Target::Operation),
        Call::CloseComputeSystem { compute_system } => compute_system.number().map(Target::System),
        Call::CloseProcess { process } => process.number().map(Target::Process),
        _ => None,
    }
}

/// Who closes: the thread, and the number under which the call stands until it has its entry.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) label: u32,
    pub(super) provisional: u64,
}

/// A close waits for the callbacks that run. An operation may be closed in its own; a system or a process that is would wait
/// for itself. (fidelity: `close-drains`, `close-unregisters`, `close-in-own-callback`)
pub(super) fn drain(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    caller: Caller,
    target: Target,
    call: &Call,
) {
    let label = caller.label;
    if !matches!(target, Target::Operation(_))
        && let Some(entered) = world.dispatch.entered(target, label, false)
    {
        return cannot_close(world, caller, &entered, call, &report::Stuck::ItsOwnCallback);
    }
    let within = seat::is_worker_of(shared);
    let (mut calls, mut idle) = (world.calls, Instant::now());
    while let Some(entered) = world.dispatch.entered(target, label, true) {
        if world.calls != calls {
            (calls, idle) = (world.calls, Instant::now()); // the callback, or who it waits for, goes on
        }
        let patience = world.settings.patience;
        let Some(left) = patience.checked_sub(idle.elapsed()) else {
            return cannot_close(world, caller, &entered, call, &report::Stuck::NobodyActed(patience));
        };
        if within {
            world.dispatch.set_waiting(label, true);
        } else {
            world.threads.set_blocked(label, true);
        }
        dispatch::ensure_worker(shared, world);
        dispatch::wait(shared, world, left.min(dispatch::CALLBACK_PAUSE));
        if within {
            world.dispatch.set_waiting(label, false);
        } else {
            world.threads.set_blocked(label, false);
        }
    }
}

/// The close goes on without the callback, and both places are named.
fn cannot_close(
    world: &mut MutexGuard<'_, World>,
    caller: Caller,
    entered: &dispatch::Entered,
    call: &Call,
    why: &report::Stuck,
) {
    let target = world.model.target_name(entered.target);
    let id = call.compute_system().and_then(|it| world.log.system_id(it)).cloned();
    let mut shown = String::new();
    let _ = text::write_call(call, id.as_deref(), &mut shown);
    let last_call = world.log.last_call_of(entered.label);
    let finding = report::stuck_close(&report::StuckClose {
        call: &shown,
        thread: world.threads.name(caller.label),
        target,
        event: entered.event,
        registered: world.places.get(&entered.target).cloned(),
        since: Duration::from_nanos(entered.since),
        last_call,
        why,
    });
    world.find(finding, Some(caller.provisional));
}
